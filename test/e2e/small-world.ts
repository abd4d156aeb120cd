import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '../../src/build.ts';
import type { Estate } from '../../src/sandbox/azure/estate.ts';
import { type PolicyDocument, SUBSCRIPTION_ID } from '../../src/sandbox/play/demo-policies.ts';
import type { Cast } from '../../src/sandbox/play/life.ts';
import { type AzureOptions, type Host, type LocalAzure, startLocalAzure } from '../../src/sandbox/play/local-azure.ts';

/** Azure, storage and the built app, each in a process of its own, for one test file. */
export interface World {
  readonly azure: LocalAzure;
  /** `environment` is added to the host's own. */
  startHost(environment?: Readonly<Record<string, string>>): Promise<Host>;
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '../..');
const MIB = 2 ** 20;

export const SUBSCRIPTION = SUBSCRIPTION_ID;
export const START_MS = Date.parse('2026-03-27T22:00:00Z');
export const HOUR_MS = 3_600_000;

/** Builds the app into a folder of its own, so that files may run side by side, and starts what it stands on. */
export async function startWorld(options: AzureOptions = {}): Promise<World> {
  const appRoot = await mkdtemp(join(tmpdir(), 'holdfast-app-'));
  await mkdir(join(appRoot, 'dist'));
  await Promise.all(['package.json', 'host.json'].map((name) => cp(join(ROOT, name), join(appRoot, name))));
  const [azure] = await Promise.all([startLocalAzure(START_MS, options), buildApp({ folder: join(appRoot, 'dist') })]);
  return {
    azure,
    startHost: (environment = {}) => azure.startHost({ appRoot, port: 0, environment }),
    stop: async () => {
      await azure.stop();
      await rm(appRoot, { recursive: true, force: true });
    },
  };
}

const tags = { owner: 'shop-team', costCentre: '4711' };
const disk = (name: string, usedMiB: number, writtenMiB: number): NonNullable<Estate['disks']>[number] => ({
  resourceGroup: 'rg-shop',
  name,
  region: 'westeurope',
  sizeGiB: 32,
  tags: name === 'disk-notes' ? { ...tags, protect: 'yes' } : tags,
  allocatedBytes: usedMiB * MIB,
  workload: {
    bytesPerDay: writtenMiB * MIB,
    clearBytesPerDay: (writtenMiB / 4) * MIB,
    writesPerDay: 60,
  },
});

/** One machine with two disks and one disk by itself. */
const estate: Estate = {
  resourceGroups: ['rg-shop', 'rg-holdfast-westeurope'].map((name) => ({
    name,
    region: 'westeurope',
  })),
  disks: [disk('vm-shop-os', 600, 40), disk('vm-shop-data', 200, 80), disk('disk-notes', 50, 4)],
  virtualMachines: [
    {
      resourceGroup: 'rg-shop',
      name: 'vm-shop',
      region: 'westeurope',
      tags: { ...tags, protect: 'yes' },
      osDisk: 'vm-shop-os',
      dataDisks: [{ lun: 0, disk: 'vm-shop-data' }],
    },
  ],
};

/** Every four hours and once at a fixed time that the clocks jump over, kept for so short that two days are enough to see pruning. */
export const closely: PolicyDocument = {
  name: 'closely',
  timeZone: 'Europe/Vienna',
  select: {
    scopes: [`/subscriptions/${SUBSCRIPTION_ID}`],
    kinds: ['virtualMachine', 'disk'],
    include: [{ tag: 'protect', equals: 'yes' }],
  },
  schedules: [
    { name: 'four-hourly', cron: '0 */4 * * *' },
    { name: 'nightly', cron: '30 2 * * *' },
  ],
  retention: { keepLast: 3, keepDaily: 2, minimum: 1, graceHours: 5 },
  snapshot: { resourceGroup: 'rg-holdfast-{region}' },
};

export const cast: Cast = {
  estate,
  policies: [closely],
  disksBySource: () => ({ 'vm-shop': 2, 'disk-notes': 1 }),
  // Points are deleted some hours after they are marked here, so a look a day would not see them all.
  lookEveryMs: 4 * HOUR_MS,
};
