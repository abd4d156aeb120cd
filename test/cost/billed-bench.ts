import { GIB } from '../../src/base/bytes.ts';
import { DAY_MS, type EpochMs } from '../../src/base/time.ts';
import { Chains } from '../../src/cost/chains.ts';
import { type CollectDeps, collectBilled } from '../../src/cost/collect-billed.ts';
import { closeDay } from '../../src/cost/ledger.ts';
import { liveChains } from '../../src/cost/live-chains.ts';
import { CLOSED } from '../../src/cost/network-state.ts';
import type { BilledFigure } from '../../src/cost/ports.ts';
import { createMemoryCosts } from '../memory/memory-costs.ts';
import { createMemoryStore } from '../memory/memory-store.ts';
import { ledgerBench } from './ledger-bench.ts';

export const SUBSCRIPTION = '00000000-0000-4000-8000-000000000001';
export const METER = 'meter-zrs';

export const snapshotId = (name: string, subscriptionId = SUBSCRIPTION) =>
  `/subscriptions/${subscriptionId}/resourceGroups/own/providers/Microsoft.Compute/snapshots/${name}`;

/** What Azure shows of a snapshot that stores so many GiB all day, in March at 0.05 unless told. */
export function figure(name: string, day: string, gib: number, changes: Partial<BilledFigure> = {}): BilledFigure {
  const quantity = gib / 31;
  return {
    day,
    resourceId: snapshotId(name).toLowerCase(),
    meterId: METER,
    quantity,
    microUnits: Math.round(quantity * 50_000),
    currency: 'EUR',
    ...changes,
  };
}

/** The use case in memory, with chains of measured snapshots and a Cost Management that shows what it is told. */
export function billedBench(start: EpochMs) {
  const store = createMemoryStore();
  const chains = new Chains(store);
  const costs = createMemoryCosts();
  const warnings: string[] = [];
  let now = start;
  const clock = {
    now: () => now,
    wait: async (ms: number) => {
      now += ms;
    },
  };
  const log = { info: () => {}, warn: (message: string) => void warnings.push(message), error: () => {} };
  const deps: CollectDeps = { store, chains, costs: costs.source, clock, log, currency: 'EUR' };
  const ledger = ledgerBench({ store });
  const addNode = async (disk: string, id: string, bytes: number | null, subscriptionId = SUBSCRIPTION) => {
    const key = `chain-${disk}`;
    const head = {
      ...{ key, diskId: `/disks/${disk}`, diskName: disk, region: 'westeurope', subscriptionId, shared: false },
      snapshotSku: 'Standard_ZRS',
      source: { key: `vm-${disk}`, kind: 'virtualMachine', id: 'vm', name: 'vm', resourceGroup: 'shop', tags: {} },
    } as const;
    const node = {
      ...{ pointId: `point-${id.split('/').at(-1)}`, policy: 'gold', snapshotId: id, familyId: disk },
      ...{ sizeBytes: 32 * GIB, sectorBytes: 512, network: CLOSED, createdAt: start },
    };
    await chains.add([{ head, node }]);
    const added = (await chains.nodes(key)).find(({ pointId }) => pointId === node.pointId);
    if (added && bytes !== null) await chains.change(key, [{ ...added, writtenBytes: bytes }]);
  };
  return {
    ...{ store, chains, costs, deps, warnings, clock },
    setNow: (moment: EpochMs) => {
      now = moment;
    },
    collect: (...named: string[]) => collectBilled(deps, named.length > 0 ? named : [SUBSCRIPTION]),
    /** A snapshot in the chain of its disk, measured unless the bytes are null. */
    add: (disk: string, name: string, gib: number | null, subscriptionId = SUBSCRIPTION) =>
      addNode(disk, snapshotId(name, subscriptionId), gib === null ? null : Math.round(gib * GIB), subscriptionId),
    addNode,
    /** Takes a snapshot out of the books, as after its deletion. */
    forget: async (disk: string, name: string) => {
      const nodes = await chains.nodes(`chain-${disk}`);
      await chains.change(
        `chain-${disk}`,
        [],
        nodes.filter(({ pointId }) => pointId === `point-${name}`),
      );
    },
    close: (day: string) => {
      const after = Date.parse(day) + DAY_MS + 1;
      return closeDay(ledger.depsAt(after), day, liveChains(chains), after);
    },
  };
}
