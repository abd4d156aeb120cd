import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DAY_MS,
  endOfGap,
  formatIso,
  HOUR_MS,
  MINUTE_MS,
  parseZone,
  resolveLocal,
  type ZoneId,
} from '../../src/base/time.ts';
import { offsetMs } from '../../src/base/zone-offsets.ts';
import { type CronTimes, readCron } from '../../src/schedule/cron.ts';
import { latestOccurrences, nextOccurrence, occurrencesBetween } from '../../src/schedule/occurrences.ts';

const cronOf = (expression: string): CronTimes => {
  const read = readCron(expression);
  if (!read.ok) throw new Error(`${expression} ${read.message}`);
  return read.cron;
};
const zoneOf = (name: string): ZoneId => {
  const zone = parseZone(name);
  if (!zone) throw new Error(name);
  return zone;
};
const at = (text: string) => Date.parse(text);

interface Row {
  readonly name: string;
  readonly cron: string;
  readonly zone: string;
  readonly from: string;
  readonly to: string;
  /** Local times with their offset. */
  readonly fires: readonly string[];
}

const rows: readonly Row[] = [
  {
    name: 'a fixed hour in a spring gap runs at the next valid minute',
    cron: '30 2 * * *',
    zone: 'Europe/Vienna',
    from: '2026-03-28T00:00:00Z',
    to: '2026-03-30T12:00:00Z',
    fires: ['2026-03-28T02:30:00+01:00', '2026-03-29T03:00:00+02:00', '2026-03-30T02:30:00+02:00'],
  },
  {
    name: 'several times of one gap share its end, also with a time at the end itself',
    cron: '*/20 2,3 * * *',
    zone: 'Europe/Vienna',
    from: '2026-03-29T00:00:00Z',
    to: '2026-03-29T12:00:00Z',
    fires: ['2026-03-29T03:00:00+02:00', '2026-03-29T03:20:00+02:00', '2026-03-29T03:40:00+02:00'],
  },
  {
    name: 'a fixed hour in an autumn overlap runs the first time only',
    cron: '30 2 * * *',
    zone: 'Europe/Vienna',
    from: '2026-10-24T12:00:00Z',
    to: '2026-10-26T12:00:00Z',
    fires: ['2026-10-25T02:30:00+02:00', '2026-10-26T02:30:00+01:00'],
  },
  {
    name: 'the first minute after an overlap is no repetition',
    cron: '0,59 2-3 * * *',
    zone: 'Europe/Vienna',
    from: '2026-10-25T00:30:00Z',
    to: '2026-10-25T02:30:00Z',
    fires: ['2026-10-25T02:59:00+02:00', '2026-10-25T03:00:00+01:00'],
  },
  {
    name: 'a window that begins between the two runs of an overlap gives no second one',
    cron: '30 2 * * *',
    zone: 'Europe/Vienna',
    from: '2026-10-25T01:05:00Z',
    to: '2026-10-25T12:00:00Z',
    fires: [],
  },
  {
    name: 'a wildcard hour runs in both hours of an overlap',
    cron: '15 * * * *',
    zone: 'Europe/Vienna',
    from: '2026-10-24T23:30:00Z',
    to: '2026-10-25T02:30:00Z',
    fires: ['2026-10-25T02:15:00+02:00', '2026-10-25T02:15:00+01:00', '2026-10-25T03:15:00+01:00'],
  },
  {
    name: 'a wildcard hour has nothing in a gap',
    cron: '15 * * * *',
    zone: 'Europe/Vienna',
    from: '2026-03-29T00:00:00Z',
    to: '2026-03-29T02:00:00Z',
    fires: ['2026-03-29T01:15:00+01:00', '2026-03-29T03:15:00+02:00'],
  },
  {
    name: 'a stepped hour that falls into a gap is left out',
    cron: '0 */2 * * *',
    zone: 'Europe/Vienna',
    from: '2026-03-28T22:30:00Z',
    to: '2026-03-29T03:00:00Z',
    fires: ['2026-03-29T00:00:00+01:00', '2026-03-29T04:00:00+02:00'],
  },
  {
    name: 'half an hour forward',
    cron: '10 2 * * *',
    zone: 'Australia/Lord_Howe',
    from: '2026-10-03T00:00:00Z',
    to: '2026-10-04T00:00:00Z',
    fires: ['2026-10-04T02:30:00+11:00'],
  },
  {
    name: 'half an hour back, fixed',
    cron: '15,45 1 * * *',
    zone: 'Australia/Lord_Howe',
    from: '2026-04-04T00:00:00Z',
    to: '2026-04-05T00:00:00Z',
    fires: ['2026-04-05T01:15:00+11:00', '2026-04-05T01:45:00+11:00'],
  },
  {
    name: 'half an hour back, every hour',
    cron: '45 * * * *',
    zone: 'Australia/Lord_Howe',
    from: '2026-04-04T14:00:00Z',
    to: '2026-04-04T16:30:00Z',
    fires: ['2026-04-05T01:45:00+11:00', '2026-04-05T01:45:00+10:30', '2026-04-05T02:45:00+10:30'],
  },
  {
    name: 'a whole day that is skipped runs at its end',
    cron: '0 2 * * *',
    zone: 'Pacific/Apia',
    from: '2011-12-29T00:00:00Z',
    to: '2011-12-31T00:00:00Z',
    fires: ['2011-12-29T02:00:00-10:00', '2011-12-31T00:00:00+14:00', '2011-12-31T02:00:00+14:00'],
  },
  {
    name: 'a midnight that is skipped',
    cron: '0 0 * * *',
    zone: 'America/Sao_Paulo',
    from: '2018-11-03T12:00:00Z',
    to: '2018-11-05T12:00:00Z',
    fires: ['2018-11-04T01:00:00-02:00', '2018-11-05T00:00:00-02:00'],
  },
  {
    name: 'a midnight that comes twice',
    cron: '30 23 * * *',
    zone: 'America/Sao_Paulo',
    from: '2018-02-17T12:00:00Z',
    to: '2018-02-19T12:00:00Z',
    fires: ['2018-02-17T23:30:00-02:00', '2018-02-18T23:30:00-03:00'],
  },
  {
    name: 'the day after a gap at midnight is not lost',
    cron: '0 0 29 3 *',
    zone: 'Asia/Beirut',
    from: '2026-03-01T00:00:00Z',
    to: '2026-12-31T00:00:00Z',
    fires: ['2026-03-29T01:00:00+03:00'],
  },
  {
    name: 'day of month or weekday, as cron daemons read both',
    cron: '0 12 1 * MON',
    zone: 'UTC',
    from: '2026-03-31T00:00:00Z',
    to: '2026-04-07T00:00:00Z',
    fires: ['2026-04-01T12:00:00Z', '2026-04-06T12:00:00Z'],
  },
];

