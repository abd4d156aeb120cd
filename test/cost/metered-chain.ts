import type { Log } from '../../src/base/log.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import { type ChainHead, Chains } from '../../src/cost/chains.ts';
import { type Metered, meterChain } from '../../src/cost/meter-chain.ts';
import { Agenda } from '../../src/work/work.ts';
import { createMemoryAzure } from '../memory/memory-azure.ts';
import { createMemoryStore } from '../memory/memory-store.ts';

export const KEY = 'chain';
const BLOCK = 65_536;
const SUBSCRIPTION = '00000000-0000-4000-8000-000000000001';
const PLACE = { subscriptionId: SUBSCRIPTION, resourceGroup: 'rg-holdfast', region: 'westeurope' };

export type Access = 'deny' | 'private' | 'allow';
const DISK_ACCESS = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-net/providers/Microsoft.Compute/diskAccesses/da`;

const quiet: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** A chain of one disk on an Azure in memory, unmeasured, with the networks of its snapshots as told. */
export async function createChain(
  networks: readonly Access[],
  changes: { readonly sectorBytes?: number; readonly sizeBytes?: number } = {},
) {
  let now = Date.UTC(2026, 2, 1);
  const clock = {
    now: () => now,
    wait: async (ms: number) => {
      now += ms;
    },
  };
  const store = createMemoryStore();
  const azure = createMemoryAzure({ clock });
  const chains = new Chains(store);
  azure.addGroup(SUBSCRIPTION, PLACE.resourceGroup);
  const disk = azure.addDisk({
    subscriptionId: SUBSCRIPTION,
    resourceGroup: 'rg-shop',
    name: 'data',
    ...sizeOf(changes),
  });
  azure.write(disk.id, 0, 8 * BLOCK);
  const ids: string[] = [];
  for (const [at, networkAccess] of networks.entries()) {
    azure.write(disk.id, at * BLOCK, 2 * BLOCK);
    const id = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-holdfast/providers/Microsoft.Compute/snapshots/s${at}`;
    const request = { ...PLACE, name: `s${at}`, diskId: disk.id, sku: 'Standard_ZRS', tags: {}, networkAccess };
    await azure.snapshots.start(networkAccess === 'private' ? { ...request, diskAccessId: DISK_ACCESS } : request);
    const seen = await azure.snapshots.get(id);
    if (!seen) throw new Error('the snapshot was not taken');
    const node = { ...seen, ...changes, pointId: `p${at}`, policy: 'gold', snapshotId: id, createdAt: now };
    await chains.add([{ head, node }]);
    ids.push(id);
    now += HOUR_MS;
  }
  const deps = {
    ...{ store, clock, chains, log: quiet, agenda: new Agenda(store) },
    ...{ access: azure.access, ranges: azure.ranges },
  };
  return {
    deps,
    azure,
    chains,
    ids,
    pass: (ms: number) => {
      now += ms;
    },
    /** Turns at metering until none is asked for any more. */
    settle: async (most = 40): Promise<Metered | null> => {
      for (let turn = 0; turn < most; turn += 1) {
        const metered = await meterChain(deps, KEY);
        if (metered.retryInMs === null) return metered;
        now += Math.max(metered.retryInMs, MINUTE_MS);
      }
      return null;
    },
    heads: async () => Array.fromAsync(chains.heads()),
    /** How the network of each snapshot stands. */
    networks: async () => {
      const seen = await Promise.all(ids.map((id) => azure.snapshots.get(id)));
      return seen.map((snapshot) => snapshot?.network);
    },
    /** What the books say each snapshot stores, and what Azure says. */
    books: async () => (await chains.nodes(KEY)).map(({ writtenBytes }) => writtenBytes),
    bill: () => azure.bill().flatMap(({ snapshots }) => snapshots.map(({ storedBytes }) => storedBytes)),
  };
}

function sizeOf({ sizeBytes }: { readonly sizeBytes?: number }): { sizeBytes?: number } {
  return sizeBytes === undefined ? {} : { sizeBytes };
}

const head: ChainHead = {
  key: KEY,
  diskId: '/disks/data',
  diskName: 'data',
  region: 'westeurope',
  subscriptionId: SUBSCRIPTION,
  snapshotSku: 'Standard_ZRS',
  shared: false,
  source: { key: 'source', kind: 'disk', id: '/disks/data', name: 'data', resourceGroup: 'rg-shop', tags: {} },
};
