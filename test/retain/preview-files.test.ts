import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { previewFiles } from '../../src/retain/preview-files.ts';
import { BLOCK, extentsOf, storedBytes } from './chains.ts';

const NOW = Date.parse('2026-03-10T12:00:00Z');
const price = { amount: 0.05, currency: 'EUR' };

function preview(policy: unknown, points: unknown) {
  return previewFiles(JSON.stringify(policy), JSON.stringify(points), NOW);
}

function plan(policy: unknown, points: unknown) {
  const answer = preview(policy, points);
  if (!answer.ok) throw new Error(JSON.stringify(answer.problems));
  return answer.plan;
}

function row(id: string, takenAt: string, rest: Record<string, unknown> = {}) {
  return { id, source: 'disk-1', takenAt, state: 'succeeded', ...rest };
}

const threeDays = [
  row('a', '2026-03-08T02:00:00Z', {
    changed: [
      [0, 4_194_304],
      [8_388_608, 65_536],
    ],
    usedBytes: 4_259_840,
  }),
  row('b', '2026-03-09T02:00:00Z', { changed: [[0, 65_536]], cleared: [] }),
  row('c', '2026-03-10T02:00:00Z', { changed: [[0, 4_096]], cleared: [[8_388_608, 65_536]] }),
];

describe('previewFiles', () => {
  it('answers verdicts, bytes and money', () => {
    expect(
      plan({ retention: { keepLast: 1, keepMonthly: 2 } }, { points: threeDays, pricePerGiBMonth: price }),
    ).toEqual({
      verdicts: [
        {
          id: 'c',
          source: 'disk-1',
          action: 'keep',
          because: [{ rule: 'last', nth: 1 }, { rule: 'monthly', nth: 1, bucket: '2026-03' }, { rule: 'minimum' }],
        },
        { id: 'b', source: 'disk-1', action: 'delete', because: [{ rule: 'unkept', freedBytes: 4_096 }] },
        { id: 'a', source: 'disk-1', action: 'keep', because: [{ rule: 'oldest', tier: 'monthly' }] },
      ],
      storedBytes: { before: 4_329_472, after: 4_325_376 },
      monthlyCost: { before: 0.000202, after: 0.000201, currency: 'EUR' },
      budget: null,
    });
  });

  it('gives up by budget what hurts least, and says what it frees', () => {
    const answer = plan(
      { retention: { keepDaily: 7 }, budget: { amountPerMonth: 0.0002, currency: 'EUR' } },
      { points: threeDays, pricePerGiBMonth: price },
    );
    const given = answer.verdicts.filter(({ action }) => action === 'delete');
    expect(given).toEqual([
      { id: 'a', source: 'disk-1', action: 'delete', because: [{ rule: 'budget', freedBytes: 65_536 }] },
    ]);
    expect(answer.budget).toEqual({ fits: true, gapPercent: 0 });
    expect(answer.monthlyCost?.after).toBeLessThanOrEqual(0.0002);
  });

  it('says by how much the floors exceed the budget, and what would fit', () => {
    const answer = plan(
      { retention: { keepDaily: 7 }, budget: { amountPerMonth: 0.0002, currency: 'EUR', floors: ['keepDaily'] } },
      { points: threeDays, pricePerGiBMonth: price },
    );
    expect(answer.budget).toEqual({
      fits: false,
      gapPercent: 0,
      exceedsBy: 0.000002,
      currency: 'EUR',
      change: { path: '$.retention.keepDaily', from: 7, to: 2 },
    });
  });

  it('sorts by source, then newest first, then id, and keeps sources apart', () => {
    const answer = plan(
      { retention: { keepLast: 1 } },
      {
        points: [
          row('x', '2026-03-08T02:00:00Z', { source: 'b' }),
          row('z', '2026-03-09T02:00:00Z', { source: 'a' }),
          row('y', '2026-03-09T02:00:00Z', { source: 'a' }),
          row('x', '2026-03-07T02:00:00Z', { source: 'a' }),
        ],
      },
    );
    expect(answer.verdicts.map(({ source, id, action }) => `${source} ${id} ${action}`)).toEqual([
      'a y keep',
      'a z delete',
      'a x delete',
      'b x keep',
    ]);
    expect([answer.storedBytes, answer.monthlyCost, answer.budget]).toEqual([null, null, null]);
  });

  it('has bytes but no money without a price, and leaves points that did not succeed out of the bytes', () => {
    const failed = row('f', '2026-03-09T12:00:00Z', { state: 'failed', changed: [[0, 1_000_000]] });
    const pending = row('p', '2026-03-10T11:00:00Z', { state: 'pending' });
    const answer = plan({ retention: { keepDaily: 7 } }, { points: [...threeDays, failed, pending] });
    expect(answer.storedBytes).toEqual({ before: 4_329_472, after: 4_329_472 });
    expect(answer.monthlyCost).toBeNull();
    expect(answer.verdicts.find(({ id }) => id === 'f')?.because).toEqual([{ rule: 'failed' }]);
  });

  it('takes a whole policy, whatever else it asks for', () => {
    const policy = {
      name: 'gold',
      timeZone: 'Europe/Vienna',
      select: { scopes: ['/subscriptions/11111111-1111-4111-8111-111111111111'] },
      schedules: [{ name: 'nightly', cron: '30 2 * * *' }],
      retention: { keepDaily: 7 },
      consistency: { prefer: 'application', minimum: 'disk' },
    };
    const answer = plan(policy, { points: [row('a', '2026-03-08T23:30:00Z')] });
    expect(answer.verdicts[0]?.because[0]).toEqual({ rule: 'daily', nth: 1, bucket: '2026-03-09' });
  });

  it('takes the moment protection began, which bends what the budget gives up', () => {
    const days = Array.from({ length: 4 }, (_, day) =>
      row(`d${day}`, `2026-03-0${6 + day}T02:00:00Z`, { changed: [[0, 1_048_576]] }),
    );
    const policy = { retention: { keepDaily: 9 }, budget: { amountPerMonth: 0.0001, currency: 'EUR' } };
    const keptOf = (since?: string) =>
      plan(policy, { points: days, pricePerGiBMonth: price, ...(since ? { protectedSince: { 'disk-1': since } } : {}) })
        .verdicts.filter(({ action }) => action === 'keep')
        .map(({ id }) => id);
    expect(keptOf()).toEqual(['d3', 'd2']);
    expect(keptOf('2025-01-01T00:00:00Z')).toEqual(['d3', 'd0']);
  });

  it('frees, in sum, what it stores less, for all points and policies', () => {
    const touches = fc.array(fc.array(fc.constantFrom('w', 'c', '.', '.'), { minLength: 8, maxLength: 8 }), {
      minLength: 1,
      maxLength: 14,
    });
    fc.assert(
      fc.property(touches, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 40 }), (rows, daily, blocks) => {
        const chain = rows.map((own) => own.join(''));
        const points = chain.map((own, at) => {
          const { written, cleared } = extentsOf(own);
          const pairs = (list: Float64Array) =>
            Array.from({ length: list.length / 2 }, (_, pair) => [list[2 * pair], list[2 * pair + 1]]);
          const takenAt = new Date(NOW - (chain.length - at) * 8 * 3_600_000).toISOString();
          return row(`p${String(at).padStart(2, '0')}`, takenAt, { changed: pairs(written), cleared: pairs(cleared) });
        });
        const perBlock = 2 ** 30 / BLOCK / 1e6;
        const budget = { amountPerMonth: (blocks + 1) / 1e6, currency: 'EUR' };
        const policy = { retention: { keepDaily: daily, keepLast: 2 }, budget };
        const answer = plan(policy, { points, pricePerGiBMonth: { amount: perBlock, currency: 'EUR' } });
        const kept = new Set(answer.verdicts.filter(({ action }) => action === 'keep').map(({ id }) => id));
        expect(answer.storedBytes).toEqual({
          before: storedBytes(chain, () => true),
          after: storedBytes(chain, (at) => kept.has(points[at]?.id ?? '')),
        });
        const freed = answer.verdicts
          .flatMap(({ because }) => because)
          .reduce((sum, { freedBytes }) => sum + (freedBytes ?? 0), 0);
        expect(freed).toBe((answer.storedBytes?.before ?? 0) - (answer.storedBytes?.after ?? 0));
        if (answer.budget?.fits) expect((answer.storedBytes?.after ?? 0) / BLOCK).toBeLessThanOrEqual(blocks + 1);
      }),
    );
  });
});

