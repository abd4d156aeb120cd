import { type EpochMs, HOUR_MS, type ZoneId } from '../base/time.ts';
import { type OffsetSpan, offsetSpans } from '../base/zone-offsets.ts';
import type { CronTimes } from './cron.ts';

/**
 * When a cron expression fires in a zone, as cron daemons do it:
 * - at a fixed hour a wall-clock time runs once: in a spring gap at the first minute after it (several times of one gap share that moment),
 *   in an autumn overlap the first time only;
 * - with a wildcard or stepped hour every real minute whose wall clock matches runs: both times in an overlap, none in a gap.
 *
 * The window is cut where the offset changes; inside one span wall clock and instant differ by a constant, so nothing can be missed,
 * doubled or come out of order.
 * Source: Debian cron(8), "Daylight Saving Time and other time changes".
 */

/** Longer than any overlap: the moment before a span whose wall clock it may repeat. The longest since 1970 is 7 h (Antarctica/Vostok, 1994). */
const OVERLAP_MS = 26 * HOUR_MS;
/** Wall clock minus UTC lies between -12 h and +14 h; with a margin. */
const MAX_AHEAD_MS = 15 * HOUR_MS;
const MAX_BEHIND_MS = 13 * HOUR_MS;
/** Candidates that fall into gaps are few and far between; a search that skips more than these finds nothing. */
const MAX_CANDIDATES = 500;

/**
 * Lists when a schedule fires, oldest first.
 *
 * Shape:  `fromExclusive` < instant <= `toInclusive`, ascending, without duplicates, the first `limit` of them.
 */
export function occurrencesBetween(
  cron: CronTimes,
  zone: ZoneId,
  fromExclusive: EpochMs,
  toInclusive: EpochMs,
  limit: number,
): readonly EpochMs[] {
  const found: EpochMs[] = [];
  for (const piece of cutWindow(cron, zone, fromExclusive, toInclusive)) {
    if (found.length >= limit) break;
    if (piece.afterGap !== null) found.push(piece.afterGap);
    let wall = cron.after(piece.wallAfter);
    while (wall !== null && wall <= piece.wallUpTo && found.length < limit) {
      found.push(wall - piece.offsetMs);
      wall = cron.after(wall);
    }
  }
  return found.slice(0, limit);
}

/**
 * Lists when a schedule fired last, newest first: what is needed after a long downtime, without walking through all of it.
 *
 * Shape:  `fromExclusive` < instant <= `toInclusive`, descending, without duplicates, the last `limit` of them.
 */
export function latestOccurrences(
  cron: CronTimes,
  zone: ZoneId,
  fromExclusive: EpochMs,
  toInclusive: EpochMs,
  limit: number,
): readonly EpochMs[] {
  const found: EpochMs[] = [];
  for (const piece of [...cutWindow(cron, zone, fromExclusive, toInclusive)].reverse()) {
    if (found.length >= limit) break;
    let wall = cron.before(piece.wallUpTo + 1);
    while (wall !== null && wall > piece.wallAfter && found.length < limit) {
      found.push(wall - piece.offsetMs);
      wall = cron.before(wall);
    }
    if (piece.afterGap !== null) found.push(piece.afterGap);
  }
  return found.slice(0, limit);
}

/** The first moment after the given one at which a schedule fires; null where none comes any more. */
export function nextOccurrence(cron: CronTimes, zone: ZoneId, after: EpochMs): EpochMs | null {
  let from = after;
  for (let tries = 0; tries < MAX_CANDIDATES; tries += 1) {
    // No earlier wall-clock time can stand for a moment after `from`, so the first one bounds where to look.
    const wall = cron.after(from - MAX_BEHIND_MS);
    if (wall === null) return null;
    const searchTo = Math.max(wall + MAX_BEHIND_MS, from + 1);
    const [first] = occurrencesBetween(cron, zone, Math.max(from, wall - MAX_AHEAD_MS), searchTo, 1);
    if (first !== undefined) return first;
    from = searchTo;
  }
  return null;
}

/** A part of the window with one offset: wall-clock times in (`wallAfter`, `wallUpTo`], and the shared moment after a spring gap. */
interface Piece {
  readonly offsetMs: number;
  readonly wallAfter: number;
  readonly wallUpTo: number;
  readonly afterGap: EpochMs | null;
}

function cutWindow(cron: CronTimes, zone: ZoneId, from: EpochMs, to: EpochMs): readonly Piece[] {
  if (from >= to) return [];
  const lookBack = cron.fixedHour ? OVERLAP_MS : 0;
  const spans = offsetSpans(from - lookBack, to + 1, zone);
  const pieces: Piece[] = [];
  for (const [index, span] of spans.entries()) {
    if (span.to <= from + 1) continue;
    pieces.push(pieceOf(cron, span, spans[index - 1] ?? null, from));
  }
  return pieces;
}

function pieceOf(cron: CronTimes, span: OffsetSpan, before: OffsetSpan | null, from: EpochMs): Piece {
  const wallUpTo = span.to - 1 + span.offsetMs;
  const wallAfter = Math.max(from, span.from - 1) + span.offsetMs;
  const piece = { offsetMs: span.offsetMs, wallAfter, wallUpTo, afterGap: null };
  if (!cron.fixedHour || before === null) return piece;
  // The wall clock at the change, read with the offset before it: up to there every wall-clock time has been.
  const reached = span.from + before.offsetMs;
  if (before.offsetMs > span.offsetMs) return { ...piece, wallAfter: Math.max(wallAfter, reached - 1) };
  const skipped = span.from > from ? cron.after(reached - 1) : null;
  const landing = span.from + span.offsetMs;
  if (skipped === null || skipped >= landing) return piece;
  // The moment itself may match as well: it is one slot.
  return { ...piece, wallAfter: landing, afterGap: span.from };
}
