import { html, type SafeHtml } from '../reports/html.ts';
import { apiAddress, consoleAddress } from './addresses.ts';
import { counted, moment, ruleText, size, tile } from './parts.ts';
import type { PoliciesView, PolicyView } from './views.ts';

/** All policies. */
export function policiesPage({ policies }: PoliciesView): SafeHtml {
  if (policies.length === 0)
    return html`<h1>Policies</h1><p class="empty">There is none yet: <code>PUT /api/policies/NAME</code> makes one.</p>`;
  return html`<h1>Policies</h1>
<table class="cards"><thead><tr><th>Policy</th><th>Schedules</th><th class="n">Sources</th><th>State</th><th>Changed</th></tr></thead><tbody>
${policies.map(
  ({
    name,
    enabled,
    timeZone,
    schedules,
    sources,
    awaitsConfirmation,
    updatedAt,
    updatedBy,
  }) => html`<tr><th><a href="${consoleAddress(['policies', name])}">${name}</a></th>
<td data-label="schedules"><span>${schedules.map(({ name: schedule, cron }) => html`${schedule} <code>${cron}</code><br>`)}<small>${timeZone}</small></span></td>
<td class="n" data-label="sources">${sources}</td><td data-label="state">${enabled ? 'runs' : html`<span class="late">paused</span>`}${awaitsConfirmation ? html`<br><small>deletes nothing until it is confirmed</small>` : ''}</td>
<td data-label="changed"><span>${moment(updatedAt)}<br><small class="wrap">${updatedBy}</small></span></td></tr>`,
)}</tbody></table>`;
}

/** What a policy does to its points now, and what it will do. */
export function policyPage(view: PolicyView): SafeHtml {
  const { name, enabled, document, budget, unmeasured } = view;
  return html`<p class="crumbs"><a href="${consoleAddress(['policies'])}">Policies</a></p>
<h1>${name}</h1>
<p class="lead">${enabled ? '' : html`<span class="late">paused</span> · `}what a sweep would decide at ${moment(view.at)} UTC; nothing is written</p>
<div class="actions"><a class="button main" href="${apiAddress(['policies', name, 'simulate'], { format: 'html' })}">Play it forward</a></div>
<dl class="tiles">
${tile('Points', html`${view.points}`, view.deletes === 0 ? 'all of them stay' : html`${counted(view.deletes, 'point')} would go`)}
${tile('Stores', view.storedBytes === null ? '–' : size(view.storedBytes.before), view.storedBytes === null ? `${counted(unmeasured, 'source')} not measured` : html`${size(view.storedBytes.after)} after it`)}
${tile('Costs a month', view.monthlyCost === null ? '–' : html`${amount(view.monthlyCost.before)}<span class="unit"> ${view.monthlyCost.currency}</span>`, view.monthlyCost === null ? 'a price or a size is missing' : `${amount(view.monthlyCost.after)} after it`)}
</dl>
${budget === null ? '' : html`<h2>Budget</h2><p>${budget.fits ? html`<span class="good">It fits.</span>` : html`<span class="late">It does not fit.</span>`}${budget.change === null ? '' : html` This change would fit: <code>${budget.change}</code>`}</p>`}
${goes(view)}
${bySource(view)}
<h2>Document</h2><details><summary>Show</summary><pre>${document}</pre></details>`;
}

function amount(units: number): string {
  return units.toLocaleString('en', {
    minimumFractionDigits: 2,
    maximumFractionDigits: units > 0 && units < 0.1 ? 4 : 2,
  });
}

function goes({ deleted, deletes }: PolicyView): SafeHtml {
  if (deletes === 0) return html``;
  return html`<h2>Would go</h2><table class="cards short"><thead><tr><th>Point</th><th>Source</th><th>Rule</th><th class="n">Frees</th></tr></thead><tbody>
${deleted.map(({ id, source, because, freedBytes }) => html`<tr><th><a href="${consoleAddress(['points', id])}">${moment(slotOf(id))}</a></th><td data-label="source">${source}</td><td data-label="rule">${ruleText(because)}</td><td class="n" data-label="frees">${size(freedBytes)}</td></tr>`)}
</tbody></table>${deletes > deleted.length ? html`<p class="hint">${deletes - deleted.length} more: <code>POST policies/NAME/preview</code> lists all.</p>` : ''}`;
}

const SLOT_LAST = 999_999_999_999_999;

/** The slot that a point's id names. */
function slotOf(id: string): number | null {
  const inverted = /\.(\d{15})\./.exec(id)?.[1];
  return inverted === undefined ? null : SLOT_LAST - Number(inverted);
}

function bySource({ name, sources, next }: PolicyView): SafeHtml {
  if (sources.length === 0) return html`<h2>Sources</h2><p class="empty">It has no points yet.</p>`;
  return html`<h2>Sources</h2><table class="cards short"><thead><tr><th>Source</th><th class="n">Points</th><th class="n">Would go</th><th class="n">Stores</th></tr></thead><tbody>
${sources.map((source) => html`<tr><th><a href="${consoleAddress(['sources', source.source])}">${source.name}</a></th><td class="n" data-label="points">${source.points}</td><td class="n" data-label="would go">${source.deletes}</td><td class="n" data-label="stores">${size(source.storedBytes?.before ?? null)}</td></tr>`)}
</tbody></table>${next === null ? '' : html`<p class="actions"><a class="button" href="${consoleAddress(['policies', name], { after: next })}">More sources</a></p>`}`;
}
