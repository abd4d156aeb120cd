import { ImageChanges, VolumeBytes, Workload } from '../bytes/bytes.ts';
import { ArmError, groupNotFound } from './arm-error.ts';
import { checkComputeName, checkGroupName, oneOf } from './body-rules.ts';
import { checkedCreation, checkedZones, checkSizeOfKind } from './disk-kinds.ts';
import type { Estate, EstateDisk, EstateMachine } from './estate.ts';
import type { Json } from './json.ts';
import { attach, checkStorage } from './machine-parts.ts';
import { DISK_SKUS, DISK_TYPE, GIB } from './make-disk.ts';
import { completedInterface, completedNetwork } from './network-rules.ts';
import { groupId, keyOf, regionOf } from './resource-id.ts';
import type { Disk, Group, Machine, NetworkResource, Resource, Subscription } from './resources.ts';
import { MACHINE_TYPE } from './routes-machines.ts';
import { managementGroupId } from './routes-management-groups.ts';
import { INTERFACE_TYPE, NETWORK_TYPE } from './routes-network.ts';
import { newGroup } from './routes-resources.ts';
import type { AzureState } from './state.ts';

/** The subscription of everything that names none. */
export const SUBSCRIPTION_ID = '00000000-0000-4000-8000-000000000001';

/** Seeded content lies in pieces of this many bytes at most, spread evenly. */
const PIECE_BYTES = 4 * 1024 * 1024;
const BLOCK_BYTES = 4_096;
const PIECES_MAX = 512;
const HOUR_MS = 3_600_000;

/** Adds an estate to what there is. Shape: the ids of everything made. Errors: ArmError at the first that cannot be. */
export function seedEstate(state: AzureState, estate: Estate): { ids: string[] } {
  const ids: string[] = [];
  for (const each of estate.subscriptions ?? [])
    ids.push(`/subscriptions/${seedSubscription(state, each.id, each.name).id}`);
  for (const each of estate.managementGroups ?? []) ids.push(seedManagementGroup(state, each));
  for (const each of estate.resourceGroups ?? []) {
    checkGroupName(each.name);
    const subscription = seedSubscription(state, each.subscriptionId ?? SUBSCRIPTION_ID);
    const id = groupId(subscription.id, each.name);
    refuseDouble(state.groups.get(id));
    state.groups.add(newGroup(state, subscription, each.name, regionOf(each.region), { ...each.tags }));
    ids.push(id);
  }
  for (const each of estate.networks ?? []) {
    const group = groupFor(state, each.subscriptionId, each.resourceGroup);
    const network = networkResource(state, group, NETWORK_TYPE, each.name, each.region, {
      addressSpace: { addressPrefixes: [each.prefix ?? '10.0.0.0/16'] },
      subnets: each.subnets.map((subnet) => ({ name: subnet.name, properties: { addressPrefix: subnet.prefix } })),
    });
    refuseDouble(state.networks.get(network.id));
    state.networks.add(network);
    ids.push(network.id);
  }
  for (const each of estate.disks ?? []) ids.push(seedDisk(state, each).id);
  for (const each of estate.virtualMachines ?? []) ids.push(seedMachine(state, each).id);
  return { ids };
}

function seedSubscription(state: AzureState, id: string, name?: string): Subscription {
  const known = state.subscriptions.get(id.toLowerCase());
  if (known !== undefined) return known;
  const subscription = { id, name: name ?? `Sandbox ${state.subscriptions.size + 1}`, tags: {} };
  state.subscriptions.set(id.toLowerCase(), subscription);
  return subscription;
}

type AskedManagementGroup = NonNullable<Estate['managementGroups']>[number];

