import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { DAY_MS } from '../../src/base/time.ts';
import type { ChainNode } from '../../src/cost/chain-node.ts';
import type { Dimension } from '../../src/cost/day-groups.ts';
import { sumRows } from '../../src/cost/decide-correction.ts';
import { readGroups } from '../../src/cost/group-book.ts';
import { closeDay } from '../../src/cost/ledger.ts';
import type { LiveChain } from '../../src/cost/ledger-row.ts';
import { readChainDay, readLedgerDay } from '../../src/cost/ledger-table.ts';
import { CLOSED } from '../../src/cost/network-state.ts';
import { askReprice, repriceDay, settleDays } from '../../src/cost/settle-days.ts';
import type { Message } from '../../src/work/messages.ts';
import { Agenda } from '../../src/work/work.ts';
import { createMemoryStore, type MemoryStore } from '../memory/memory-store.ts';
import { chain, each, gib, ledgerBench, momentAfter, price, silent } from './ledger-bench.ts';

const DAY = '2026-11-21';
const NOW = momentAfter(DAY);

/** The nodes of a chain, each on the one before it. */
function nodesOf(points: readonly (number | null)[], more: Partial<ChainNode>[] = []): readonly ChainNode[] {
  return points.map((writtenBytes, index) => ({
    key: `k${index}`,
    pointId: `p${index}`,
    policy: 'gold',
    snapshotId: `/s${index}`,
    familyId: 'family',
    sizeBytes: gib(64),
    sectorBytes: 512,
    network: CLOSED,
    createdAt: index,
    state: 'kept',
    base: index === 0 ? null : `k${index - 1}`,
    writtenBytes,
    billedBytes: null,
    attempts: 0,
    error: null,
    etag: '',
    ...more[index],
  }));
}

const chainsOf = (nodes: readonly ChainNode[]) => ({ nodes: async () => nodes });

async function rowsOf(store: MemoryStore) {
  const rows = [];
  for await (const page of readLedgerDay(store, DAY)) rows.push(...page);
  return rows;
}

