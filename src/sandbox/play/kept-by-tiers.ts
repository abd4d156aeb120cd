import { daysEarlier, isoWeek, wallClock } from './wall-clock.ts';

/** The retention of a policy as far as the sandbox's check reads it. Units: days, hours. */
export interface SimpleRetention {
  readonly keepLast?: number;
  readonly keepHourly?: number;
  readonly keepDaily?: number;
  readonly keepWeekly?: number;
  readonly keepMonthly?: number;
  readonly maxAgeDays?: number;
  readonly minimum?: number;
}

const HOUR_MS = 3_600_000;

/**
 * The points that tiers, age and floor keep, by the plainest reading of the rules.
 *
 * The summary holds the product's deletions against this; it is an own calculation on purpose. Asked with every point that was ever taken, it
 * names those that must still be there: with these rules a later point can only take a place from an older one, so what is kept among all points
 * now was kept at every moment before.
 *
 * Shape:  moments (epoch milliseconds) of succeeded points of one source, in any order; answered newest first.
 */
export function keptByTiers(
  points: readonly number[],
  retention: SimpleRetention,
  zone: string,
  now: number,
): readonly number[] {
  const newestFirst = [...points].sort((a, b) => b - a);
  const date = (at: number) => wallClock(at, zone).date;
  const kept = new Set(newestFirst.slice(0, retention.keepLast ?? 0));
  const tiers: readonly (readonly [number | undefined, (at: number) => string])[] = [
    [retention.keepHourly, (at) => String(Math.floor(at / HOUR_MS))],
    [retention.keepDaily, date],
    [retention.keepWeekly, (at) => isoWeek(date(at))],
    [retention.keepMonthly, (at) => date(at).slice(0, 7)],
  ];
  for (const [count, bucketOf] of tiers) for (const at of keptByTier(newestFirst, count ?? 0, bucketOf)) kept.add(at);
  const { maxAgeDays } = retention;
  const oldestKept = maxAgeDays === undefined ? Number.NEGATIVE_INFINITY : daysEarlier(now, maxAgeDays, zone);
  const young = newestFirst.filter((at) => kept.has(at) && at >= oldestKept);
  const floor = newestFirst.slice(0, retention.minimum ?? 1);
  return newestFirst.filter((at) => young.includes(at) || floor.includes(at));
}

/** The newest of each of the last `count` buckets, and the oldest of all while there is count left. */
function keptByTier(
  newestFirst: readonly number[],
  count: number,
  bucketOf: (at: number) => string,
): readonly number[] {
  const newestByBucket = new Map<string, number>();
  for (const at of newestFirst) {
    const bucket = bucketOf(at);
    if (!newestByBucket.has(bucket)) newestByBucket.set(bucket, at);
  }
  const oldest = newestFirst.at(-1);
  const kept = [...newestByBucket.values()].slice(0, count);
  return kept.length < count && oldest !== undefined ? [...kept, oldest] : kept;
}
