import { ArmError, invalidParameter, notAllowed, resourceNotFound } from './arm-error.ts';
import { checkComputeName, checkSameRegion, regionOfBody, tagsOf } from './body-rules.ts';
import { isObject, objectAt, textAt, valueAt } from './json.ts';
import { begin } from './long-running.ts';
import { instanceView, machineJson } from './machine-json.ts';
import { type Attachments, attach, checkStorage, detachAll, disksOf, interfacesOf } from './machine-parts.ts';
import type { Machine } from './resources.ts';
import {
  type ArmAnswer,
  type ArmRequest,
  type ArmRoute,
  groupOf,
  listPage,
  parameterOf,
  subscriptionOf,
} from './route.ts';

/** The provider's name of the type. */
export const MACHINE_TYPE = 'Microsoft.Compute/virtualMachines';

/** Source: Azure REST specifications, Microsoft.Compute ComputeRP, from 2022-03-01; 2020-06-01 is what the Azure CLI asks for in its profile 2020-09-01-hybrid. */
const MACHINE_API_VERSIONS = [
  '2020-06-01',
  '2022-03-01',
  '2022-08-01',
  '2022-11-01',
  '2023-03-01',
  '2023-07-01',
  '2023-09-01',
  '2024-03-01',
  '2024-07-01',
  '2024-11-01',
  '2025-04-01',
  '2025-11-01',
  '2026-03-01',
  '2026-04-01',
];

const PATH =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Compute/virtualMachines';

function machineOf(request: ArmRequest): Machine {
  const [subscriptionId = '', group = '', name = ''] = request.values;
  const place = groupOf(request.state, subscriptionId, group);
  const machine = request.state.machines.get(`${place.key}/providers/${MACHINE_TYPE}/${name}`);
  if (machine === undefined) throw resourceNotFound(MACHINE_TYPE, name, group);
  return machine;
}

function getMachine(request: ArmRequest): ArmAnswer {
  const machine = machineOf(request);
  const expand = request.query.get('$expand')?.toLowerCase() === 'instanceview';
  return { status: 200, body: machineJson(request.state, machine, expand) };
}

function putMachine(request: ArmRequest): ArmAnswer {
  const { state, body } = request;
  const [subscriptionId = '', groupName = '', name = ''] = request.values;
  const group = groupOf(state, subscriptionId, groupName);
  checkComputeName('vm', name);
  const region = regionOfBody(body);
  const tags = tagsOf(valueAt(body, 'tags'));
  const known = state.machines.get(`${group.key}/providers/${MACHINE_TYPE}/${name}`);
  if (known !== undefined) checkSameRegion(known, region);
  const properties = { ...objectAt(body, 'properties') };
  const parts = checkStorage(state, properties, known ?? null, region);
  const size = textAt(properties, 'hardwareProfile', 'vmSize');
  if (size === null) throw invalidParameter('vmSize');
  const { identity, plan, zones } = objectAt(body);
  const extras = { ...(identity === undefined ? {} : { identity }), ...(plan === undefined ? {} : { plan }) };
  const machine: Machine = known ?? {
    ...state.resource(group, MACHINE_TYPE, name, region, tags),
    vmId: state.nextGuid(),
    zones: Array.isArray(zones) ? zones.map(String) : [],
    properties: {},
    extras,
    power: 'running',
  };
  if (known === undefined) state.machines.add(machine);
  machine.tags = tags;
  machine.extras = extras;
  place(request, machine, properties, parts);
  return follow(request, machine, known === undefined ? 201 : 200);
}

/** Gives a machine its properties and disks. */
function place(request: ArmRequest, machine: Machine, properties: Record<string, unknown>, parts: Attachments): void {
  machine.properties = properties;
  machine.changedMs = request.state.clock.now();
  attach(request.state, machine, parts);
}

function follow(request: ArmRequest, machine: Machine, status: number): ArmAnswer {
  const { state } = request;
  return begin(request, {
    subscriptionId: machine.subscriptionId,
    region: machine.region,
    place: 'Microsoft.Compute/operations',
    durationMs: state.settings.operationMs,
    status,
    body: {
      ...machineJson(state, machine, false),
      properties: { ...machine.properties, vmId: machine.vmId, provisioningState: 'Updating' },
    },
    complete: () => machineJson(state, machine, false),
  });
}

