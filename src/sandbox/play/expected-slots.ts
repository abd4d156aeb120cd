import { wallClock } from './wall-clock.ts';

const MINUTE_MS = 60_000;

/** Which values of a field a cron expression names, and whether it was written with a star. */
interface Field {
  readonly has: (value: number) => boolean;
  readonly star: boolean;
}

/**
 * When schedules are due, worked out by walking minute by minute over the wall clock.
 *
 * The summary holds the product against this: it shares nothing with the product's own calculation, so that neither can hide the other's mistakes.
 * A time at a fixed hour is due once a day, at the first minute at or after it that the day has; a starred hour is due in every real hour.
 *
 * Shape:  the moments in (`from`, `to`] at which any of the expressions is due, ascending, each once.
 * Units:  epoch milliseconds, whole minutes.
 */
export function expectedSlots(crons: readonly string[], zone: string, from: number, to: number): readonly number[] {
  const due = new Set<number>();
  for (const cron of crons) for (const slot of oneSchedule(cron, zone, from, to)) due.add(slot);
  return [...due].sort((a, b) => a - b);
}

function* oneSchedule(cron: string, zone: string, from: number, to: number): Generator<number> {
  const [minute, hour, day, month, weekday] = readFields(cron);
  const isDay = (wall: ReturnType<typeof wallClock>) => {
    const [byDay, byWeekday] = [day.has(wall.day), weekday.has(wall.weekday)];
    return month.has(wall.month) && (day.star || weekday.star ? byDay && byWeekday : byDay || byWeekday);
  };
  /** The last fixed time that was due, as minutes of its day, so that an overlap does not bring it again and a gap does not lose it. */
  let doneDate = '';
  let doneUpTo = -1;
  for (let now = Math.ceil(from / MINUTE_MS) * MINUTE_MS; now <= to; now += MINUTE_MS) {
    const wall = wallClock(now, zone);
    if (!isDay(wall)) continue;
    if (hour.star) {
      if (now > from && hour.has(wall.hour) && minute.has(wall.minute)) yield now;
      continue;
    }
    const minuteOfDay = wall.hour * 60 + wall.minute;
    if (wall.date !== doneDate) {
      // A walk that begins within a day has nothing to catch up from before it.
      doneUpTo = doneDate === '' ? minuteOfDay - 1 : -1;
      doneDate = wall.date;
    }
    for (let at = doneUpTo + 1; at <= minuteOfDay; at += 1) {
      if (!hour.has(Math.floor(at / 60)) || !minute.has(at % 60)) continue;
      if (now > from) yield now;
      break;
    }
    doneUpTo = Math.max(doneUpTo, minuteOfDay);
  }
}

function readFields(cron: string): readonly [Field, Field, Field, Field, Field] {
  const [minute, hour, day, month, weekday, ...more] = cron.trim().split(/\s+/);
  if (!minute || !hour || !day || !month || !weekday || more.length > 0) throw new Error('a schedule has five fields');
  return [
    readField(minute, 0, 59),
    readField(hour, 0, 23),
    readField(day, 1, 31),
    readField(month, 1, 12),
    readField(weekday, 0, 6),
  ];
}

function readField(text: string, lowest: number, highest: number): Field {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', step] = part.split('/');
    const [first, last] = range === '*' ? [lowest, highest] : range.split('-').map(Number);
    if (first === undefined || Number.isNaN(first))
      throw new Error('the sandbox reads numbers, stars, ranges and steps only');
    for (let value = first; value <= (last ?? first); value += step ? Number(step) : 1) values.add(value);
  }
  return { has: (value) => values.has(value), star: text.startsWith('*') };
}
