import { DAY_MS, HOUR_MS, MINUTE_MS, type Period } from '../base/time.ts';

/**
 * Buckets as numbers, for counting, and as text, for people. Both take the wall clock's milliseconds (`instant + offset`) and the offset, so that no
 * calendar library is asked per point. The texts are those of `bucketKey` in base/time; a property holds the two together.
 */

/** More than the minutes between the furthest offsets, and a power of two. */
const OFFSET_RANGE = 4096;

/** A number that two moments share exactly where they share the period's bucket. */
export function bucketNumber(period: Period, localMs: number, offsetMs: number): number {
  switch (period) {
    case 'hourly':
      // A real hour: in an autumn night the same wall-clock hour counts twice, told apart by its offset.
      return Math.floor(localMs / HOUR_MS) * OFFSET_RANGE + OFFSET_RANGE / 2 + Math.trunc(offsetMs / MINUTE_MS);
    case 'daily':
      return Math.floor(localMs / DAY_MS);
    case 'weekly':
      return isoWeek(Math.floor(localMs / DAY_MS));
    case 'monthly':
      return monthOfDay(Math.floor(localMs / DAY_MS));
    case 'yearly':
      return Math.floor(monthOfDay(Math.floor(localMs / DAY_MS)) / 12);
  }
}

/** The bucket as shown: `2026-03-01T02+01:00`, `2026-03-01`, `2026-W09`, `2026-03`, `2026`. */
export function bucketText(period: Period, localMs: number, offsetMs: number): string {
  const iso = new Date(localMs).toISOString();
  switch (period) {
    case 'hourly':
      return `${iso.slice(0, 13)}${offsetText(offsetMs)}`;
    case 'daily':
      return iso.slice(0, 10);
    case 'weekly':
      return weekText(isoWeek(Math.floor(localMs / DAY_MS)));
    case 'monthly':
      return iso.slice(0, 7);
    case 'yearly':
      return iso.slice(0, 4);
  }
}

/** Weeks since the one of 1970-01-01, a Thursday: the Monday of week w is day 7w - 3. */
function isoWeek(day: number): number {
  return Math.floor((day + 3) / 7);
}

/** An ISO week belongs to the year of its Thursday. */
function weekText(week: number): string {
  const thursday = new Date(week * 7 * DAY_MS);
  const firstDay = Date.UTC(thursday.getUTCFullYear(), 0, 1) / DAY_MS;
  const number = Math.floor((week * 7 - firstDay) / 7) + 1;
  return `${String(thursday.getUTCFullYear()).padStart(4, '0')}-W${String(number).padStart(2, '0')}`;
}

/**
 * Year * 12 + month (0 to 11) of a day since 1970-01-01, in the proleptic Gregorian calendar.
 * Years are counted from March, so that the leap day comes last and months have a regular length of (153 m + 2) / 5 days.
 */
function monthOfDay(day: number): number {
  const sinceMarch0 = day + 719_468;
  const era = Math.floor(sinceMarch0 / 146_097);
  const dayOfEra = sinceMarch0 - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthSinceMarch = Math.floor((5 * dayOfYear + 2) / 153);
  return (yearOfEra + era * 400) * 12 + monthSinceMarch + 2;
}

function offsetText(offsetMs: number): string {
  const minutes = Math.trunc(Math.abs(offsetMs) / MINUTE_MS);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
