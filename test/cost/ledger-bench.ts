import { GIB } from '../../src/base/bytes.ts';
import type { Log } from '../../src/base/log.ts';
import { DAY_MS, type EpochMs } from '../../src/base/time.ts';
import type { LiveChain } from '../../src/cost/ledger-row.ts';
import type { Price, PriceSource } from '../../src/cost/ports.ts';
import { openPriceBook } from '../../src/cost/price-book.ts';
import { createMemoryStore, type MemoryStore } from '../memory/memory-store.ts';

export const price: Price = {
  microUnitsPerGiBMonth: 50_000,
  currency: 'EUR',
  effectiveFrom: null,
  meterId: 'm',
  source: 'retail',
};

export const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** What the ledger needs, in memory. */
export function ledgerBench(options: { store?: MemoryStore; source?: PriceSource } = {}) {
  const store = options.store ?? createMemoryStore();
  const source = options.source ?? { snapshotPrice: async () => price };
  return {
    store,
    source,
    depsAt: (now: EpochMs) => ({
      store,
      prices: openPriceBook({ store, source, log: silent }, 'EUR', now),
      log: silent,
    }),
  };
}

/** A chain of a disk of a machine, with the sizes of its points by policy. */
export function chain(
  disk: string,
  points: readonly (readonly [string, number | null])[],
  more: Partial<LiveChain['source']> = {},
): LiveChain {
  const machine = disk.split('-')[0] ?? disk;
  return {
    chainKey: `chain-${disk.replaceAll(/[^\w-]/g, '')}`,
    diskName: disk,
    sku: 'Standard_ZRS',
    source: {
      key: `key-${machine}`,
      kind: 'virtualMachine',
      id: `/subscriptions/s1/resourceGroups/rg1/providers/Microsoft.Compute/virtualMachines/${machine}`,
      name: machine,
      subscriptionId: 's1',
      resourceGroup: 'rg1',
      region: 'westeurope',
      tags: {},
      ...more,
    },
    points: points.map(([policy, storedBytes], index) => ({ pointId: `p${index}`, policy, storedBytes })),
  };
}

export async function* each<T>(items: readonly T[]): AsyncIterable<T> {
  yield* items;
}

export const gib = (count: number) => Math.round(count * GIB);

/** The moment so long after the end of a UTC day. */
export const momentAfter = (day: string, ms = 600_000) => Date.parse(day) + DAY_MS + ms;
