import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { dropOldMonths } from '../../src/cost/drop-months.ts';
import { readGroups } from '../../src/cost/group-book.ts';
import { closeDay } from '../../src/cost/ledger.ts';
import type { MadeDisk } from '../../src/cost/ledger-row.ts';
import { listMonths, readMade } from '../../src/cost/ledger-table.ts';
import { chain, each, gib, ledgerBench, momentAfter, silent } from './ledger-bench.ts';

const NOW = Date.UTC(2026, 10, 2);

async function books() {
  const { store, depsAt } = ledgerBench();
  for (const day of ['2026-08-31', '2026-09-01', '2026-10-01', '2026-11-01'])
    await closeDay(depsAt(momentAfter(day)), day, each([chain('web-os', [['gold', gib(1)]])]), momentAfter(day));
  return store;
}

describe('dropOldMonths', () => {
  it('drops rows and sums of a month together, and leaves what is kept', async () => {
    const store = await books();
    expect(await dropOldMonths({ store, log: silent }, 1, NOW)).toEqual(['2026-08', '2026-09']);
    const tables = Object.keys(store.dump()).filter((name) => /^ledger(sums)?2026/.test(name));
    expect(tables).toEqual(['ledger202610', 'ledger202611', 'ledgersums202610', 'ledgersums202611']);
    expect(await listMonths(store)).toEqual(['2026-10', '2026-11']);
    expect(await dropOldMonths({ store, log: silent }, 1, NOW)).toEqual([]);
  });

  it('goes on after a crash at any call', async () => {
    let crashed = true;
    for (let call = 1; crashed; call += 1) {
      const store = await books();
      let calls = 0;
      store.hooks = {
        after: () => {
          calls += 1;
          if (calls === call) throw new AppError('storage-unavailable', 'crash');
        },
      };
      await dropOldMonths({ store, log: silent }, 2, NOW).catch(() => {});
      crashed = calls >= call;
      store.hooks = {};
      await dropOldMonths({ store, log: silent }, 2, NOW);
      expect(Object.keys(store.dump()).filter((name) => name.endsWith('202608'))).toEqual([]);
      expect(await listMonths(store)).toEqual(['2026-09', '2026-10', '2026-11']);
    }
  });
});

describe('made disks', () => {
  const DAY = '2026-11-21';
  const made = (name: string, more: Partial<MadeDisk> = {}): MadeDisk => ({
    diskId: `/subscriptions/s1/resourceGroups/rg1/providers/Microsoft.Compute/disks/${name}`,
    diskName: name,
    sku: 'Premium_LRS',
    sizeBytes: gib(128),
    madeFor: 'restore',
    restoreId: 'r1',
    source: chain('web-os', []).source,
    microUnitsPerMonth: 19_710_000,
    ...more,
  });

  it('have lines and figures of their own beside what snapshots cost', async () => {
    const { store, depsAt } = ledgerBench();
    const now = momentAfter(DAY);
    const disks = [
      made('a'),
      made('b', { madeFor: 'drill' }),
      made('c', { madeFor: 'undo', microUnitsPerMonth: null }),
    ];
    const closed = await closeDay(depsAt(now), DAY, each([chain('web-os', [['gold', gib(30)]])]), now, disks);
    expect(closed.microUnits).toBe(50_000);
    const lines = [];
    for await (const page of readMade(store, DAY)) lines.push(...page);
    expect(lines.map(({ diskName, madeFor, microUnits }) => [diskName, madeFor, microUnits]).sort()).toEqual([
      ['a', 'restore', 657_000],
      ['b', 'drill', 657_000],
      ['c', 'undo', 0],
    ]);
    const figures = { madeDisks: 3, madeDiskBytes: gib(384), unpricedMadeDisks: 1, madeDiskMicroUnits: 1_314_000 };
    for (const [dimension, key] of [
      ['total', 'total'],
      ['vm', 'key-web'],
      ['policy', '(restored disks)'],
    ] as const) {
      const found = [];
      for await (const day of readGroups(store, dimension, 'EUR', { from: DAY, to: DAY })) found.push(day);
      expect(found.find(({ group }) => group.key === key)?.figures).toMatchObject(figures);
    }
  });
});