/** PATCH: tags, size, security and, for a swap of disks, the storage profile. Source: ACD, OS disk swap: the machine must be deallocated. */
function patchMachine(request: ArmRequest): ArmAnswer {
  const { state, body } = request;
  const machine = machineOf(request);
  const changes = objectAt(body, 'properties');
  const properties = { ...machine.properties };
  for (const [name, value] of Object.entries(changes)) {
    if (name === 'storageProfile') properties.storageProfile = { ...objectAt(properties, name), ...objectAt(value) };
    else properties[name] = isObject(value) ? { ...objectAt(properties, name), ...value } : value;
  }
  const before = textAt(machine.properties, 'storageProfile', 'osDisk', 'managedDisk', 'id');
  const after = textAt(properties, 'storageProfile', 'osDisk', 'managedDisk', 'id');
  if (before?.toLowerCase() !== after?.toLowerCase() && machine.power !== 'deallocated') {
    throw notAllowed(`The OS disk of '${machine.name}' can be exchanged only while the machine is deallocated.`);
  }
  const parts = checkStorage(state, properties, machine, machine.region);
  const tags = valueAt(body, 'tags');
  if (isObject(tags)) machine.tags = tagsOf(tags);
  place(request, machine, properties, parts);
  return follow(request, machine, 200);
}

/** attachDetachDataDisks: several disks at once. Source: SDK, AttachDetachDataDisksRequest. */
function attachDetach(request: ArmRequest): ArmAnswer {
  const { state, body } = request;
  const machine = machineOf(request);
  const storage = objectAt(machine.properties, 'storageProfile');
  const detach = new Set(
    disksOf(body, 'dataDisksToDetach').map((each) => (textAt(each, 'diskId') ?? '').toLowerCase()),
  );
  const kept = disksOf(storage, 'dataDisks').filter(
    (each) => !detach.has((textAt(each, 'managedDisk', 'id') ?? '').toLowerCase()),
  );
  const used = new Set(kept.map((each) => valueAt(each, 'lun')));
  const added = disksOf(body, 'dataDisksToAttach').map((each) => {
    let lun = valueAt(each, 'lun');
    for (let free = 0; lun === undefined; free += 1) if (!used.has(free)) lun = free;
    used.add(lun);
    const { diskId, ...rest } = each;
    return { ...rest, lun, createOption: 'Attach', managedDisk: { id: diskId } };
  });
  const properties = { ...machine.properties, storageProfile: { ...storage, dataDisks: [...kept, ...added] } };
  const parts = checkStorage(state, properties, machine, machine.region);
  place(request, machine, properties, parts);
  return begin(request, {
    subscriptionId: machine.subscriptionId,
    region: machine.region,
    place: 'Microsoft.Compute/operations',
    durationMs: state.settings.operationMs,
    complete: () => objectAt(machine.properties, 'storageProfile'),
  });
}

function setPower(request: ArmRequest, power: Machine['power']): ArmAnswer {
  const { state } = request;
  const machine = machineOf(request);
  return begin(request, {
    subscriptionId: machine.subscriptionId,
    region: machine.region,
    place: 'Microsoft.Compute/operations',
    durationMs: state.settings.operationMs,
    complete: () => {
      if (power === 'running') checkNoExport(request, machine);
      machine.power = power;
      for (const id of disksOfMachine(machine)) {
        const disk = state.disks.get(id);
        if (disk !== undefined) state.setWriting(disk, power === 'running');
      }
      return null;
    },
  });
}

function checkNoExport(request: ArmRequest, machine: Machine): void {
  const { state } = request;
  const open = disksOfMachine(machine).find((id) => state.grants.active(id.toLowerCase(), state.clock.now()) !== null);
  if (open !== undefined)
    throw notAllowed(`There is an active shared access signature outstanding for disk ${open}. End the access first.`);
}

function disksOfMachine(machine: Machine): string[] {
  const storage = objectAt(machine.properties, 'storageProfile');
  const all = [objectAt(storage, 'osDisk'), ...disksOf(storage, 'dataDisks')];
  return all.flatMap((each) => textAt(each, 'managedDisk', 'id') ?? []);
}

