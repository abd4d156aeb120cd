import type { Clock } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import { parseResourceId } from '../../src/base/ids.ts';
import type { EpochMs } from '../../src/base/time.ts';
import type { PriceSource, RangeReader, SnapshotAccess } from '../../src/cost/ports.ts';
import type { AttachedDisk, Disk, EstateReader, Tags, VirtualMachine } from '../../src/inventory/inventory.ts';
import type { Snapshot, SnapshotTaker } from '../../src/protect/ports.ts';
import type { DiskMaker } from '../../src/restore/ports.ts';
import type { SnapshotRemover } from '../../src/retain/ports.ts';
import { createMemoryAccess } from './memory-access.ts';
import { createMemoryDiskMaker } from './memory-disk-maker.ts';
import { type Pages, pagesOf, storedBytes } from './memory-pages.ts';
import { createMemorySnapshots } from './memory-snapshots.ts';

/** One call of Azure, as a hook sees it. */
export interface AzureCall {
  readonly operation:
    | 'listVirtualMachines'
    | 'listDisks'
    | 'listResourceGroups'
    | 'startSnapshot'
    | 'listSnapshots'
    | 'getSnapshot'
    | 'setTags'
    | 'deleteSnapshot'
    | 'lockedResources'
    | 'open'
    | 'close'
    | 'readRanges'
    | 'snapshotPrice'
    | 'createDisk'
    | 'getDisk'
    | 'deleteDisk'
    | 'askOperation';
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
}

/** Everything that the parts of this Azure share. */
export interface AzureWorld {
  readonly clock: Clock;
  readonly snapshotMs: number;
  readonly operationMs: number;
  /** Names of the resource groups by subscription, both in lower case. */
  readonly groups: Map<string, Map<string, string>>;
  readonly disks: Map<string, MemoryDisk>;
  readonly machines: Map<string, VirtualMachine>;
  readonly snapshots: Map<string, MemorySnapshot>;
  /** When snapshots of a disk were begun, by its unique id. */
  readonly startsByDisk: Map<string, EpochMs[]>;
  readonly grants: Map<string, { readonly snapshotKey: string; readonly familyId: string | null; readonly endsAt: EpochMs }>;
  readonly operations: Map<string, MemoryOperation>;
  /** Locked scopes, in lower case. */
  readonly locks: Set<string>;
  nextNumber(): number;
  begin(call: AzureCall, durationMs: number): MemoryOperation;
  /** Removes what has ended its deletion by now. */
  settle(): void;
  call<T>(call: AzureCall, work: () => T | Promise<T>): Promise<T>;
}

export interface ChainBill {
  readonly familyId: string;
  readonly storedBytes: number;
  readonly snapshots: readonly { readonly id: string; readonly storedBytes: number }[];
}

/** An Azure in memory: the ports on one side, the world and its bill on the other. */
export interface MemoryAzure {
  readonly estate: EstateReader;
  readonly snapshots: SnapshotTaker & SnapshotRemover;
  readonly access: SnapshotAccess;
  readonly ranges: RangeReader;
  readonly prices: PriceSource;
  readonly disks: DiskMaker;
  /** Exchanged at will, also in the middle. */
  hooks: AzureHooks;
  /** Every call so far, in order. */
  readonly calls: readonly AzureCall[];
  addGroup(subscriptionId: string, name: string): void;
  addDisk(disk: NewDisk): Disk;
  addMachine(machine: Omit<NewDisk, 'sizeBytes' | 'sku'>, disks: readonly AttachedDisk[]): VirtualMachine;
  /** Removes a disk or a machine at once, as its owner would. */
  remove(id: string): void;
  /** Removes a snapshot behind Holdfast's back. */
  removeSnapshot(id: string): void;
  /** Writes to, or frees, whole pages of a disk. */
  write(diskId: string, offset: number, length: number): void;
  clear(diskId: string, offset: number, length: number): void;
  lock(scope: string): void;
  unlock(scope: string): void;
  setImmutable(snapshotId: string, immutable: boolean): void;
  setPrice(region: string, microUnitsPerGiBMonth: number | null): void;
  /** What a disk or a snapshot holds: equal contents are equal bytes. */
  contentOf(id: string): Pages;
  /** What Azure stores and would charge for, chain by chain. */
  bill(): readonly ChainBill[];
  /** Snapshots that somebody has access to now. */
  openSnapshots(): readonly string[];
}

