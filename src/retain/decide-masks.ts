import {
  type CalendarDuration,
  type EpochMs,
  type Period,
  periods,
  subtractDuration,
  type ZoneId,
} from '../base/time.ts';
import { floorRules, type KeepCount, type Retention } from '../policy/policy.ts';
import { bucketNumber } from './buckets.ts';
import {
  FAILED,
  FUTURE,
  HELD,
  IMMUTABLE,
  MAX_AGE,
  MINIMUM,
  NO_POLICY,
  oldestBits,
  PENDING,
  UNKEPT,
} from './reason-bits.ts';
import type { RetentionPoint } from './verdict.ts';
import { type ZoneOffsets, zoneOffsets } from './zone-offsets.ts';

/** A counted rule: `bucketOf` null means that every point is a bucket of its own (`keepLast`). */
interface CountRule {
  readonly index: number;
  readonly bucketOf: Period | null;
  readonly count: number;
}

/** A rule over a window before the newest point: `bucketOf` null keeps everything in it. */
interface WindowRule {
  readonly index: number;
  readonly bucketOf: Period | null;
  readonly duration: CalendarDuration;
}

/** A retention made ready to decide many chains at one moment. */
export interface PreparedRules {
  readonly counts: readonly CountRule[];
  readonly windows: readonly WindowRule[];
  readonly minimum: number;
  /** Walked points before this moment are too old. */
  readonly tooOldBefore: EpochMs;
  readonly now: EpochMs;
  readonly zone: ZoneId;
  readonly offsets: ZoneOffsets;
}

/**
 * What becomes of the points of one source.
 *
 * Shape: `order[0]` is the index of the newest point in the input; `masks[0]` holds its reasons, and so on; equal times in the order of their ids.
 */
export interface MaskedPoints {
  readonly order: Int32Array;
  readonly masks: Int32Array;
}

const bucketPeriods: readonly (Period | null)[] = [null, ...periods];

/** Readies a retention for deciding at `now`. */
export function prepareRules(retention: Retention, zone: ZoneId, now: EpochMs): PreparedRules {
  const counts: CountRule[] = [];
  const windows: WindowRule[] = [];
  for (const [index, name] of floorRules.entries()) {
    const value: KeepCount | CalendarDuration | null = retention[name];
    if (value === null) continue;
    const bucketOf = bucketPeriods[index % bucketPeriods.length] ?? null;
    if (typeof value === 'object') windows.push({ index, bucketOf, duration: value });
    else counts.push({ index, bucketOf, count: value === 'all' ? Number.POSITIVE_INFINITY : value });
  }
  const { maxAge, minimum } = retention;
  const tooOldBefore = maxAge === null ? Number.NEGATIVE_INFINITY : before(now, maxAge, zone);
  return { counts, windows, minimum, tooOldBefore, now, zone, offsets: zoneOffsets(zone) };
}

/**
 * Decides the points of one source under one retention, the budget aside.
 *
 * Shape:  every point gets at least one reason; a deleted one exactly one.
 * Safety: a point that is held, immutable, unfinished or in the future always has a reason to be kept.
 * Source: restic's `forget` counts so (restic.readthedocs.io, "Removing snapshots according to a policy"): newest first, a tier takes a point whose bucket
 *         differs from the last one it took, and takes the oldest of all while count is left.
 */
export function decideMasks(points: readonly RetentionPoint[], rules: PreparedRules): MaskedPoints {
  const order = newestFirst(points);
  const masks = new Int32Array(points.length);
  const { walk, newestAt } = guard(points, order, masks, rules);
  for (const rule of rules.counts) applyCount(rule, walk, masks, rules.offsets);
  for (const rule of rules.windows) {
    applyWindow(rule, walk, masks, rules.offsets, before(newestAt, rule.duration, rules.zone));
  }
  const noPolicy = rules.counts.length === 0 && rules.windows.length === 0;
  for (let step = 0; step < walk.length; step += 1) {
    const at = walk.at[step] as number;
    const mask = masks[at] as number;
    const guards = mask & (MINIMUM | IMMUTABLE);
    const byRules = noPolicy ? NO_POLICY : mask & ~guards;
    const tooOld = (walk.takenAt[step] as number) < rules.tooOldBefore;
    const kept = tooOld ? guards : guards | byRules;
    masks[at] = kept || (byRules ? MAX_AGE : UNKEPT);
  }
  return { order, masks };
}

