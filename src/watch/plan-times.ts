import { assert } from '../base/assert.ts';
import {
  approximateMs,
  type CalendarDuration,
  DAY_MS,
  type EpochMs,
  MINUTE_MS,
  UTC,
  type ZoneId,
} from '../base/time.ts';
import { type CronTimes, readCron } from '../schedule/cron.ts';
import { latestOccurrences, nextOccurrence, occurrencesBetween } from '../schedule/occurrences.ts';

/** What of a schedule says when its points are expected. */
export interface WatchedSchedule {
  readonly cron: string;
  readonly startWindow: CalendarDuration;
  readonly jitter: CalendarDuration | null;
}

/** How long starting a point and seeing it done may take before it counts as late. */
export const POINT_TAKES_MS = 30 * MINUTE_MS;

/**
 * When a policy's points are expected.
 *
 * Shape:  `targetMs` is its RPO target; null where it has one slot only. `dueAt` is the newest slot whose point should be there by now, `missedAt` the
 *         newest whose start window is over too, both null before the first since the policy was saved. `nextVerdictAt` is when the next slot is judged.
 */
export interface PolicyTimes {
  readonly targetMs: number | null;
  readonly dueAt: EpochMs | null;
  readonly missedAt: EpochMs | null;
  readonly nextVerdictAt: EpochMs | null;
}

/** The longest pause that a year of slots shows is the target; dense schedules repeat themselves long before so many slots. */
const TARGET_HORIZON_MS = 400 * DAY_MS;
const TARGET_SLOTS = 1_000;

/**
 * The RPO target that the schedules themselves promise: the longest time between two neighbouring slots of all of them together, by the wall clock (a daily
 * slot means 24 hours also in the night that has 25).
 *
 * Shape:  null where there are not two slots to compare.
 */
export function targetOf(schedules: readonly Pick<WatchedSchedule, 'cron'>[], from: EpochMs): number | null {
  let until = from + TARGET_HORIZON_MS;
  const slots: EpochMs[] = [];
  for (const { cron } of schedules) {
    const found = occurrencesBetween(cronOf(cron), UTC, from, until, TARGET_SLOTS);
    if (found.length === TARGET_SLOTS) until = Math.min(until, found.at(-1) ?? until);
    slots.push(...found);
  }
  const known = slots.filter((slot) => slot <= until).sort((a, b) => a - b);
  let longest = 0;
  for (let at = 1; at < known.length; at += 1)
    longest = Math.max(longest, (known[at] as EpochMs) - (known[at - 1] as EpochMs));
  return longest === 0 ? null : longest;
}

/** Reckons when a policy's points are expected: by its zone, and only since it was saved last, as older slots were another policy's. */
export function planTimes(policy: {
  readonly schedules: readonly WatchedSchedule[];
  readonly timeZone: ZoneId;
  readonly savedAt: EpochMs;
  readonly targetMs: number | null;
  readonly now: EpochMs;
}): PolicyTimes {
  const { timeZone, savedAt, targetMs, now } = policy;
  let [dueAt, missedAt, nextVerdictAt]: (EpochMs | null)[] = [null, null, null];
  for (const { cron, startWindow, jitter } of policy.schedules) {
    const times = cronOf(cron);
    const lateMs = POINT_TAKES_MS + (jitter === null ? 0 : approximateMs(jitter));
    const judgedUpTo = now - lateMs;
    const newest = (upTo: EpochMs) => latestOccurrences(times, timeZone, savedAt, upTo, 1)[0] ?? null;
    dueAt = later(dueAt, newest(judgedUpTo));
    missedAt = later(missedAt, newest(judgedUpTo - approximateMs(startWindow)));
    const next = nextOccurrence(times, timeZone, Math.max(judgedUpTo, savedAt));
    if (next !== null) nextVerdictAt = Math.min(nextVerdictAt ?? Number.POSITIVE_INFINITY, next + lateMs);
  }
  return { targetMs, dueAt: dueAt ?? null, missedAt: missedAt ?? null, nextVerdictAt: nextVerdictAt ?? null };
}

function later(a: EpochMs | null | undefined, b: EpochMs | null): EpochMs | null {
  return a === null || a === undefined ? b : b === null ? a : Math.max(a, b);
}

function cronOf(expression: string): CronTimes {
  const read = readCron(expression);
  assert(read.ok, 'parsePolicy alone makes schedules, and it refuses what cannot be read');
  return read.cron;
}
