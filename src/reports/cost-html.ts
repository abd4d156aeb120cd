import { fromMicroUnits, MICRO_UNITS_PER_UNIT } from '../base/money.ts';
import { formatIso } from '../base/time.ts';
import type { Breakdown, CostReport, ReportDay } from '../cost/cost.ts';
import { costPageStyle } from './cost-page-style.ts';
import { decimalsFor, showAmount, showGiB, showSize } from './cost-page-text.ts';
import { breakdownTable, groupTitle, isToday } from './cost-tables.ts';
import { html, rawHtml, type SafeHtml } from './html.ts';

/** Groups with a colour of their own; the rest is one more bar. */
const SERIES_MAX = 7;
/** Told apart also with the common colour-vision deficiencies, and in grey on paper by their lightness. */
const COLORS = ['#2f6db3', '#e2a336', '#4fa58c', '#c8553d', '#7d6bb3', '#8fbce6', '#a8794f'] as const;
const OTHERS_COLOR = '#a9b0ba';

/**
 * The cost report as one page that needs nothing else: no script, no font, no address.
 *
 * Safety: everything from outside is escaped; a content security policy forbids whatever would slip through.
 */
export async function costHtml(report: CostReport): Promise<string> {
  const { total } = report;
  const decimals = decimalsFor(Math.max(total.now.microUnitsPerMonth, total.monthMicroUnits));
  const first = report.breakdowns[0];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>Snapshot cost, ${report.from} to ${report.to}</title>
<style>${rawHtml(costPageStyle)}</style>
</head>
<body>
<main>
<header>
<h1>Snapshot cost</h1>
<p class="lead">${report.from} to ${report.to} · ${report.currency} · days in UTC</p>
<p class="lead">Estimated from measured used size${priceDate(report)}; not a bill.</p>
</header>
${headline(report, decimals)}
${notices(report)}
${first ? await chartSection(report, first) : ''}
${report.breakdowns.map((breakdown) => breakdownTable(report, breakdown, decimals))}
${dayTable(report)}
${basis(report)}
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

function headline(report: CostReport, decimals: number): SafeHtml {
  const { total, currency, asOf, generatedAt } = report;
  const month = formatIso(generatedAt).slice(0, 7);
  const { freedPoints, freedBytes, freedMicroUnitsPerMonth } = total.period;
  const unknown = asOf === null;
  const amount = (microUnits: number) =>
    unknown ? html`–` : html`<span class="unit">${currency}</span> ${showAmount(microUnits, decimals)}`;
  const tile = (label: string, value: SafeHtml, note: string) =>
    html`<div class="tile"><dt>${label}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`;
  const points = `${total.now.points.toLocaleString('en')} ${total.now.points === 1 ? 'snapshot' : 'snapshots'}`;
  return html`<dl class="tiles">
${tile('This month so far', amount(total.monthMicroUnits), `${month}, estimated`)}
${tile(isToday(report) ? 'At today’s rate' : `At the rate of ${asOf}`, amount(total.now.microUnitsPerMonth), 'for a whole month')}
${tile(isToday(report) ? 'Stored now' : `Stored on ${asOf}`, html`${unknown ? '–' : showSize(total.now.storedBytes)}`, unknown ? 'no figures yet' : points)}
${tile('Saved by pruning', html`${amount(freedMicroUnitsPerMonth)}`, `a month: ${showSize(freedBytes)} freed by ${freedPoints.toLocaleString('en')} ${freedPoints === 1 ? 'deletion' : 'deletions'} in these days`)}
</dl>`;
}

function notices({ notices: list }: CostReport): SafeHtml {
  if (list.length === 0) return html``;
  return html`<ul class="notices">${list.map(({ text }) => html`<li>${text}</li>`)}</ul>`;
}

async function chartSection(report: CostReport, breakdown: Breakdown): Promise<SafeHtml> {
  const { series, names } = stack(report, breakdown);
  const priced = report.total.period.microUnits > 0;
  // Loaded here, on first use: the chart library is most of what a page needs.
  const { drawStackedBars } = await import('./chart.ts');
  const largest = Math.max(...report.days.map(({ figures }) => figures.microUnits));
  const decimals = Math.min(decimalsFor(largest), 4);
  const missing = report.days.flatMap(({ state }, index) => (state === 'missing' ? [index] : []));
  const draw = (name: string, widthPx: number, heightPx: number) =>
    rawHtml(
      drawStackedBars({
        name,
        days: report.days.map(({ day }) => day),
        missing,
        open: report.days.findIndex(({ state }) => state === 'open'),
        series,
        formatValue: (value) => (priced ? value.toFixed(decimals) : showSize(value)),
        widthPx,
        heightPx,
      }),
    );
  const what = priced ? `Cost per day, ${report.currency}` : 'Bytes stored per day';
  return html`<section>
<h2>${what}, by ${groupTitle(breakdown.groupBy)}</h2>
<figure role="img" aria-label="${what}, by ${groupTitle(breakdown.groupBy)}: the figures are in the tables below">
<div class="wide">${draw('wide', 960, 300)}</div>
<div class="narrow">${draw('narrow', 360, 260)}</div>
<figcaption>${names.map(({ name, color }) => html`<span class="key"><i style="background:${color}"></i>${name}</span>`)}${
    missing.length > 0 ? html`<span class="key"><i class="gap"></i>no figures</span>` : ''
  }</figcaption>
</figure>
</section>`;
}

/** The dearest groups as series of their own, the others as one, so that the bars reach the totals. */
function stack(report: CostReport, breakdown: Breakdown) {
  const priced = report.total.period.microUnits > 0;
  const valueIn = (figures: { microUnits: number; storedBytes: number }) =>
    priced ? figures.microUnits / MICRO_UNITS_PER_UNIT : figures.storedBytes;
  const own = breakdown.groups.slice(0, SERIES_MAX);
  const others = breakdown.groups.slice(SERIES_MAX);
  const series: { color: string; values: number[] }[] = [];
  const names: { name: string; color: string }[] = [];
  for (const [index, { group, days }] of own.entries()) {
    const color = COLORS[index] ?? OTHERS_COLOR;
    series.push({ color, values: days.map(valueIn) });
    names.push({ name: group.label, color });
  }
  if (others.length > 0) {
    const values = report.days.map((_, index) =>
      others.reduce((sum, { days }) => sum + (days[index] ? valueIn(days[index]) : 0), 0),
    );
    series.push({ color: OTHERS_COLOR, values });
    names.push({ name: `${others.length} others`, color: OTHERS_COLOR });
  }
  return { series, names };
}

const STATE_TEXT: Readonly<Record<ReportDay['state'], string>> = {
  complete: '',
  partial: 'partial: points not measured or prices missing',
  open: 'today, not over',
  missing: 'no figures',
};

function dayTable(report: CostReport): SafeHtml {
  const decimals = decimalsFor(Math.max(...report.days.map(({ figures }) => figures.microUnits)));
  const rows = report.days.toReversed().map(({ day, state, figures }) => {
    const cells =
      state === 'missing'
        ? html`<td class="n">–</td><td class="n">–</td><td class="n">–</td>`
        : html`<td class="n">${showGiB(figures.storedBytes)}</td><td class="n">${showAmount(figures.microUnits, decimals)}</td><td class="n">${figures.freedBytes > 0 ? showGiB(figures.freedBytes) : ''}</td>`;
    return html`<tr class="${state}"><th scope="row">${day}</th>${cells}<td class="state">${STATE_TEXT[state]}</td></tr>`;
  });
  return html`<section>
<h2>Day by day</h2>
<div class="scroll"><table class="days">
<thead><tr><th scope="col">Day (UTC)</th><th scope="col" class="n">Stored, GiB</th><th scope="col" class="n">Cost, ${report.currency}</th><th scope="col" class="n">Freed, GiB</th><th scope="col"></th></tr></thead>
<tbody>${rows}</tbody>
</table></div>
</section>`;
}

function basis({ prices, generatedAt }: CostReport): SafeHtml {
  const list = prices.map(
    ({ region, redundancy, price, asOf }) =>
      html`<li>${region}, ${redundancy}: ${price.currency} ${fromMicroUnits(price.microUnitsPerGiBMonth)} per GiB and month (${price.source === 'sheet' ? 'negotiated' : 'list price'} of ${asOf})</li>`,
  );
  return html`<footer>
<h2>What these figures are</h2>
<p>An estimate, not a bill: the used size of each snapshot chain, measured from Azure’s own page ranges, at the price of the day.
Azure’s invoice may differ by rounding, by discounts and by the hour at which it looks.
“Saved by pruning” counts the bytes that deleting snapshots has really freed; what a later snapshot still needs of a deleted one is not counted.</p>
${list.length > 0 ? html`<ul>${list}</ul>` : ''}
<p>Made by Holdfast at ${formatIso(generatedAt)}.</p>
</footer>`;
}