const good = { retention: { keepLast: 1 } };
const budgeted = { ...good, budget: { amountPerMonth: 1, currency: 'EUR' } };
const one = row('a', '2026-03-08T02:00:00Z');

describe('previewFiles refuses, with path, what was found and what is allowed', () => {
  it.each([
    {
      name: 'an unknown state',
      points: [row('a', '2026-03-08T02:00:00Z', { state: 'done' })],
      path: '$.points[0].state',
    },
    {
      name: 'a missing state',
      points: [{ id: 'a', source: 's', takenAt: '2026-03-08T02:00:00Z' }],
      path: '$.points[0].state',
    },
    { name: 'a day that does not exist', points: [row('a', '2026-02-30T02:00:00Z')], path: '$.points[0].takenAt' },
    { name: 'a time without an offset', points: [row('a', '2026-02-03T02:00:00')], path: '$.points[0].takenAt' },
    { name: 'a number for a time', points: [{ ...one, takenAt: 5 }], path: '$.points[0].takenAt' },
    { name: 'an empty id', points: [{ ...one, id: '' }], path: '$.points[0].id' },
    { name: 'a number for a source', points: [{ ...one, source: 7 }], path: '$.points[0].source' },
    {
      name: 'an id that is there twice',
      points: [one, { ...one, takenAt: '2026-03-07T00:00:00Z' }],
      path: '$.points[1].id',
    },
    { name: 'an unknown field of a point', points: [{ ...one, hold: true }], path: '$.points[0].hold' },
    { name: 'a held that is no yes or no', points: [{ ...one, held: 'yes' }], path: '$.points[0].held' },
    { name: 'negative used bytes', points: [{ ...one, usedBytes: -1 }], path: '$.points[0].usedBytes' },
    { name: 'a point that is no object', points: [7], path: '$.points[0]' },
    {
      name: 'ranges that overlap',
      points: [
        {
          ...one,
          changed: [
            [0, 10],
            [9, 10],
          ],
        },
      ],
      path: '$.points[0].changed[1]',
    },
    {
      name: 'ranges out of order',
      points: [
        {
          ...one,
          changed: [
            [20, 10],
            [0, 10],
          ],
        },
      ],
      path: '$.points[0].changed[1]',
    },
    { name: 'a negative offset', points: [{ ...one, changed: [[-1, 10]] }], path: '$.points[0].changed[0]' },
    { name: 'a length of zero', points: [{ ...one, changed: [[0, 0]] }], path: '$.points[0].changed[0]' },
    { name: 'a fraction of a byte', points: [{ ...one, changed: [[0.5, 10]] }], path: '$.points[0].changed[0]' },
    {
      name: 'a range past the largest disk',
      points: [{ ...one, changed: [[2 ** 46, 1]] }],
      path: '$.points[0].changed[0]',
    },
    { name: 'a range of three numbers', points: [{ ...one, changed: [[0, 1, 2]] }], path: '$.points[0].changed[0]' },
    { name: 'ranges that are no list', points: [{ ...one, cleared: {} }], path: '$.points[0].cleared' },
    {
      name: 'bytes both changed and cleared',
      points: [{ ...one, changed: [[0, 100]], cleared: [[50, 100]] }],
      path: '$.points[0].cleared[0]',
    },
    { name: 'points that are no list', points: {}, path: '$.points' },
  ])('$name', ({ points, path }) => {
    const answer = preview(good, { points });
    if (answer.ok) throw new Error('a plan');
    expect(answer.problems.map((problem) => problem.path)).toEqual([path]);
    expect(answer.problems[0]).toMatchObject({
      file: 'points',
      found: expect.any(String),
      allowed: expect.any(String),
    });
  });

  it.each([
    { name: 'an unknown field', file: { points: [one], prices: 1 }, policy: good, path: '$.prices', in: 'points' },
    { name: 'a file that is no object', file: [], policy: good, path: '$', in: 'points' },
    {
      name: 'protection that began after the oldest point',
      file: { points: [one], protectedSince: { 'disk-1': '2026-03-09T00:00:00Z' } },
      policy: good,
      path: '$.protectedSince["disk-1"]',
      in: 'points',
    },
    {
      name: 'a price of nothing',
      file: { points: [one], pricePerGiBMonth: { amount: 0, currency: 'EUR' } },
      policy: good,
      path: '$.pricePerGiBMonth.amount',
      in: 'points',
    },
    {
      name: 'a currency in small letters',
      file: { points: [one], pricePerGiBMonth: { amount: 1, currency: 'eur' } },
      policy: good,
      path: '$.pricePerGiBMonth.currency',
      in: 'points',
    },
    {
      name: 'a budget without a price',
      file: { points: [{ ...one, changed: [] }] },
      policy: budgeted,
      path: '$.pricePerGiBMonth',
      in: 'points',
    },
    {
      name: 'a budget in another currency',
      file: { points: [{ ...one, changed: [] }], pricePerGiBMonth: { amount: 1, currency: 'USD' } },
      policy: budgeted,
      path: '$.budget.currency',
      in: 'policy',
    },
    {
      name: 'a budget where a point does not say what changed',
      file: { points: [one], pricePerGiBMonth: price },
      policy: budgeted,
      path: '$.points[0].changed',
      in: 'points',
    },
    {
      name: 'a count of zero',
      file: { points: [one] },
      policy: { retention: { keepDaily: 0 } },
      path: '$.retention.keepDaily',
      in: 'policy',
    },
    {
      name: 'a duration of weeks and days',
      file: { points: [one] },
      policy: { retention: { keepWithin: 'P1W2D' } },
      path: '$.retention.keepWithin',
      in: 'policy',
    },
    {
      name: 'an unknown zone',
      file: { points: [one] },
      policy: { ...good, timeZone: 'Europe/Wien' },
      path: '$.timeZone',
      in: 'policy',
    },
    {
      name: 'an unknown field of the policy',
      file: { points: [one] },
      policy: { ...good, keep: 1 },
      path: '$.keep',
      in: 'policy',
    },
    { name: 'a policy without retention', file: { points: [one] }, policy: {}, path: '$.retention', in: 'policy' },
    {
      name: 'maxAge below a within',
      file: { points: [one] },
      policy: { retention: { keepWithin: 'P30D', maxAge: 'P7D' } },
      path: '$.retention.maxAge',
      in: 'policy',
    },
  ])('$name', ({ file, policy, path, in: where }) => {
    const answer = preview(policy, file);
    if (answer.ok) throw new Error('a plan');
    expect(answer.problems).toHaveLength(1);
    expect(answer.problems[0]).toMatchObject({
      file: where,
      path,
      found: expect.any(String),
      allowed: expect.any(String),
    });
  });

  it('broken JSON, in either file', () => {
    const answer = previewFiles('{', '{"points": [}', NOW);
    if (answer.ok) throw new Error('a plan');
    expect(answer.problems.map(({ file, path }) => `${file} ${path}`)).toEqual(['policy $', 'points $']);
  });

  it('all problems of both files at once', () => {
    const answer = preview(
      { retention: { keepDaily: 0 } },
      {
        points: [
          { ...one, state: 'x', held: 1 },
          { ...one, id: 3 },
        ],
      },
    );
    if (answer.ok) throw new Error('a plan');
    expect(answer.problems.map(({ path }) => path)).toEqual([
      '$.retention.keepDaily',
      '$.points[0].state',
      '$.points[0].held',
      '$.points[1].id',
    ]);
  });
});
