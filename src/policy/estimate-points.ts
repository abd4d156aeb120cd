import { approximateMs, type CalendarDuration, MINUTE_MS } from '../base/time.ts';
import { MODEL_YEAR_DAYS, type ModelCalendar, modelBuckets, modelCalendar } from '../schedule/model-calendar.ts';
import type { KeepCount, Policy, Retention } from './policy.ts';

const MINUTES_PER_DAY = 1_440;
const MINUTES_PER_HOUR = 60;
/** How far a policy is thought through: a rule without limit (`"all"`) has kept that many years by then. */
export const HORIZON_YEARS = 10;
/** Beyond this the exact number says nothing more. */
const UNBOUNDED = 5_000;
/** A point leaves when a sweep marks it and a later sweep, after the grace, deletes it: two sweeps of an hour. */
const SWEEP_LAG_MINUTES = 120;
/** The ends of days that are looked at: every eighth day of a year meets all weekdays and all parts of the months. */
const SAMPLE_EVERY_DAYS = 8;

/**
 * How many points of one disk a policy comes to hold at once: kept by its rules, and deleted but still in their grace.
 *
 * Plays the tiers over the full history of the schedules, as deciding day after day comes to the same: what a tier keeps now it has kept
 * at every moment before. On top comes all that can become due within the grace, as whatever is in its grace was kept, or not yet taken,
 * when the grace began. Every schedule is thought to succeed each time; holds and points on demand are not counted; a night of 25 hours
 * may add one.
 *
 * Shape:  the largest count within HORIZON_YEARS years; 'unbounded' beyond 5,000.
 */
export function estimatedPointsKept(policy: Pick<Policy, 'schedules' | 'retention'>): number | 'unbounded' {
  const calendar = modelCalendar(policy.schedules.map(({ cron }) => cron));
  const slots = slotsOfTwoYears(calendar);
  const { retention } = policy;
  const ends = [busiestEnd(slots, retention.keepWithin === null ? 0 : minutes(retention.keepWithin)).end];
  for (let day = 0; day < MODEL_YEAR_DAYS; day += SAMPLE_EVERY_DAYS) ends.push((day + 1) * MINUTES_PER_DAY - 1);
  let kept = 0;
  for (const end of ends) {
    kept = Math.max(kept, keptAt(calendar, retention, end));
    if (kept > UNBOUNDED) return 'unbounded';
  }
  const inGrace = busiestEnd(slots, retention.graceHours * MINUTES_PER_HOUR + SWEEP_LAG_MINUTES).count;
  return kept + inGrace > UNBOUNDED ? 'unbounded' : kept + inGrace;
}

/** A rule as it is counted: `left` buckets that it may still fill, and only within `reach` minutes before the newest point. */
interface Rule {
  readonly bucketOf: (minute: number) => number;
  readonly reach: number;
  left: number;
  lastBucket: number;
}

/** Counts what the rules keep of all slots up to a minute (counted from the start of a model year), newest first. */
function keptAt(calendar: ModelCalendar, retention: Retention, end: number): number {
  const rules = rulesOf(retention);
  const maxAge = retention.maxAge === null ? Number.POSITIVE_INFINITY : minutes(retention.maxAge);
  const lastDay = Math.floor(end / MINUTES_PER_DAY);
  let newest: number | null = null;
  let kept = 0;
  let seen = 0;
  for (let day = lastDay; day > lastDay - HORIZON_YEARS * MODEL_YEAR_DAYS; day -= 1) {
    const minutesOfDay = calendar.minutesOf(day);
    for (let index = minutesOfDay.length - 1; index >= 0; index -= 1) {
      const at = day * MINUTES_PER_DAY + (minutesOfDay[index] ?? 0);
      if (at > end) continue;
      newest ??= at;
      const age = newest - at;
      seen += 1;
      if (age > maxAge && seen > retention.minimum) return kept;
      if (fill(rules, at, age) || seen <= retention.minimum) kept += 1;
      if (kept > UNBOUNDED) return kept;
      if (seen < retention.minimum) continue;
      const alive = rules.filter((rule) => rule.left > 0 && age <= rule.reach);
      if (alive.length === 0) return kept;
      // With only daily and longer buckets left the rest of the day cannot be kept.
      if (!alive.some(isFine)) break;
    }
  }
  // The oldest point of all is also kept by every rule with count left.
  return kept + 1;
}

