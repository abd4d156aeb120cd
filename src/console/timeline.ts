import { formatBytes } from '../base/bytes.ts';
import { DAY_MS, type EpochMs, formatIso, HOUR_MS } from '../base/time.ts';
import { html, type SafeHtml } from '../reports/html.ts';
import { showMoment } from '../reports/protection-text.ts';
import { consoleAddress } from './addresses.ts';
import { pointLook } from './parts.ts';
import type { PointLine } from './views.ts';

const MARGIN = { left: 8, right: 8, top: 8, bottom: 22 };
const FONT = 12;
const BAR_MAX = 9;
const BAR_MIN = 2;
/** What a point that stores next to nothing, or is not measured, is drawn with, so that it can be seen. */
const HEIGHT_MIN = 6;
const LABELS_MAX = { wide: 8, narrow: 4 };

/** Points of a source over time, as high as what each stores: once for a desk, once for a phone. */
export function timeline(points: readonly PointLine[], now: EpochMs): SafeHtml {
  if (points.length === 0) return html``;
  return html`<figure class="time"><div class="wide">${draw(points, now, 1000, 170, LABELS_MAX.wide)}</div>
<div class="narrow">${draw(points, now, 360, 150, LABELS_MAX.narrow)}</div>
<figcaption>Height: what the point stores beyond the one before it. <span class="key"><i class="ok"></i>kept</span><span class="key"><i class="held"></i>held</span><span class="key"><i class="marked"></i>marked for deletion</span><span class="key"><i class="failed"></i>failed</span><span class="key"><i class="pending"></i>under way</span></figcaption></figure>`;
}

function draw(points: readonly PointLine[], now: EpochMs, width: number, height: number, labelsMax: number): SafeHtml {
  const moments = points.map(momentOf);
  const from = Math.min(...moments);
  const until = Math.max(now, ...moments, from + HOUR_MS);
  const [left, right, bottom] = [MARGIN.left, width - MARGIN.right, height - MARGIN.bottom];
  const bar = Math.max(BAR_MIN, Math.min(BAR_MAX, ((right - left) / points.length) * 0.7));
  const x = (at: EpochMs) => round(left + ((right - left - bar) * (at - from)) / (until - from));
  const most = Math.max(1, ...points.map(({ storedBytes }) => storedBytes ?? 0));
  // By the square root: a first point is a hundred times what the next ones are, and they should be seen.
  const tall = (bytes: number | null) =>
    round(HEIGHT_MIN + (bottom - MARGIN.top - HEIGHT_MIN) * Math.sqrt((bytes ?? 0) / most));
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${points.length} points from ${showMoment(from)} to ${showMoment(Math.max(...moments))}; the table below lists them" font-size="${FONT}" font-family="system-ui, sans-serif" fill="#7b8491">
<line x1="${left}" x2="${right}" y1="${bottom + 0.5}" y2="${bottom + 0.5}" stroke="#7b8491" stroke-opacity="0.4"/>
${labels(from, until, labelsMax).map(([at, text]) => html`<text x="${Math.min(x(at), right - 40)}" y="${height - 6}">${text}</text>`)}
${points.map((point) => {
  const top = tall(point.storedBytes);
  return html`<a href="${consoleAddress(['points', point.id])}" tabindex="-1"><rect class="${pointLook(point)}" x="${x(momentOf(point))}" y="${round(bottom - top)}" width="${round(bar)}" height="${top}" rx="1"><title>${showMoment(momentOf(point))} · ${point.policy} · ${point.storedBytes === null ? 'not measured' : formatBytes(point.storedBytes)}</title></rect></a>`;
})}
</svg>`;
}

function momentOf({ takenAt, slot }: PointLine): EpochMs {
  return takenAt ?? slot;
}

/** Days below the axis, no closer than can be read; hours where all points are of one day. */
function labels(from: EpochMs, until: EpochMs, most: number): readonly (readonly [EpochMs, string])[] {
  const [unit, first, last] = until - from < 2 * DAY_MS ? [HOUR_MS, 11, 16] : [DAY_MS, 5, 10];
  const step = unit * Math.max(1, Math.ceil((until - from) / unit / most));
  const found: (readonly [EpochMs, string])[] = [];
  for (let at = Math.ceil(from / unit) * unit; at <= until; at += step)
    found.push([at, formatIso(at).slice(first, last)]);
  return found;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
