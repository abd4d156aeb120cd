import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { DAY_MS } from '../../src/base/time.ts';
import { DayGroups, type Dimension, OTHER_VALUES, TAG_VALUES_MAX } from '../../src/cost/day-groups.ts';
import { type GroupDay, readGroups, writeGroups } from '../../src/cost/group-book.ts';
import { closeDay, isClosed, PRICE_PATIENCE_MS, recordFreed } from '../../src/cost/ledger.ts';
import { type LiveChain, valueChain } from '../../src/cost/ledger-row.ts';
import { readFreed, readLedgerDay } from '../../src/cost/ledger-table.ts';
import { settleDays } from '../../src/cost/settle-days.ts';
import type { MemoryStore } from '../memory/memory-store.ts';
import { createMemoryStore } from '../memory/memory-store.ts';
import { chain, each, gib, ledgerBench, momentAfter, silent } from './ledger-bench.ts';

const DAY = '2026-11-21';
const NEXT = '2026-11-22';

async function groupsOf(store: MemoryStore, dimension: Dimension, from = DAY, to = from): Promise<readonly GroupDay[]> {
  const days: GroupDay[] = [];
  for await (const day of readGroups(store, dimension, 'EUR', { from, to })) days.push(day);
  return days;
}

async function rowsOf(store: MemoryStore, day = DAY) {
  const rows = [];
  for await (const page of readLedgerDay(store, day)) rows.push(...page);
  return rows;
}

