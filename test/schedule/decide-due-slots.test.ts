import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DAY_MS,
  formatIso,
  HOUR_MS,
  MINUTE_MS,
  parseDuration,
  parseZone,
  UTC,
  type ZoneId,
} from '../../src/base/time.ts';
import type { Schedule } from '../../src/policy/policy.ts';
import { readCron } from '../../src/schedule/cron.ts';
import { decideDueSlots, MAX_SLOTS_AT_ONCE } from '../../src/schedule/decide-due-slots.ts';
import { occurrencesBetween } from '../../src/schedule/occurrences.ts';

const at = (text: string) => Date.parse(text);

function schedule(name: string, cron: string, more: { window?: string; catchUp?: Schedule['catchUp'] } = {}): Schedule {
  const startWindow = parseDuration(more.window ?? 'PT1H');
  if (!startWindow) throw new Error('duration');
  return { name, cron, startWindow, jitter: null, catchUp: more.catchUp ?? 'latest' };
}

interface Row {
  readonly name: string;
  readonly schedules: readonly Schedule[];
  readonly zone?: string;
  /** Up to where every schedule has been evaluated; null for those seen for the first time. */
  readonly since: string | null;
  readonly now: string;
  readonly slots: readonly string[];
  readonly missed: readonly string[];
  readonly next: string | null;
}

const nightly = schedule('nightly', '30 2 * * *');
const hourly = schedule('hourly', '15 * * * *', { catchUp: 'none' });

