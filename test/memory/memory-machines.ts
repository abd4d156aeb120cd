import { AppError } from '../../src/base/errors.ts';
import { parseResourceId } from '../../src/base/ids.ts';
import type { Tags, VirtualMachine } from '../../src/inventory/inventory.ts';
import type { MachineDescriber, Manifest } from '../../src/inventory/manifest.ts';
import type {
  Caching,
  MachineDisk,
  MachineMaker,
  MachineRequest,
  MachineSize,
  OperationUrl,
  Quota,
} from '../../src/restore/ports.ts';
import { remember } from './memory-disk-maker.ts';
import { type AzureWorld, findGroup, type MemoryOperation, stateOf } from './memory-world.ts';

/** What a machine is beside its name and disks. */
export interface MachineState {
  power: 'running' | 'deallocated' | 'other';
  size: string;
  readonly zones: readonly string[];
  readonly creation: MemoryOperation;
  deletion: MemoryOperation | null;
  interfaceIds: readonly string[];
  cachingByDisk: ReadonlyMap<string, Caching>;
}

export interface MemoryInterface {
  readonly id: string;
  readonly region: string;
  readonly subnetId: string;
  readonly tags: Tags;
  readonly creation: MemoryOperation;
  deletion: MemoryOperation | null;
  attachedTo: string | null;
}

/** Machines and networks of a memory Azure. */
export interface MachineWorld {
  readonly states: Map<string, MachineState>;
  readonly interfaces: Map<string, MemoryInterface>;
  /** Regions by subnet. */
  readonly subnets: Map<string, string>;
  readonly sizes: MachineSize[];
  readonly quotas: Quota[];
}

const DONE: MemoryOperation = { endsAt: 0, ending: 'succeeds' };

export function createMachineWorld(): MachineWorld {
  const size = (name: string, zones: readonly string[]): MachineSize => ({
    name,
    family: 'standardDSv5Family',
    cores: 2,
    zones,
    refused: false,
    refusedZones: [],
  });
  return {
    states: new Map(),
    interfaces: new Map(),
    subnets: new Map(),
    sizes: [size('Standard_D2s_v5', ['1', '2', '3']), size('Standard_D4s_v5', ['1'])],
    quotas: [{ name: 'cores', used: 4, limit: 100 }],
  };
}

/** Gives a machine that is put into the world what a machine has: it runs, with an interface in the subnet of its group. */
export function furnishMachine(world: AzureWorld, machine: VirtualMachine): void {
  const scope = `/subscriptions/${machine.subscriptionId}/resourceGroups/${machine.resourceGroup}/providers/Microsoft.Network`;
  const subnetId = `${scope}/virtualNetworks/vnet/subnets/default`;
  world.network.subnets.set(subnetId.toLowerCase(), machine.region);
  const id = `${scope}/networkInterfaces/${machine.name}-nic`;
  const { region } = machine;
  world.network.interfaces.set(id.toLowerCase(), {
    ...{ id, region, subnetId, tags: {}, creation: DONE, deletion: null },
    attachedTo: machine.id,
  });
  world.network.states.set(machine.id.toLowerCase(), {
    ...{ power: 'running', size: 'Standard_D2s_v5', zones: [], creation: DONE, deletion: null },
    interfaceIds: [id],
    cachingByDisk: new Map(
      machine.disks.map(({ diskId, lun }) => [diskId.toLowerCase(), lun === null ? 'ReadWrite' : 'ReadOnly']),
    ),
  });
}

/** Takes away what has ended its deletion by now. */
export function settleMachines(world: AzureWorld): void {
  const now = world.clock.now();
  for (const [key, state] of world.network.states) {
    if (state.deletion === null || stateOf(state.deletion, now) !== 'succeeded') continue;
    release(world, key);
    world.network.states.delete(key);
    world.machines.delete(key);
  }
  for (const [key, { deletion }] of world.network.interfaces)
    if (deletion !== null && stateOf(deletion, now) === 'succeeded') world.network.interfaces.delete(key);
}

function release(world: AzureWorld, machineKey: string): void {
  for (const stored of world.disks.values())
    if (stored.disk.attachedTo?.toLowerCase() === machineKey) setOwner(world, stored.disk.id, null);
  for (const nic of world.network.interfaces.values())
    if (nic.attachedTo?.toLowerCase() === machineKey) nic.attachedTo = null;
}

function setOwner(world: AzureWorld, diskId: string, attachedTo: string | null): void {
  const key = diskId.toLowerCase();
  const found = world.disks.get(key);
  if (found) world.disks.set(key, { ...found, disk: { ...found.disk, attachedTo } });
}