/** Makes a management group, or moves subscriptions into one that is there. */
function seedManagementGroup(state: AzureState, asked: AskedManagementGroup): string {
  const { name, displayName = name, subscriptionIds = [] } = asked;
  const parent = asked.parent?.toLowerCase() ?? null;
  if (parent !== null && !state.managementGroups.has(parent))
    throw new ArmError(404, 'NotFound', `The estate has no management group '${asked.parent}'.`);
  const group = state.managementGroups.get(name.toLowerCase()) ?? {
    name,
    displayName,
    parent,
    subscriptionIds: new Set<string>(),
  };
  state.managementGroups.set(name.toLowerCase(), group);
  for (const id of subscriptionIds.map((each) => seedSubscription(state, each).id)) {
    for (const other of state.managementGroups.values()) other.subscriptionIds.delete(id);
    group.subscriptionIds.add(id);
  }
  return managementGroupId(group.name);
}

function groupFor(state: AzureState, subscriptionId: string | undefined, name: string): Group {
  const group = state.groups.get(groupId(subscriptionId ?? SUBSCRIPTION_ID, name));
  if (group === undefined) throw groupNotFound(name);
  return group;
}

function refuseDouble(known: Resource | undefined): void {
  if (known !== undefined) throw new ArmError(409, 'Conflict', `The estate already has '${known.id}'.`);
}

function networkResource(
  state: AzureState,
  group: Group,
  type: string,
  name: string,
  region: string,
  properties: Json,
): NetworkResource {
  const resource = { ...state.resource(group, type, name, regionOf(region), {}), properties: {}, extras: {} };
  const complete = type === NETWORK_TYPE ? completedNetwork : completedInterface;
  return { ...resource, properties: complete(state, resource, properties) };
}

function seedDisk(state: AzureState, asked: EstateDisk): Disk {
  checkComputeName('disk', asked.name);
  const sku = oneOf('sku.name', asked.sku ?? 'Premium_LRS', DISK_SKUS);
  const sizeGiB = checkSizeOfKind(asked.sizeGiB, sku);
  const group = groupFor(state, asked.subscriptionId, asked.resourceGroup);
  refuseDouble(state.disks.get(`${group.key}/providers/${DISK_TYPE}/${asked.name}`));
  const resource = state.resource(group, DISK_TYPE, asked.name, regionOf(asked.region), { ...asked.tags });
  const seed = asked.seed ?? resource.sequence;
  const sizeBytes = sizeGiB * GIB;
  const source =
    asked.image !== undefined
      ? ({ kind: 'image', path: asked.image } as const)
      : ({ kind: 'seeded', allocated: spread(asked.allocatedBytes ?? 0, sizeBytes) } as const);
  const volume = new VolumeBytes({ sizeBytes, seed, source });
  const os =
    asked.osType === undefined ? {} : { osType: asked.osType, hyperVGeneration: asked.hyperVGeneration ?? 'V2' };
  const { logicalSectorSize } = asked;
  const creation = { createOption: 'Empty', ...(logicalSectorSize === undefined ? {} : { logicalSectorSize }) };
  const disk: Disk = {
    ...resource,
    uniqueId: state.nextGuid(),
    settings: { ...os, creationData: checkedCreation(creation, sku, sizeGiB) },
    volume,
    workload: writerOf(asked, volume, seed, state.clock.now()),
    sku,
    zones: checkedZones(asked.zones ?? [], sku),
    sizeGiB,
    state: 'Succeeded',
    managedBy: null,
    pausedMs: 0,
    pausedSinceMs: null,
    recentSnapshotsMs: [],
  };
  state.disks.add(disk);
  return disk;
}

/** What writes to the disk as time passes. */
function writerOf(asked: EstateDisk, volume: VolumeBytes, seed: number, startMs: number): Disk['workload'] {
  if (asked.changes !== undefined) {
    const changes = asked.changes.map(({ afterHours, image }) => ({
      atMs: startMs + afterHours * HOUR_MS,
      path: image,
    }));
    return new ImageChanges(volume, changes);
  }
  return asked.workload === undefined ? null : new Workload({ volume, seed, startMs, ...asked.workload });
}

