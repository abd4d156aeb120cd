import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectedSlots } from '../../../src/sandbox/play/expected-slots.ts';
import { readCron } from '../../../src/schedule/cron.ts';
import { occurrencesBetween } from '../../../src/schedule/occurrences.ts';
import { zone } from '../../retain/retentions.ts';

const DAY_MS = 86_400_000;
const iso = (slots: readonly number[]) => slots.map((slot) => new Date(slot).toISOString().slice(0, 16));

describe('the sandbox works out by itself when schedules are due', () => {
  test.each([
    [
      'every six hours in UTC',
      ['0 */6 * * *'],
      'UTC',
      '2026-03-01T00:00Z',
      1,
      ['2026-03-01T06:00', '2026-03-01T12:00', '2026-03-01T18:00', '2026-03-02T00:00'],
    ],
    ['the start itself is not due, the end is', ['0 0 * * *'], 'UTC', '2026-03-01T00:00Z', 1, ['2026-03-02T00:00']],
    [
      'a fixed time in a spring gap runs right after it',
      ['30 2 * * *'],
      'Europe/Vienna',
      '2026-03-28T12:00Z',
      1,
      ['2026-03-29T01:00'],
    ],
    [
      'a fixed time in an autumn overlap runs the first time',
      ['30 2 * * *'],
      'Europe/Vienna',
      '2026-10-24T12:00Z',
      1,
      ['2026-10-25T00:30'],
    ],
    [
      'a starred hour runs in both hours of an overlap',
      ['30 * * * *'],
      'Europe/Vienna',
      '2026-10-24T23:45Z',
      0.125,
      ['2026-10-25T00:30', '2026-10-25T01:30', '2026-10-25T02:30'],
    ],
    [
      'shared moments count once',
      ['0 */12 * * *', '0 12 * * *'],
      'UTC',
      '2026-03-01T00:00Z',
      1,
      ['2026-03-01T12:00', '2026-03-02T00:00'],
    ],
    ['weekdays', ['0 5 * * 1-5'], 'UTC', '2026-03-06T00:00Z', 4, ['2026-03-06T05:00', '2026-03-09T05:00']],
  ] as const)('%s', (_name, crons, timeZone, from, days, expected) => {
    const start = Date.parse(from);
    expect(iso(expectedSlots(crons, timeZone, start, start + days * DAY_MS))).toEqual(expected);
  });

  test('thirty days of the demo are 1,800 snapshots', () => {
    const from = Date.parse('2026-03-01T00:00:00Z');
    const slots = (...crons: string[]) => expectedSlots(crons, 'Europe/Vienna', from, from + 30 * DAY_MS).length;
    expect(10 * slots('0 */6 * * *', '30 2 * * *') + 10 * slots('30 2 * * *')).toBe(1_800);
  });

  test('it agrees with the product, which reckons in quite another way', () => {
    const crons = [
      '0 */6 * * *',
      '30 2 * * *',
      '15 * * * *',
      '*/20 1-3 * * *',
      '0 0 1 * *',
      '45 23 * * 6',
      '0 3 15 * 1',
      '30 1,2 * * *',
    ];
    const zones = [
      'UTC',
      'Europe/Vienna',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'Africa/Casablanca',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...crons),
        fc.constantFrom(...zones),
        fc.integer({ min: Date.parse('2025-01-01') / 60_000, max: Date.parse('2027-12-31') / 60_000 }),
        (cron, timeZone, startMinute) => {
          const read = readCron(cron);
          if (!read.ok) throw new Error('the product cannot read it');
          const [from, to] = [startMinute * 60_000, startMinute * 60_000 + 3 * DAY_MS];
          expect(iso(expectedSlots([cron], timeZone, from, to))).toEqual(
            iso(occurrencesBetween(read.cron, zone(timeZone), from, to, 1_000)),
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});
