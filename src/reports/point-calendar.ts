import { DAY_MS, type EpochMs } from '../base/time.ts';
import { dayLabels } from './area-chart.ts';
import { html, type SafeHtml } from './html.ts';

/** Points of one day: how many of them exist at the end of each day that was played. */
export interface PointDay {
  readonly day: string;
  /** The first played day at whose end they exist; then how many exist, day by day. */
  readonly from: number;
  readonly counts: readonly number[];
}

const COLOR = '#2f6db3';
const MARGIN = { left: 64, right: 10, top: 6, bottom: 22 };
const FONT = 12;

/** Points that make a cell as dark as it gets. */
const FULL = 8;

function shade(count: number): number {
  return Math.round((0.35 + (0.65 * Math.min(count, FULL)) / FULL) * 100) / 100;
}

/**
 * Draws what exists on each day: across the days that pass, downwards the days that points were taken on. A line is as long as its points live.
 */
export function drawLives(
  days: readonly PointDay[],
  played: number,
  labels: ReadonlyMap<number, string>,
  size: { readonly widthPx: number; readonly heightPx: number },
): SafeHtml {
  const { widthPx, heightPx } = size;
  const width = (widthPx - MARGIN.left - MARGIN.right) / Math.max(1, played);
  const height = (heightPx - MARGIN.top - MARGIN.bottom) / Math.max(1, days.length);
  const x = (at: number) => round(MARGIN.left + at * width);
  const y = (row: number) => round(MARGIN.top + row * height);
  const rects = days.flatMap(({ from, counts }, row) =>
    runsOf(counts).map(
      ({ at, length, count }) =>
        html`<rect x="${x(from + at)}" y="${y(row)}" width="${round(Math.max(length * width, 1))}" height="${round(Math.max(height, 1.3))}" fill-opacity="${shade(count)}"/>`,
    ),
  );
  const rowLabels = [...labels].flatMap(([at, text]) => {
    const row = days.findIndex(({ from }) => from >= at);
    return row < 0 || y(row) > heightPx - MARGIN.bottom - FONT
      ? []
      : [html`<text x="${MARGIN.left - 8}" y="${y(row) + FONT - 2}" text-anchor="end">${text}</text>`];
  });
  return html`<svg viewBox="0 0 ${widthPx} ${heightPx}" font-size="${FONT}" font-family="system-ui, sans-serif" fill="#7b8491">
<rect x="${MARGIN.left}" y="${MARGIN.top}" width="${round(widthPx - MARGIN.left - MARGIN.right)}" height="${round(heightPx - MARGIN.top - MARGIN.bottom)}" fill-opacity="0.06"/>
<g fill="${COLOR}">${rects}</g>
${rowLabels}
${dayLabels(labels, x, heightPx)}
</svg>`;
}

/** Stretches of days with the same number of points; none where there are none. */
function runsOf(counts: readonly number[]): { at: number; length: number; count: number }[] {
  const runs: { at: number; length: number; count: number }[] = [];
  for (const [at, count] of counts.entries()) {
    const last = runs.at(-1);
    if (count === 0) continue;
    if (last && last.count === count && last.at + last.length === at) last.length += 1;
    else runs.push({ at, length: 1, count });
  }
  return runs;
}

const CELL = 14;
const GAP = 2;
const WEEKDAYS = 7;

/** Draws one month as a sheet of days, Monday first: darker the more points of the day exist; days that were not played have a line around them only. */
export function drawMonth(month: string, countOf: (day: string) => number | null): SafeHtml {
  const first = Date.parse(`${month}-01T00:00:00Z`);
  const lead = (new Date(first).getUTCDay() + 6) % WEEKDAYS;
  const cells: SafeHtml[] = [];
  for (let at: EpochMs = first, place = lead; new Date(at).toISOString().startsWith(month); at += DAY_MS, place += 1) {
    const day = new Date(at).toISOString().slice(0, 10);
    const count = countOf(day);
    const [x, y] = [(place % WEEKDAYS) * (CELL + GAP), Math.floor(place / WEEKDAYS) * (CELL + GAP)];
    const look =
      count === null
        ? html`fill="none" stroke="#7b8491" stroke-opacity="0.2"`
        : count === 0
          ? html`fill="#7b8491" fill-opacity="0.14"`
          : html`fill="${COLOR}" fill-opacity="${shade(count)}"`;
    cells.push(
      html`<rect x="${x + 0.5}" y="${y + 0.5}" width="${CELL - 1}" height="${CELL - 1}" rx="2" ${look}><title>${day}: ${count === null ? 'not played' : points(count)}</title></rect>`,
    );
  }
  const [width, height] = [WEEKDAYS * (CELL + GAP), 6 * (CELL + GAP)];
  return html`<div class="month"><span>${month}</span><svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${cells}</svg></div>`;
}

/** `1 point`, `2 points`. */
export function points(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'point' : 'points'}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
