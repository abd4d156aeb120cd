import { DAY_MS, type EpochMs, HOUR_MS, utcDay } from '../base/time.ts';
import type { DayGap, ProtectedSource } from '../protect/protect.ts';
import { POINT_TAKES_MS } from './plan-times.ts';

/** The last UTC days up to now, oldest first. */
export function lastDays(now: EpochMs, days: number): readonly string[] {
  return Array.from({ length: days }, (_, at) => utcDay(now - (days - 1 - at) * DAY_MS));
}

/**
 * The RPO that a source has achieved on each of some days: the longest time between two points that ended there, for a day without a point what had passed
 * by its end.
 *
 * Shape:  one value for each day, null before the first point and where nothing is remembered.
 * Units:  milliseconds.
 */
export function planRpo(
  source: Pick<ProtectedSource, 'gaps' | 'protectedSince' | 'lastPointAt'>,
  days: readonly string[],
  now: EpochMs,
): readonly (number | null)[] {
  const { gaps, protectedSince, lastPointAt } = source;
  if (protectedSince === null || lastPointAt === null) return days.map(() => null);
  const gapByDay = new Map(gaps.map(({ day, gapMs }) => [day, gapMs]));
  const [since, last] = [utcDay(protectedSince), utcDay(lastPointAt)];
  return days.map((day) => {
    if (day < since) return null;
    const until = Math.min(endOf(day), now);
    const ended = gapByDay.get(day) ?? null;
    if (day >= last) return Math.max(ended ?? 0, until - lastPointAt);
    return ended ?? runningAt(gaps, day);
  });
}

/** What of the next gap had passed at the end of a day without a point, at least. */
function runningAt(gaps: readonly DayGap[], day: string): number | null {
  const next = gaps.find((gap) => gap.day > day);
  return next ? Math.max(0, next.gapMs - (endOf(next.day) - endOf(day))) || null : null;
}

/** True where an achieved RPO is within the target: with the time that a point takes, and the hour by which one night a year is longer. */
export function isWithin(achievedMs: number, targetMs: number): boolean {
  return achievedMs <= targetMs + POINT_TAKES_MS + (targetMs >= DAY_MS ? HOUR_MS : 0);
}

function endOf(day: string): EpochMs {
  return Date.parse(`${day}T00:00:00Z`) + DAY_MS;
}
