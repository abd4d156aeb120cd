import type { CostReport, ReportGroup } from '../cost/cost.ts';
import { roundToAddUp } from '../cost/cost.ts';
import { decimalsFor, showAmount, showSteps, stepOf } from './cost-page-text.ts';
import { groupName } from './cost-tables.ts';
import { capital, groupTitle } from './group-title.ts';
import { html, type SafeHtml } from './html.ts';

const LINES_MAX = 10;

const REASONS: Readonly<Record<string, string>> = {
  lag: 'Azure shows a day in parts: more of it is still to come',
  rounding: 'rounding to the meter’s own steps',
  price: 'another price than the one known here: a discount or a negotiated sheet',
  bytes: 'Azure counted other bytes than were measured',
  unmeasured: 'snapshots that could not be measured',
  unpriced: 'snapshots without a known price',
  'no-estimate': 'billed snapshots that the ledger does not know',
  'not-billed': 'snapshots that Azure has not billed',
  other: 'not explained',
};

/** Estimate and bill side by side, with the reasons why they differ. */
export function billSection(report: CostReport): SafeHtml {
  const { billed, currency, breakdowns, total } = report;
  if (billed === null)
    return html`<section><h2>Estimate and bill</h2><p class="empty">Azure has not billed any of these days yet; its figures come a day or two later.</p></section>`;
  const decimals = decimalsFor(billed.billedMicroUnits);
  const first = breakdowns[0];
  const lines = first ? fold(first.groups.filter(hasBill)) : [];
  const estimates = roundToAddUp(
    lines.map((line) => line.estimateOfBilledMicroUnits),
    stepOf(decimals),
  );
  const bills = roundToAddUp(
    lines.map((line) => line.billedMicroUnits),
    stepOf(decimals),
  );
  const row = (name: SafeHtml, estimate: number, bill: number) =>
    html`<tr><th scope="row">${name}</th><td class="n">${showSteps(estimate, decimals)}</td><td class="n">${showSteps(bill, decimals)}</td><td class="n">${showSteps(bill - estimate, decimals)}</td></tr>`;
  const sum = (steps: readonly number[]) => steps.reduce((all, step) => all + step, 0);
  return html`<section>
<h2>Estimate and bill</h2>
<p class="hint">The ${billed.days} of these days that Azure has billed, up to ${billed.through}${billed.final ? '; their invoices are closed' : '; until the invoice is closed Azure may still correct them'}.</p>
<div class="scroll"><table>
<thead><tr><th scope="col">${first ? capital(groupTitle(first.groupBy)) : ''}</th><th scope="col" class="n">Estimated, ${currency}</th><th scope="col" class="n">Billed, ${currency}</th><th scope="col" class="n">Difference</th></tr></thead>
<tbody>${lines.map((line, index) => row(groupName(line), estimates[index] ?? 0, bills[index] ?? 0))}</tbody>
<tfoot>${row(html`Total`, sum(estimates), sum(bills))}</tfoot>
</table></div>
${reasons(report, decimals)}
${billed.foreignMicroUnits > 0 ? html`<p class="hint">Beside this Azure has billed ${currency} ${showAmount(billed.foreignMicroUnits, decimals)} for snapshots that Holdfast did not take: they are in no figure of this page.</p>` : ''}
${total.billedMicroUnits === 0 ? html`<p class="hint">Billed days without a charge are counted as billed.</p>` : ''}
</section>`;
}

function reasons({ billed, currency }: CostReport, decimals: number): SafeHtml {
  const list = billed?.reasons.filter(({ microUnits }) => microUnits !== 0) ?? [];
  if (list.length === 0) return html``;
  return html`<h3>Why they differ</h3>
<div class="scroll"><table class="short"><thead><tr><th scope="col">Reason</th><th scope="col" class="n">Difference, ${currency}</th></tr></thead>
<tbody>${list.map(({ code, microUnits }) => html`<tr><th scope="row">${REASONS[code] ?? code}</th><td class="n">${showAmount(microUnits, decimals)}</td></tr>`)}</tbody></table></div>`;
}

function hasBill(line: ReportGroup): boolean {
  return line.billedMicroUnits !== 0 || line.estimateOfBilledMicroUnits !== 0;
}

function fold(lines: readonly ReportGroup[]): readonly ReportGroup[] {
  if (lines.length <= LINES_MAX) return lines;
  const others = lines.slice(LINES_MAX);
  const [first] = others;
  if (!first) return lines;
  const label = `${others.length} others`;
  return [
    ...lines.slice(0, LINES_MAX),
    {
      ...first,
      group: { key: label, label, detail: '' },
      billedMicroUnits: others.reduce((sum, line) => sum + line.billedMicroUnits, 0),
      estimateOfBilledMicroUnits: others.reduce((sum, line) => sum + line.estimateOfBilledMicroUnits, 0),
    },
  ];
}