const rows: readonly Row[] = [
  {
    name: 'nothing due',
    schedules: [nightly],
    since: '2026-03-02T02:00:00Z',
    now: '2026-03-02T02:29:59Z',
    slots: [],
    missed: [],
    next: '2026-03-02T02:30:00Z',
  },
  {
    name: 'due to the second',
    schedules: [nightly],
    since: '2026-03-02T02:29:00Z',
    now: '2026-03-02T02:30:00Z',
    slots: ['2026-03-02T02:30:00Z nightly'],
    missed: [],
    next: '2026-03-03T02:30:00Z',
  },
  {
    name: 'a doubled tick finds nothing more',
    schedules: [nightly],
    since: '2026-03-02T02:30:00Z',
    now: '2026-03-02T02:30:00Z',
    slots: [],
    missed: [],
    next: '2026-03-03T02:30:00Z',
  },
  {
    name: 'a schedule seen for the first time is never back-filled, not even with the slot of this moment',
    schedules: [nightly],
    since: null,
    now: '2026-03-02T02:30:00Z',
    slots: [],
    missed: [],
    next: '2026-03-03T02:30:00Z',
  },
  {
    name: 'schedules due at the same moment share the slot',
    schedules: [nightly, schedule('half-hourly', '*/30 * * * *')],
    since: '2026-03-02T02:25:00Z',
    now: '2026-03-02T02:30:30Z',
    slots: ['2026-03-02T02:30:00Z nightly half-hourly'],
    missed: [],
    next: '2026-03-02T03:00:00Z',
  },
  {
    name: 'a late tick within the start window still runs the slot',
    schedules: [nightly],
    since: '2026-03-02T02:00:00Z',
    now: '2026-03-02T03:30:00Z',
    slots: ['2026-03-02T02:30:00Z nightly'],
    missed: [],
    next: '2026-03-03T02:30:00Z',
  },
  {
    name: 'a slot exactly as old as its window is in time',
    schedules: [schedule('nightly', '30 2 * * *', { catchUp: 'none' })],
    since: '2026-03-02T02:00:00Z',
    now: '2026-03-02T03:30:00Z',
    slots: ['2026-03-02T02:30:00Z nightly'],
    missed: [],
    next: '2026-03-03T02:30:00Z',
  },
  {
    name: 'past the start window with catchUp none it is missed',
    schedules: [schedule('nightly', '30 2 * * *', { catchUp: 'none' })],
    since: '2026-03-02T02:00:00Z',
    now: '2026-03-02T03:30:01Z',
    slots: [],
    missed: ['2026-03-02T02:30:00Z nightly startWindow'],
    next: '2026-03-03T02:30:00Z',
  },
  {
    name: 'past the start window with catchUp latest one point is taken for all that was missed',
    schedules: [nightly],
    since: '2026-03-01T00:00:00Z',
    now: '2026-03-04T12:00:00Z',
    slots: ['2026-03-04T02:30:00Z nightly'],
    missed: [
      '2026-03-01T02:30:00Z nightly catchUp',
      '2026-03-02T02:30:00Z nightly catchUp',
      '2026-03-03T02:30:00Z nightly catchUp',
    ],
    next: '2026-03-05T02:30:00Z',
  },
  {
    name: 'a slot in its window makes up for the older ones',
    schedules: [schedule('two-hourly', '0 */2 * * *')],
    since: '2026-03-01T23:00:00Z',
    now: '2026-03-02T04:10:00Z',
    slots: ['2026-03-02T04:00:00Z two-hourly'],
    missed: ['2026-03-02T00:00:00Z two-hourly catchUp', '2026-03-02T02:00:00Z two-hourly catchUp'],
    next: '2026-03-02T06:00:00Z',
  },
  {
    name: 'also when it is the slot of another schedule: a second snapshot of the same moment helps nobody',
    schedules: [nightly, hourly],
    since: '2026-03-02T02:00:00Z',
    now: '2026-03-02T04:20:00Z',
    slots: ['2026-03-02T04:15:00Z hourly'],
    missed: [
      '2026-03-02T02:15:00Z hourly startWindow',
      '2026-03-02T02:30:00Z nightly catchUp',
      '2026-03-02T03:15:00Z hourly startWindow',
    ],
    next: '2026-03-02T05:15:00Z',
  },
  {
    name: 'a missed slot that is newer than all that are due is taken late itself',
    schedules: [
      schedule('patient', '0 2 * * *', { window: 'PT6H' }),
      schedule('strict', '0 4 * * *', { window: 'PT5M' }),
    ],
    since: '2026-03-02T01:00:00Z',
    now: '2026-03-02T05:00:00Z',
    slots: ['2026-03-02T02:00:00Z patient', '2026-03-02T04:00:00Z strict'],
    missed: [],
    next: '2026-03-03T02:00:00Z',
  },
  {
    name: 'a slot that is taken for one schedule is missed for none',
    schedules: [
      schedule('strict', '0 4 * * *', { window: 'PT5M', catchUp: 'none' }),
      schedule('patient', '0 4 * * *', { window: 'PT2H' }),
    ],
    since: '2026-03-02T03:00:00Z',
    now: '2026-03-02T05:00:00Z',
    slots: ['2026-03-02T04:00:00Z strict patient'],
    missed: [],
    next: '2026-03-03T04:00:00Z',
  },
  {
    name: 'every slot in its window is due, however many ticks were missed',
    schedules: [schedule('five', '*/5 * * * *', { window: 'PT20M' })],
    since: '2026-03-02T04:00:00Z',
    now: '2026-03-02T04:17:00Z',
    slots: ['2026-03-02T04:05:00Z five', '2026-03-02T04:10:00Z five', '2026-03-02T04:15:00Z five'],
    missed: [],
    next: '2026-03-02T04:20:00Z',
  },
  {
    name: 'more slots at once than Azure takes snapshots: the newest',
    schedules: [schedule('minute', '* * * * *', { window: 'PT10M' })],
    since: '2026-03-02T03:59:30Z',
    now: '2026-03-02T04:08:00Z',
    slots: [2, 3, 4, 5, 6, 7, 8].map((minute) => `2026-03-02T04:0${minute}:00Z minute`),
    missed: ['2026-03-02T04:00:00Z minute superseded', '2026-03-02T04:01:00Z minute superseded'],
    next: '2026-03-02T04:09:00Z',
  },
  {
    name: 'a clock that went backwards changes nothing',
    schedules: [nightly],
    since: '2026-03-02T03:00:00Z',
    now: '2026-03-02T02:00:00Z',
    slots: [],
    missed: [],
    next: '2026-03-03T02:30:00Z',
  },
  {
    name: 'the spring gap',
    schedules: [nightly],
    zone: 'Europe/Vienna',
    since: '2026-03-28T20:00:00Z',
    now: '2026-03-29T01:00:00Z',
    slots: ['2026-03-29T01:00:00Z nightly'],
    missed: [],
    next: '2026-03-30T00:30:00Z',
  },
  {
    name: 'no schedules',
    schedules: [],
    since: '2026-03-02T03:00:00Z',
    now: '2026-03-02T04:00:00Z',
    slots: [],
    missed: [],
    next: null,
  },
];

describe('decideDueSlots', () => {
  test.each(rows)('$name', (row) => {
    const since = row.since;
    const state = new Map(since === null ? [] : row.schedules.map(({ name }) => [name, at(since)] as const));
    const zone = parseZone(row.zone ?? 'UTC') as ZoneId;
    const due = decideDueSlots({ schedules: row.schedules, zone, state, now: at(row.now) });
    expect(due.slots.map((slot) => `${formatIso(slot.at)} ${slot.schedules.join(' ')}`)).toEqual(row.slots);
    expect(due.missed.map((slot) => `${formatIso(slot.at)} ${slot.schedule} ${slot.because}`)).toEqual(row.missed);
    expect(due.nextDueAt === null ? null : formatIso(due.nextDueAt)).toBe(row.next);
    for (const { name } of row.schedules)
      expect(due.state.get(name)).toBe(Math.max(at(row.now), since === null ? 0 : at(since)));
    expect(due.unlisted).toEqual([]);
  });

  test('a schedule that is gone leaves the state, a new one enters it', () => {
    const state = new Map([['old', 5]]);
    const due = decideDueSlots({ schedules: [nightly], zone: UTC, state, now: 9 });
    expect([...due.state]).toEqual([['nightly', 9]]);
  });

  test('a year of downtime with a schedule of every minute is answered from its newest slots, and says what it does not list', () => {
    const now = at('2027-03-02T04:00:30Z');
    const since = at('2026-03-02T04:00:00Z');
    const due = decideDueSlots({
      schedules: [schedule('minute', '* * * * *', { catchUp: 'none' })],
      zone: UTC,
      state: new Map([['minute', since]]),
      now,
    });
    expect(due.slots.at(-1)?.at).toBe(at('2027-03-02T04:00:00Z'));
    expect(due.unlisted).toEqual([{ schedule: 'minute', after: since, upTo: at('2027-03-02T00:41:00Z') - 1 }]);
  });
});

