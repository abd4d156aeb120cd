import { DAY_MS, MINUTE_MS } from '../base/time.ts';
import { readCron } from './cron.ts';

/** Days of the model year: the leap year 2032, so that no day that a cron expression can name is missing. It begins on a Thursday. */
export const MODEL_YEAR_DAYS = 366;
const MODEL_YEAR_START = Date.UTC(2032, 0, 1);
const DAYS_FROM_MONDAY_TO_YEAR_START = 3;
const MINUTES_PER_DAY = 1_440;

/**
 * When a set of schedules fires in a year like any other: wall-clock time, without zones and changes of the clocks, every year the same.
 * Good for counting, too coarse for firing.
 */
export interface ModelCalendar {
  /** Minutes of the day at which anything fires, oldest first; a day is counted from the start of some model year, however many years on. */
  minutesOf(day: number): readonly number[];
}

/** The bucket of a day in the model calendar; months and years are those of the model year. */
export const modelBuckets = {
  week: (day: number) => Math.floor((day + DAYS_FROM_MONDAY_TO_YEAR_START) / 7),
  month: (day: number) => Math.floor(day / MODEL_YEAR_DAYS) * 12 + (monthOfDay[dayOfYear(day)] ?? 0),
  year: (day: number) => Math.floor(day / MODEL_YEAR_DAYS),
};

const monthOfDay: readonly number[] = Array.from({ length: MODEL_YEAR_DAYS }, (_, day) =>
  new Date(MODEL_YEAR_START + day * DAY_MS).getUTCMonth(),
);

/** Plays cron expressions through the model year. Expressions that cannot be read never fire. */
export function modelCalendar(expressions: readonly string[]): ModelCalendar {
  const minutesByDay: (readonly number[])[] = Array.from({ length: MODEL_YEAR_DAYS }, () => []);
  for (const expression of new Set(expressions)) {
    const [minute, hour, ...dayFields] = expression.trim().split(/\s+/);
    const minutes = minutesOfDay(minute ?? '', hour ?? '');
    for (const day of daysOfYear(dayFields.join(' '))) minutesByDay[day] = merge(minutesByDay[day] ?? [], minutes);
  }
  return { minutesOf: (day) => minutesByDay[dayOfYear(day)] ?? [] };
}

function dayOfYear(day: number): number {
  return ((day % MODEL_YEAR_DAYS) + MODEL_YEAR_DAYS) % MODEL_YEAR_DAYS;
}

/** Hours and minutes are independent of each other: two short walks instead of one of up to 1,440 steps. */
function minutesOfDay(minuteField: string, hourField: string): readonly number[] {
  const minutes = firesWithin(`${minuteField} * * * *`, MINUTES_PER_DAY / 24);
  const hours = firesWithin(`0 ${hourField} * * *`, MINUTES_PER_DAY);
  return hours.flatMap((hour) => minutes.map((minute) => hour + minute));
}

function daysOfYear(dayFields: string): readonly number[] {
  if (dayFields === '* * *') return Array.from({ length: MODEL_YEAR_DAYS }, (_, day) => day);
  return firesWithin(`0 0 ${dayFields}`, MODEL_YEAR_DAYS * MINUTES_PER_DAY).map((minute) => minute / MINUTES_PER_DAY);
}

/** Minutes from the start of the model year, below `minutes`, at which an expression fires. */
function firesWithin(expression: string, minutes: number): readonly number[] {
  const read = readCron(expression);
  const found: number[] = [];
  if (!read.ok) return found;
  const end = MODEL_YEAR_START + minutes * MINUTE_MS;
  let wall = read.cron.after(MODEL_YEAR_START - 1);
  while (wall !== null && wall < end) {
    found.push((wall - MODEL_YEAR_START) / MINUTE_MS);
    wall = read.cron.after(wall);
  }
  return found;
}

function merge(a: readonly number[], b: readonly number[]): readonly number[] {
  return a.length === 0 ? b : [...new Set([...a, ...b])].sort((x, y) => x - y);
}
