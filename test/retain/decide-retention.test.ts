import { describe, expect, it } from 'vitest';
import type { Reason, RetentionPoint } from '../../src/retain/verdict.ts';
import { decideRetention } from './decide-and-explain.ts';
import { point, retention, zone } from './retentions.ts';

const NOW = '2026-03-10T12:00:00Z';

/** One verdict as a line: `+ daily 1 2026-03-01, minimum` for a kept point, `- unkept` for a deleted one. */
function lines(
  points: readonly RetentionPoint[],
  rules: Parameters<typeof retention>[0],
  options: { readonly now?: string; readonly zone?: string } = {},
): Record<string, string> {
  const verdicts = decideRetention(
    points,
    retention(rules),
    zone(options.zone ?? 'UTC'),
    Date.parse(options.now ?? NOW),
  );
  const spell = (reason: Reason) =>
    [reason.rule, reason.tier, reason.nth, reason.bucket].filter((part) => part !== undefined).join(' ');
  return Object.fromEntries(
    verdicts.map(({ id, action, because }) => [
      id,
      `${action === 'keep' ? '+' : '-'} ${because.map(spell).join(', ')}`,
    ]),
  );
}

interface Case {
  readonly name: string;
  readonly points: readonly RetentionPoint[];
  readonly rules: Parameters<typeof retention>[0];
  readonly zone?: string;
  readonly now?: string;
  readonly expected: Record<string, string>;
}

const p = point;

