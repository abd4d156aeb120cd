import { MICRO_UNITS_PER_UNIT } from '../base/money.ts';
import type { Breakdown, CostReport, ReportGroup } from '../cost/cost.ts';
import { decimalsFor, showSize } from './cost-page-text.ts';
import { groupTitle } from './group-title.ts';
import { html, rawHtml, type SafeHtml } from './html.ts';

/** Groups with a colour of their own; the rest is one more bar. */
const SERIES_MAX = 7;
/** Told apart also with the common colour-vision deficiencies, and in grey on paper by their lightness. */
const COLORS = ['#2f6db3', '#e2a336', '#4fa58c', '#c8553d', '#7d6bb3', '#8fbce6', '#a8794f'] as const;
const OTHERS_COLOR = '#a9b0ba';

/** The days as stacked bars by group, for a desk and for a phone. */
export async function chartSection(report: CostReport, breakdown: Breakdown): Promise<SafeHtml> {
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
  const title = `${what}, by ${groupTitle(breakdown.groupBy)}`;
  return html`<section>
<h2>${title}</h2>
<figure role="img" aria-label="${title}: the figures are in the tables below">
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
  const valueAt = ({ daily }: ReportGroup, place: number) =>
    priced ? (daily?.microUnits[place] ?? 0) / MICRO_UNITS_PER_UNIT : (daily?.storedBytes[place] ?? 0);
  const places = report.days.map((_, place) => place);
  const own = breakdown.groups.slice(0, SERIES_MAX);
  const others = breakdown.groups.slice(SERIES_MAX);
  const series: { color: string; values: number[] }[] = [];
  const names: { name: string; color: string }[] = [];
  for (const [index, line] of own.entries()) {
    const color = COLORS[index] ?? OTHERS_COLOR;
    series.push({ color, values: places.map((place) => valueAt(line, place)) });
    names.push({ name: line.group.label, color });
  }
  if (others.length > 0) {
    const values = places.map((place) => others.reduce((sum, line) => sum + valueAt(line, place), 0));
    series.push({ color: OTHERS_COLOR, values });
    names.push({ name: `${others.length} others`, color: OTHERS_COLOR });
  }
  return { series, names };
}
