import { AppError } from '../../src/base/errors.ts';
import type { PriceSource, RangeReader, SnapshotAccess } from '../../src/cost/ports.ts';
import type { DiskAccess } from '../../src/drill/ports.ts';
import type { DiskByteSource } from '../../src/files/ports.ts';
import type { AttachedDisk, Disk, EstateReader, VirtualMachine } from '../../src/inventory/inventory.ts';
import type { MachineDescriber } from '../../src/inventory/manifest.ts';
import type { SnapshotTaker } from '../../src/protect/ports.ts';
import type { DiskMaker, MachineMaker } from '../../src/restore/ports.ts';
import type { SnapshotRemover } from '../../src/retain/ports.ts';
import { createMemoryAccess } from './memory-access.ts';
import { createMemoryDiskAccess } from './memory-disk-access.ts';
import { createMemoryDiskMaker } from './memory-disk-maker.ts';
import { createMemoryDescriber, createMemoryMachines, furnishMachine, type MachineWorld } from './memory-machines.ts';
import { type Pages, pagesOf, storedBytes } from './memory-pages.ts';
import { createMemorySnapshots } from './memory-snapshots.ts';
import {
  type AzureCall,
  type AzureHooks,
  type AzureWorld,
  createWorld,
  findSubscription,
  groupsOf,
  type MemoryAzureOptions,
  type MemorySnapshot,
  makeDisk,
  type NewDisk,
  resourceId,
  stateOf,
  subscriptionsBelow,
} from './memory-world.ts';

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
  readonly diskAccess: DiskAccess;
  /** What snapshots and disks hold, over an access URL of either. */
  readonly bytes: DiskByteSource;
  readonly prices: PriceSource;
  readonly disks: DiskMaker;
  readonly machines: MachineMaker;
  readonly describer: MachineDescriber;
  /** Networks, sizes and quotas: changed at will. */
  readonly network: MachineWorld;
  /** Exchanged at will, also in the middle. */
  hooks: AzureHooks;
  /** Every call so far, in order. */
  readonly calls: readonly AzureCall[];
  addGroup(subscriptionId: string, name: string): void;
  /** Makes a management group, or makes it anew: subscriptions right below it, and groups below it. */
  addManagementGroup(name: string, subscriptionIds: readonly string[], groups?: readonly string[]): void;
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
  /** Snapshots, and disks, that somebody has access to now. */
  openSnapshots(): readonly string[];
}

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
    ...createMemoryDiskAccess(world),
    prices: createMemoryPrices(world, pricesByRegion),
    disks: createMemoryDiskMaker(world),
    machines: createMemoryMachines(world),
    describer: createMemoryDescriber(world),
    network: world.network,
    hooks: {},
    calls,
    addGroup: (subscriptionId, name) => void groupsOf(world, subscriptionId).set(name.toLowerCase(), name),
    addManagementGroup: (name, subscriptionIds, groups = []) =>
      void world.managementGroups.set(name.toLowerCase(), { subscriptionIds, groups }),
    addDisk: (disk) => {
      const made = makeDisk(world, disk, new Map(), { endsAt: 0, ending: 'succeeds' }, null);
      return made.disk;
    },
    addMachine: (machine, disks) => addMachine(world, machine, disks),
    remove: (id) => {
      world.disks.delete(id.toLowerCase());
      world.machines.delete(id.toLowerCase());
      world.network.states.delete(id.toLowerCase());
      for (const nic of world.network.interfaces.values())
        if (nic.attachedTo?.toLowerCase() === id.toLowerCase()) nic.attachedTo = null;
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
      ...new Set(
        [...world.grants.values()]
          .filter((grant) => grant.endsAt > world.clock.now())
          .map((grant) => grant.snapshotKey),
      ),
    ],
  };
  return azure;
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
  furnishMachine(world, machine);
  for (const { diskId } of disks) {
    const found = world.disks.get(diskId.toLowerCase());
    if (found) world.disks.set(diskId.toLowerCase(), { ...found, disk: { ...found.disk, attachedTo: id } });
  }
  return machine;
}

function createMemoryEstate(world: AzureWorld): EstateReader {
  const inSubscription = <T extends { readonly subscriptionId: string }>(
    things: Iterable<T>,
    subscriptionId: string,
  ) => {
    findSubscription(world, subscriptionId);
    return [...things].filter((thing) => thing.subscriptionId.toLowerCase() === subscriptionId.toLowerCase());
  };
  return {
    listVirtualMachines: (subscriptionId) =>
      world.call({ operation: 'listVirtualMachines', target: subscriptionId }, () =>
        inSubscription(world.machines.values(), subscriptionId),
      ),
    listDisks: (subscriptionId) =>
      world.call({ operation: 'listDisks', target: subscriptionId }, () =>
        inSubscription(
          [...world.disks.values()].map(({ disk }) => disk),
          subscriptionId,
        ),
      ),
    listResourceGroups: (subscriptionId) =>
      world.call({ operation: 'listResourceGroups', target: subscriptionId }, () => [
        ...findSubscription(world, subscriptionId).values(),
      ]),
    listSubscriptions: (managementGroup) =>
      world.call({ operation: 'listSubscriptions', target: managementGroup }, () =>
        subscriptionsBelow(world, managementGroup),
      ),
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
    // Those of one moment stay in the order in which they were asked for.
    const chain = members.sort((a, b) => a.snapshot.createdAt - b.snapshot.createdAt);
    const bytes = storedBytes(chain.map(({ pages }) => pages));
    const snapshots = chain.map(({ snapshot }, index) => ({ id: snapshot.id, storedBytes: bytes[index] ?? 0 }));
    return { familyId, storedBytes: bytes.reduce((sum, some) => sum + some, 0), snapshots };
  });
}
