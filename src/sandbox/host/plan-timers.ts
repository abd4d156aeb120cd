import { Cron } from 'croner';

/** A timer's schedule. Units: epoch milliseconds. */
export interface TimerSchedule {
  /** The first occurrence after a moment. */
  nextAfter(moment: number): number;
  /** The last occurrence at or before a moment; null where there was none. */
  latestAt(moment: number): number | null;
}

/** What the library is given for one run of a timer, in the host's capital letters. */
export interface TimerInput {
  readonly Schedule: { readonly AdjustForDST: boolean };
  readonly ScheduleStatus: { readonly Last: string; readonly Next: string; readonly LastUpdated: string };
  readonly IsPastDue: boolean;
}

/** How a timer stands: the occurrence it ran for last (null: never in this process), and when it is due next. */
export interface TimerState {
  readonly lastAt: number | null;
  readonly nextAt: number;
}

/** From this lateness on a run counts as past due. Units: milliseconds of the estate's clock. */
const PAST_DUE_MS = 60_000;
/** What .NET writes for "never". */
const NEVER = '0001-01-01T00:00:00.000Z';

/**
 * Reads a schedule: NCRONTAB with six fields, in UTC.
 *
 * Errors: throws where it is none; the five-field form and time spans, which some plans allow, are not played.
 * Source: learn.microsoft.com/azure/azure-functions/functions-bindings-timer (six fields, seconds first; `5/15` counts from 5). The day of the month and the
 *         day of the week must both match, as in the library NCrontab that the host uses.
 */
export function parseTimerSchedule(text: string): TimerSchedule {
  if (text.trim().split(/\s+/).length !== 6) {
    throw new Error(`The schedule "${text}" is not of the form "{second} {minute} {hour} {day} {month} {day of week}"`);
  }
  // UTC as an offset: as a zone, croner asks the machine's calendar for each step, which takes twenty times as long.
  const cron = new Cron(text, { mode: '6-part', domAndDow: true, sloppyRanges: true, utcOffset: 0, paused: true });
  return {
    nextAfter: (moment) => cron.nextRun(new Date(moment))?.getTime() ?? Number.POSITIVE_INFINITY,
    // The library looks strictly before its reference, in whole seconds.
    latestAt: (moment) => cron.previousRuns(1, new Date(moment + 1_000))[0]?.getTime() ?? null,
  };
}

/** The state of a timer that begins at a moment: what was due before is not made up. */
export function startTimer(schedule: TimerSchedule, now: number): TimerState {
  return { lastAt: null, nextAt: schedule.nextAfter(now) };
}

/**
 * Decides whether a timer runs now: once, however many occurrences have passed.
 *
 * Shape:  null where none has; else what to hand to the function, and the state after it.
 */
export function planTimer(
  schedule: TimerSchedule,
  state: TimerState,
  now: number,
): { readonly input: TimerInput; readonly state: TimerState } | null {
  if (state.nextAt > now) return null;
  const occurrence = schedule.latestAt(now) ?? state.nextAt;
  const nextAt = schedule.nextAfter(now);
  return { input: timerInput({ ...state, nextAt }, occurrence, now), state: { lastAt: occurrence, nextAt } };
}

/** The input of a run: for an occurrence, or for none, at the start or by hand. `state.nextAt` is the first occurrence after now. */
export function timerInput(state: TimerState, occurrence: number, now: number): TimerInput {
  const last = state.lastAt === null ? NEVER : new Date(state.lastAt).toISOString();
  return {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: { Last: last, Next: new Date(state.nextAt).toISOString(), LastUpdated: last },
    IsPastDue: now - occurrence >= PAST_DUE_MS,
  };
}
