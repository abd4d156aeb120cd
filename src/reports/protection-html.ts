import { DAY_MS } from '../base/time.ts';
import { conditionKinds, conditionRules, type Protection, showFacts } from '../watch/watch.ts';
import { html, type SafeHtml } from './html.ts';
import { pageHead } from './page-head.ts';
import { sourceSection } from './protection-sources.ts';
import { headline, protectionStyle, showMoment, showSpan } from './protection-text.ts';

/** Rows of a list that the page shows; JSON has more. */
const SHOWN = 200;

/**
 * The protection report as one page that needs nothing else: no script, no font, no address.
 *
 * Safety: everything from outside is escaped; a content security policy forbids whatever would slip through.
 */
export function protectionHtml(report: Protection): string {
  const first = report.days[0] ?? '';
  return html`${pageHead(`Protection, ${first} to ${report.days.at(-1) ?? ''}`, protectionStyle)}
<body>
<main>
<header>
<h1>Protection</h1>
<p class="lead">${showMoment(report.at)} · the last ${report.days.length} days, in UTC</p>
<p class="lead">${report.watchedAt === null ? 'Holdfast has not looked for conditions yet.' : `Last looked for conditions ${showMoment(report.watchedAt)}.`}</p>
</header>
${headline(report)}
${attention(report)}
${sourceSection(report)}
${uncovered(report)}
${missed(report)}
${policies(report)}
${watched(report)}
${basis()}
</main>
</body>
</html>
`.text;
}

function attention({ conditions }: Protection): SafeHtml {
  if (conditions.length === 0) return html`<section><h2>Needs attention</h2><p class="empty">Nothing.</p></section>`;
  const sorted = conditions.toSorted(
    (a, b) => conditionRules[a.kind].severity - conditionRules[b.kind].severity || a.openedAt - b.openedAt,
  );
  return html`<section><h2>Needs attention</h2>
<table class="cards"><thead><tr><th>What</th><th>Of</th><th>Open since</th><th>What to do</th></tr></thead><tbody>
${sorted.slice(0, SHOWN).map(
  ({ kind, name, facts, openedAt }) => html`<tr>
<th><i class="dot s${conditionRules[kind].severity}"></i>${conditionRules[kind].title}</th>
<td data-label="of"><span>${name}<br><small>${showFacts(facts)}</small></span></td>
<td data-label="open since" class="nowrap">${showMoment(openedAt)}</td>
<td class="said">${conditionRules[kind].todo}</td></tr>`,
)}
</tbody></table>${more(sorted.length)}</section>`;
}

function uncovered({ coverage, coverageError }: Protection): SafeHtml {
  if (coverage === null)
    return html`<section><h2>Not protected</h2><p class="empty">The estate could not be read (${coverageError ?? ''}): look again later.</p></section>`;
  const { uncoveredMachines: machines, uncoveredDisks: disks } = coverage;
  if (machines.length + disks.length === 0)
    return html`<section><h2>Not protected</h2><p class="empty">Every machine and disk in the policies' subscriptions is protected.</p></section>`;
  const rows = [
    ...machines.map((machine) => ({ what: 'virtual machine', ...machine })),
    ...disks.map((disk) => ({ what: 'disk', ...disk })),
  ];
  return html`<section><h2>Not protected</h2>
<p class="hint">What the policies' subscriptions hold and no enabled policy matches. Disks of a machine that is listed are not listed again.</p>
<table class="cards"><thead><tr><th>Name</th><th>What</th><th>Resource group</th><th>Region</th><th>Attached to</th></tr></thead><tbody>
${rows.slice(0, SHOWN).map(
  ({ what, name, resourceGroup, region, attachedTo }) => html`<tr><th>${name}</th><td data-label="is">${what}</td>
<td data-label="resource group">${resourceGroup}</td><td data-label="region">${region}</td>
<td data-label="attached to">${attachedTo === null ? '' : (attachedTo.split('/').at(-1) ?? '')}</td></tr>`,
)}
</tbody></table>${more(rows.length)}</section>`;
}

const reasons: Readonly<Record<string, string>> = {
  startWindow: 'too late to start',
  catchUp: 'made up for by a later point',
  superseded: 'a newer slot was taken instead',
};

