import { MICRO_UNITS_PER_UNIT } from '../base/money.ts';
import type { CostReport } from '../cost/cost.ts';
import { niceStep } from './area-chart.ts';
import { monthName } from './cost-headline.ts';
import { decimalsFor } from './cost-page-text.ts';
import { html, type SafeHtml } from './html.ts';

const MARGIN = { left: 64, right: 12, top: 12, bottom: 22 };
const TICKS = 4;
const INK = '#7b8491';
const COLOR = '#2f6db3';

/** This month as it adds up, and where it will end: the line is what is known, the dashes the forecast, the wedge its range. */
export function monthSection(report: CostReport): SafeHtml {
  const { month, forecast, currency } = report;
  if (forecast === null || month.knownDays === 0) return html``;
  const title = `${monthName(month.month)} as it adds up, ${currency}`;
  return html`<section>
<h2>${title}</h2>
<figure role="img" aria-label="${title}: the figures are in the tiles above">
<div class="wide">${draw(report, 960, 220)}</div>
<div class="narrow">${draw(report, 360, 200)}</div>
<figcaption><span class="key"><i style="background:${COLOR}"></i>known days, added up</span><span class="key"><i style="background:${COLOR};opacity:0.35"></i>forecast${forecast.low === null ? '' : ' and its range'}</span></figcaption>
</figure>
</section>`;
}

function draw({ month, forecast }: CostReport, widthPx: number, heightPx: number): SafeHtml {
  const end = forecast?.microUnits ?? 0;
  const [low, high] = [forecast?.low ?? end, forecast?.high ?? end];
  const sums = addUp(month.daily);
  const most = Math.max(high, ...sums.map(({ sum }) => sum)) / MICRO_UNITS_PER_UNIT;
  const step = niceStep(most / TICKS);
  const top = Math.max(step, Math.ceil(most / step - 1e-9) * step);
  const [left, right, bottom] = [MARGIN.left, widthPx - MARGIN.right, heightPx - MARGIN.bottom];
  const x = (day: number) => round(left + ((right - left) * day) / month.days);
  const y = (microUnits: number) => round(bottom - ((bottom - MARGIN.top) * (microUnits / MICRO_UNITS_PER_UNIT)) / top);
  const last = sums.at(-1) ?? { day: 0, sum: 0 };
  const line = [{ day: 0, sum: 0 }, ...sums].map(({ day, sum }) => `${x(day)},${y(sum)}`).join(' ');
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, at) => at * step);
  const decimals = Math.min(4, decimalsFor(step * TICKS * MICRO_UNITS_PER_UNIT));
  const labels = [1, 8, 15, 22, month.days];
  return html`<svg viewBox="0 0 ${widthPx} ${heightPx}" font-size="12" font-family="system-ui, sans-serif" fill="${INK}">
${ticks.map((tick) => html`<line x1="${left}" x2="${right}" y1="${y(tick * MICRO_UNITS_PER_UNIT)}" y2="${y(tick * MICRO_UNITS_PER_UNIT)}" stroke="${INK}" stroke-opacity="0.25"/><text x="${left - 8}" y="${y(tick * MICRO_UNITS_PER_UNIT) + 4}" text-anchor="end">${tick.toFixed(decimals)}</text>`)}
${labels.map((day) => html`<text x="${x(day)}" y="${heightPx - 6}" text-anchor="${day === month.days ? 'end' : 'middle'}">${month.month.slice(5)}-${String(day).padStart(2, '0')}</text>`)}
<polygon points="${x(last.day)},${y(last.sum)} ${right},${y(high)} ${right},${y(low)}" fill="${COLOR}" fill-opacity="0.18"/>
<polyline points="${x(last.day)},${y(last.sum)} ${right},${y(end)}" fill="none" stroke="${COLOR}" stroke-width="1.6" stroke-dasharray="5 4"/>
<polyline points="${line}" fill="none" stroke="${COLOR}" stroke-width="2.2" stroke-linejoin="round"/>
</svg>`;
}

/** The month's known days added up: `day` is how many days of the month are over then. */
function addUp(daily: readonly (number | null)[]): readonly { readonly day: number; readonly sum: number }[] {
  let sum = 0;
  return daily.flatMap((cost, place) => {
    if (cost === null) return [];
    sum += cost;
    return [{ day: place + 1, sum }];
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