describe('occurrencesBetween', () => {
  test.each(rows)('$name', ({ cron, zone, from, to, fires }) => {
    const found = occurrencesBetween(cronOf(cron), zoneOf(zone), at(from), at(to), 1000);
    expect(found.map((instant) => formatIso(instant, zoneOf(zone)))).toEqual(fires);
    expect([...latestOccurrences(cronOf(cron), zoneOf(zone), at(from), at(to), 1000)].reverse()).toEqual(found);
  });

  test('the end belongs to the window, its beginning does not', () => {
    const times = (from: string, to: string) =>
      occurrencesBetween(cronOf('0 * * * *'), zoneOf('UTC'), at(from), at(to), 9).length;
    expect(times('2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z')).toBe(1);
    expect(times('2026-01-01T00:00:00Z', '2026-01-01T00:59:59.999Z')).toBe(0);
    expect(times('2026-01-01T01:00:00Z', '2026-01-01T00:00:00Z')).toBe(0);
  });

  test('a limit gives the first ones, and the newest ones the other way round', () => {
    const window = [
      cronOf('0 * * * *'),
      zoneOf('UTC'),
      at('2026-01-01T00:00:00Z'),
      at('2026-01-02T00:00:00Z'),
      2,
    ] as const;
    expect(occurrencesBetween(...window).map((one) => formatIso(one))).toEqual([
      '2026-01-01T01:00:00Z',
      '2026-01-01T02:00:00Z',
    ]);
    expect(latestOccurrences(...window).map((one) => formatIso(one))).toEqual([
      '2026-01-02T00:00:00Z',
      '2026-01-01T23:00:00Z',
    ]);
  });
});

const zoneNames = [
  'Europe/Vienna',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Asia/Beirut',
  'Pacific/Apia',
  'Antarctica/Troll',
  'UTC',
];
/** Moments around which these zones change: where faults would hide. */
const changes = [
  '2026-03-29T01:00:00Z',
  '2026-10-25T01:00:00Z',
  '2026-04-04T15:00:00Z',
  '2026-10-03T15:30:00Z',
  '2018-11-04T03:00:00Z',
  '2018-02-18T02:00:00Z',
  '2026-03-28T22:00:00Z',
  '2011-12-30T10:00:00Z',
].map(at);

const field = (min: number, max: number) =>
  fc.oneof(
    fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 3 }).map((list) => list.join()),
    fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  );
const wildcard = fc.oneof(
  fc.constant('*'),
  fc.constantFrom(2, 3, 5, 6, 7).map((step) => `*/${step}`),
);
const fixedCron = fc
  .tuple(fc.oneof(field(0, 59), fc.constantFrom('*/7', '*/20', '*/30')), field(0, 23))
  .map(([minute, hour]) => `${minute} ${hour} * * *`);
const wildCron = fc
  .tuple(fc.oneof(field(0, 59), fc.constantFrom('*/7', '*/20', '*/30')), wildcard)
  .map(([minute, hour]) => `${minute} ${hour} * * *`);
const windows = fc.record({
  zone: fc.constantFrom(...zoneNames).map(zoneOf),
  from: fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -2 * 1440, max: 1440 }))
    .map(([near, minutes]) => near + minutes * MINUTE_MS + 1),
  length: fc.integer({ min: 1, max: DAY_MS }),
});

