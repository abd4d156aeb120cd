import { DateTime } from 'luxon';
import { DAY_MS, type EpochMs, MINUTE_MS, UTC, type ZoneId } from './time.ts';

/** A stretch of time in which a zone's offset stays the same: `from` <= instant < `to`. */
export interface OffsetSpan {
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** Wall clock minus UTC. */
  readonly offsetMs: number;
}

/**
 * How far apart two moments may be asked for their offsets without a change and its reversal going unseen.
 *
 * Source: IANA tz database 2025b, all zones since 1970: no two changes lie closer together than 6.9 days (Asia/Gaza around Ramadan).
 */
const SAMPLE_MS = 2 * DAY_MS;

/** The offset of a zone at a moment: wall clock minus UTC, in milliseconds. */
export function offsetMs(instant: EpochMs, zone: ZoneId): number {
  return zone === UTC ? 0 : Math.round(DateTime.fromMillis(instant, { zone }).offset * MINUTE_MS);
}

/**
 * Cuts a stretch of time where the zone's offset changes.
 *
 * Shape:  spans in order that cover `from` <= instant < `to` without gaps; [] where `from` >= `to`. Neighbours differ in their offset.
 * Units:  epoch milliseconds; meant for years since 1970 (see SAMPLE_MS).
 */
export function offsetSpans(from: EpochMs, to: EpochMs, zone: ZoneId): readonly OffsetSpan[] {
  if (from >= to) return [];
  if (zone === UTC) return [{ from, to, offsetMs: 0 }];
  const spans: OffsetSpan[] = [];
  let spanFrom = from;
  let seen = from;
  let offset = offsetMs(from, zone);
  while (seen < to - 1) {
    const next = Math.min(seen + SAMPLE_MS, to - 1);
    const nextOffset = offsetMs(next, zone);
    if (nextOffset !== offset) {
      const change = firstWithOffset(seen, next, nextOffset, zone);
      spans.push({ from: spanFrom, to: change, offsetMs: offset });
      spanFrom = change;
      offset = nextOffset;
    }
    seen = next;
  }
  spans.push({ from: spanFrom, to, offsetMs: offset });
  return spans;
}

/** Halves between a moment before the one change and a moment after it. */
function firstWithOffset(before: EpochMs, after: EpochMs, offset: number, zone: ZoneId): EpochMs {
  let low = before;
  let high = after;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMs(middle, zone) === offset) high = middle;
    else low = middle;
  }
  return high;
}