const HOUR_MS = 3_600_000;
const DISK_BYTES = 1_073_741_824;

export function createMemoryAzure(options: MemoryAzureOptions): MemoryAzure {
  const calls: AzureCall[] = [];
  const world = createWorld(options, calls, () => azure.hooks);
  const pricesByRegion = new Map<string, number | null>();
  const { access, ranges } = createMemoryAccess(world);
  const diskOf = (id: string) => {
    const found = world.disks.get(id.toLowerCase());
    if (!found) throw new AppError('not-found', 'There is no such disk in memory', { id });
    return found;
  };
  const change = (id: string, range: { offset: number; length: number }, value: () => number | null) => {
    const target = diskOf(id);
    const pages = new Map(target.pages);
    for (const page of pagesOf(range)) {
      const write = value();
      if (write === null) pages.delete(page);
      else pages.set(page, write);
    }
    target.pages = pages;
  };
  const azure: MemoryAzure = {
    estate: createMemoryEstate(world),
    snapshots: createMemorySnapshots(world),
    access,
    ranges,
    prices: createMemoryPrices(world, pricesByRegion),
    disks: createMemoryDiskMaker(world),
    hooks: {},
    calls,
    addGroup: (subscriptionId, name) => void groupsOf(world, subscriptionId).set(name.toLowerCase(), name),
    addDisk: (disk) => {
      const made = makeDisk(world, disk, new Map(), { endsAt: 0, ending: 'succeeds' }, null);
      return made.disk;
    },
    addMachine: (machine, disks) => addMachine(world, machine, disks),
    remove: (id) => {
      world.disks.delete(id.toLowerCase());
      world.machines.delete(id.toLowerCase());
    },
    removeSnapshot: (id) => void world.snapshots.delete(id.toLowerCase()),
    write: (id, offset, length) => change(id, { offset, length }, world.nextNumber),
    clear: (id, offset, length) => change(id, { offset, length }, () => null),
    lock: (scope) => void world.locks.add(scope.toLowerCase()),
    unlock: (scope) => void world.locks.delete(scope.toLowerCase()),
    setImmutable: (id, immutable) => {
      const found = world.snapshots.get(id.toLowerCase());
      if (found) found.snapshot = { ...found.snapshot, immutable };
    },
    setPrice: (region, microUnits) => void pricesByRegion.set(region, microUnits),
    contentOf: (id) => world.snapshots.get(id.toLowerCase())?.pages ?? diskOf(id).pages,
    bill: () => bill(world),
    openSnapshots: () => [
      ...new Set([...world.grants.values()].filter((grant) => grant.endsAt > world.clock.now()).map((grant) => grant.snapshotKey)),
    ],
  };
  return azure;
}

