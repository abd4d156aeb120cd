import { type App, buildApp } from '../../src/app.ts';
import type { Log } from '../../src/base/log.ts';
import { createMemoryAzure, type MemoryAzure } from '../memory/memory-azure.ts';
import { createMemoryCosts, type MemoryCosts } from '../memory/memory-costs.ts';
import { createMemoryStore, type MemoryStore } from '../memory/memory-store.ts';

export const SUBSCRIPTION = '00000000-0000-4000-8000-000000000001';
export const START = Date.UTC(2026, 2, 1, 12, 0);

/** The whole app on memory adapters, with a clock that a wait moves on. */
export interface MemoryApp {
  readonly app: App;
  readonly store: MemoryStore;
  readonly azure: MemoryAzure;
  readonly costs: MemoryCosts;
  readonly lines: string[];
  setNow(now: number): void;
}

export function createMemoryApp(): MemoryApp {
  let now = START;
  const clock = {
    now: () => now,
    wait: async (ms: number) => {
      now += ms;
    },
  };
  const lines: string[] = [];
  const line = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const log: Log = { info: line('info'), warn: line('warn'), error: line('error') };
  const store = createMemoryStore();
  const azure = createMemoryAzure({ clock, snapshotMs: 10_000, operationMs: 2_000 });
  const costs = createMemoryCosts();
  const { estate, snapshots, access, ranges, prices, disks, machines, describer } = azure;
  const app = buildApp({
    store,
    clock,
    log,
    estate,
    snapshots,
    remover: snapshots,
    access,
    ranges,
    prices,
    costs: costs.source,
    disks,
    machines,
    describer,
    currency: 'EUR',
  });
  const setNow = (moment: number) => {
    now = moment;
  };
  return { app, store, azure, costs, lines, setNow };
}

/** A machine with two disks, tagged for the policy `gold`, and Holdfast's own resource group. */
export function addShop({ azure }: Pick<MemoryApp, 'azure'>): { machineId: string; diskIds: readonly string[] } {
  azure.addGroup(SUBSCRIPTION, 'rg-holdfast-westeurope');
  const disk = (name: string) => azure.addDisk({ subscriptionId: SUBSCRIPTION, resourceGroup: 'rg-shop', name }).id;
  const diskIds = [disk('web-os'), disk('web-data')];
  for (const id of diskIds) azure.write(id, 0, 4 * 65_536);
  const attached = diskIds.map((diskId, index) => ({ diskId, lun: index === 0 ? null : index - 1 }));
  const machine = { subscriptionId: SUBSCRIPTION, resourceGroup: 'rg-shop', name: 'web', tags: { tier: 'gold' } };
  return { machineId: azure.addMachine(machine, attached).id, diskIds };
}

/** A policy document for `addShop`. */
export function goldDocument(changes: Record<string, unknown> = {}) {
  return {
    name: 'gold',
    select: {
      scopes: [`/subscriptions/${SUBSCRIPTION}`],
      kinds: ['virtualMachine'],
      include: [{ tag: 'tier', equals: 'gold' }],
    },
    schedules: [{ name: 'hourly', cron: '0 * * * *' }],
    retention: { keepLast: 3 },
    snapshot: { resourceGroup: 'rg-holdfast-{region}' },
    ...changes,
  };
}
