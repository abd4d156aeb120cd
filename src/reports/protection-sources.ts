import { isWithin, type Protection, type SourceProtection } from '../watch/watch.ts';
import { html, type SafeHtml } from './html.ts';
import { showMoment, showSpan } from './protection-text.ts';

/** Sources that the page shows: those over their target come first. */
const SHOWN = 300;
const CELL = { width: 7, height: 16, gap: 1.5 };

/** Every source: what it has, what it should have, and how that went day by day. */
export function sourceSection(report: Protection): SafeHtml {
  const { sources, days } = report;
  if (sources.length === 0)
    return html`<section><h2>Sources</h2><p class="empty">No policy has matched a source yet.</p></section>`;
  return html`<section><h2>Sources</h2>
<p class="hint keys"><span class="key"><i class="in"></i>day within target</span> <span class="key"><i class="out"></i>day over target</span> <span class="key"><i class="none"></i>not known</span></p>
<table class="cards sources"><thead><tr><th>Source</th><th class="n">Target</th><th class="n">Newest point</th><th class="n">Worst</th>
<th>${days[0]?.slice(5) ?? ''} to ${days.at(-1)?.slice(5) ?? ''}</th><th class="n">Last proof</th></tr></thead><tbody>
${sources.slice(0, SHOWN).map((source) => row(source, report))}
</tbody></table>
${sources.length > SHOWN ? html`<p class="hint">${sources.length - SHOWN} more are in the JSON form.</p>` : ''}
${report.left > 0 ? html`<p class="hint">${report.left} more ${report.left === 1 ? 'source has' : 'sources have'} points and ${report.left === 1 ? 'is' : 'are'} matched by no policy any more.</p>` : ''}</section>`;
}

function row(source: SourceProtection, { at }: Protection): SafeHtml {
  const { name, policy, kind, targetMs, ageMs, isOver, achievedMs, lastProof } = source;
  const known = achievedMs.filter((value) => value !== null);
  const worst = known.length === 0 ? null : Math.max(...known);
  const isWorstOver = worst !== null && targetMs !== null && !isWithin(worst, targetMs);
  return html`<tr><th>${name}<br><small>${policy}${kind === 'disk' ? ' · disk' : ''}</small></th>
<td class="n" data-label="target">${targetMs === null ? '–' : showSpan(targetMs)}</td>
<td class="n" data-label="newest point"><span${isOver ? html` class="late"` : ''}>${ageMs === null ? 'none' : html`${showSpan(ageMs)} ago`}</span></td>
<td class="n" data-label="worst"><span${isWorstOver ? html` class="late"` : ''}>${worst === null ? '–' : showSpan(worst)}</span></td>
<td class="strip" data-label="by day">${strip(achievedMs, targetMs)}</td>
<td class="n" data-label="last proof">${lastProof === null ? html`<span class="soft">never</span>` : html`<span title="${showMoment(lastProof.at)}">${showSpan(at - lastProof.at)} ago<br><small>${lastProof.kind}</small></span>`}</td></tr>`;
}

/** One cell a day: its shape differs as well as its colour, for paper and for eyes that see no red. */
function strip(values: readonly (number | null)[], targetMs: number | null): SafeHtml {
  const step = CELL.width + CELL.gap;
  const states = values.map((value) =>
    value === null || targetMs === null ? 'none' : isWithin(value, targetMs) ? 'in' : 'out',
  );
  const count = (wanted: string) => states.filter((state) => state === wanted).length;
  const label = `${count('in')} days within target, ${count('out')} over, ${count('none')} not known`;
  const shapes = (['in', 'out', 'none'] as const).map((wanted) => {
    const cells = states.flatMap((state, at) => (state === wanted ? [cell(at * step, HEIGHTS[wanted])] : []));
    return cells.length === 0 ? html`` : html`<path class="${wanted}" d="${cells.join('')}"/>`;
  });
  const width = values.length * step;
  return html`<svg viewBox="0 0 ${width} ${CELL.height}" width="${width}" height="${CELL.height}" preserveAspectRatio="none" role="img" aria-label="${label}">${shapes}</svg>`;
}

const HEIGHTS = { in: 9, out: CELL.height, none: 2 };

function cell(x: number, height: number): string {
  return `M${Math.round(x * 10) / 10} ${CELL.height - height}h${CELL.width}v${height}h-${CELL.width}z`;
}
