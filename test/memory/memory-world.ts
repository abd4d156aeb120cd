import type { Clock } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import type { EpochMs } from '../../src/base/time.ts';
import type { Disk, Tags, VirtualMachine } from '../../src/inventory/inventory.ts';
import type { Snapshot } from '../../src/protect/ports.ts';
import { createMachineWorld, type MachineWorld, settleMachines } from './memory-machines.ts';
import type { Pages } from './memory-pages.ts';

const DISK_BYTES = 1_073_741_824;

/** One call of Azure, as a hook sees it. */
export interface AzureCall {
  readonly operation:
    | 'listVirtualMachines'
    | 'listDisks'
    | 'listResourceGroups'
    | 'listSubscriptions'
    | 'startSnapshot'
    | 'listSnapshots'
    | 'getSnapshot'
    | 'setTags'
    | 'deleteSnapshot'
    | 'lockedResources'
    | 'open'
    | 'close'
    | 'readRanges'
    | 'openDisk'
    | 'closeDisk'
    | 'readBytes'
    | 'snapshotPrice'
    | 'createDisk'
    | 'getDisk'
    | 'deleteDisk'
    | 'askOperation'
    | 'getMachine'
    | 'createMachine'
    | 'deleteMachine'
    | 'setPower'
    | 'replaceOsDisk'
    | 'changeDataDisks'
    | 'getInterface'
    | 'createInterface'
    | 'deleteInterface'
    | 'subnetRegion'
    | 'sizes'
    | 'quotas'
    | 'describeMachines';
  /** Subscription, resource group or resource, in lower case. */
  readonly target: string;
}

/**
 * Ways to disturb Azure. A hook that throws fails the call: `before` nothing has happened yet, `after` the work is done and only its answer is
 * lost. `ending` says what becomes of the long-running operation that a call begins.
 */
export interface AzureHooks {
  before?(call: AzureCall): void | Promise<void>;
  after?(call: AzureCall): void | Promise<void>;
  ending?(call: AzureCall): Ending;
}

export type Ending = 'succeeds' | 'fails' | 'never';

/** An operation under way: at `endsAt` it has ended as `ending` says. */
export interface MemoryOperation {
  readonly endsAt: EpochMs;
  readonly ending: Ending;
}

export interface MemoryDisk {
  readonly disk: Disk;
  /** Exchanged whole by every write, so that a snapshot keeps what it saw. */
  pages: Pages;
  readonly creation: MemoryOperation;
  readonly fromSnapshotId: string | null;
  deletion: MemoryOperation | null;
}

export interface MemorySnapshot {
  snapshot: Omit<Snapshot, 'state'>;
  readonly pages: Pages;
  readonly creation: MemoryOperation;
  deletion: MemoryOperation | null;
}

export interface MemoryAzureOptions {
  readonly clock: Clock;
  /** How long operations take. Units: ms. */
  readonly snapshotMs?: number;
  readonly operationMs?: number;
}

export interface NewDisk {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly region?: string;
  readonly sizeBytes?: number;
  readonly sku?: string;
  readonly tags?: Tags;
  readonly zone?: string | null;
}

/** Everything that the parts of this Azure share. */
export interface AzureWorld {
  readonly clock: Clock;
  readonly snapshotMs: number;
  readonly operationMs: number;
  /** Subscriptions right below a management group, and groups below it, by the group's id in lower case. */
  readonly managementGroups: Map<
    string,
    { readonly subscriptionIds: readonly string[]; readonly groups: readonly string[] }
  >;
  /** Names of the resource groups by subscription, both in lower case. */
  readonly groups: Map<string, Map<string, string>>;
  readonly disks: Map<string, MemoryDisk>;
  readonly machines: Map<string, VirtualMachine>;
  /** What machines are beside their names and disks, and their networks. */
  readonly network: MachineWorld;
  readonly snapshots: Map<string, MemorySnapshot>;
  /** When snapshots of a disk were begun, by its unique id. */
  readonly startsByDisk: Map<string, EpochMs[]>;
  readonly grants: Map<
    string,
    { readonly snapshotKey: string; readonly familyId: string | null; readonly endsAt: EpochMs }
  >;
  readonly operations: Map<string, MemoryOperation>;
  /** Locked scopes, in lower case. */
  readonly locks: Set<string>;
  nextNumber(): number;
  begin(call: AzureCall, durationMs: number): MemoryOperation;
  /** Removes what has ended its deletion by now. */
  settle(): void;
  call<T>(call: AzureCall, work: () => T | Promise<T>): Promise<T>;
}

