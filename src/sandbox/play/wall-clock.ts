const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** No zone changes its offset off a quarter of an hour (since 1970). */
const QUARTER_MS = 15 * MINUTE_MS;

/** What a clock on the wall shows. Months 1 to 12, weekdays 0 (Sunday) to 6. Shape: `date` is `2026-03-01`. */
export interface WallClock {
  readonly date: string;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
}

const formatByZone = new Map<string, Intl.DateTimeFormat>();
const offsetByQuarter = new Map<string, number>();

/** The wall clock of a zone at a moment, by the machine's own calendar (Intl). Units: epoch milliseconds. */
export function wallClock(now: number, zone: string): WallClock {
  const local = new Date(now + offsetMs(now, zone));
  return {
    date: local.toISOString().slice(0, 10),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    weekday: local.getUTCDay(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
  };
}

/** The ISO week of a date (`2026-03-01`) as `2026-W09`: the week belongs to the year that holds its Thursday. */
export function isoWeek(date: string): string {
  const day = new Date(`${date}T00:00:00Z`);
  const thursday = new Date(day.getTime() + (4 - (day.getUTCDay() || 7)) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS));
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** The moment whose wall clock shows the same time so many days earlier: a day is 23 or 25 hours long where the clocks change. */
export function daysEarlier(now: number, days: number, zone: string): number {
  const guess = now - days * DAY_MS;
  return guess + offsetMs(now, zone) - offsetMs(guess, zone);
}

function offsetMs(now: number, zone: string): number {
  const quarter = Math.floor(now / QUARTER_MS) * QUARTER_MS;
  const key = `${zone} ${quarter}`;
  const known = offsetByQuarter.get(key);
  if (known !== undefined) return known;
  const parts = new Map(
    format(zone)
      .formatToParts(quarter)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  const offset = wall - quarter;
  offsetByQuarter.set(key, offset);
  return offset;
}

function format(zone: string): Intl.DateTimeFormat {
  const known = formatByZone.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatByZone.set(zone, made);
  return made;
}