/** Makes, changes and removes machines in memory. */
export function createMemoryMachines(world: AzureWorld): MachineMaker {
  const { network } = world;
  const key = (id: string) => id.toLowerCase();
  return {
    getMachine: (id) =>
      world.call({ operation: 'getMachine', target: key(id) }, () => {
        const machine = world.machines.get(key(id));
        const state = network.states.get(key(id));
        if (!machine || !state) return null;
        return {
          ...{ id: machine.id, vmId: machine.vmId, region: machine.region, tags: machine.tags, zones: state.zones },
          ...{ power: state.power, agentReady: null, interfaceIds: state.interfaceIds },
          state: stateOf(state.creation, world.clock.now()),
          disks: machine.disks.map(({ diskId, lun }) => ({
            ...{ diskId, lun },
            caching: state.cachingByDisk.get(key(diskId)) ?? 'None',
          })),
        };
      }),
    createMachine: (request) =>
      world.call({ operation: 'createMachine', target: key(request.id) }, () => create(world, request)),
    deleteMachine: (id) =>
      world.call({ operation: 'deleteMachine', target: key(id) }, () => {
        const state = network.states.get(key(id));
        if (!state) return null;
        const deletion = world.begin({ operation: 'deleteMachine', target: key(id) }, world.operationMs);
        if (deletion.ending !== 'fails') state.deletion = deletion;
        return remember(world, deletion);
      }),
    setPower: (id, power) =>
      world.call({ operation: 'setPower', target: key(id) }, () => {
        const state = stateFor(world, id);
        const operation = world.begin({ operation: 'setPower', target: key(id) }, world.operationMs);
        if (operation.ending === 'succeeds') state.power = power === 'start' ? 'running' : 'deallocated';
        return remember(world, operation);
      }),
    replaceOsDisk: (id, disk) =>
      world.call({ operation: 'replaceOsDisk', target: key(id) }, () => {
        if (stateFor(world, id).power !== 'deallocated')
          throw new AppError('conflict', 'The machine must be deallocated', { azureCode: 'OperationNotAllowed' });
        return change(world, id, 'replaceOsDisk', [disk], (disks) => [
          { diskId: disk.diskId, lun: null },
          ...disks.filter(({ lun }) => lun !== null),
        ]);
      }),
    changeDataDisks: (id, { attach, detach }) =>
      world.call({ operation: 'changeDataDisks', target: key(id) }, () =>
        change(world, id, 'changeDataDisks', attach, (disks) => [
          ...disks.filter(({ diskId }) => !detach.some((each) => key(each) === key(diskId))),
          ...attach.map(({ diskId, lun }) => ({ diskId, lun })),
        ]),
      ),
    getInterface: (id) =>
      world.call({ operation: 'getInterface', target: key(id) }, () => {
        const nic = network.interfaces.get(key(id));
        if (!nic) return null;
        const { region, tags, attachedTo } = nic;
        return { id: nic.id, region, tags, attachedTo, state: stateOf(nic.creation, world.clock.now()) };
      }),
    createInterface: (request) =>
      world.call({ operation: 'createInterface', target: key(request.id) }, () => {
        const operation = world.begin({ operation: 'createInterface', target: key(request.id) }, world.operationMs);
        const { id, region, subnetId, tags } = request;
        const made = { id, region, subnetId, tags, creation: operation, deletion: null, attachedTo: null };
        if (!network.interfaces.has(key(id))) network.interfaces.set(key(id), made);
        return remember(world, operation);
      }),
    deleteInterface: (id) =>
      world.call({ operation: 'deleteInterface', target: key(id) }, () => {
        const nic = network.interfaces.get(key(id));
        if (!nic) return null;
        if (nic.attachedTo !== null) throw new AppError('azure-rejected', 'It is in use', { azureCode: 'NicInUse' });
        const deletion = world.begin({ operation: 'deleteInterface', target: key(id) }, world.operationMs);
        if (deletion.ending !== 'fails') nic.deletion = deletion;
        return remember(world, deletion);
      }),
    subnetRegion: (id) =>
      world.call({ operation: 'subnetRegion', target: key(id) }, () => network.subnets.get(key(id)) ?? null),
    sizes: (subscriptionId) => world.call({ operation: 'sizes', target: subscriptionId }, () => network.sizes),
    quotas: (subscriptionId) => world.call({ operation: 'quotas', target: subscriptionId }, () => network.quotas),
  };
}

function stateFor(world: AzureWorld, id: string): MachineState {
  const state = world.network.states.get(id.toLowerCase());
  if (!state) throw new AppError('not-found', 'Azure knows no such resource', { id });
  return state;
}