function fill(rules: readonly Rule[], at: number, age: number): boolean {
  let kept = false;
  for (const rule of rules) {
    const bucket = rule.bucketOf(at);
    if (rule.left <= 0 || age > rule.reach || bucket === rule.lastBucket) continue;
    rule.lastBucket = bucket;
    rule.left -= 1;
    kept = true;
  }
  return kept;
}

const byPoint = (at: number) => at;
const byHour = (at: number) => Math.floor(at / MINUTES_PER_HOUR);
const byDay = (at: number) => Math.floor(at / MINUTES_PER_DAY);
const byWeek = (at: number) => modelBuckets.week(byDay(at));
const byMonth = (at: number) => modelBuckets.month(byDay(at));
const byYear = (at: number) => modelBuckets.year(byDay(at));

function isFine(rule: Rule): boolean {
  return rule.bucketOf === byPoint || rule.bucketOf === byHour;
}

function rulesOf(retention: Retention): readonly Rule[] {
  const rules: Rule[] = [];
  const count = (bucketOf: Rule['bucketOf'], keep: KeepCount | null) => {
    if (keep === null) return;
    const left = keep === 'all' ? Number.POSITIVE_INFINITY : keep;
    rules.push({ bucketOf, left, reach: Number.POSITIVE_INFINITY, lastBucket: Number.NaN });
  };
  const within = (bucketOf: Rule['bucketOf'], window: CalendarDuration | null) => {
    if (window === null) return;
    rules.push({ bucketOf, left: Number.POSITIVE_INFINITY, reach: minutes(window), lastBucket: Number.NaN });
  };
  count(byPoint, retention.keepLast);
  count(byHour, retention.keepHourly);
  count(byDay, retention.keepDaily);
  count(byWeek, retention.keepWeekly);
  count(byMonth, retention.keepMonthly);
  count(byYear, retention.keepYearly);
  within(byPoint, retention.keepWithin);
  within(byHour, retention.keepWithinHourly);
  within(byDay, retention.keepWithinDaily);
  within(byWeek, retention.keepWithinWeekly);
  within(byMonth, retention.keepWithinMonthly);
  within(byYear, retention.keepWithinYearly);
  // Without any keep rule everything is kept.
  if (rules.length === 0) count(byPoint, 'all');
  return rules;
}

/** A duration at its longest: months of up to 31 days, leap years. */
function minutes(duration: CalendarDuration): number {
  const { years, months } = duration;
  const calendarDays = years * 366 + Math.ceil(months * 30.5) + duration.days;
  const clockMs = approximateMs({ ...duration, years: 0, months: 0, days: 0 });
  return calendarDays * MINUTES_PER_DAY + Math.ceil(clockMs / MINUTE_MS);
}

/** All slots of two model years in order, so that no window of up to a year is cut by the year's end. */
function slotsOfTwoYears(calendar: ModelCalendar): readonly number[] {
  const slots: number[] = [];
  for (let day = -MODEL_YEAR_DAYS; day < MODEL_YEAR_DAYS; day += 1) {
    for (const minute of calendar.minutesOf(day)) slots.push(day * MINUTES_PER_DAY + minute);
  }
  return slots;
}

/** Where the most slots lie within a window of so many minutes, both ends included. */
function busiestEnd(slots: readonly number[], windowMinutes: number): { readonly end: number; readonly count: number } {
  let best = { end: 0, count: 0 };
  let first = 0;
  for (let index = 0; index < slots.length; index += 1) {
    const end = slots[index] ?? 0;
    while ((slots[first] ?? end) < end - windowMinutes) first += 1;
    if (index - first + 1 > best.count) best = { end, count: index - first + 1 };
  }
  return best;
}