describe('properties', () => {
  const crons = fc.constantFrom('30 2 * * *', '15 * * * *', '0 */6 * * *', '*/20 1-3 * * *', '0 0 1 * *');
  const schedules = fc
    .array(
      fc.record({
        cron: crons,
        window: fc.constantFrom('PT5M', 'PT1H', 'PT6H'),
        catchUp: fc.constantFrom('none' as const, 'latest' as const),
      }),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    .map((list) => list.map((one, index) => schedule(`s${index}`, one.cron, one)));
  const zones = fc.constantFrom('Europe/Vienna', 'UTC', 'Australia/Lord_Howe').map((name) => parseZone(name) as ZoneId);
  const start = fc.constantFrom(at('2026-03-28T12:00:00Z'), at('2026-10-24T12:00:00Z'), at('2026-04-04T02:00:00Z'));
  /** Ticks as they come: minutes apart, sometimes after a downtime, doubled, or with the clock set back. */
  const steps = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 1, max: 10 }) },
      fc.integer({ min: 30, max: 1500 }),
      fc.constant(0),
      fc.integer({ min: -90, max: -1 }),
    ),
    { minLength: 1, maxLength: 25 },
  );

  test('whatever the ticks, every slot of every schedule is taken or missed exactly once, and no more than a handful at a time', () => {
    fc.assert(
      fc.property(schedules, zones, start, steps, (list, zone, from, minutes) => {
        let state: ReadonlyMap<string, number> = new Map(list.map(({ name }) => [name, from]));
        const answers = new Map<string, number>();
        const takenAt = new Set<number>();
        let now = from;
        for (const step of minutes) {
          now += step * MINUTE_MS;
          const due = decideDueSlots({ schedules: list, zone, state, now });
          expect(due.slots.length).toBeLessThanOrEqual(MAX_SLOTS_AT_ONCE);
          for (const slot of due.slots) {
            expect(takenAt.has(slot.at)).toBe(false);
            takenAt.add(slot.at);
            for (const name of slot.schedules)
              answers.set(`${name} ${slot.at}`, (answers.get(`${name} ${slot.at}`) ?? 0) + 1);
          }
          for (const { at: missedAt, schedule: name } of due.missed)
            answers.set(`${name} ${missedAt}`, (answers.get(`${name} ${missedAt}`) ?? 0) + 1);
          for (const [name, upTo] of due.state) expect(upTo).toBeGreaterThanOrEqual(state.get(name) ?? 0);
          state = due.state;
        }
        const expected = list.flatMap(({ name, cron }) => {
          const read = readCron(cron);
          return read.ok
            ? occurrencesBetween(read.cron, zone, from, state.get(name) ?? from, 10_000).map(
                (slot) => `${name} ${slot}`,
              )
            : [];
        });
        expect([...answers.keys()].sort()).toEqual([...expected].sort());
        expect([...answers.values()].every((count) => count === 1)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('a slot that was missed with catchUp latest never goes without a point at that tick', () => {
    fc.assert(
      fc.property(schedules, zones, start, fc.integer({ min: 1, max: 4 * DAY_MS }), (list, zone, from, downtime) => {
        const state = new Map(list.map(({ name }) => [name, from]));
        const due = decideDueSlots({ schedules: list, zone, state, now: from + downtime });
        const madeUp = due.missed.filter(({ because }) => because === 'catchUp');
        if (madeUp.length > 0) expect(due.slots.at(-1)?.at).toBeGreaterThan(Math.max(...madeUp.map((slot) => slot.at)));
        for (const slot of due.missed)
          if (slot.because === 'startWindow') expect(slot.at).toBeLessThan(from + downtime - 5 * MINUTE_MS);
      }),
      { numRuns: 80 },
    );
  });

  test('nextDueAt is when the next tick finds something', () => {
    fc.assert(
      fc.property(schedules, zones, start, fc.integer({ min: 0, max: 40 * HOUR_MS }), (list, zone, from, later) => {
        const now = from + later;
        const state = new Map(list.map(({ name }) => [name, now]));
        const { nextDueAt } = decideDueSlots({ schedules: list, zone, state, now });
        if (nextDueAt === null) throw new Error('these schedules never end');
        expect(decideDueSlots({ schedules: list, zone, state, now: nextDueAt - 1 }).slots).toEqual([]);
        expect(decideDueSlots({ schedules: list, zone, state, now: nextDueAt }).slots.map((slot) => slot.at)).toEqual([
          nextDueAt,
        ]);
      }),
      { numRuns: 60 },
    );
  });
});