/** The points that rules count, newest first: their positions in the order, and their times. */
interface Walk {
  readonly at: Int32Array;
  readonly takenAt: Float64Array;
  length: number;
}

/** Marks what no rule may touch, and finds the points to walk and the newest succeeded one. */
function guard(
  points: readonly RetentionPoint[],
  order: Int32Array,
  masks: Int32Array,
  rules: PreparedRules,
): { walk: Walk; newestAt: EpochMs } {
  const walk: Walk = { at: new Int32Array(order.length), takenAt: new Float64Array(order.length), length: 0 };
  let newestAt = Number.NEGATIVE_INFINITY;
  let succeeded = 0;
  for (let at = 0; at < order.length; at += 1) {
    const point = points[order[at] as number] as RetentionPoint;
    const future = point.takenAt > rules.now;
    let mask = (point.held ? HELD : 0) | (point.immutable ? IMMUTABLE : 0) | (future ? FUTURE : 0);
    if (point.state === 'pending') mask |= PENDING;
    if (point.state === 'failed' && mask === 0) mask = FAILED;
    if (point.state === 'succeeded' && !future) {
      if (succeeded === 0) newestAt = point.takenAt;
      if (succeeded < rules.minimum) mask |= MINIMUM;
      succeeded += 1;
      if (!point.held) {
        walk.at[walk.length] = at;
        walk.takenAt[walk.length] = point.takenAt;
        walk.length += 1;
      }
    }
    masks[at] = mask;
  }
  return { walk, newestAt };
}

function applyCount(rule: CountRule, walk: Walk, masks: Int32Array, offsets: ZoneOffsets): void {
  let left = rule.count;
  let last = Number.NaN;
  for (let step = 0; step < walk.length && left > 0; step += 1) {
    const bucket = rule.bucketOf === null ? step : bucketAt(rule.bucketOf, walk.takenAt[step] as number, offsets);
    if (bucket === last && step < walk.length - 1) continue;
    const at = walk.at[step] as number;
    masks[at] = (masks[at] as number) | (bucket === last ? (oldestBits[rule.index] as number) : 1 << rule.index);
    last = bucket;
    left -= 1;
  }
}

function applyWindow(rule: WindowRule, walk: Walk, masks: Int32Array, offsets: ZoneOffsets, newerThan: EpochMs): void {
  let last = Number.NaN;
  for (let step = 0; step < walk.length; step += 1) {
    const takenAt = walk.takenAt[step] as number;
    if (takenAt <= newerThan) return;
    const bucket = rule.bucketOf === null ? step : bucketAt(rule.bucketOf, takenAt, offsets);
    if (bucket === last && step < walk.length - 1) continue;
    const at = walk.at[step] as number;
    masks[at] = (masks[at] as number) | (bucket === last ? (oldestBits[rule.index] as number) : 1 << rule.index);
    last = bucket;
  }
}

function bucketAt(period: Period, instant: EpochMs, offsets: ZoneOffsets): number {
  const offset = offsets.at(instant);
  return bucketNumber(period, instant + offset, offset);
}

/** The start of a window. A window that reaches back beyond all calendars holds everything: doubt keeps. */
function before(instant: EpochMs, duration: CalendarDuration, zone: ZoneId): EpochMs {
  const start = subtractDuration(instant, duration, zone);
  return Number.isNaN(start) ? Number.NEGATIVE_INFINITY : start;
}

/** Indexes of the points newest first, equal times by id in code-unit order. The catalogue and exports are sorted already, one way or the other. */
function newestFirst(points: readonly RetentionPoint[]): Int32Array {
  const order = new Int32Array(points.length);
  let falling = true;
  let rising = true;
  for (let index = 1; index < points.length; index += 1) {
    const step = compareNewestFirst(points[index - 1] as RetentionPoint, points[index] as RetentionPoint);
    if (step > 0) falling = false;
    else rising = false;
  }
  for (let index = 0; index < order.length; index += 1) order[index] = falling ? index : order.length - 1 - index;
  if (falling || rising) return order;
  return order.sort((a, b) => compareNewestFirst(points[a] as RetentionPoint, points[b] as RetentionPoint));
}

/** The one order in which points are walked and shown: newest first, equal times by id. */
export function compareNewestFirst(
  a: { readonly takenAt: EpochMs; readonly id: string },
  b: { readonly takenAt: EpochMs; readonly id: string },
): number {
  if (a.takenAt !== b.takenAt) return b.takenAt - a.takenAt;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
