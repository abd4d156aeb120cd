import { html, type SafeHtml } from '../reports/html.ts';
import { consoleAddress } from './addresses.ts';
import { counted, moment, ruleText, size } from './parts.ts';
import type { RecycleView, Viewer } from './views.ts';

/** What is marked for deletion and can still be taken back, what goes first first. */
export function recyclePage({ at, points, freesBytes, next }: RecycleView, viewer: Viewer): SafeHtml {
  if (points.length === 0) return html`<h1>Recycle</h1><p class="empty">Nothing is marked for deletion.</p>`;
  return html`<h1>Recycle</h1>
<p class="lead">${counted(points.length, 'point')} of this page; deleting them frees ${size(freesBytes)} · ${moment(at)} UTC</p>
<table class="cards"><thead><tr><th>Point</th><th>Source</th><th>Rule</th><th class="n">Frees</th><th class="n">Goes after</th>${viewer.mayOperate ? html`<th></th>` : ''}</tr></thead><tbody>
${points.map(
  (point) => html`<tr><th><a href="${consoleAddress(['points', point.id])}">${moment(point.takenAt)}</a></th>
<td data-label="source"><span><a href="${consoleAddress(['sources', point.source])}">${point.sourceName}</a> <small>${point.policy}</small></span></td>
<td data-label="rule">${ruleText(point.because)}</td><td class="n" data-label="frees">${size(point.freesBytes)}</td><td class="n" data-label="goes after">${moment(point.deleteAfter)}</td>
${viewer.mayOperate ? html`<td><form method="post" action="${consoleAddress(['points', point.id, 'unmark'])}"><input type="hidden" name="from" value="recycle"><button class="small">Take back</button></form></td>` : ''}</tr>`,
)}</tbody></table>
<p class="hint">A point that is taken back is marked again by the next sweep, unless its policy or a hold keeps it.</p>
${next === null ? '' : html`<p class="actions"><a class="button" href="${consoleAddress(['recycle'], { after: next })}">More</a></p>`}`;
}