export function createWorld(options: MemoryAzureOptions, calls: AzureCall[], hooks: () => AzureHooks): AzureWorld {
  const { clock, snapshotMs = 0, operationMs = 0 } = options;
  let numbers = 0;
  const world: AzureWorld = {
    clock,
    snapshotMs,
    operationMs,
    managementGroups: new Map(),
    groups: new Map(),
    disks: new Map(),
    machines: new Map(),
    network: createMachineWorld(),
    snapshots: new Map(),
    startsByDisk: new Map(),
    grants: new Map(),
    operations: new Map(),
    locks: new Set(),
    nextNumber: () => {
      numbers += 1;
      return numbers;
    },
    begin: (call, durationMs) => ({
      endsAt: clock.now() + durationMs,
      ending: hooks().ending?.(call) ?? 'succeeds',
    }),
    settle: () => {
      for (const things of [world.snapshots, world.disks]) {
        for (const [key, { deletion }] of things) {
          if (deletion !== null && stateOf(deletion, clock.now()) === 'succeeded') things.delete(key);
        }
      }
      settleMachines(world);
    },
    call: async (call, work) => {
      calls.push(call);
      await hooks().before?.(call);
      world.settle();
      const result = await work();
      await hooks().after?.(call);
      return result;
    },
  };
  return world;
}

/** How an operation stands. */
export function stateOf({ endsAt, ending }: MemoryOperation, now: EpochMs): 'pending' | 'succeeded' | 'failed' {
  if (ending === 'never' || now < endsAt) return 'pending';
  return ending === 'fails' ? 'failed' : 'succeeded';
}

export function groupsOf(world: AzureWorld, subscriptionId: string): Map<string, string> {
  const key = subscriptionId.toLowerCase();
  const known = world.groups.get(key);
  if (known) return known;
  const made = new Map<string, string>();
  world.groups.set(key, made);
  return made;
}

/** The resource groups of a subscription. Errors: 'not-found'. */
export function findSubscription(world: AzureWorld, subscriptionId: string): ReadonlyMap<string, string> {
  const found = world.groups.get(subscriptionId.toLowerCase());
  if (!found) throw new AppError('not-found', 'Azure knows no such subscription', { subscriptionId });
  return found;
}

/** Ids of all subscriptions below a management group. Errors: 'not-found'. */
export function subscriptionsBelow(world: AzureWorld, name: string): readonly string[] {
  const found = world.managementGroups.get(name.toLowerCase());
  if (!found) throw new AppError('not-found', 'Azure knows no such resource', { name });
  const below = found.groups.flatMap((group) => subscriptionsBelow(world, group));
  return [...new Set([...found.subscriptionIds, ...below])].map((id) => id.toLowerCase()).sort();
}

/** The name of a resource group as it was made. Errors: 'not-found'. */
export function findGroup(world: AzureWorld, subscriptionId: string, name: string): string {
  const found = findSubscription(world, subscriptionId).get(name.toLowerCase());
  if (found === undefined) throw new AppError('not-found', 'Azure knows no such resource', { name });
  return found;
}

export function makeDisk(
  world: AzureWorld,
  made: NewDisk,
  pages: Pages,
  creation: MemoryOperation,
  fromSnapshotId: string | null,
): MemoryDisk {
  groupsOf(world, made.subscriptionId).set(made.resourceGroup.toLowerCase(), made.resourceGroup);
  const id = resourceId(made, 'disks');
  const disk: Disk = {
    id,
    name: made.name,
    subscriptionId: made.subscriptionId,
    resourceGroup: made.resourceGroup,
    region: made.region ?? 'westeurope',
    uniqueId: `disk-${world.nextNumber()}`,
    tags: made.tags ?? {},
    sizeBytes: made.sizeBytes ?? DISK_BYTES,
    sku: made.sku ?? 'Premium_LRS',
    zones: made.zone ? [made.zone] : [],
    attachedTo: null,
  };
  const stored: MemoryDisk = { disk, pages, creation, fromSnapshotId, deletion: null };
  world.disks.set(id.toLowerCase(), stored);
  return stored;
}

export function resourceId(
  { subscriptionId, resourceGroup, name }: { subscriptionId: string; resourceGroup: string; name: string },
  type: string,
): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/${type}/${name}`;
}
