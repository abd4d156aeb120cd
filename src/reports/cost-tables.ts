import { utcDay } from '../base/time.ts';
import type { Breakdown, CostReport, GroupCost, ReportGroup } from '../cost/cost.ts';
import { addFigures, noFigures, roundToAddUp } from '../cost/cost.ts';
import { GIB_STEP_BYTES, showAmount, showGiB, showGiBSteps, showSteps, stepOf } from './cost-page-text.ts';
import { capital, groupTitle } from './group-title.ts';
import { html, type SafeHtml } from './html.ts';

/** Lines of one table on the page; the rest is put together in one more. JSON and CSV have them all. */
const LINES_MAX = 25;
const DEAREST = 10;

/** True where the figures of "now" are today's; without figures too, as none are older. */
export function isToday({ asOf, generatedAt }: CostReport): boolean {
  return asOf === null || asOf === utcDay(generatedAt);
}

/** A group's name, and what tells it from others of that name. */
export function groupName({ group: { label, detail } }: Pick<ReportGroup, 'group'>): SafeHtml {
  return html`${label}${detail === '' || detail === label ? '' : html` <small>${detail}</small>`}`;
}

/** One breakdown as a table. The amounts shown add up to the total shown, down every column. */
export function breakdownTable(report: CostReport, breakdown: Breakdown, decimals: number): SafeHtml {
  const title = groupTitle(breakdown.groupBy);
  const onlyRest = breakdown.groups.length === 1 && breakdown.groups[0]?.group.key === '(untagged)';
  if (onlyRest)
    return html`<section>
<h3>By ${title}</h3>
<p class="empty">Nothing carries the tag ${breakdown.dimension.slice('tag:'.length)}: all of it is untagged.</p>
</section>`;
  const lines = fold(breakdown.groups);
  const column = (pick: (line: ReportGroup) => number) => {
    const steps = roundToAddUp(lines.map(pick), stepOf(decimals));
    return { cells: steps, total: steps.reduce((sum, step) => sum + step, 0) };
  };
  const columns = [
    column((line) => line.lastMonthMicroUnits),
    column((line) => line.monthMicroUnits),
    column((line) => line.period.microUnits),
    column((line) => line.now.microUnitsPerMonth),
    column((line) => line.period.freedMicroUnitsPerMonth),
  ];
  const [lastMonth, month, period, perMonth, saved] = columns;
  const stored = roundToAddUp(
    lines.map((line) => line.now.storedBytes),
    GIB_STEP_BYTES,
  );
  const largest = Math.max(1, ...lines.map((line) => line.period.microUnits));
  const cell = (from: (typeof columns)[number] | undefined, index: number, kind = 'n') =>
    html`<td class="${kind}">${showSteps(from?.cells[index] ?? 0, decimals)}</td>`;
  const foot = (from: (typeof columns)[number] | undefined, kind = 'n') =>
    html`<td class="${kind}">${showSteps(from?.total ?? 0, decimals)}</td>`;
  const row = (line: ReportGroup, index: number) => html`<tr>
<th scope="row">${groupName(line)}</th>
<td class="bar"><i style="width:${((Math.max(0, line.period.microUnits) / largest) * 100).toFixed(1)}%"></i></td>
${cell(period, index)}${cell(lastMonth, index, 'n wide')}${cell(month, index)}${cell(perMonth, index)}
<td class="n wide">${showGiBSteps(stored[index] ?? 0, line.now.storedBytes)}</td>${cell(saved, index, 'n wide')}
</tr>`;
  const { currency, total } = report;
  const rate = isToday(report) ? 'today’s rate' : 'that rate';
  return html`<section>
<h3>By ${title}</h3>
<div class="scroll"><table>
<thead><tr><th scope="col">${capital(title)}</th><th></th><th scope="col" class="n">These ${report.days.length} days, ${currency}</th><th scope="col" class="n wide">Last month, ${currency}</th><th scope="col" class="n">This month so far, ${currency}</th><th scope="col" class="n">A month at ${rate}, ${currency}</th><th scope="col" class="n wide">${isToday(report) ? 'Stored now' : `Stored on ${report.asOf}`}, GiB</th><th scope="col" class="n wide">Pruning saves a month, ${currency}</th></tr></thead>
<tbody>${lines.length > 0 ? lines.map(row) : html`<tr><td colspan="8" class="empty">Nothing in these days.</td></tr>`}</tbody>
<tfoot><tr><th scope="row">Total</th><td></td>${foot(period)}${foot(lastMonth, 'n wide')}${foot(month)}${foot(perMonth)}<td class="n wide">${showGiB(total.now.storedBytes)}</td>${foot(saved, 'n wide')}</tr></tfoot>
</table></div>
</section>`;
}

/** The ten dearest machines and disks of the report's days, side by side. */
export function dearestTables(report: CostReport, decimals: number): SafeHtml {
  if (report.disks.length === 0) return html``;
  const total = report.total.period.microUnits;
  const table = (title: string, all: readonly GroupCost[]) => {
    const lines = all.slice(0, DEAREST);
    const largest = Math.max(1, lines[0]?.microUnits ?? 0);
    const percent = (part: number) => (total === 0 ? '–' : `${((part / total) * 100).toFixed(1)} %`);
    const rows = lines.map(
      (line) => html`<tr><th scope="row">${groupName(line)}</th>
<td class="bar"><i style="width:${((Math.max(0, line.microUnits) / largest) * 100).toFixed(1)}%"></i></td>
<td class="n">${showAmount(line.microUnits, decimals)}</td><td class="n">${percent(line.microUnits)}</td></tr>`,
    );
    return html`<div>
<h3>${title}${all.length > DEAREST ? html` <small>of ${all.length.toLocaleString('en')}</small>` : ''}</h3>
<div class="scroll"><table class="dearest"><thead><tr><th scope="col">Name</th><th></th><th scope="col" class="n">These days, ${report.currency}</th><th scope="col" class="n">Of all</th></tr></thead><tbody>${rows}</tbody></table></div>
</div>`;
  };
  return html`<section>
<h2>The dearest</h2>
<div class="pair">${table('Virtual machines', report.machines)}${table('Disks', report.disks)}</div>
</section>`;
}

function fold(groups: readonly ReportGroup[]): readonly ReportGroup[] {
  if (groups.length <= LINES_MAX) return groups;
  const others = groups.slice(LINES_MAX);
  const now = noFigures();
  const period = noFigures();
  const sum = { monthMicroUnits: 0, lastMonthMicroUnits: 0, billedMicroUnits: 0, estimateOfBilledMicroUnits: 0 };
  for (const line of others) {
    addFigures(now, line.now);
    addFigures(period, line.period);
    sum.monthMicroUnits += line.monthMicroUnits;
    sum.lastMonthMicroUnits += line.lastMonthMicroUnits;
    sum.billedMicroUnits += line.billedMicroUnits;
    sum.estimateOfBilledMicroUnits += line.estimateOfBilledMicroUnits;
  }
  const label = `${others.length} others`;
  return [
    ...groups.slice(0, LINES_MAX),
    { group: { key: label, label, detail: '' }, now, period, ...sum, daily: null },
  ];
}
