import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTimerSchedule, planTimer, startTimer } from '../../../src/sandbox/host/plan-timers.ts';

const at = (text: string) => Date.parse(`${text}Z`);
const iso = (moment: number | null) => (moment === null ? null : new Date(moment).toISOString().slice(0, 19));

describe('a schedule', () => {
  test.each([
    ['each minute', '0 * * * * *', '2026-03-01T00:00:00', '2026-03-01T00:01:00', '2026-03-01T00:00:00'],
    ['each half minute', '30 * * * * *', '2026-03-01T00:00:00', '2026-03-01T00:00:30', '2026-02-28T23:59:30'],
    ['a step', '0 */5 * * * *', '2026-03-01T00:04:59', '2026-03-01T00:05:00', '2026-03-01T00:00:00'],
    ['a step from a number', '0 7/20 * * * *', '2026-03-01T00:08:00', '2026-03-01T00:27:00', '2026-03-01T00:07:00'],
    [
      'in UTC through a European spring night',
      '0 30 2 * * *',
      '2026-03-28T12:00:00',
      '2026-03-29T02:30:00',
      '2026-03-28T02:30:00',
    ],
    [
      'day of month and day of week must both match',
      '0 0 0 13 * 5',
      '2026-03-01T00:00:00',
      '2026-03-13T00:00:00',
      '2026-02-13T00:00:00',
    ],
    ['names', '0 0 0 1 JAN *', '2026-03-01T00:00:00', '2027-01-01T00:00:00', '2026-01-01T00:00:00'],
  ])('%s', (_, text, moment, next, latest) => {
    const schedule = parseTimerSchedule(text);
    expect(iso(schedule.nextAfter(at(moment)))).toBe(next);
    expect(iso(schedule.latestAt(at(moment)))).toBe(latest);
  });

  test.each([
    ['five fields', '*/5 * * * *'],
    ['a time span', '00:05:00'],
    ['nonsense', 'a b c d e f'],
    ['seven fields', '0 0 0 1 1 * 2026'],
  ])('%s: refused', (_, text) => {
    expect(() => parseTimerSchedule(text)).toThrow();
  });
});

describe('a timer', () => {
  const schedule = parseTimerSchedule('0 */5 * * * *');
  const started = startTimer(schedule, at('2026-03-01T00:00:00'));

  test.each([
    ['before its occurrence: not', '2026-03-01T00:04:59', null, false],
    ['at its occurrence', '2026-03-01T00:05:00', '2026-03-01T00:05:00', false],
    ['a little late', '2026-03-01T00:05:59', '2026-03-01T00:05:00', false],
    ['late', '2026-03-01T00:06:00', '2026-03-01T00:05:00', true],
    ['after many occurrences: once, for the latest', '2026-03-01T03:00:00', '2026-03-01T03:00:00', false],
  ])('%s', (_, now, occurrence, pastDue) => {
    const plan = planTimer(schedule, started, at(now));
    expect(iso(plan?.state.lastAt ?? null)).toBe(occurrence);
    if (occurrence !== null) expect(plan?.input.IsPastDue).toBe(pastDue);
  });

  test('never runs twice for one occurrence, and never misses that one has passed', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 7_200 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(steps, (stepSeconds) => {
        let state = started;
        let now = at('2026-03-01T00:00:00');
        for (const seconds of stepSeconds) {
          const before = now;
          now += seconds * 1_000;
          const plan = planTimer(schedule, state, now);
          const passed = Math.floor(now / 300_000) > Math.floor(before / 300_000);
          expect(plan !== null).toBe(passed);
          if (plan !== null) {
            expect(plan.state.lastAt).toBe(Math.floor(now / 300_000) * 300_000);
            state = plan.state;
          }
        }
      }),
    );
  });
});
