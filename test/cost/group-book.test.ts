import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DayGroups } from '../../src/cost/day-groups.ts';
import { readGroupCosts, readGroups, sumsTable, writeGroups } from '../../src/cost/group-book.ts';
import { valueChain } from '../../src/cost/ledger-row.ts';
import { shiftDay } from '../../src/cost/report-query.ts';
import { createMemoryStore } from '../memory/memory-store.ts';
import { chain, price } from './ledger-bench.ts';

const FIRST = '2026-01-29';

function sumsOf(disks: readonly (readonly [number, number])[], day: string): DayGroups {
  const groups = new DayGroups();
  for (const [disk, bytes] of disks)
    groups.add(
      valueChain(chain(`vm${disk % 3}-disk${disk}`, [['gold', bytes]]), { kind: 'known', price, asOf: day }, 'EUR', 30),
    );
  return groups;
}

describe('the sums of a month', () => {
  it('always give the same costs from either form, whatever days were written and written again', async () => {
    const day = fc.record({
      at: fc.nat({ max: 6 }),
      disks: fc.uniqueArray(fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 2 ** 40 })), {
        maxLength: 8,
        selector: ([disk]) => disk,
      }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(day, { maxLength: 8 }), fc.nat({ max: 6 }), fc.nat({ max: 6 }), async (list, a, b) => {
        const store = createMemoryStore();
        const last = new Map<string, number>();
        for (const { at, disks } of list) {
          const name = shiftDay(FIRST, at);
          const groups = sumsOf(disks, name);
          await writeGroups(store, 'EUR', name, groups);
          last.set(name, groups.total().microUnits);
        }
        const range = { from: shiftDay(FIRST, Math.min(a, b)), to: shiftDay(FIRST, Math.max(a, b)) };
        const expected = [...last].reduce(
          (sum, [name, cost]) => sum + (name >= range.from && name <= range.to ? cost : 0),
          0,
        );
        for (const dimension of ['vm', 'disk'] as const) {
          const byKey = new Map<string, number>();
          for await (const { group, figures } of readGroups(store, dimension, 'EUR', range))
            byKey.set(group.key, (byKey.get(group.key) ?? 0) + figures.microUnits);
          const costs = new Map<string, number>();
          for await (const { group, microUnits } of readGroupCosts(store, dimension, 'EUR', range))
            costs.set(group.key, (costs.get(group.key) ?? 0) + microUnits);
          for (const [key, cost] of costs) expect([key, cost]).toEqual([key, byKey.get(key) ?? 0]);
          expect([...costs.values()].reduce((sum, cost) => sum + cost, 0)).toBe(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('stand in one table a month, bills in another, many groups a row', async () => {
    const store = createMemoryStore();
    const disks = Array.from({ length: 2_000 }, (_, disk) => [disk, disk + 1] as const);
    await writeGroups(store, 'EUR', '2026-03-31', sumsOf(disks, '2026-03-31'));
    await writeGroups(store, 'EUR', '2026-04-01', sumsOf([[1, 7]], '2026-04-01'), 'billed');
    const rows = store.dump();
    expect(Object.keys(rows).sort()).toEqual([sumsTable('2026-04-01', 'billed'), sumsTable('2026-03-31')]);
    const ofDisks = (rows.ledgersums202603 ?? []).filter(({ partitionKey }) => partitionKey === 'disk');
    expect(ofDisks.length).toBeLessThanOrEqual(256);
    const keys = new Set<string>();
    for await (const { group } of readGroups(store, 'disk', 'EUR', { from: '2026-03-31', to: '2026-03-31' }))
      keys.add(group.key);
    expect(keys.size).toBe(2_000);
  });

  it('are refused where a row is damaged', async () => {
    const store = createMemoryStore();
    await writeGroups(store, 'EUR', '2026-03-31', sumsOf([[1, 7]], '2026-03-31'));
    const table = store.table(sumsTable('2026-03-31'));
    for (const { partitionKey, rowKey } of store.dump().ledgersums202603 ?? [])
      await table.put({ partitionKey, rowKey }, { groups0: '[["key","label","",[["31",["x"]]]]]' });
    const read = Array.fromAsync(readGroups(store, 'disk', 'EUR', { from: '2026-03-31', to: '2026-03-31' }));
    await expect(read).rejects.toMatchObject({ code: 'data-unreadable' });
    const costs = Array.fromAsync(readGroupCosts(store, 'disk', 'EUR', { from: '2026-03-31', to: '2026-03-31' }));
    await expect(costs).rejects.toMatchObject({ code: 'data-unreadable' });
  });
});