function create(world: AzureWorld, request: MachineRequest): OperationUrl {
  const key = request.id.toLowerCase();
  const parts = parseResourceId(request.id);
  if (!parts) throw new AppError('azure-rejected', 'no id', { id: request.id });
  const { subscriptionId, resourceGroup, name } = parts;
  findGroup(world, subscriptionId, resourceGroup);
  if (world.machines.has(key)) throw new AppError('precondition-failed', 'It exists', { id: request.id });
  for (const { diskId } of request.disks) {
    const disk = world.disks.get(diskId.toLowerCase())?.disk;
    if (!disk || disk.attachedTo !== null)
      throw new AppError('conflict', 'The disk is not free', { diskId, azureCode: 'AttachDiskWhileBeingDetached' });
  }
  for (const { id } of request.interfaces) {
    const nic = world.network.interfaces.get(id.toLowerCase());
    if (!nic || nic.attachedTo !== null)
      throw new AppError('azure-rejected', 'The interface is not free', { id, azureCode: 'NetworkInterfaceInUse' });
  }
  const creation = world.begin({ operation: 'createMachine', target: key }, world.operationMs);
  const disks = request.disks.map(({ diskId, lun }) => ({ diskId, lun }));
  const { region, tags } = request;
  const vmId = `vm-${world.nextNumber()}`;
  world.machines.set(key, { id: request.id, name, subscriptionId, resourceGroup, region, vmId, tags, disks });
  world.network.states.set(key, {
    power: creation.ending === 'succeeds' ? 'running' : 'other',
    size: request.size,
    zones: request.zone === null ? [] : [request.zone],
    creation,
    deletion: null,
    interfaceIds: request.interfaces.map(({ id }) => id),
    cachingByDisk: new Map(request.disks.map(({ diskId, caching }) => [diskId.toLowerCase(), caching])),
  });
  for (const { diskId } of disks) setOwner(world, diskId, request.id);
  for (const { id } of request.interfaces) {
    const nic = world.network.interfaces.get(id.toLowerCase());
    if (nic) nic.attachedTo = request.id;
  }
  return remember(world, creation);
}

/** Exchanges a machine's disks at once; an operation that is to fail changes nothing. */
function change(
  world: AzureWorld,
  id: string,
  operation: 'replaceOsDisk' | 'changeDataDisks',
  added: readonly MachineDisk[],
  next: (disks: VirtualMachine['disks']) => VirtualMachine['disks'],
): OperationUrl {
  const key = id.toLowerCase();
  const machine = world.machines.get(key);
  if (!machine) throw new AppError('not-found', 'Azure knows no such resource', { id });
  const begun = world.begin({ operation, target: key }, world.operationMs);
  const disks = next(machine.disks);
  for (const { diskId } of disks) {
    const disk = world.disks.get(diskId.toLowerCase())?.disk;
    if (!disk || (disk.attachedTo !== null && disk.attachedTo.toLowerCase() !== key))
      throw new AppError('conflict', 'The disk is not free', { diskId });
  }
  if (new Set(disks.map(({ lun }) => lun)).size !== disks.length) throw new AppError('azure-rejected', 'A LUN twice');
  if (begun.ending === 'succeeds') {
    for (const { diskId } of machine.disks) setOwner(world, diskId, null);
    world.machines.set(key, { ...machine, disks });
    const state = stateFor(world, id);
    const caching = added.map((disk) => [disk.diskId.toLowerCase(), disk.caching] as const);
    state.cachingByDisk = new Map([...state.cachingByDisk, ...caching]);
    for (const { diskId } of disks) setOwner(world, diskId, machine.id);
  }
  return remember(world, begun);
}

/** Describes machines in memory. */
export function createMemoryDescriber(world: AzureWorld): MachineDescriber {
  return {
    describeMachines: (subscriptionId) =>
      world.call({ operation: 'describeMachines', target: subscriptionId }, () =>
        [...world.machines.values()]
          .filter((machine) => machine.subscriptionId.toLowerCase() === subscriptionId.toLowerCase())
          .map((machine) => describe(world, machine)),
      ),
  };
}

function describe(world: AzureWorld, machine: VirtualMachine): Manifest {
  const state = world.network.states.get(machine.id.toLowerCase());
  const nothing = { availabilitySetId: null, proximityPlacementGroupId: null, licenseType: null, security: null };
  return {
    ...{
      v: 1,
      id: machine.id,
      name: machine.name,
      vmId: machine.vmId,
      region: machine.region,
      tags: { ...machine.tags },
    },
    ...nothing,
    ...{ plan: null, identity: null, bootDiagnostics: null, ultraDisks: false, osType: 'Linux', diskController: null },
    ...{ computerName: null, extensions: [] },
    zones: [...(state?.zones ?? [])],
    size: state?.size ?? '',
    disks: machine.disks.map(({ diskId, lun }) => ({
      ...{ diskId, lun, writeAccelerator: false },
      caching: state?.cachingByDisk.get(diskId.toLowerCase()) ?? 'None',
    })),
    interfaces: (state?.interfaceIds ?? []).map((id) => ({
      ...{ id, primary: true, networkSecurityGroupId: null, acceleratedNetworking: false, ipForwarding: false },
      dnsServers: [],
      ipConfigurations: [
        {
          ...{ name: 'ipconfig1', primary: true, privateAddress: null, allocation: 'Dynamic', version: 'IPv4' },
          subnetId: world.network.interfaces.get(id.toLowerCase())?.subnetId ?? null,
          publicAddressId: null,
        },
      ],
    })),
  };
}
