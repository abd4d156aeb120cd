import { DateTime, IANAZone } from 'luxon';

/** A moment: milliseconds since 1970-01-01T00:00:00Z, a whole number. */
export type EpochMs = number;

/** An IANA time zone that this machine knows: made by `parseZone` alone, so that a mistyped zone cannot reach a calculation. */
export type ZoneId = string & { readonly __zone: unique symbol };

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Reads an IANA zone name; null where the machine does not know it. Bare offsets (`+01:00`), which the machine takes as well, are no zones. */
export function parseZone(name: string): ZoneId | null {
  if (knownZones.has(name)) return name as ZoneId;
  if (!/^[A-Za-z]/.test(name) || !IANAZone.isValidZone(name)) return null;
  knownZones.add(name);
  return name as ZoneId;
}

/** Asking the machine for a zone takes a millisecond: what was valid once stays so. Bounded by the zones there are, in their spellings. */
const knownZones = new Set<string>();

/** The zone that needs no data. */
export const UTC: ZoneId = 'UTC' as ZoneId;

/** A wall-clock time to the minute, without a zone. Months 1 to 12. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

/**
 * Resolves a wall-clock time in a zone to instants, oldest first.
 *
 * Shape:  [] in a spring gap, [a] normally, [a, b] with a < b in an autumn overlap.
 * Units:  epoch milliseconds. Pure: the answer does not depend on today's date.
 * Source: luxon 3.7.2 resolves an overlap with the offset in force now, so every possible offset is asked for.
 */
export function resolveLocal(local: LocalTime, zone: ZoneId): readonly EpochMs[] {
  const asUtc = Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute);
  const at = DateTime.fromMillis(asUtc, { zone });
  // Around a change of offset the instant lies within a day of the wall-clock time read as UTC.
  const offsets = new Set<number>();
  for (const aroundMs of [-DAY_MS, 0, DAY_MS]) offsets.add(at.plus({ milliseconds: aroundMs }).offset);
  const instants: EpochMs[] = [];
  for (const offsetMinutes of offsets) {
    const instant = asUtc - offsetMinutes * MINUTE_MS;
    if (DateTime.fromMillis(instant, { zone }).offset === offsetMinutes) instants.push(instant);
  }
  return instants.sort((a, b) => a - b);
}

/** The first instant after a spring gap in which the wall-clock time would have fallen. */
export function endOfGap(local: LocalTime, zone: ZoneId): EpochMs {
  const asUtc = Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute);
  let low = asUtc - DAY_MS;
  let high = asUtc + DAY_MS;
  // The local clock jumps over the asked time at one instant between low and high: halve until it is found to the second.
  const wallClock = (instant: EpochMs) => instant + DateTime.fromMillis(instant, { zone }).offset * MINUTE_MS;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (wallClock(middle) < asUtc) low = middle;
    else high = middle;
  }
  return high;
}

/** An ISO 8601 text with the zone's offset, to the second (`2026-03-01T02:00:00+01:00`; `Z` for UTC). */
export function formatIso(instant: EpochMs, zone: ZoneId = UTC): string {
  if (zone === UTC) return new Date(instant).toISOString().replace('.000Z', 'Z');
  const text = DateTime.fromMillis(instant, { zone }).toISO({ suppressMilliseconds: true });
  if (text === null) throw new RangeError('not a representable moment');
  return text;
}

/** Reads an ISO 8601 date and time with offset (or `Z`); null where it is none. A date alone is midnight UTC. */
export function parseIso(text: string): EpochMs | null {
  const at = DateTime.fromISO(text, { setZone: true });
  if (!at.isValid || !/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)) return null;
  return text.includes('T') ? at.toMillis() : Date.parse(`${text}T00:00:00Z`);
}

/** A calendar day in UTC, `2026-03-01`: the unit of the ledger, as Azure bills by UTC days. */
export function utcDay(instant: EpochMs): string {
  return new Date(instant).toISOString().slice(0, 10);
}

/** Days of the UTC month that the moment lies in. */
export function daysInUtcMonth(instant: EpochMs): number {
  const at = new Date(instant);
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
}

/** The periods that retention tiers count by, finest first. */
export const periods = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
export type Period = (typeof periods)[number];

/**
 * The bucket of a period that a moment falls in, as shown to people.
 *
 * Shape:  `2026-03-01T02+01:00` (a real hour, so the offset is part of it), `2026-03-01`, `2026-W09` (ISO week), `2026-03`, `2026`.
 */
export function bucketKey(instant: EpochMs, period: Period, zone: ZoneId): string {
  const at = DateTime.fromMillis(instant, { zone });
  switch (period) {
    case 'hourly':
      return at.toFormat("yyyy-MM-dd'T'HHZZ");
    case 'daily':
      return at.toFormat('yyyy-MM-dd');
    case 'weekly':
      return at.toFormat("kkkk-'W'WW");
    case 'monthly':
      return at.toFormat('yyyy-MM');
    case 'yearly':
      return at.toFormat('yyyy');
  }
}

/** A calendar duration: years, months and days first, then the clock. All whole and not negative; `text` is how it was written. */
export interface CalendarDuration {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly text: string;
}

/**
 * Reads an ISO 8601 duration such as `P1Y2M10DT2H30M`, or weeks alone (`P2W`).
 *
 * Shape:  null where it is none, is empty, zero, negative, has fractions, or mixes weeks with others (`P1W2D`).
 */
export function parseDuration(text: string): CalendarDuration | null {
  const weeks = /^P(\d{1,5})W$/.exec(text);
  if (weeks) {
    const days = Number(weeks[1]) * 7;
    return days > 0 ? { years: 0, months: 0, days, hours: 0, minutes: 0, seconds: 0, text } : null;
  }
  const parts =
    /^P(?:(\d{1,5})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})D)?(T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?$/.exec(text);
  if (!parts || parts[4] === 'T') return null;
  const number = (index: number) => Number(parts[index] ?? 0);
  const duration = {
    years: number(1),
    months: number(2),
    days: number(3),
    hours: number(5),
    minutes: number(6),
    seconds: number(7),
    text,
  };
  const total = duration.years + duration.months + duration.days + duration.hours + duration.minutes + duration.seconds;
  return total > 0 ? duration : null;
}

/**
 * The moment that lies a duration before another: years, months and days by the zone's calendar (a day that the month lacks becomes its last),
 * then the clock in real time.
 */
export function subtractDuration(instant: EpochMs, duration: CalendarDuration, zone: ZoneId): EpochMs {
  const byCalendar =
    duration.years === 0 && duration.months === 0 && duration.days === 0
      ? instant
      : DateTime.fromMillis(instant, { zone })
          .minus({ years: duration.years, months: duration.months, days: duration.days })
          .toMillis();
  return byCalendar - (duration.hours * HOUR_MS + duration.minutes * MINUTE_MS + duration.seconds * SECOND_MS);
}

/** A duration's length where its calendar does not matter: a day is 24 hours, a month 30 days, a year 365. */
export function approximateMs(duration: CalendarDuration): number {
  const days = duration.years * 365 + duration.months * 30 + duration.days;
  return days * DAY_MS + duration.hours * HOUR_MS + duration.minutes * MINUTE_MS + duration.seconds * SECOND_MS;
}
