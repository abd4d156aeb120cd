import { html, type SafeHtml } from '../reports/html.ts';
import { showSpan } from '../reports/protection-text.ts';
import { consoleAddress } from './addresses.ts';
import { counted, moment, money, restoreBadge, tile } from './parts.ts';
import type { OverviewView, SourceState } from './views.ts';

/** What is protected and what is not, worst first. */
export function overviewPage(view: OverviewView): SafeHtml {
  return html`<h1>Overview</h1>
<p class="lead">${moment(view.at)} UTC${view.watchedAt === null ? ' · not looked for conditions yet' : html` · last looked for conditions ${moment(view.watchedAt)}`}</p>
${headline(view)}
${attention(view)}
${running(view)}
${late(view)}
${uncovered(view)}
${budgets(view)}`;
}

function headline(view: OverviewView): SafeHtml {
  const { coverage, conditions, over, sourcesTotal, missed, missedDays, budgets: states, marked, policies } = view;
  const worst = states.filter(({ fits }) => !fits).length;
  return html`<dl class="tiles">
${covered('Machines protected', coverage?.machines ?? null)}
${covered('Disks protected', coverage?.disks ?? null)}
${tile('Within target', html`${sourcesTotal - over}<span class="unit"> of ${sourcesTotal}</span>`, over > 0 ? html`<span class="late">${counted(over, 'source')} too old</span>` : `under ${policies} ${policies === 1 ? 'policy' : 'policies'}`)}
${tile('Open conditions', html`${conditions.length}`, conditions.length === 0 ? 'all is well' : 'see below')}
${tile('Missed slots', html`${missed}`, `in ${missedDays} days`)}
${
  states.length === 0
    ? tile('In recycle', html`<a href="${consoleAddress(['recycle'])}">${marked}</a>`, 'points that go soon')
    : tile(
        'Budgets',
        html`${states.length - worst}<span class="unit"> of ${states.length} fit</span>`,
        html`<a href="${consoleAddress(['recycle'])}">${counted(marked, 'point')} in recycle</a>`,
      )
}
</dl>`;
}

function covered(name: string, part: { readonly total: number; readonly covered: number } | null): SafeHtml {
  if (part === null) return tile(name, '–', 'the estate could not be read');
  const open = part.total - part.covered;
  return tile(
    name,
    html`${part.covered}<span class="unit"> of ${part.total}</span>`,
    open > 0 ? html`<span class="late">${open} not protected</span>` : 'all of them',
  );
}

function attention({ conditions }: OverviewView): SafeHtml {
  if (conditions.length === 0) return html`<section><h2>Needs attention</h2><p class="empty">Nothing.</p></section>`;
  return html`<section><h2>Needs attention</h2>
<table class="cards"><thead><tr><th>What</th><th>Of</th><th>Open since</th><th>What to do</th></tr></thead><tbody>
${conditions.map(
  ({ severity, title, name, facts, openedAt, todo }) => html`<tr><th><i class="dot s${severity}"></i>${title}</th>
<td data-label="of"><span>${name}<br><small>${facts}</small></span></td><td data-label="open since">${moment(openedAt)}</td><td data-label="do" class="said">${todo}</td></tr>`,
)}
</tbody></table></section>`;
}

function running({ running: restores }: OverviewView): SafeHtml {
  if (restores.length === 0) return html``;
  return html`<section><h2>Restores under way</h2><table class="short"><tbody>
${restores.map(({ id, source, kind, state, percent }) => html`<tr><th><a href="${consoleAddress(['restores', id])}">${source}</a> <small>${kind}</small></th><td>${restoreBadge(state)}</td><td class="n">${percent} %</td></tr>`)}
</tbody></table></section>`;
}

function late({ sources, sourcesTotal, over, at }: OverviewView): SafeHtml {
  if (sourcesTotal === 0)
    return html`<section><h2>Sources</h2><p class="empty">No policy has matched a source yet: PUT policies/NAME makes one.</p></section>`;
  return html`<section><h2>Sources, worst first</h2>
<table class="cards"><thead><tr><th>Source</th><th class="n">Target</th><th class="n">Newest point</th><th class="n">Last proof</th></tr></thead><tbody>
${sources.map((source) => sourceRow(source, at))}
</tbody></table>
<p class="hint"><a href="${consoleAddress(['sources'])}">All ${counted(sourcesTotal, 'source')}</a>${over > 0 ? html`, ${over} over their target` : ''}</p></section>`;
}

function sourceRow({ key, name, policy, targetMs, ageMs, isOver, provenAt }: SourceState, at: number): SafeHtml {
  return html`<tr><th><a href="${consoleAddress(['sources', key])}">${name}</a><br><small>${policy}</small></th>
<td class="n" data-label="target">${targetMs === null ? '–' : showSpan(targetMs)}</td>
<td class="n" data-label="newest point"><span${isOver ? html` class="late"` : ''}>${ageMs === null ? 'none yet' : `${showSpan(ageMs)} ago`}</span></td>
<td class="n" data-label="last proof">${provenAt === null ? html`<span class="soft">never</span>` : `${showSpan(at - provenAt)} ago`}</td></tr>`;
}

function uncovered({ coverage, coverageError }: OverviewView): SafeHtml {
  if (coverage === null)
    return html`<section><h2>Not protected</h2><p class="empty">The estate could not be read (${coverageError ?? ''}): look again later.</p></section>`;
  if (coverage.uncovered.length === 0)
    return html`<section><h2>Not protected</h2><p class="empty">Every machine and disk in the policies' subscriptions is protected.</p></section>`;
  const more = coverage.uncoveredTotal - coverage.uncovered.length;
  return html`<section><h2>Not protected</h2>
<table class="cards"><thead><tr><th>Name</th><th>What</th><th>Resource group</th><th>Region</th></tr></thead><tbody>
${coverage.uncovered.map(
  ({ name, kind, resourceGroup, region }) =>
    html`<tr><th>${name}</th><td data-label="is">${kind}</td><td data-label="resource group">${resourceGroup}</td><td data-label="region">${region}</td></tr>`,
)}
</tbody></table>${more > 0 ? html`<p class="hint">${more} more are in the <a href="/api/reports/protection?format=html">protection report</a>.</p>` : ''}</section>`;
}

function budgets({ budgets: states }: OverviewView): SafeHtml {
  if (states.length === 0) return html``;
  return html`<section><h2>Budgets</h2>
<table class="cards short"><thead><tr><th>Policy</th><th class="n">Costs a month</th><th class="n">May cost</th><th>At the last sweep</th></tr></thead><tbody>
${states.map(
  ({ policy, group, costMicroUnits, amountMicroUnits, currency, fits, givenUp, at }) =>
    html`<tr><th><a href="${consoleAddress(['policies', policy])}">${policy}</a>${group === policy || group === '' ? '' : html`<br><small>${group}</small>`}</th>
<td class="n" data-label="costs">${money(costMicroUnits, currency)}</td><td class="n" data-label="may cost">${money(amountMicroUnits, currency)}</td>
<td data-label="state"><span>${fits ? html`<span class="good">fits</span>` : html`<span class="late">does not fit</span>`}${givenUp > 0 ? html`, ${counted(givenUp, 'point')} given up` : ''}<br><small>${moment(at)}</small></span></td></tr>`,
)}
</tbody></table></section>`;
}