function createWorld(options: MemoryAzureOptions, calls: AzureCall[], hooks: () => AzureHooks): AzureWorld {
  const { clock, snapshotMs = 0, operationMs = 0 } = options;
  let numbers = 0;
  const world: AzureWorld = {
    clock,
    snapshotMs,
    operationMs,
    groups: new Map(),
    disks: new Map(),
    machines: new Map(),
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

function groupsOf(world: AzureWorld, subscriptionId: string): Map<string, string> {
  const key = subscriptionId.toLowerCase();
  const known = world.groups.get(key);
  if (known) return known;
  const made = new Map<string, string>();
  world.groups.set(key, made);
  return made;
}

/** The name of a resource group as it was made. Errors: 'not-found'. */
export function findGroup(world: AzureWorld, subscriptionId: string, name: string): string {
  const found = world.groups.get(subscriptionId.toLowerCase())?.get(name.toLowerCase());
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
    zones: [],
    attachedTo: null,
  };
  const stored: MemoryDisk = { disk, pages, creation, fromSnapshotId, deletion: null };
  world.disks.set(id.toLowerCase(), stored);
  return stored;
}

function addMachine(
  world: AzureWorld,
  made: Omit<NewDisk, 'sizeBytes' | 'sku'>,
  disks: readonly AttachedDisk[],
): VirtualMachine {
  groupsOf(world, made.subscriptionId).set(made.resourceGroup.toLowerCase(), made.resourceGroup);
  const { subscriptionId, resourceGroup, name, region = 'westeurope', tags = {} } = made;
  const id = resourceId(made, 'virtualMachines');
  const machine = { id, name, subscriptionId, resourceGroup, region, vmId: `vm-${world.nextNumber()}`, tags, disks };
  world.machines.set(id.toLowerCase(), machine);
  for (const { diskId } of disks) {
    const found = world.disks.get(diskId.toLowerCase());
    if (found) world.disks.set(diskId.toLowerCase(), { ...found, disk: { ...found.disk, attachedTo: id } });
  }
  return machine;
}

export function resourceId(
  { subscriptionId, resourceGroup, name }: { subscriptionId: string; resourceGroup: string; name: string },
  type: string,
): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/${type}/${name}`;
}

function createMemoryEstate(world: AzureWorld): EstateReader {
  const inSubscription = <T extends { readonly subscriptionId: string }>(things: Iterable<T>, subscriptionId: string) =>
    [...things].filter((thing) => thing.subscriptionId.toLowerCase() === subscriptionId.toLowerCase());
  return {
    listVirtualMachines: (subscriptionId) =>
      world.call({ operation: 'listVirtualMachines', target: subscriptionId }, () =>
        inSubscription(world.machines.values(), subscriptionId),
      ),
    listDisks: (subscriptionId) =>
      world.call({ operation: 'listDisks', target: subscriptionId }, () =>
        inSubscription([...world.disks.values()].map(({ disk }) => disk), subscriptionId),
      ),
    listResourceGroups: (subscriptionId) =>
      world.call({ operation: 'listResourceGroups', target: subscriptionId }, () => [
        ...(world.groups.get(subscriptionId.toLowerCase())?.values() ?? []),
      ]),
  };
}

function createMemoryPrices(world: AzureWorld, byRegion: ReadonlyMap<string, number | null>): PriceSource {
  return {
    snapshotPrice: (region, redundancy, currency) =>
      world.call({ operation: 'snapshotPrice', target: region }, () => {
        const microUnitsPerGiBMonth = byRegion.has(region) ? (byRegion.get(region) ?? null) : 50_000;
        if (microUnitsPerGiBMonth === null) return null;
        const meterId = `meter-${region}-${redundancy}`;
        return { microUnitsPerGiBMonth, currency, effectiveFrom: 0, meterId, source: 'retail' };
      }),
  };
}

function bill(world: AzureWorld): readonly ChainBill[] {
  world.settle();
  const families = new Map<string, MemorySnapshot[]>();
  for (const stored of world.snapshots.values()) {
    const { familyId } = stored.snapshot;
    if (familyId === null || stateOf(stored.creation, world.clock.now()) === 'failed') continue;
    families.set(familyId, [...(families.get(familyId) ?? []), stored]);
  }
  return [...families].map(([familyId, members]) => {
    const chain = members.sort((a, b) => a.snapshot.createdAt - b.snapshot.createdAt || sequence(a) - sequence(b));
    const bytes = storedBytes(chain.map(({ pages }) => pages));
    const snapshots = chain.map(({ snapshot }, index) => ({ id: snapshot.id, storedBytes: bytes[index] ?? 0 }));
    return { familyId, storedBytes: bytes.reduce((sum, some) => sum + some, 0), snapshots };
  });
}

/** Two snapshots of one moment are told apart by which was asked for first. */
function sequence({ pages }: MemorySnapshot): number {
  return Math.max(0, ...pages.values());
}

/** Splits an id. Errors: 'not-found' for one that is none. */
export function partsOf(id: string) {
  const parts = parseResourceId(id);
  if (!parts) throw new AppError('not-found', 'Azure knows no such resource', { id });
  return parts;
}

/** An hour, for grants that name no end. */
export const GRANT_MS = HOUR_MS;
