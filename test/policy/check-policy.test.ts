import { describe, expect, test } from 'vitest';
import { emptyProtections, tooManyPoints } from '../../src/policy/check-policy.ts';
import { estimatedPointsKept } from '../../src/policy/estimate-points.ts';
import { goldDocument, type Json, readPolicy, SUBSCRIPTION, smallDocument } from './documents.ts';

const withSelect = (select: Json) =>
  smallDocument({ select: { scopes: [`/subscriptions/${SUBSCRIPTION}`], ...select } });

describe('emptyProtections', () => {
  test.each<[string, Json, readonly string[]]>([
    ['the example of the contract', goldDocument(), []],
    ['a whole subscription', withSelect({}), []],
    ['a disabled policy says so itself', smallDocument({ enabled: false }), []],
    ['nothing in scope', withSelect({ scopes: [] }), ['$.select.scopes']],
    ['no kind', withSelect({ kinds: [] }), ['$.select.kinds']],
    ['no schedule', smallDocument({ schedules: [] }), ['$.schedules']],
    ['everything excluded', withSelect({ exclude: [{ name: '*' }] }), ['$.select.exclude[0]']],
    [
      'what is included is excluded',
      withSelect({ include: [{ tag: 'A', equals: '1' }], exclude: [{ name: 'x' }, { tag: 'a', in: ['1', '2'] }] }),
      ['$.select.exclude[1]'],
    ],
    [
      'what is included is excluded in part',
      withSelect({ include: [{ tag: 'a', in: ['1', '2'] }], exclude: [{ tag: 'a', equals: '1' }] }),
      [],
    ],
    [
      'included by a tag that is excluded',
      withSelect({ include: [{ tag: 'a', equals: '1' }], exclude: [{ tag: 'a', exists: true }] }),
      ['$.select.exclude[0]'],
    ],
    [
      'included by the lack of a tag, excluded by it',
      withSelect({ include: [{ tag: 'a', exists: false }], exclude: [{ tag: 'a', exists: true }] }),
      [],
    ],
    [
      'a name inside an excluded pattern',
      withSelect({ include: [{ name: 'db-1' }], exclude: [{ name: 'DB-*' }] }),
      ['$.select.exclude[0]'],
    ],
    ['every disk left out', withSelect({ excludeDisks: [{ lun: 1 }, { name: '**' }] }), ['$.select.excludeDisks[1]']],
    [
      'two values of one tag at once',
      withSelect({
        include: [
          { tag: 'a', equals: '1' },
          { tag: 'A', equals: '2' },
        ],
      }),
      ['$.select.include[1]'],
    ],
    [
      'a tag that is and is not there',
      withSelect({
        include: [
          { tag: 'a', exists: false },
          { tag: 'a', in: ['1'] },
        ],
      }),
      ['$.select.include[1]'],
    ],
    [
      'a tag that is there and is not',
      withSelect({
        include: [
          { tag: 'a', in: ['1'] },
          { tag: 'a', exists: false },
        ],
      }),
      ['$.select.include[1]'],
    ],
    ['two names at once', withSelect({ include: [{ name: 'db-*' }, { name: 'web-1' }] }), ['$.select.include[1]']],
    ['a name in a pattern', withSelect({ include: [{ name: 'db-*' }, { name: 'db-1' }] }), []],
    [
      'points that are too old before the next comes',
      smallDocument({ retention: { maxAge: 'PT23H' } }),
      ['$.retention.maxAge'],
    ],
    ['points that live a day', smallDocument({ retention: { maxAge: 'P1D' } }), []],
    [
      'points of an hourly schedule that live six hours',
      smallDocument({
        schedules: [
          { name: 'h', cron: '0 * * * *' },
          { name: 'n', cron: '30 2 * * *' },
        ],
        retention: { maxAge: 'PT6H' },
      }),
      [],
    ],
  ])('%s', (_, document, paths) =>
    expect(emptyProtections(readPolicy(document)).map(({ path }) => path)).toEqual(paths),
  );
});

const hourly = '0 * * * *';
const nightly = '30 2 * * *';