async function sumsOf(store: MemoryStore, dimension: Dimension = 'policy') {
  const found = [];
  for await (const { group, figures } of readGroups(store, dimension, 'EUR', { from: DAY, to: DAY }))
    found.push([group.key, figures] as const);
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A book in which a day was closed. */
async function closed(chains: readonly LiveChain[], options: Parameters<typeof ledgerBench>[0] = {}) {
  const bench = ledgerBench(options);
  await closeDay(bench.depsAt(NOW), DAY, each(chains), NOW);
  return {
    ...bench,
    settle: (nodes: readonly ChainNode[], now = NOW) =>
      settleDays(
        { store: bench.store, prices: bench.source, log: silent, currency: 'EUR', chains: chainsOf(nodes) },
        now,
      ),
  };
}

const half = [
  chain('web-os', [
    ['gold', gib(1)],
    ['gold', null],
    ['bronze', gib(3)],
  ]),
];
const whole = [
  chain('web-os', [
    ['gold', gib(1)],
    ['gold', gib(2)],
    ['bronze', gib(3)],
  ]),
];

describe('settleDays', () => {
  it('adds what was measured late as a row of its own, and never changes the first', async () => {
    const { store, settle } = await closed(half);
    const [before] = await rowsOf(store);
    expect(await settle(nodesOf([gib(1), gib(2), gib(3)]))).toBe(1);
    const rows = await rowsOf(store);
    expect(rows[0]).toEqual(before);
    expect(rows[1]).toMatchObject({
      correction: 'late-metering',
      shares: [{ policy: 'gold', points: 0, unmeasuredPoints: -1, storedBytes: gib(2), microUnits: 3_333 }],
    });
    expect(await sumsOf(store)).toEqual(await sumsOf((await closed(whole)).store));
    expect(store.dump().ledgerstale).toEqual([]);
  });

  it('adds nothing the second time, and reads nothing of a day that is complete', async () => {
    const { store, settle } = await closed(half);
    const nodes = nodesOf([gib(1), gib(2), gib(3)]);
    await settle(nodes);
    const before = store.dump();
    const calls: string[] = [];
    store.hooks = { before: ({ operation, name }) => void calls.push(`${operation} ${name}`) };
    expect(await settle(nodes)).toBe(0);
    expect(store.dump()).toEqual(before);
    expect(calls.filter((call) => call.endsWith(' ledger202611'))).toEqual([]);
  });

  it('notes a point that turned out to hold nothing as measured', async () => {
    const { store, settle } = await closed(half);
    await settle(nodesOf([gib(1), 0, gib(3)]));
    expect((await sumsOf(store)).gold).toMatchObject({ unmeasuredPoints: 0, storedBytes: gib(1) });
    expect(sumRows(await readChainDay(store, DAY, 'chain-web-os')).points[1]).toMatchObject({ storedBytes: 0 });
  });

  it.each([
    { name: 'is still not measured', nodes: nodesOf([gib(1), null, gib(3)]) },
    { name: 'is gone', nodes: nodesOf([gib(1), gib(2), gib(3)]).filter(({ pointId }) => pointId !== 'p1') },
    { name: 'has taken over a deleted one', nodes: nodesOf([0, gib(2), gib(3)], [{}, { base: null }]).slice(1) },
    { name: 'was measured past one being deleted', nodes: nodesOf([gib(1), gib(2), gib(3)], [{}, { base: null }]) },
  ])('leaves the day marked where the point $name', async ({ nodes }) => {
    const { store, settle } = await closed(half);
    expect(await settle(nodes)).toBe(0);
    expect((await sumsOf(store, 'total')).total).toMatchObject({ unmeasuredPoints: 1 });
  });

  it('takes what Azure bills for a point that cannot be measured', async () => {
    const { store, settle } = await closed(half);
    expect(await settle(nodesOf([gib(1), null, gib(3)], [{}, { base: null, billedBytes: gib(2) }]))).toBe(1);
    expect(await sumsOf(store)).toEqual(await sumsOf((await closed(whole)).store));
  });

  it('values what was closed without a price as soon as there is one', async () => {
    let isDown = true;
    const source = {
      snapshotPrice: async () => {
        if (isDown) throw new AppError('azure-unavailable', 'no answer');
        return price;
      },
    };
    const { store, depsAt } = ledgerBench({ source });
    const late = momentAfter(DAY, DAY_MS);
    await closeDay(depsAt(late), DAY, each(whole), late);
    isDown = false;
    const deps = { store, prices: source, log: silent, currency: 'EUR', chains: chainsOf([]) };
    expect(await settleDays(deps, late)).toBe(1);
    expect((await rowsOf(store))[1]).toMatchObject({ correction: 'late-price', priceAsOf: DAY });
    expect(await sumsOf(store)).toEqual(await sumsOf((await closed(whole)).store));
  });

  it('ends in the same rows and sums after a crash at any call', async () => {
    const nodes = nodesOf([gib(1), gib(2), gib(3)]);
    const right = await closed(half);
    await right.settle(nodes);
    for (const moment of ['before', 'after'] as const) {
      let crashed = true;
      for (let call = 1; crashed; call += 1) {
        crashed = false;
        const { store, settle } = await closed(half);
        let calls = 0;
        store.hooks = {
          [moment]: () => {
            calls += 1;
            crashed = calls === call;
            if (crashed) throw new AppError('storage-unavailable', 'crash');
          },
        };
        await settle(nodes).catch(() => {});
        const hadCrashed = calls >= call;
        store.hooks = {};
        await settle(nodes);
        expect(await rowsOf(store)).toEqual(await rowsOf(right.store));
        expect(await sumsOf(store)).toEqual(await sumsOf(right.store));
        expect(store.dump().ledgerstale).toEqual([]);
        crashed = hadCrashed;
      }
    }
  });

  it('corrects once when two do it at once', async () => {
    const { store, settle } = await closed(half);
    const nodes = nodesOf([gib(1), gib(2), gib(3)]);
    await Promise.allSettled([settle(nodes), settle(nodes), settle(nodes)]);
    await settle(nodes);
    expect(await rowsOf(store)).toHaveLength(2);
    expect(await sumsOf(store)).toEqual(await sumsOf((await closed(whole)).store));
  });
});

describe('repriceDay', () => {
  const repriceDeps = (store: MemoryStore, microUnitsPerGiBMonth: number | null | AppError) => ({
    store,
    agenda: new Agenda(store),
    clock: { now: () => NOW, wait: async () => {} },
    log: silent,
    currency: 'EUR',
    prices: {
      snapshotPrice: async () => {
        if (microUnitsPerGiBMonth instanceof AppError) throw microUnitsPerGiBMonth;
        return microUnitsPerGiBMonth === null ? null : { ...price, microUnitsPerGiBMonth };
      },
    },
  });
  const message: Message = { v: 1, kind: 'reprice', id: DAY, dueAt: NOW };
  /** What the list answered before is forgotten, as a price sheet overrides it. */
  const forgetPrices = (store: MemoryStore) => store.dropTable('prices');

  it('adds the difference, also where it is negative, and takes its item off the agenda', async () => {
    const { store } = await closed(whole);
    const deps = repriceDeps(store, 20_000);
    await forgetPrices(store);
    expect(await askReprice(deps, { from: DAY, to: DAY })).toBe(1);
    for (const item of await deps.agenda.all(1)) await repriceDay(deps, { ...message, dueAt: item.dueAt });
    expect((await rowsOf(store))[1]).toMatchObject({
      correction: 'price-sheet',
      shares: [
        { policy: 'bronze', points: 0, storedBytes: 0, microUnits: -3_000, microUnitsPerMonth: -90_000 },
        { policy: 'gold', points: 0, storedBytes: 0, microUnits: -3_000, microUnitsPerMonth: -90_000 },
      ],
    });
    const cheap = { source: { snapshotPrice: async () => ({ ...price, microUnitsPerGiBMonth: 20_000 }) } };
    expect(await sumsOf(store)).toEqual(await sumsOf((await closed(whole, cheap)).store));
    expect(await deps.agenda.all(10)).toEqual([]);
    await repriceDay(deps, message);
    expect(await rowsOf(store)).toHaveLength(2);
  });

  it('leaves a day alone whose price is missing now, and comes again where the list does not answer', async () => {
    const { store } = await closed(whole);
    const before = await rowsOf(store);
    await forgetPrices(store);
    await repriceDay(repriceDeps(store, null), message);
    expect(await rowsOf(store)).toEqual(before);
    await forgetPrices(store);
    const down = new AppError('azure-unavailable', 'no answer');
    await expect(repriceDay(repriceDeps(store, down), message)).rejects.toBe(down);
  });

  it('asks for days up to yesterday', async () => {
    const deps = repriceDeps(createMemoryStore(), 1);
    expect(await askReprice(deps, { from: '2026-11-19', to: '2027-01-01' })).toBe(3);
    expect((await deps.agenda.all(10)).map(({ id }) => id)).toEqual(['2026-11-19', '2026-11-20', '2026-11-21']);
  });

  it('does nothing to a day that is not closed', async () => {
    const store = createMemoryStore();
    await repriceDay(repriceDeps(store, 1), message);
    expect(await rowsOf(store)).toEqual([]);
    expect(await sumsOf(store, 'total')).toEqual({});
  });

  it('always sums, after any corrections, to what would have been closed had all been known', async () => {
    const pointsArbitrary = fc.array(
      fc.record({
        policy: fc.constantFrom('gold', 'bronze'),
        bytes: fc.nat({ max: 2 ** 41 }),
        late: fc.nat({ max: 3 }),
      }),
      { minLength: 1, maxLength: 6 },
    );
    const steps = fc.array(fc.oneof(fc.constant('settle' as const), fc.integer({ min: 1, max: 200_000 })), {
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(pointsArbitrary, steps, async (points, list) => {
        // A point is known from the n-th step on; 3 is never.
        const known = (step: number) => points.map(({ bytes, late }) => (late <= step && late < 3 ? bytes : null));
        const live = (step: number) =>
          chain(
            'web-os',
            known(step).map((bytes, index) => [points[index]?.policy ?? '', bytes] as const),
          );
        const { store, settle } = await closed([live(0)]);
        let perGiB = 50_000;
        let settled = 0;
        for (const [index, step] of list.entries()) {
          if (step === 'settle') {
            settled = Math.max(settled, Math.min(index + 1, 2));
            await settle(nodesOf(known(settled)));
          } else {
            perGiB = step;
            await forgetPrices(store);
            await repriceDay(repriceDeps(store, perGiB), message);
          }
        }
        const source = { snapshotPrice: async () => ({ ...price, microUnitsPerGiBMonth: perGiB }) };
        const right = await closed([live(settled)], { source });
        for (const dimension of ['policy', 'disk', 'total'] as const)
          expect(await sumsOf(store, dimension)).toEqual(await sumsOf(right.store, dimension));
        const pointsOf = async (book: MemoryStore) => sumRows(await readChainDay(book, DAY, 'chain-web-os')).points;
        expect(await pointsOf(store)).toEqual(await pointsOf(right.store));
      }),
      { numRuns: 80 },
    );
  });
});