/** Whole minutes of a window with their wall clock. */
function minutesIn(from: number, to: number, zone: ZoneId): { instant: number; wall: Date }[] {
  const found: { instant: number; wall: Date }[] = [];
  for (let instant = Math.floor(from / MINUTE_MS) * MINUTE_MS + MINUTE_MS; instant <= to; instant += MINUTE_MS) {
    found.push({ instant, wall: new Date(instant + offsetMs(instant, zone)) });
  }
  return found;
}

/** An independent reading of the minute and hour fields. */
function names(text: string, value: number): boolean {
  return text.split(',').some((item) => {
    const [range = '', step] = item.split('/');
    const [low = 0, high = low] = range === '*' ? [0, 59] : range.split('-').map(Number);
    return value >= low && value <= high && (value - low) % Number(step ?? 1) === 0;
  });
}

describe('properties', () => {
  test('a wildcard hour runs at exactly the real minutes whose wall clock matches', () => {
    fc.assert(
      fc.property(wildCron, windows, (expression, { zone, from, length }) => {
        const [minute = '', hour = ''] = expression.split(' ');
        const to = from + length;
        const expected = minutesIn(from, to, zone)
          .filter(({ wall }) => names(minute, wall.getUTCMinutes()) && names(hour, wall.getUTCHours()))
          .map(({ instant }) => instant);
        expect(occurrencesBetween(cronOf(expression), zone, from, to, 10_000)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  test('a fixed hour runs once for every wall-clock time: the first time, or at the end of the gap', () => {
    fc.assert(
      fc.property(fixedCron, windows, (expression, { zone, from, length }) => {
        const [minute = '', hour = ''] = expression.split(' ');
        const to = from + length;
        const expected = new Set<number>();
        const firstWall = Math.floor((from - 28 * HOUR_MS) / MINUTE_MS) * MINUTE_MS;
        for (let wall = firstWall; wall <= to + 28 * HOUR_MS; wall += MINUTE_MS) {
          const clock = new Date(wall);
          if (!names(minute, clock.getUTCMinutes()) || !names(hour, clock.getUTCHours())) continue;
          const local = {
            year: clock.getUTCFullYear(),
            month: clock.getUTCMonth() + 1,
            day: clock.getUTCDate(),
            hour: clock.getUTCHours(),
            minute: clock.getUTCMinutes(),
          };
          const instant = resolveLocal(local, zone)[0] ?? endOfGap(local, zone);
          if (instant > from && instant <= to) expected.add(instant);
        }
        expect(occurrencesBetween(cronOf(expression), zone, from, to, 10_000)).toEqual(
          [...expected].sort((a, b) => a - b),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('a window cut anywhere gives the same slots', () => {
    fc.assert(
      fc.property(
        fc.oneof(fixedCron, wildCron),
        windows,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (expression, { zone, from, length }, share) => {
          const cron = cronOf(expression);
          const to = from + length;
          const cut = from + Math.floor(share * length);
          const whole = occurrencesBetween(cron, zone, from, to, 10_000);
          expect([
            ...occurrencesBetween(cron, zone, from, cut, 10_000),
            ...occurrencesBetween(cron, zone, cut, to, 10_000),
          ]).toEqual(whole);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('the next slot is the first of those to come, and the latest are the last of those that were', () => {
    fc.assert(
      fc.property(
        fc.oneof(fixedCron, wildCron),
        windows,
        fc.integer({ min: 1, max: 20 }),
        (expression, { zone, from, length }, limit) => {
          const cron = cronOf(expression);
          const next = nextOccurrence(cron, zone, from);
          expect(next).toBe(occurrencesBetween(cron, zone, from, from + 3 * DAY_MS, 1)[0]);
          const all = occurrencesBetween(cron, zone, from, from + length, 10_000);
          expect(latestOccurrences(cron, zone, from, from + length, limit)).toEqual(all.slice(-limit).reverse());
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('nextOccurrence', () => {
  test.each([
    ['a leap day years ahead', '0 0 29 2 *', 'Europe/Vienna', '2096-03-01T00:00:00Z', '2104-02-29T00:00:00+01:00'],
    ['a year ahead', '30 2 1 1 *', 'Asia/Tokyo', '2026-01-01T00:00:00+09:00', '2026-01-01T02:30:00+09:00'],
    ['just after the last', '30 2 1 1 *', 'Asia/Tokyo', '2026-01-01T02:30:00+09:00', '2027-01-01T02:30:00+09:00'],
    [
      'a stepped hour whose time is in a gap that day',
      '30 2-2/1 * 3 SUN',
      'Europe/Vienna',
      '2026-03-28T12:00:00Z',
      '2027-03-07T02:30:00+01:00',
    ],
  ])('%s', (_, expression, zone, after, expected) => {
    const next = nextOccurrence(cronOf(expression), zoneOf(zone), at(after));
    expect(next === null ? null : formatIso(next, zoneOf(zone))).toBe(expected);
  });
});