const cases: readonly Case[] = [
  {
    name: 'keepLast counts every point by itself',
    points: [p('a', '2026-03-01T00:00:00Z'), p('b', '2026-03-01T00:00:01Z'), p('c', '2026-03-01T00:00:02Z')],
    rules: { keepLast: 2 },
    expected: { c: '+ last 1, minimum', b: '+ last 2', a: '- unkept' },
  },
  {
    name: 'a tier keeps the newest point of each bucket that has one, gaps not counted',
    points: [
      p('a', '2026-02-20T02:00:00Z'),
      p('b', '2026-02-28T02:00:00Z'),
      p('c', '2026-03-09T02:00:00Z'),
      p('d', '2026-03-09T14:00:00Z'),
    ],
    rules: { keepDaily: 2 },
    expected: { d: '+ daily 1 2026-03-09, minimum', c: '- unkept', b: '+ daily 2 2026-02-28', a: '- unkept' },
  },
  {
    name: 'the oldest point is kept while count is left, and says for which tier',
    points: [p('a', '2026-03-01T01:00:00Z'), p('b', '2026-03-01T02:00:00Z'), p('c', '2026-03-01T03:00:00Z')],
    rules: { keepDaily: 3, keepYearly: 1 },
    expected: {
      c: '+ daily 1 2026-03-01, yearly 1 2026, minimum',
      b: '- unkept',
      a: '+ oldest daily',
    },
  },
  {
    name: 'the oldest point is no oldest where it starts a bucket of its own',
    points: [p('a', '2026-03-01T01:00:00Z'), p('b', '2026-03-02T02:00:00Z')],
    rules: { keepDaily: 3 },
    expected: { b: '+ daily 1 2026-03-02, minimum', a: '+ daily 2 2026-03-01' },
  },
  {
    name: '"all" has no limit and keeps the oldest too',
    points: [p('a', '2024-01-01T00:00:00Z'), p('b', '2024-06-01T00:00:00Z'), p('c', '2026-01-01T00:00:00Z')],
    rules: { keepYearly: 'all' },
    expected: { c: '+ yearly 1 2026, minimum', b: '+ yearly 2 2024', a: '+ oldest yearly' },
  },
  {
    name: 'one point fills several tiers and names them all',
    points: [p('a', '2026-03-09T02:30:00Z')],
    rules: { keepLast: 1, keepHourly: 1, keepDaily: 1, keepWeekly: 1, keepMonthly: 1, keepYearly: 1 },
    zone: 'Europe/Vienna',
    expected: {
      a: '+ last 1, hourly 1 2026-03-09T03+01:00, daily 1 2026-03-09, weekly 1 2026-W11, monthly 1 2026-03, yearly 1 2026, minimum',
    },
  },
  {
    name: 'keepWithin counts from the newest point, not from now, and excludes its very start',
    points: [p('a', '2026-02-01T00:00:00Z'), p('b', '2026-02-01T00:00:01Z'), p('c', '2026-02-03T00:00:00Z')],
    rules: { keepWithin: 'P2D' },
    expected: { c: '+ within, minimum', b: '+ within', a: '- unkept' },
  },
  {
    name: 'keepWithin counts from a held point where that is the newest',
    points: [
      p('a', '2026-02-01T00:00:00Z'),
      p('b', '2026-02-03T12:00:00Z'),
      p('c', '2026-02-04T00:00:00Z', { held: true }),
    ],
    rules: { keepWithin: 'P1D' },
    expected: { c: '+ minimum, held', b: '+ within', a: '- unkept' },
  },
  {
    name: 'keepWithin never counts from a point in the future, or one that failed',
    points: [
      p('a', '2026-03-08T12:30:00Z'),
      p('b', '2026-03-09T12:00:00Z'),
      p('c', '2026-03-10T11:00:00Z', { state: 'failed' }),
      p('d', '2026-03-12T00:00:00Z'),
    ],
    rules: { keepWithin: 'P1D' },
    expected: { d: '+ future', c: '- failed', b: '+ within, minimum', a: '+ within' },
  },
  {
    name: 'keepWithinDaily keeps one a day, and the oldest where it lies in the window',
    points: [p('a', '2026-03-08T01:00:00Z'), p('b', '2026-03-08T02:00:00Z'), p('c', '2026-03-09T02:00:00Z')],
    rules: { keepWithinDaily: 'P1W' },
    expected: {
      c: '+ within-daily 2026-03-09, minimum',
      b: '+ within-daily 2026-03-08',
      a: '+ oldest within-daily',
    },
  },
  {
    name: 'an oldest point outside the window is nobody’s oldest',
    points: [p('a', '2026-03-01T01:00:00Z'), p('b', '2026-03-08T02:00:00Z'), p('c', '2026-03-09T02:00:00Z')],
    rules: { keepWithinMonthly: 'P2D' },
    expected: { c: '+ within-monthly 2026-03, minimum', b: '- unkept', a: '- unkept' },
  },
  {
    name: 'a window of a month ends on the last day where the month has no such day',
    points: [p('a', '2026-02-28T09:59:59Z'), p('b', '2026-02-28T10:00:01Z'), p('c', '2026-03-31T10:00:00Z')],
    rules: { keepWithin: 'P1M' },
    now: '2026-04-01T00:00:00Z',
    expected: { c: '+ within, minimum', b: '+ within', a: '- unkept' },
  },
  {
    name: 'a window of a day is a calendar day: 25 hours in an autumn night',
    points: [p('a', '2026-10-24T10:30:00Z'), p('b', '2026-10-25T12:00:00Z')],
    rules: { keepWithin: 'P1D' },
    zone: 'Europe/Vienna',
    now: '2026-10-26T00:00:00Z',
    // 2026-10-25T13:00+01:00 less a day is 2026-10-24T13:00+02:00, 11:00 UTC.
    expected: { b: '+ within, minimum', a: '- unkept' },
  },
  {
    name: 'maxAge deletes what a tier keeps, once it is older than that before now',
    points: [p('a', '2026-03-03T11:59:59Z'), p('b', '2026-03-03T12:00:00Z'), p('c', '2026-03-10T00:00:00Z')],
    rules: { keepDaily: 9, maxAge: 'P7D' },
    expected: { c: '+ daily 1 2026-03-10, minimum', b: '+ daily 2 2026-03-03', a: '- max-age' },
  },
  {
    name: 'a point that is too old and that no rule keeps is unkept',
    points: [p('a', '2026-01-01T00:00:00Z'), p('b', '2026-03-10T00:00:00Z')],
    rules: { keepLast: 1, maxAge: 'P7D' },
    expected: { b: '+ last 1, minimum', a: '- unkept' },
  },
  {
    name: 'minimum keeps the newest that succeeded past maxAge, though every later run failed',
    points: [
      p('a', '2025-01-01T00:00:00Z'),
      p('b', '2025-01-02T00:00:00Z'),
      p('c', '2025-01-03T00:00:00Z'),
      p('d', '2026-03-09T00:00:00Z', { state: 'failed' }),
      p('e', '2026-03-10T00:00:00Z', { state: 'failed' }),
    ],
    rules: { keepDaily: 7, maxAge: 'P30D', minimum: 2 },
    expected: { e: '- failed', d: '- failed', c: '+ minimum', b: '+ minimum', a: '- max-age' },
  },
  {
    name: 'held points count for minimum but fill no tier',
    points: [
      p('a', '2026-03-08T00:00:00Z'),
      p('b', '2026-03-09T00:00:00Z', { held: true }),
      p('c', '2026-03-10T00:00:00Z', { held: true }),
    ],
    rules: { keepLast: 1, minimum: 2 },
    expected: { c: '+ minimum, held', b: '+ minimum, held', a: '+ last 1' },
  },
  {
    name: 'a point in the future counts for nothing and is kept until its time',
    points: [p('a', '2026-03-08T00:00:00Z'), p('b', '2026-03-09T00:00:00Z'), p('c', '2026-03-10T12:00:01Z')],
    rules: { keepLast: 1 },
    expected: { c: '+ future', b: '+ last 1, minimum', a: '- unkept' },
  },
  {
    name: 'a point taken at this very moment is not in the future',
    points: [p('a', '2026-03-09T00:00:00Z'), p('b', NOW)],
    rules: { keepLast: 1 },
    expected: { b: '+ last 1, minimum', a: '- unkept' },
  },
  {
    name: 'an unfinished point is kept, fills no tier and is not the oldest',
    points: [
      p('a', '2026-03-08T00:00:00Z', { state: 'pending' }),
      p('b', '2026-03-08T01:00:00Z'),
      p('c', '2026-03-08T02:00:00Z'),
    ],
    rules: { keepDaily: 2 },
    expected: { c: '+ daily 1 2026-03-08, minimum', b: '+ oldest daily', a: '+ pending' },
  },
  {
    name: 'an immutable point fills tiers, and is kept past maxAge for its immutability alone',
    points: [
      p('a', '2026-01-01T00:00:00Z', { immutable: true }),
      p('b', '2026-03-09T00:00:00Z', { immutable: true }),
      p('c', '2026-03-10T00:00:00Z'),
    ],
    rules: { keepDaily: 3, maxAge: 'P30D' },
    expected: { c: '+ daily 1 2026-03-10, minimum', b: '+ daily 2 2026-03-09, immutable', a: '+ immutable' },
  },
  {
    name: 'a failed point that is held, immutable or in the future stays',
    points: [
      p('a', '2026-03-08T00:00:00Z', { state: 'failed', held: true }),
      p('b', '2026-03-09T00:00:00Z', { state: 'failed', immutable: true }),
      p('c', '2026-03-11T00:00:00Z', { state: 'failed' }),
      p('d', '2026-03-07T00:00:00Z', { state: 'failed' }),
    ],
    rules: { keepLast: 1 },
    expected: { c: '+ future', b: '+ immutable', a: '+ held', d: '- failed' },
  },
  {
    name: 'without any keep rule everything is kept',
    points: [
      p('a', '2020-03-08T00:00:00Z'),
      p('b', '2026-03-09T00:00:00Z'),
      p('c', '2026-03-09T01:00:00Z', { state: 'failed' }),
    ],
    rules: {},
    expected: { c: '- failed', b: '+ minimum, no-policy', a: '+ no-policy' },
  },
  {
    name: 'without any keep rule maxAge still deletes',
    points: [p('a', '2020-03-08T00:00:00Z'), p('b', '2026-03-09T00:00:00Z')],
    rules: { maxAge: 'P1Y' },
    expected: { b: '+ minimum, no-policy', a: '- max-age' },
  },
  {
    name: 'points of one moment go by their ids',
    points: [p('b', '2026-03-09T00:00:00Z'), p('a', '2026-03-09T00:00:00Z'), p('c', '2026-03-09T00:00:00Z')],
    rules: { keepLast: 2 },
    expected: { a: '+ last 1, minimum', b: '+ last 2', c: '- unkept' },
  },
  {
    name: 'both 01:00 hours of an autumn night count',
    points: [p('a', '2026-11-01T05:30:00Z'), p('b', '2026-11-01T06:30:00Z')],
    rules: { keepHourly: 5 },
    zone: 'America/New_York',
    now: '2026-11-02T00:00:00Z',
    expected: { b: '+ hourly 1 2026-11-01T01-05:00, minimum', a: '+ hourly 2 2026-11-01T01-04:00' },
  },
  {
    name: 'days are those of the zone',
    points: [p('a', '2026-03-08T22:30:00Z'), p('b', '2026-03-08T23:30:00Z')],
    rules: { keepDaily: 5 },
    zone: 'Europe/Vienna',
    expected: { b: '+ daily 1 2026-03-09, minimum', a: '+ daily 2 2026-03-08' },
  },
  {
    name: 'ISO week 53 belongs to the year before New Year',
    points: [
      p('a', '2020-12-27T12:00:00Z'),
      p('b', '2020-12-31T12:00:00Z'),
      p('c', '2021-01-03T12:00:00Z'),
      p('d', '2021-01-04T12:00:00Z'),
    ],
    rules: { keepWeekly: 4 },
    expected: { d: '+ weekly 1 2021-W01, minimum', c: '+ weekly 2 2020-W53', b: '- unkept', a: '+ weekly 3 2020-W52' },
  },
  {
    name: 'a zone that changes by half an hour: the repeated half hour is two buckets',
    points: [p('a', '2026-04-04T14:45:00Z'), p('b', '2026-04-04T15:15:00Z')],
    rules: { keepHourly: 5 },
    zone: 'Australia/Lord_Howe',
    now: '2026-04-05T00:00:00Z',
    expected: { b: '+ hourly 1 2026-04-05T01+10:30, minimum', a: '+ hourly 2 2026-04-05T01+11:00' },
  },
  {
    name: 'a skipped day is no bucket: 2011-12-30 never was in Samoa',
    points: [p('a', '2011-12-30T09:00:00Z'), p('b', '2011-12-30T11:00:00Z')],
    rules: { keepDaily: 5 },
    zone: 'Pacific/Apia',
    expected: { b: '+ daily 1 2011-12-31, minimum', a: '+ daily 2 2011-12-29' },
  },
  { name: 'no points, no verdicts', points: [], rules: { keepDaily: 1 }, expected: {} },
];

describe('decideRetention', () => {
  it.each(cases)('$name', ({ points, rules, expected, ...options }) => {
    expect(lines(points, rules, options)).toEqual(expected);
  });
});