function missed({ missed: gaps }: Protection): SafeHtml {
  if (gaps.length === 0) return html`<section><h2>Missed slots</h2><p class="empty">None in these days.</p></section>`;
  const stretches = stretchesOf(gaps);
  return html`<section><h2>Missed slots</h2>
<p class="hint">Slots that no point was planned for. What was planned and failed is with the sources above.</p>
<table class="cards short"><thead><tr><th>Slots</th><th class="n">How many</th><th>Policy</th><th>Schedule</th><th>Why</th></tr></thead><tbody>
${stretches.slice(0, SHOWN).map(
  ({ first, last, count, policy, schedule, because }) =>
    html`<tr><th class="nowrap">${showMoment(first)}${count > 1 ? html` to ${showMoment(last)}` : ''}</th>
<td class="n" data-label="slots">${count}</td><td data-label="policy">${policy}</td><td data-label="schedule">${schedule}</td>
<td data-label="why">${reasons[because] ?? because}</td></tr>`,
)}
</tbody></table>${more(stretches.length)}</section>`;
}

interface Stretch {
  first: number;
  readonly last: number;
  count: number;
  readonly policy: string;
  readonly schedule: string;
  readonly because: string;
}

/** Slots of one schedule that were missed for the same reason with less than a day between them: a downtime is one line. */
function stretchesOf(gaps: Protection['missed']): readonly Stretch[] {
  const stretches: Stretch[] = [];
  const open = new Map<string, Stretch>();
  for (const { slot, policy, schedule, because } of gaps) {
    const key = `${policy}|${schedule}|${because}`;
    const known = open.get(key);
    if (known && known.first - slot < DAY_MS) {
      known.first = slot;
      known.count += 1;
      continue;
    }
    const stretch = { first: slot, last: slot, count: 1, policy, schedule, because };
    open.set(key, stretch);
    stretches.push(stretch);
  }
  return stretches;
}

function policies({ policies: list }: Protection): SafeHtml {
  if (list.length === 0)
    return html`<section><h2>Policies</h2><p class="empty">There is no policy yet: PUT policies/NAME makes one.</p></section>`;
  return html`<section><h2>Policies</h2>
<table class="short"><thead><tr><th>Policy</th><th class="n">Target</th><th class="n">Sources</th><th class="n">Over target</th><th>State</th></tr></thead><tbody>
${list.map(
  ({ name, targetMs, sources, over, enabled, everRan }) => html`<tr><th>${name}</th>
<td class="n">${targetMs === null ? '' : showSpan(targetMs)}</td><td class="n">${sources}</td><td class="n">${over}</td>
<td>${!enabled ? 'paused' : everRan ? 'runs' : 'never ran'}</td></tr>`,
)}
</tbody></table></section>`;
}

function watched({ conditions }: Protection): SafeHtml {
  return html`<section><h2>What is watched</h2>
<p class="hint">Each opens once, is told once and clears by itself.</p>
<table class="cards"><thead><tr><th>Condition</th><th class="n">Open</th><th>Clears</th></tr></thead><tbody>
${conditionKinds.map((kind) => {
  const open = conditions.filter((condition) => condition.kind === kind).length;
  return html`<tr><th>${conditionRules[kind].title}</th><td data-label="open" class="n">${open === 0 ? html`–` : html`<b>${open}</b>`}</td>
<td class="said">${conditionRules[kind].clears}</td></tr>`;
})}
</tbody></table></section>`;
}

function basis(): SafeHtml {
  return html`<footer><h2>How this is reckoned</h2><ul>
<li>The target of a source is the longest time between two slots of its policy's schedules.</li>
<li>A source is over its target when its newest point is older than that, and a slot has passed half an hour ago without a newer one.</li>
<li>Achieved on a day is the longest time between two points that ended on it; it is remembered for 35 days, also of points that are pruned.</li>
<li>Proof is the last drill or restore of the source that succeeded.</li>
</ul></footer>`;
}

function more(total: number): SafeHtml {
  return total > SHOWN ? html`<p class="hint">${total - SHOWN} more are in the JSON form.</p>` : html``;
}
