import { html, type SafeHtml } from './html.ts';

/** A line over days with the area below it filled. Values may be null: nothing is drawn there. */
export interface AreaChart {
  readonly values: readonly number[];
  /** By place in `values`: a label below the axis. */
  readonly labels: ReadonlyMap<number, string>;
  readonly formatValue: (value: number) => string;
  readonly color: string;
  readonly widthPx: number;
  readonly heightPx: number;
}

const MARGIN = { left: 64, right: 10, top: 10, bottom: 22 };
const TICKS = 4;
const FONT = 12;

/** Draws the chart as SVG that scales with the page. */
export function drawArea({ values, labels, formatValue, color, widthPx, heightPx }: AreaChart): SafeHtml {
  const step = niceStep(Math.max(...values, 0) / TICKS);
  const top = Math.max(step, Math.ceil(Math.max(...values, 0) / step - 1e-9) * step);
  const [left, right, bottom] = [MARGIN.left, widthPx - MARGIN.right, heightPx - MARGIN.bottom];
  const x = (at: number) => round(left + ((right - left) * at) / Math.max(1, values.length - 1));
  const y = (value: number) => round(bottom - ((bottom - MARGIN.top) * value) / top);
  const line = values.map((value, at) => `${x(at)},${y(value)}`).join(' ');
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, at) => at * step);
  return html`<svg viewBox="0 0 ${widthPx} ${heightPx}" font-size="${FONT}" font-family="system-ui, sans-serif" fill="#7b8491">
${ticks.map((tick) => html`<line x1="${left}" x2="${right}" y1="${y(tick)}" y2="${y(tick)}" stroke="#7b8491" stroke-opacity="0.25"/><text x="${left - 8}" y="${y(tick) + 4}" text-anchor="end">${formatValue(tick)}</text>`)}
${dayLabels(labels, x, heightPx)}
<polygon points="${left},${bottom} ${line} ${right},${bottom}" fill="${color}" fill-opacity="0.22"/>
<polyline points="${line}" fill="none" stroke="${color}" stroke-width="1.6" stroke-linejoin="round"/>
</svg>`;
}

/** Labels along the lower edge, those at the ends kept inside the picture. */
export function dayLabels(
  labels: ReadonlyMap<number, string>,
  x: (at: number) => number,
  heightPx: number,
): readonly SafeHtml[] {
  return [...labels].map(
    ([at, text]) => html`<text x="${x(at)}" y="${heightPx - 6}" text-anchor="start">${text}</text>`,
  );
}

/** 1, 2, 2.5 or 5 times a power of ten, at least as large. */
export function niceStep(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