/** Even pieces over the disk, so that its page ranges are many and its figures exact to a block. */
function spread(allocatedBytes: number, sizeBytes: number): { offset: number; length: number }[] {
  const total = Math.min(Math.ceil(allocatedBytes / BLOCK_BYTES) * BLOCK_BYTES, sizeBytes);
  if (total === 0) return [];
  const count = Math.min(PIECES_MAX, Math.ceil(total / PIECE_BYTES));
  const stride = Math.floor(sizeBytes / count / BLOCK_BYTES) * BLOCK_BYTES;
  const length = Math.floor(total / count / BLOCK_BYTES) * BLOCK_BYTES;
  const pieces = Array.from({ length: count }, (_, index) => ({ offset: index * stride, length }));
  const last = pieces[count - 1];
  if (last !== undefined) last.length = Math.min(length + total - count * length, sizeBytes - last.offset);
  return pieces.filter((piece) => piece.length > 0);
}

function seedMachine(state: AzureState, asked: EstateMachine): Machine {
  checkComputeName('vm', asked.name);
  const group = groupFor(state, asked.subscriptionId, asked.resourceGroup);
  refuseDouble(state.machines.get(`${group.key}/providers/${MACHINE_TYPE}/${asked.name}`));
  const idOf = (disk: string): string =>
    state.disks.get(`${group.key}/providers/${DISK_TYPE}/${disk}`)?.id ?? `${group.id}/providers/${DISK_TYPE}/${disk}`;
  const nic = seedInterface(state, group, asked);
  const properties: Json = {
    hardwareProfile: { vmSize: asked.size ?? 'Standard_D2s_v5' },
    storageProfile: {
      osDisk: {
        createOption: 'Attach',
        caching: 'ReadWrite',
        managedDisk: { id: idOf(asked.osDisk) },
        deleteOption: 'Detach',
      },
      dataDisks: (asked.dataDisks ?? []).map((each) => ({
        lun: each.lun,
        createOption: 'Attach',
        caching: each.caching ?? 'None',
        managedDisk: { id: idOf(each.disk) },
        deleteOption: 'Detach',
        toBeDetached: false,
      })),
    },
    networkProfile: { networkInterfaces: [{ id: nic.id, properties: { primary: true, deleteOption: 'Detach' } }] },
    diagnosticsProfile: { bootDiagnostics: { enabled: true } },
  };
  const parts = checkStorage(state, properties, null, {
    subscriptionId: group.subscriptionId,
    region: regionOf(asked.region),
    zones: asked.zones ?? [],
  });
  state.interfaces.add(nic);
  const machine: Machine = {
    ...state.resource(group, MACHINE_TYPE, asked.name, regionOf(asked.region), { ...asked.tags }),
    vmId: state.nextGuid(),
    zones: asked.zones ?? [],
    properties,
    extras: {},
    power: asked.powerState ?? 'running',
  };
  state.machines.add(machine);
  attach(state, machine, parts);
  return machine;
}

/** A network interface for a machine; without a network of its own in the estate, in one that is made for the group. */
function seedInterface(state: AzureState, group: Group, asked: EstateMachine): NetworkResource {
  const name = asked.network ?? `${group.name}-vnet`;
  const networkKey = keyOf(`${group.key}/providers/${NETWORK_TYPE}/${name}`);
  if (state.networks.get(networkKey) === undefined) {
    state.networks.add(
      networkResource(state, group, NETWORK_TYPE, name, asked.region, {
        addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
        subnets: [{ name: asked.subnet ?? 'default', properties: { addressPrefix: '10.0.0.0/24' } }],
      }),
    );
  }
  const network = state.networks.get(networkKey);
  const subnet = `${network?.id}/subnets/${asked.subnet ?? 'default'}`;
  return networkResource(state, group, INTERFACE_TYPE, `${asked.name}-nic`, asked.region, {
    ipConfigurations: [
      {
        name: 'ipconfig1',
        properties: {
          primary: true,
          privateIPAllocationMethod: 'Dynamic',
          subnet: { id: subnet },
        },
      },
    ],
    enableIPForwarding: false,
  });
}
