import { html, type SafeHtml } from '../reports/html.ts';
import { apiAddress, consoleAddress } from './addresses.ts';
import { moment } from './parts.ts';
import type { DrillsView, DrillView } from './restore-views.ts';

/** The evidence that points can be restored: the newest drill of each source, failed ones first, and what was never proven. */
export function drillsPage({ drills, unproven, unprovenTotal }: DrillsView): SafeHtml {
  return html`<h1>Drills</h1>
<p class="lead">Restores that were made to prove that they work, and removed again.</p>
${
  drills.length === 0
    ? html`<p class="empty">No drill has been run yet: a policy asks for them with <code>drills</code>.</p>`
    : html`<table class="cards"><thead><tr><th>Source</th><th>Ended</th><th>Point</th><th>Result</th><th>Steps</th></tr></thead><tbody>${drills.map(row)}</tbody></table>`
}
<h2>Never proven by a drill</h2>
${
  unprovenTotal === 0
    ? html`<p class="empty">None: a drill of every source has passed at least once.</p>`
    : html`<ul>${unproven.map(({ key, name }) => html`<li><a href="${consoleAddress(['sources', key])}">${name}</a></li>`)}</ul>${unprovenTotal > unproven.length ? html`<p class="hint">and ${unprovenTotal - unproven.length} more</p>` : ''}`
}`;
}

function row(drill: DrillView): SafeHtml {
  const { sourceKey, sourceName, policy, at, kind, pick, result, reason, pointId, takenAt, lastPassedAt, steps } =
    drill;
  return html`<tr><th><a href="${consoleAddress(['sources', sourceKey])}">${sourceName}</a><br><small>${policy} · ${kind}</small></th>
<td data-label="ended">${moment(at)}</td>
<td data-label="point"><span>${pointId === null ? '' : html`<a href="${consoleAddress(['points', pointId])}">${moment(takenAt)}</a><br>`}<small>${pick}</small></span></td>
<td data-label="result"><span><span class="badge ${result === 'passed' ? 'good' : 'failed'}">${result}</span>${reason === null ? '' : html`<br><small class="late">${reason}</small>`}${
    result !== 'passed'
      ? html`<br><small>${lastPassedAt === null ? 'never passed' : html`passed last ${moment(lastPassedAt)}`}</small>`
      : ''
  }${drill.checks.map(({ name, result: found, detail }) => html`<br><small>${name} ${found}: ${detail}</small>`)}</span></td>
<td data-label="steps"><small>${steps.map(({ name, seconds }, index) => html`${index === 0 ? '' : ', '}${name} ${seconds} s`)}<br><a href="${apiAddress(['drills', drill.drillId])}">evidence</a></small></td></tr>`;
}
