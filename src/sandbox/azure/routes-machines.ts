import { ArmError, invalidParameter, notAllowed, resourceNotFound } from './arm-error.ts';
import { checkComputeName, checkSameRegion, regionOfBody, tagsOf } from './body-rules.ts';
import { checkConditions } from './conditions.ts';
import { isObject, type Json, objectAt, textAt, valueAt } from './json.ts';
import { begin } from './long-running.ts';
import { attachDetach, follow, place, setPower } from './machine-actions.ts';
import { instanceView, machineEtag, machineJson } from './machine-json.ts';
import { checkStorage, detachAll, interfacesOf } from './machine-parts.ts';
import { checkSize } from './machine-sizes.ts';
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
  checkConditions(request.headers, known === undefined ? null : machineEtag(known));
  if (known !== undefined) checkSameRegion(known, region);
  const properties = { ...objectAt(body, 'properties') };
  const { identity, plan, zones } = objectAt(body);
  const asksZones = Array.isArray(zones) ? zones.map(String) : [];
  if (known !== undefined) checkOsStays(request, known, properties);
  const parts = checkStorage(state, properties, known ?? null, {
    subscriptionId: group.subscriptionId,
    region,
    zones: known?.zones ?? asksZones,
  });
  const size = textAt(properties, 'hardwareProfile', 'vmSize');
  if (size === null) throw invalidParameter('vmSize');
  checkNewSize(request, known ?? null, size, {
    zones: known?.zones ?? asksZones,
    region,
    subscriptionKey: group.subscriptionKey,
  });
  const extras = { ...(identity === undefined ? {} : { identity }), ...(plan === undefined ? {} : { plan }) };
  const machine: Machine = known ?? {
    ...state.resource(group, MACHINE_TYPE, name, region, tags),
    vmId: state.nextGuid(),
    zones: asksZones,
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

/** A size that a machine has already is not asked for again. */
function checkNewSize(
  request: ArmRequest,
  known: Machine | null,
  size: string,
  place: { readonly zones: readonly string[]; readonly region: string; readonly subscriptionKey: string },
): void {
  if (size === textAt(known?.properties, 'hardwareProfile', 'vmSize')) return;
  const { zones, region, subscriptionKey } = place;
  checkSize(request.state, { size, zones, region, subscriptionKey }, known);
}

/** Source: ACD, OS disk swap: the machine is deallocated for it, the systems on both disks are of one type and generation. Errors: 409. */
function checkOsStays(request: ArmRequest, machine: Machine, properties: Json): void {
  const path = ['storageProfile', 'osDisk', 'managedDisk', 'id'] as const;
  const before = request.state.disks.get(textAt(machine.properties, ...path) ?? '');
  const after = request.state.disks.get(textAt(properties, ...path) ?? '');
  if (before === after) return;
  if (machine.power !== 'deallocated') {
    throw notAllowed(`The OS disk of '${machine.name}' can be exchanged only while the machine is deallocated.`);
  }
  for (const name of ['osType', 'hyperVGeneration']) {
    const [was, is] = [before?.settings[name], after?.settings[name]];
    if (was === undefined || is === undefined || was === is) continue;
    throw notAllowed(`The OS disk of '${machine.name}' has ${name} ${was}, disk '${after?.name}' has ${is}.`);
  }
}

/** PATCH: tags, size, security and, for a swap of disks, the storage profile. Source: ACD, OS disk swap: the machine must be deallocated. */
function patchMachine(request: ArmRequest): ArmAnswer {
  const { state, body } = request;
  const machine = machineOf(request);
  checkConditions(request.headers, machineEtag(machine));
  const changes = objectAt(body, 'properties');
  const properties = { ...machine.properties };
  for (const [name, value] of Object.entries(changes)) {
    if (name === 'storageProfile') properties.storageProfile = { ...objectAt(properties, name), ...objectAt(value) };
    else properties[name] = isObject(value) ? { ...objectAt(properties, name), ...value } : value;
  }
  checkOsStays(request, machine, properties);
  checkNewSize(request, machine, textAt(properties, 'hardwareProfile', 'vmSize') ?? '', machine);
  const parts = checkStorage(state, properties, machine, machine);
  const tags = valueAt(body, 'tags');
  if (isObject(tags)) machine.tags = tagsOf(tags);
  place(request, machine, properties, parts);
  return follow(request, machine, 200);
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

/** Errors: 400 where there is none, or one that is not there or elsewhere. */
function checkInterfaces(request: ArmRequest): void {
  const ids = interfacesOf(request.body);
  if (ids.length === 0) throw invalidParameter('networkProfile.networkInterfaces');
  const region = regionOfBody(request.body);
  for (const id of ids) {
    const found = request.state.interfaces.get(id);
    if (found === undefined) throw new ArmError(400, 'InvalidResourceReference', `Resource ${id} was not found.`);
    if (found.region !== region) {
      throw new ArmError(400, 'InvalidResourceReference', `Resource ${id} is in ${found.region}, not in ${region}.`);
    }
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
    answer: (request) => setPower(request, machineOf(request), 'running'),
  },
  {
    method: 'POST',
    path: `${PATH}/{vmName}/powerOff`,
    versions,
    does: 'stops it; it stays allocated',
    compute: 'PutVM',
    answer: (request) => setPower(request, machineOf(request), 'stopped'),
  },
  {
    method: 'POST',
    path: `${PATH}/{vmName}/deallocate`,
    versions,
    does: 'stops and deallocates it; its disks are no longer written to',
    compute: 'PutVM',
    answer: (request) => setPower(request, machineOf(request), 'deallocated'),
  },
  {
    method: 'POST',
    path: `${PATH}/{vmName}/attachDetachDataDisks`,
    versions: versions.filter((each) => each >= '2024-03-01'),
    does: 'attaches and detaches data disks',
    compute: 'PutVM',
    answer: (request) => attachDetach(request, machineOf(request)),
  },
];