describe('closeDay', () => {
  it('writes a row for each chain with the shares of its policies, valued once', async () => {
    const { store, depsAt } = ledgerBench();
    const chains = [
      chain('web-os', [
        ['gold', gib(10)],
        ['bronze', gib(5)],
        ['gold', gib(15)],
      ]),
    ];
    const closed = await closeDay(depsAt(momentAfter(DAY)), DAY, each(chains), momentAfter(DAY));
    expect(closed).toEqual({ day: DAY, chains: 1, storedBytes: gib(30), microUnits: 50_000, currency: 'EUR' });
    expect(await rowsOf(store)).toMatchObject([
      {
        chainKey: 'chain-web-os',
        microUnitsPerGiBMonth: 50_000,
        priceAsOf: NEXT,
        shares: [
          { policy: 'bronze', points: 1, storedBytes: gib(5), microUnits: 8_333, microUnitsPerMonth: 250_000 },
          { policy: 'gold', points: 2, storedBytes: gib(25), microUnits: 41_667, microUnitsPerMonth: 1_250_000 },
        ],
      },
    ]);
  });

  it('writes once: a second run changes nothing and takes no new chains', async () => {
    const { store, depsAt } = ledgerBench();
    await closeDay(depsAt(momentAfter(DAY)), DAY, each([chain('web-os', [['gold', gib(1)]])]), momentAfter(DAY));
    const before = store.dump();
    const later = [chain('web-os', [['gold', gib(9)]]), chain('new-os', [['gold', gib(1)]])];
    await closeDay(depsAt(momentAfter(DAY)), DAY, each(later), momentAfter(DAY));
    expect(store.dump()).toEqual(before);
  });

  it('ends in the same rows and sums after a crash at any call', async () => {
    const chains = [
      chain('web-os', [['gold', gib(1)]], { tags: { owner: 'ops' } }),
      chain('db-os', [['bronze', gib(2)]]),
    ];
    const whole = ledgerBench();
    await closeDay(whole.depsAt(momentAfter(DAY)), DAY, each(chains), momentAfter(DAY));
    const shown = (store: MemoryStore) =>
      Object.entries(store.dump()).map(([name, rows]) => [name, rows.map(({ etag: _, ...row }) => row)]);
    for (const moment of ['before', 'after'] as const) {
      let crashed = true;
      for (let call = 1; crashed; call += 1) {
        crashed = false;
        let calls = 0;
        const crash = () => {
          calls += 1;
          if (calls !== call) return;
          crashed = true;
          throw new AppError('storage-unavailable', 'crash');
        };
        const { store, depsAt } = ledgerBench({ store: createMemoryStore({ [moment]: crash }) });
        await closeDay(depsAt(momentAfter(DAY)), DAY, each(chains), momentAfter(DAY)).catch(() => {});
        calls = Number.NEGATIVE_INFINITY;
        await closeDay(depsAt(momentAfter(DAY)), DAY, each(chains), momentAfter(DAY));
        expect(shown(store)).toEqual(shown(whole.store));
      }
    }
  });

  it('after a crash goes on where it stopped', async () => {
    const calls: string[] = [];
    let crash = true;
    const store = createMemoryStore({
      after: ({ operation, name }) => {
        calls.push(`${operation} ${name}`);
        if (crash && operation === 'write') throw new AppError('storage-unavailable', 'crash');
      },
    });
    const { depsAt } = ledgerBench({ store });
    const chains = Array.from({ length: 250 }, (_, index) => chain(`vm${index}-os`, [['gold', gib(1)]]));
    await expect(closeDay(depsAt(momentAfter(DAY)), DAY, each(chains), momentAfter(DAY))).rejects.toThrow('crash');
    crash = false;
    calls.length = 0;
    await closeDay(depsAt(momentAfter(DAY)), DAY, each(chains), momentAfter(DAY));
    expect(calls.filter((call) => /^(write|insert) ledger202611$/.test(call))).toEqual([
      'write ledger202611',
      'write ledger202611',
    ]);
    expect(await rowsOf(store)).toHaveLength(250);
  });

  it('closed twice at once gives one row a chain', async () => {
    const { store, depsAt } = ledgerBench();
    const chains = Array.from({ length: 150 }, (_, index) => chain(`vm${index}-os`, [['gold', gib(1)]]));
    const runs = [1, 2].map(() => closeDay(depsAt(momentAfter(DAY)), DAY, each(chains), momentAfter(DAY)));
    await Promise.allSettled(runs);
    await closeDay(depsAt(momentAfter(DAY)), DAY, each(chains), momentAfter(DAY));
    expect(await rowsOf(store)).toHaveLength(150);
    expect(await groupsOf(store, 'total')).toMatchObject([{ figures: { storedBytes: gib(150) } }]);
  });

  it('closes a day on which nothing is stored', async () => {
    const { store, depsAt } = ledgerBench();
    expect(await isClosed(store, DAY, 'EUR')).toBe(false);
    await closeDay(depsAt(momentAfter(DAY)), DAY, each([]), momentAfter(DAY));
    expect(await isClosed(store, DAY, 'EUR')).toBe(true);
  });

  it('waits for the price list, then closes with the price missing and not as zero', async () => {
    const down = new AppError('azure-unavailable', 'no answer');
    const source = { snapshotPrice: () => Promise.reject(down) };
    const { store, depsAt } = ledgerBench({ source });
    const chains = [chain('web-os', [['gold', gib(1)]])];
    const early = momentAfter(DAY, PRICE_PATIENCE_MS - 1);
    await expect(closeDay(depsAt(early), DAY, each(chains), early)).rejects.toBe(down);
    expect(await isClosed(store, DAY, 'EUR')).toBe(false);
    const late = momentAfter(DAY, PRICE_PATIENCE_MS);
    await closeDay(depsAt(late), DAY, each(chains), late);
    expect(await groupsOf(store, 'policy')).toMatchObject([
      { group: { key: 'gold' }, figures: { storedBytes: gib(1), unpricedBytes: gib(1), microUnits: 0 } },
    ]);
    expect(await rowsOf(store)).toMatchObject([{ microUnitsPerGiBMonth: null, priceAsOf: null }]);
  });

  it('tells points that are not measured', async () => {
    const { store, depsAt } = ledgerBench();
    const chains = [
      chain('web-os', [
        ['gold', gib(1)],
        ['gold', null],
      ]),
    ];
    await closeDay(depsAt(momentAfter(DAY)), DAY, each(chains), momentAfter(DAY));
    expect(await groupsOf(store, 'total')).toMatchObject([{ figures: { points: 2, unmeasuredPoints: 1 } }]);
  });

  it('keeps the days of a month side by side and months apart', async () => {
    const { store, depsAt } = ledgerBench();
    const days = ['2026-11-29', '2026-11-30', '2026-12-01', '2027-01-01'];
    for (const [index, day] of days.entries()) {
      const chains = [chain('web-os', [[index === 1 ? 'silver' : 'gold', gib(index + 1)]])];
      await closeDay(depsAt(momentAfter(day)), day, each(chains), momentAfter(day));
    }
    const found = await groupsOf(store, 'policy', '2026-11-30', '2027-01-31');
    expect(found.map(({ day, group, figures }) => [day, group.key, figures.storedBytes])).toEqual([
      ['2026-11-30', 'silver', gib(2)],
      ['2026-12-01', 'gold', gib(3)],
      ['2027-01-01', 'gold', gib(4)],
    ]);
    expect(Object.keys(store.dump()).filter((name) => name.startsWith('ledger2'))).toEqual([
      'ledger202611',
      'ledger202612',
      'ledger202701',
    ]);
  });

  it('puts the smallest values of a tag together that has one for each machine', async () => {
    const { store, depsAt } = ledgerBench();
    const chains = Array.from({ length: TAG_VALUES_MAX + 5 }, (_, index) =>
      chain(`vm${index}-os`, [['gold', 1_000 + index]], { tags: { Name: `value ${index}` } }),
    );
    await closeDay(depsAt(momentAfter(DAY)), DAY, each(chains), momentAfter(DAY));
    const values = await groupsOf(store, 'tag:name');
    expect(values).toHaveLength(TAG_VALUES_MAX);
    const others = values.find(({ group }) => group.key === OTHER_VALUES.key);
    expect(others?.figures).toMatchObject({ points: 6, storedBytes: 6_015 });
  });

  it('stores names as people type them', async () => {
    const { store, depsAt } = ledgerBench();
    const tags = { 'cost/centre?#\\': '=HYPERLINK("x")\n<b>', empty: '', broken: '\ud800' };
    await closeDay(depsAt(momentAfter(DAY)), DAY, each([chain('web-os', [['gold', 1]], { tags })]), momentAfter(DAY));
    expect(await groupsOf(store, 'tag:cost/centre?#\\')).toMatchObject([{ group: { key: '=HYPERLINK("x")\n<b>' } }]);
    expect(await groupsOf(store, 'tag:empty')).toMatchObject([{ group: { key: '', label: '(empty)' } }]);
    expect(await groupsOf(store, 'tag:broken')).toMatchObject([{ group: { key: '\ufffd' } }]);
  });

  it('always lets the groups of every dimension but tags add up to the total, in every figure', async () => {
    const chainArbitrary = fc.record({
      disk: fc.constantFrom('a-os', 'a-data', 'b-os', 'c-os', 'd-os'),
      points: fc.array(fc.tuple(fc.constantFrom('gold', 'bronze', 'manual'), fc.option(fc.nat({ max: 2 ** 42 }))), {
        minLength: 1,
        maxLength: 6,
      }),
      kind: fc.constantFrom('virtualMachine' as const, 'disk' as const),
      region: fc.constantFrom('westeurope', 'northeurope'),
      subscriptionId: fc.constantFrom('s1', 'S1', 's2'),
      resourceGroup: fc.constantFrom('rg', 'RG', 'other'),
    });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(chainArbitrary, { selector: ({ disk }) => disk }), async (list) => {
        const chains = list.map(({ disk, points, ...source }): LiveChain => chain(disk, points, source));
        const { store, depsAt } = ledgerBench();
        await closeDay(depsAt(momentAfter(DAY)), DAY, each(chains), momentAfter(DAY));
        const [total] = await groupsOf(store, 'total');
        for (const dimension of ['policy', 'vm', 'disk', 'subscription', 'resourceGroup', 'region'] as const) {
          const groups = await groupsOf(store, dimension);
          for (const name of [
            'storedBytes',
            'microUnits',
            'microUnitsPerMonth',
            'points',
            'unmeasuredPoints',
          ] as const) {
            const sum = groups.reduce((all, { figures }) => all + figures[name], 0);
            expect(sum).toBe(total?.figures[name]);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('writeGroups', () => {
  it('takes a group off a day that it has left, and leaves its other days', async () => {
    const { store } = ledgerBench();
    const sums = (...policies: readonly string[]) => {
      const groups = new DayGroups();
      for (const policy of policies) {
        groups.add(valueChain(chain(`${policy}-os`, [[policy, 1]]), { kind: 'none' }, 'EUR', 30));
      }
      return groups;
    };
    await writeGroups(store, 'EUR', DAY, sums('gold', 'silver'));
    await writeGroups(store, 'EUR', NEXT, sums('gold', 'silver'));
    await writeGroups(store, 'EUR', DAY, sums('gold'));
    const found = await groupsOf(store, 'policy', DAY, NEXT);
    expect(found.map(({ day, group }) => `${day} ${group.key}`).sort()).toEqual([
      `${DAY} gold`,
      `${NEXT} gold`,
      `${NEXT} silver`,
    ]);
  });

  it('keeps currencies apart', async () => {
    const { store } = ledgerBench();
    const groups = new DayGroups();
    await writeGroups(store, 'USD', DAY, groups);
    expect(await isClosed(store, DAY, 'EUR')).toBe(false);
    expect(await isClosed(store, DAY, 'USD')).toBe(true);
  });
});

describe('recordFreed', () => {
  const deletion = (pointId: string, freedBytes: number | null, day = DAY) => ({
    ...chain('web-os', []),
    day,
    pointId,
    policy: 'gold',
    freedBytes,
    naiveBytes: freedBytes === null ? null : freedBytes * 3,
  });

  it('counts each deletion once, by policy and machine, with what it saves a month', async () => {
    const { store, depsAt } = ledgerBench();
    for (const point of ['p1', 'p2', 'p1'])
      await recordFreed(depsAt(momentAfter(DAY)), deletion(point, gib(2)), momentAfter(DAY));
    await closeDay(depsAt(momentAfter(DAY)), DAY, each([]), momentAfter(DAY));
    const figures = { freedPoints: 2, freedBytes: gib(4), naiveBytes: gib(12), freedMicroUnitsPerMonth: 200_000 };
    expect(await groupsOf(store, 'policy')).toMatchObject([{ group: { key: 'gold' }, figures }]);
    expect(await groupsOf(store, 'vm')).toMatchObject([{ group: { key: 'key-web', label: 'web' }, figures }]);
    expect(await groupsOf(store, 'total')).toMatchObject([{ figures }]);
  });

  it('adds a deletion that is recorded after its day was closed when the days are settled', async () => {
    const { store, source, depsAt } = ledgerBench();
    await closeDay(depsAt(momentAfter(DAY)), DAY, each([]), momentAfter(DAY));
    await recordFreed(depsAt(momentAfter(DAY)), deletion('p1', gib(2)), momentAfter(DAY));
    expect(await groupsOf(store, 'total')).toMatchObject([{ figures: { freedPoints: 0 } }]);
    await closeDay(depsAt(momentAfter(NEXT)), NEXT, each([]), momentAfter(NEXT));
    const chains = { nodes: async () => [] };
    await settleDays({ store, prices: source, log: silent, currency: 'EUR', chains }, momentAfter(NEXT));
    expect(store.dump().ledgerstale).toEqual([]);
    expect(await groupsOf(store, 'total')).toMatchObject([{ figures: { freedPoints: 1 } }]);
    expect(await groupsOf(store, 'total', NEXT)).toMatchObject([{ figures: { freedPoints: 0 } }]);
  });

  it('keeps a deletion whose bytes are unknown', async () => {
    const { store, depsAt } = ledgerBench();
    await recordFreed(depsAt(momentAfter(DAY)), deletion('p1', null), momentAfter(DAY));
    for await (const page of readFreed(store, DAY))
      expect(page).toMatchObject([{ freedBytes: null, naiveBytes: null }]);
    await closeDay(depsAt(momentAfter(DAY) + DAY_MS), DAY, each([]), momentAfter(DAY));
    expect(await groupsOf(store, 'total')).toMatchObject([{ figures: { freedPoints: 1, freedBytes: 0 } }]);
  });
});