function deleteMachine(request: ArmRequest): ArmAnswer {
  const { state } = request;
  const [subscriptionId = '', groupName = '', name = ''] = request.values;
  const group = groupOf(state, subscriptionId, groupName);
  const machine = state.machines.get(`${group.key}/providers/${MACHINE_TYPE}/${name}`);
  if (machine === undefined) return { status: 204 };
  return begin(request, {
    subscriptionId: machine.subscriptionId,
    region: machine.region,
    place: 'Microsoft.Compute/operations',
    durationMs: state.settings.operationMs,
    complete: () => {
      detachAll(state, machine);
      state.machines.remove(machine);
      state.bury(machine);
      return null;
    },
  });
}

function checkInterfaces(request: ArmRequest): void {
  for (const id of interfacesOf(request.body)) {
    if (request.state.interfaces.get(id) === undefined)
      throw new ArmError(400, 'InvalidResourceReference', `Resource ${id} was not found.`);
  }
}

const versions = MACHINE_API_VERSIONS;

/** Routes of virtual machines. */
export const machineRoutes: readonly ArmRoute[] = [
  {
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/virtualMachines',
    versions,
    does: 'lists the virtual machines of a subscription, in pages',
    compute: 'HighCostGet',
    answer: (request) => {
      const subscription = subscriptionOf(request.state, parameterOf(request, 0));
      const withView =
        request.query.get('statusOnly') === 'true' || request.query.get('$expand')?.toLowerCase() === 'instanceview';
      return listPage(request, request.state.machines, `/subscriptions/${subscription.id}`, (each) =>
        machineJson(request.state, each, withView),
      );
    },
  },
  {
    method: 'GET',
    path: PATH,
    versions,
    does: 'lists the virtual machines of a resource group, in pages',
    compute: 'HighCostGet',
    answer: (request) => {
      const group = groupOf(request.state, parameterOf(request, 0), parameterOf(request, 1));
      return listPage(request, request.state.machines, group.key, (each) => machineJson(request.state, each, false));
    },
  },
  {
    method: 'GET',
    path: `${PATH}/{vmName}`,
    versions,
    does: 'reads a virtual machine, with its instance view where asked',
    compute: 'LowCostGet',
    answer: getMachine,
  },
  {
    method: 'GET',
    path: `${PATH}/{vmName}/instanceView`,
    versions,
    does: 'reads the power state',
    compute: 'LowCostGet',
    answer: (request) => ({ status: 200, body: instanceView(request.state, machineOf(request)) }),
  },
  {
    method: 'PUT',
    path: `${PATH}/{vmName}`,
    versions,
    does: 'creates a virtual machine from disks that exist (createOption Attach), or replaces its properties',
    compute: 'PutVM',
    answer: (request) => {
      checkInterfaces(request);
      return putMachine(request);
    },
  },
  {
    method: 'PATCH',
    path: `${PATH}/{vmName}`,
    versions,
    does: 'changes tags, size and disks; the OS disk only while deallocated',
    compute: 'PutVM',
    answer: patchMachine,
  },
  {
    method: 'DELETE',
    path: `${PATH}/{vmName}`,
    versions,
    does: 'removes a virtual machine; its disks and interfaces go with deleteOption Delete, else stay',
    compute: 'PutVM',
    answer: deleteMachine,
  },
  {
    method: 'POST',
    path: `${PATH}/{vmName}/start`,
    versions,
    does: 'starts it',
    compute: 'PutVM',
    answer: (request) => setPower(request, 'running'),
  },
  {
    method: 'POST',
    path: `${PATH}/{vmName}/powerOff`,
    versions,
    does: 'stops it; it stays allocated',
    compute: 'PutVM',
    answer: (request) => setPower(request, 'stopped'),
  },
  {
    method: 'POST',
    path: `${PATH}/{vmName}/deallocate`,
    versions,
    does: 'stops and deallocates it; its disks are no longer written to',
    compute: 'PutVM',
    answer: (request) => setPower(request, 'deallocated'),
  },
  {
    method: 'POST',
    path: `${PATH}/{vmName}/attachDetachDataDisks`,
    versions: versions.filter((each) => each >= '2024-03-01'),
    does: 'attaches and detaches data disks',
    compute: 'PutVM',
    answer: attachDetach,
  },
];
