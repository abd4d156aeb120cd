import { html, type SafeHtml } from '../reports/html.ts';
import { showSpan } from '../reports/protection-text.ts';
import { CONSOLE, consoleAddress } from './addresses.ts';
import { counted, moment, money, pointBadge, size } from './parts.ts';
import { timeline } from './timeline.ts';
import type { PointLine, SourceLine, SourcesView, SourceView, Viewer } from './views.ts';

/** All sources, by name; a search narrows them. */
export function sourcesPage({ at, query, sources, found, total }: SourcesView): SafeHtml {
  return html`<h1>Sources</h1>
<form class="search" method="get" action="${consoleAddress(['sources'])}" role="search">
<input type="search" name="q" value="${query}" maxlength="200" aria-label="Search sources" placeholder="name, policy, resource group, region">
<button>Search</button></form>
<p class="lead">${query === '' ? counted(total, 'source') : html`${found} of ${counted(total, 'source')} match`}${found > sources.length ? html`; the first ${sources.length} are shown: search for less` : ''}</p>
${
  sources.length === 0
    ? html`<p class="empty">${query === '' ? 'No policy has matched a source yet.' : 'Nothing has this in its name, policy, resource group or region.'}</p>`
    : html`<table class="cards"><thead><tr><th>Source</th><th>Policies</th><th>Resource group</th><th class="n">Disks</th><th class="n">Size</th><th class="n">Newest point</th></tr></thead><tbody>
${sources.map((source) => sourceRow(source, at))}</tbody></table>`
}`;
}

function sourceRow(
  { key, name, kind, policies, resourceGroup, region, disks, sizeBytes, lastPointAt, isLeft }: SourceLine,
  at: number,
) {
  return html`<tr><th><a href="${consoleAddress(['sources', key])}">${name}</a><br><small>${kind === 'disk' ? 'disk' : 'virtual machine'}${isLeft ? ' · no policy matches it any more' : ''}</small></th>
<td data-label="policies">${policies.join(', ')}</td><td data-label="resource group"><span>${resourceGroup}<br><small>${region}</small></span></td>
<td class="n" data-label="disks">${disks}</td><td class="n" data-label="size">${size(sizeBytes)}</td>
<td class="n" data-label="newest point">${lastPointAt === null ? html`<span class="late">none yet</span>` : `${showSpan(at - lastPointAt)} ago`}</td></tr>`;
}

/** One source: its points over time, and in a table. */
export function sourcePage(view: SourceView, viewer: Viewer): SafeHtml {
  const { source, points, at, currency, before } = view;
  return html`<p class="crumbs"><a href="${CONSOLE}">Overview</a> › <a href="${consoleAddress(['sources'])}">Sources</a></p>
<h1>${source.name}</h1>
<p class="lead">${source.kind === 'disk' ? 'disk' : 'virtual machine'} · ${source.resourceGroup} · ${source.region} · ${counted(source.disks, 'disk')}, ${size(source.sizeBytes)} · ${source.policies.map(
    (policy, index) => html`${index === 0 ? '' : ', '}<a href="${consoleAddress(['policies', policy])}">${policy}</a>`,
  )}</p>
${viewer.mayOperate ? actions(view) : ''}
<h2>Points</h2>
${points.length === 0 ? html`<p class="empty">There are none ${before === null ? 'yet' : 'before that'}.</p>` : html`${timeline(points, at)}${pointTable(points, currency)}`}
${before === null ? '' : html`<p class="actions"><a class="button" href="${consoleAddress(['sources', source.key], { before })}">Older points</a></p>`}`;
}

function actions({ source, once, diskNames }: SourceView): SafeHtml {
  return html`<div class="actions">${
    source.isLeft
      ? ''
      : html`<form method="post" action="${consoleAddress(['sources', source.key, 'take'])}"><input type="hidden" name="once" value="${once}">${
          source.policies.length > 1
            ? html`<select name="policy" aria-label="Policy">${source.policies.map((policy) => html`<option>${policy}</option>`)}</select> `
            : html`<input type="hidden" name="policy" value="${source.policies[0] ?? ''}">`
        }<button>Take a point now</button></form>`
  }
<form method="get" action="${consoleAddress(['sources', source.key, 'history'])}">${diskNames.length > 1 ? html`<select name="disk" aria-label="Disk">${diskNames.map((name) => html`<option>${name}</option>`)}</select>` : ''}<input name="path" required maxlength="4096" placeholder="/p1/etc/hosts" aria-label="Path of a file"> <button>History of a file</button></form></div>`;
}

function pointTable(points: readonly PointLine[], currency: string): SafeHtml {
  return html`<table class="cards"><thead><tr><th>Taken</th><th>Policy</th><th>State</th><th class="n">Stores</th><th class="n">Costs a month</th></tr></thead><tbody>
${points.map(
  (
    point,
  ) => html`<tr><th><a href="${consoleAddress(['points', point.id])}">${moment(point.takenAt ?? point.slot)}</a></th>
<td data-label="policy"><span>${point.policy} <small>${point.schedules.length === 0 ? 'on demand' : point.schedules.join(', ')}</small></span></td>
<td data-label="state"><span>${point.state} ${pointBadge(point)}</span></td>
<td class="n" data-label="stores">${size(point.storedBytes)}</td><td class="n" data-label="costs a month">${money(point.costMicroUnits, currency)}</td></tr>`,
)}
</tbody></table>
<p class="hint">Moments are in UTC. Money is what the point's own bytes cost a month at today's price.</p>`;
}
