import { utcDay } from '../base/time.ts';
import type { Breakdown, CostReport, GroupBy, ReportGroup } from '../cost/cost.ts';
import { addFigures, noFigures, roundToAddUp } from '../cost/cost.ts';
import { GIB_STEP_BYTES, showGiB, showGiBSteps, showSteps, stepOf } from './cost-page-text.ts';
import { html, type SafeHtml } from './html.ts';

/** Lines of one table on the page; the rest is put together in one more. JSON and CSV have them all. */
const LINES_MAX = 50;

const TITLES: Readonly<Record<Exclude<GroupBy, `tag:${string}`>, string>> = {
  policy: 'policy',
  vm: 'virtual machine',
  disk: 'disk',
  subscription: 'subscription',
  resourceGroup: 'resource group',
  region: 'region',
};

/** A grouping in words. */
export function groupTitle(groupBy: GroupBy): string {
  return groupBy in TITLES ? TITLES[groupBy as keyof typeof TITLES] : `tag “${groupBy.slice('tag:'.length)}”`;
}

/** True where the figures of "now" are today's; without figures too, as none are older. */
export function isToday({ asOf, generatedAt }: CostReport): boolean {
  return asOf === null || asOf === utcDay(generatedAt);
}

/** One breakdown as a table. The amounts shown add up to the total shown, down every column. */
export function breakdownTable(report: CostReport, breakdown: Breakdown, decimals: number): SafeHtml {
  const lines = fold(breakdown.groups);
  const column = (pick: (line: ReportGroup) => number) => {
    const steps = roundToAddUp(lines.map(pick), stepOf(decimals));
    return { cells: steps, total: steps.reduce((sum, step) => sum + step, 0) };
  };
  const perMonth = column((line) => line.now.microUnitsPerMonth);
  const month = column((line) => line.monthMicroUnits);
  const period = column((line) => line.period.microUnits);
  const saved = column((line) => line.period.freedMicroUnitsPerMonth);
  const stored = roundToAddUp(
    lines.map((line) => line.now.storedBytes),
    GIB_STEP_BYTES,
  );
  const largest = Math.max(1, ...lines.map((line) => line.now.storedBytes));
  const row = (line: ReportGroup, index: number) => html`<tr>
<th scope="row">${line.group.label}${line.group.detail === '' ? '' : html` <small>${line.group.detail}</small>`}</th>
<td class="bar"><i style="width:${((line.now.storedBytes / largest) * 100).toFixed(1)}%"></i></td>
<td class="n">${showGiBSteps(stored[index] ?? 0, line.now.storedBytes)}</td>
<td class="n">${showSteps(perMonth.cells[index] ?? 0, decimals)}</td>
<td class="n">${showSteps(month.cells[index] ?? 0, decimals)}</td>
<td class="n wide">${showSteps(period.cells[index] ?? 0, decimals)}</td>
<td class="n wide">${showSteps(saved.cells[index] ?? 0, decimals)}</td>
</tr>`;
  const { currency, total } = report;
  return html`<section>
<h2>By ${groupTitle(breakdown.groupBy)}</h2>
<div class="scroll"><table>
<thead><tr><th scope="col">${capital(groupTitle(breakdown.groupBy))}</th><th></th><th scope="col" class="n">${isToday(report) ? 'Stored now' : `Stored on ${report.asOf}`}, GiB</th><th scope="col" class="n">A month at ${isToday(report) ? 'today’s rate' : 'that rate'}, ${currency}</th><th scope="col" class="n">This month so far, ${currency}</th><th scope="col" class="n wide">These ${report.days.length} days, ${currency}</th><th scope="col" class="n wide">Pruning saves a month, ${currency}</th></tr></thead>
<tbody>${lines.length > 0 ? lines.map(row) : html`<tr><td colspan="7" class="empty">Nothing in these days.</td></tr>`}</tbody>
<tfoot><tr><th scope="row">Total</th><td></td><td class="n">${showGiB(total.now.storedBytes)}</td><td class="n">${showSteps(perMonth.total, decimals)}</td><td class="n">${showSteps(month.total, decimals)}</td><td class="n wide">${showSteps(period.total, decimals)}</td><td class="n wide">${showSteps(saved.total, decimals)}</td></tr></tfoot>
</table></div>
</section>`;
}

function fold(groups: readonly ReportGroup[]): readonly ReportGroup[] {
  if (groups.length <= LINES_MAX) return groups;
  const others = groups.slice(LINES_MAX);
  const now = noFigures();
  const period = noFigures();
  let monthMicroUnits = 0;
  for (const line of others) {
    addFigures(now, line.now);
    addFigures(period, line.period);
    monthMicroUnits += line.monthMicroUnits;
  }
  const label = `${others.length} others`;
  return [
    ...groups.slice(0, LINES_MAX),
    { group: { key: label, label, detail: '' }, now, period, monthMicroUnits, days: [] },
  ];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
