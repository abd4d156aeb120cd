import { Cron } from 'croner';

/**
 * A cron expression that was read: the wall-clock times it names, in order, without any zone.
 *
 * Units:  wall-clock times as epoch milliseconds of the same date and time in UTC.
 */
export interface CronTimes {
  /** True where the hour field has neither a wildcard nor a step: such a time runs once a day whatever the clocks do. */
  readonly fixedHour: boolean;
  /** The first time after the given one; null where none comes. */
  after(wall: number): number | null;
  /** The last time before the given one; null where there was none. */
  before(wall: number): number | null;
}

export type ReadCron =
  | { readonly ok: true; readonly cron: CronTimes }
  | { readonly ok: false; readonly message: string };

/** What a cron expression may look like, for problems and the API's description. */
export const cronAllowed =
  'five fields: minute hour day-of-month month day-of-week, of numbers, names, lists, ranges and steps (L, W and # as well), such as 30 2 * * 1-5';

const MAX_LENGTH = 120;
/** croner also knows `?` (the moment of parsing) and `+` (both day fields must agree): neither is cron as daemons read it. */
const FIELD = /^[0-9A-Za-z*,/#-]+$/;
/** "Fires at all" must not depend on today: 40 years from here cover every leap day, also the one of a given weekday. */
const FIRES_AFTER = Date.UTC(2000, 0, 1);
const KEPT_EXPRESSIONS = 500;

const readBefore = new Map<string, ReadCron>();

/** Reads a five-field cron expression; it must name at least one time. Answers are remembered, as every tick asks again. */
export function readCron(expression: string): ReadCron {
  const known = readBefore.get(expression);
  if (known) return known;
  if (readBefore.size >= KEPT_EXPRESSIONS) readBefore.clear();
  const read = parseCron(expression);
  readBefore.set(expression, read);
  return read;
}

function parseCron(expression: string): ReadCron {
  const fields = expression.trim().split(/\s+/);
  if (expression.length > MAX_LENGTH) return { ok: false, message: `is longer than ${MAX_LENGTH} characters` };
  if (fields.length !== 5)
    return { ok: false, message: `has ${fields[0] === '' ? 0 : fields.length} fields, not five` };
  const odd = fields.find((field) => !FIELD.test(field));
  if (odd !== undefined) return { ok: false, message: `has a field that cannot be read: ${odd}` };
  let cron: Cron;
  try {
    // An offset and not the zone UTC: the same times, found twenty times as fast, as croner then asks the machine for no calendar.
    cron = new Cron(fields.join(' '), { mode: '5-part', utcOffset: 0, paused: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : 'unknown reason';
    return { ok: false, message: `cannot be read: ${reason}` };
  }
  if (!cron.nextRun(new Date(FIRES_AFTER))) return { ok: false, message: 'never fires' };
  return {
    ok: true,
    cron: {
      fixedHour: !/[*/]/.test(fields[1] ?? '*'),
      after: (wall) => cron.nextRun(new Date(wall))?.getTime() ?? null,
      before: (wall) => cron.previousRuns(1, new Date(wall))[0]?.getTime() ?? null,
    },
  };
}
