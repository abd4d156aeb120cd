import type { CostReport } from '../cost/cost.ts';
import { basisSection, dayTable } from './cost-basis.ts';
import { billSection } from './cost-bill.ts';
import { chartSection } from './cost-chart.ts';
import { azureBackupSection, budgetSection, madeSection } from './cost-context.ts';
import { headline } from './cost-headline.ts';
import type { CostPage } from './cost-page.ts';
import { decimalsFor } from './cost-page-text.ts';
import { orphanSection, outlierSection, pruningSection, reclaimSection } from './cost-savings.ts';
import { breakdownTable, dearestTables } from './cost-tables.ts';
import { html, type SafeHtml } from './html.ts';
import { monthSection } from './month-chart.ts';
import { pageHead } from './page-head.ts';

/**
 * The cost report as one page that needs nothing else: no script, no font, no address.
 *
 * Safety: everything from outside is escaped; a content security policy forbids whatever would slip through.
 */
export async function costHtml(content: CostPage): Promise<string> {
  const { report } = content;
  const { total } = report;
  const decimals = decimalsFor(Math.max(total.now.microUnitsPerMonth, total.monthMicroUnits, total.period.microUnits));
  const first = report.breakdowns[0];
  const page = html`${pageHead(`Snapshot cost, ${report.from} to ${report.to}`)}
<body>
<main>
<header>
<h1>Snapshot cost</h1>
<p class="lead">${report.from} to ${report.to} · ${report.currency} · days in UTC</p>
<p class="lead">Estimated from measured used size${priceDate(report)}; not a bill. ${billedThrough(report)}</p>
</header>
${headline(content, decimals)}
${notices(report)}
${first ? await chartSection(report, first) : ''}
${monthSection(report)}
<section><h2>Who caused it</h2></section>
${report.breakdowns.map((breakdown) => breakdownTable(report, breakdown, decimals))}
${dearestTables(report, decimals)}
${pruningSection(report, decimals)}
${reclaimSection(content)}
${orphanSection(content)}
${outlierSection(content)}
${billSection(report)}
${budgetSection(content)}
${madeSection(content)}
${azureBackupSection(content)}
${dayTable(report)}
${basisSection(report)}
</main>
</body>
</html>
`;
  return page.text;
}

function priceDate({ prices }: CostReport): string {
  const newest = prices
    .map(({ asOf }) => asOf)
    .sort()
    .at(-1);
  if (newest === undefined) return '';
  return prices.some(({ price }) => price.source === 'sheet') ? `, prices of ${newest}` : `, list prices of ${newest}`;
}

function billedThrough({ billed }: CostReport): string {
  return billed === null
    ? 'Azure has not billed any of these days yet.'
    : `What Azure has billed, up to ${billed.through}, stands beside it.`;
}

function notices({ notices: list }: CostReport): SafeHtml {
  if (list.length === 0) return html``;
  return html`<ul class="notices">${list.map(({ text }) => html`<li>${text}</li>`)}</ul>`;
}