describe('estimatedPointsKept', () => {
  /** Nothing but the kept points and, with a grace of none, what falls due within two sweeps. */
  const estimate = (retention: Json, ...crons: string[]) =>
    estimatedPointsKept(
      readPolicy(
        smallDocument({
          schedules: crons.map((cron, index) => ({ name: `s${index}`, cron })),
          retention: { graceHours: 0, ...retention },
        }),
      ),
    );

  test.each<[string, number, Json, string[]]>([
    ['the last ones', 10 + 3, { keepLast: 10 }, [hourly]],
    ['in their grace as well', 10 + 27, { keepLast: 10, graceHours: 24 }, [hourly]],
    ['days', 7 + 1, { keepDaily: 7 }, [nightly]],
    ['hours of a nightly schedule are as many as its nights', 24 + 1, { keepHourly: 24 }, [nightly]],
    ['one point fills several tiers', 480 + 3, { keepHourly: 480, keepDaily: 20 }, [hourly]],
    ['schedules of one moment share the slot', 5 + 1, { keepLast: 5 }, [nightly, '30 2 * * 1-5']],
    ['a window of two days', 49 + 3, { keepWithin: 'P2D' }, [hourly]],
    ['a window that meets the busiest time, over midnight', 48 + 25, { keepWithin: 'PT4H' }, ['*/5 22-23,0-1 * * *']],
    ['buckets in a window', 4 + 1, { keepWithinWeekly: 'P21D' }, [nightly]],
    ['a maximal age', 10 + 1 + 1, { keepDaily: 'all', maxAge: 'P10D' }, [nightly]],
    ['no rule but an age', 31 + 1, { maxAge: 'P30D' }, [nightly]],
    ['the minimum past the age', 5 + 1, { maxAge: 'PT1H', minimum: 5 }, [nightly]],
    [
      'years without limit: ten of them touch eleven, and the oldest point of all stays',
      11 + 1 + 1,
      { keepYearly: 'all' },
      [nightly],
    ],
    ['no schedule', 1, { keepLast: 5 }, []],
  ])('%s', (_, expected, retention, crons) => expect(estimate(retention, ...crons)).toBe(expected));

  test('what grows by the hour is unbounded', () => expect(estimate({ keepHourly: 'all' }, hourly)).toBe('unbounded'));
});

describe('tooManyPoints', () => {
  const refused = (retention: Json, cron: string) =>
    tooManyPoints(readPolicy(smallDocument({ schedules: [{ name: 's', cron }], retention }))).length > 0;

  test.each<[string, boolean, Json, string]>([
    ['600 hourly points', true, { keepLast: 600 }, hourly],
    ['470 hourly points and a day of grace', false, { keepLast: 470 }, hourly],
    ['490 hourly points and a day of grace', true, { keepLast: 490 }, hourly],
    ['every hour for ever', true, { keepHourly: 'all' }, hourly],
    ['every hour for ten days', false, { keepHourly: 'all', maxAge: 'P10D' }, hourly],
    ['every hour for thirty days', true, { keepHourly: 'all', maxAge: 'P30D' }, hourly],
    ['no rule at all', true, {}, nightly],
    ['no rule at all, monthly', false, {}, '0 3 1 * *'],
    ['every day for ever', true, { keepDaily: 'all' }, nightly],
    ['every week for ever', true, { keepWeekly: 'all' }, nightly],
    ['every month for ever', false, { keepMonthly: 'all' }, nightly],
    ['every year for ever', false, { keepYearly: 'all' }, '*/10 * * * *'],
    ['a year of days', false, { keepDaily: 366 }, nightly],
    ['a month of grace', true, { keepLast: 5, graceHours: 720 }, hourly],
    ['every minute of a morning', true, { keepWithin: 'P1D' }, '* 5-12 * * *'],
  ])('%s', (_, expected, retention, cron) => expect(refused(retention, cron)).toBe(expected));

  test('the example of the contract is far from it', () =>
    expect(tooManyPoints(readPolicy(goldDocument()))).toEqual([]));
  test('says how many and how many may be', () => {
    const [problem] = tooManyPoints(
      readPolicy(smallDocument({ schedules: [{ name: 's', cron: hourly }], retention: { keepLast: 600 } })),
    );
    expect(problem).toMatchObject({ path: '$.retention', found: 'about 627 snapshots' });
    expect(problem?.allowed).toContain('at most 500');
  });
});
