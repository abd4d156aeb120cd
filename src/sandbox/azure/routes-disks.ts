import { beginAccess, endAccess } from './access.ts';
import { ArmError, notAllowed, notInSandbox, resourceNotFound } from './arm-error.ts';
import {
  checkAccessSettings,
  checkComputeName,
  checkSameRegion,
  keptProperties,
  oneOf,
  regionOfBody,
  tagsOf,
} from './body-rules.ts';
import { acceptedJson, diskJson } from './disk-json.ts';
import { checkSizeOfKind, isZonalKind } from './disk-kinds.ts';
import { isObject, type Json, numberAt, objectAt, textAt, valueAt } from './json.ts';
import { COMPARABLE_SIZE_GIB } from './limits.ts';
import { begin } from './long-running.ts';
import { DISK_SKUS, DISK_TYPE, GIB, newDisk } from './make-disk.ts';
import type { Disk, Machine } from './resources.ts';
import {
  type ArmAnswer,
  type ArmRequest,
  type ArmRoute,
  groupOf,
  listPage,
  parameterOf,
  subscriptionOf,
} from './route.ts';
import type { AzureState } from './state.ts';

/** API versions of disks and snapshots. Source: Azure REST specifications, Microsoft.Compute DiskRP, from 2020-12-01 (the first with CopyStart). */
export const DISK_API_VERSIONS = [
  '2020-12-01',
  '2021-04-01',
  '2021-08-01',
  '2021-12-01',
  '2022-03-02',
  '2022-07-02',
  '2023-01-02',
  '2023-04-02',
  '2023-10-02',
  '2024-03-02',
  '2025-01-02',
  '2026-03-02',
];

/** Source: the published type Microsoft.Compute/disks 2026-03-02, what a client may write. */
const DISK_PROPERTIES: ReadonlySet<string> = new Set([
  'creationData', 'diskSizeGB', 'osType', 'hyperVGeneration', 'purchasePlan', 'supportedCapabilities', 'encryption',
  'encryptionSettingsCollection', 'securityProfile', 'networkAccessPolicy', 'publicNetworkAccess', 'diskAccessId',
  'dataAccessAuthMode', 'diskIOPSReadWrite', 'diskMBpsReadWrite', 'diskIOPSReadOnly', 'diskMBpsReadOnly', 'maxShares',
  'burstingEnabled', 'tier', 'supportsHibernation', 'optimizedForFrequentAttach', 'availabilityPolicy',
]); // biome-ignore format: a list of names

const PATH = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Compute/disks';

function diskOf(request: ArmRequest): Disk {
  const [subscriptionId = '', group = '', name = ''] = request.values;
  const place = groupOf(request.state, subscriptionId, group);
  const disk = request.state.disks.get(`${place.key}/providers/${DISK_TYPE}/${name}`);
  if (disk === undefined) throw resourceNotFound(DISK_TYPE, name, group);
  return disk;
}

function putDisk(request: ArmRequest): ArmAnswer {
  const { state, body } = request;
  const [subscriptionId = '', groupName = '', name = ''] = request.values;
  const group = groupOf(state, subscriptionId, groupName);
  checkComputeName('disk', name);
  const region = regionOfBody(body);
  const tags = tagsOf(valueAt(body, 'tags'));
  const settings = keptProperties('Disk', body, DISK_PROPERTIES);
  checkAccessSettings(settings);
  const known = state.disks.get(`${group.key}/providers/${DISK_TYPE}/${name}`);
  if (known !== undefined) {
    checkSameRegion(known, region);
    checkSameSource(known, objectAt(body, 'properties', 'creationData'));
    return changeDisk(request, known, tags);
  }
  const disk = newDisk(state, group, { name, region, tags, settings, body });
  state.disks.add(disk);
  return begin(request, {
    subscriptionId: group.subscriptionId,
    region,
    place: 'Microsoft.Compute/DiskOperations',
    durationMs: state.settings.operationMs,
    body: acceptedJson(disk, { ...disk.settings, diskSizeGB: disk.sizeGiB }),
    complete: () => {
      disk.state = 'Succeeded';
      return diskJson(state, disk);
    },
    fail: () => {
      disk.state = 'Failed';
    },
  });
}

function checkSameSource(disk: Disk, creation: Json): void {
  const known = objectAt(disk.settings, 'creationData');
  for (const name of ['createOption', 'sourceResourceId']) {
    const before = textAt(known, name) ?? '';
    const after = textAt(creation, name) ?? '';
    if (before.toLowerCase() === after.toLowerCase()) continue;
    throw new ArmError(409, 'PropertyChangeNotAllowed', `Changing property 'creationData.${name}' is not allowed.`, {
      target: `creationData.${name}`,
    });
  }
}

/** What PATCH, and PUT on a disk that exists, may change: tags, sku, size (only greater), access. */
function changeDisk(request: ArmRequest, disk: Disk, tags: Record<string, string> | null): ArmAnswer {
  const { state, body } = request;
  const sizeGiB = numberAt(body, 'properties', 'diskSizeGB');
  if (sizeGiB !== null && sizeGiB < disk.sizeGiB) {
    throw notAllowed(`Disk '${disk.name}' cannot shrink from ${disk.sizeGiB} GB to ${sizeGiB} GB.`);
  }
  const asksSku = textAt(body, 'sku', 'name');
  const sku = asksSku === null ? disk.sku : oneOf('sku.name', asksSku, DISK_SKUS);
  if (sku !== disk.sku) checkNewKind(state, disk, sku);
  if (sizeGiB !== null && sizeGiB > disk.sizeGiB) {
    checkSizeOfKind(sizeGiB, sku);
    checkGrowth(state, disk, sizeGiB);
    state.volumeNow(disk).grow(sizeGiB * GIB);
    disk.sizeGiB = sizeGiB;
    state.failHydrations(disk);
  }
  disk.sku = sku;
  const { creationData: _same, diskSizeGB: _done, ...changes } = objectAt(body, 'properties');
  checkAccessSettings(changes);
  Object.assign(disk.settings, changes);
  if (tags !== null) disk.tags = tags;
  disk.changedMs = state.clock.now();
  return begin(request, {
    subscriptionId: disk.subscriptionId,
    region: disk.region,
    place: 'Microsoft.Compute/DiskOperations',
    durationMs: state.settings.operationMs,
    body: acceptedJson(disk, { ...disk.settings, diskSizeGB: disk.sizeGiB }),
    complete: () => diskJson(state, disk),
  });
}

function runningMachineOf(state: AzureState, disk: Disk): Machine | null {
  const machine = disk.managedBy === null ? undefined : state.machines.get(disk.managedBy);
  return machine === undefined || machine.power === 'deallocated' ? null : machine;
}

/** Source: ACD, disks-convert-types: the machine is stopped for it; v2 and Ultra are reached by a snapshot. Errors: 409. */
function checkNewKind(state: AzureState, disk: Disk, sku: string): void {
  if (isZonalKind(sku) !== isZonalKind(disk.sku))
    throw notInSandbox(`turning a disk of ${disk.sku} into one of ${sku}`);
  const machine = runningMachineOf(state, disk);
  if (machine === null) return;
  throw notAllowed(`The sku of disk '${disk.name}' can be changed only while '${machine.name}' is deallocated.`);
}

/** Source: ACD, expand disks: data disks grow while in use, but not across 4 TiB; OS disks do not. Errors: 409. */
function checkGrowth(state: AzureState, disk: Disk, sizeGiB: number): void {
  const machine = runningMachineOf(state, disk);
  if (machine === null) return;
  const os = textAt(machine.properties, 'storageProfile', 'osDisk', 'managedDisk', 'id');
  const crosses = disk.sizeGiB < COMPARABLE_SIZE_GIB && sizeGiB >= COMPARABLE_SIZE_GIB;
  if (os?.toLowerCase() !== disk.key && !crosses) return;
  throw notAllowed(`Disk '${disk.name}' can be resized to ${sizeGiB} GiB only while '${machine.name}' is deallocated.`);
}

function patchDisk(request: ArmRequest): ArmAnswer {
  const disk = diskOf(request);
  keptProperties('DiskUpdate', request.body, DISK_PROPERTIES);
  const tags = valueAt(request.body, 'tags');
  return changeDisk(request, disk, isObject(tags) ? tagsOf(tags) : null);
}

function deleteDisk(request: ArmRequest): ArmAnswer {
  const { state } = request;
  const [subscriptionId = '', groupName = '', name = ''] = request.values;
  const group = groupOf(state, subscriptionId, groupName);
  const disk = state.disks.get(`${group.key}/providers/${DISK_TYPE}/${name}`);
  if (disk === undefined) return { status: 204 };
  checkRemovable(state, disk);
  return begin(request, {
    subscriptionId: disk.subscriptionId,
    region: disk.region,
    place: 'Microsoft.Compute/DiskOperations',
    durationMs: state.settings.operationMs,
    complete: () => {
      state.removeDisk(disk);
      return null;
    },
  });
}

/** Errors: 409 while the disk is attached or somebody has access. */
export function checkRemovable(state: AzureState, disk: Disk): void {
  if (disk.managedBy !== null) {
    throw notAllowed(
      `Disk ${disk.name} is attached to VM ${state.machines.get(disk.managedBy)?.id ?? disk.managedBy}.`,
    );
  }
  if (state.grants.active(disk.key, state.clock.now()) !== null) {
    throw notAllowed(
      `There is an active shared access signature outstanding for disk ${disk.name}. End the access first.`,
    );
  }
}

const versions = DISK_API_VERSIONS;

/** Routes of managed disks. */
export const diskRoutes: readonly ArmRoute[] = [
  {
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/disks',
    versions,
    does: 'lists the disks of a subscription, in pages',
    compute: 'HighCostGet',
    answer: (request) => {
      const subscription = subscriptionOf(request.state, parameterOf(request, 0));
      return listPage(request, request.state.disks, `/subscriptions/${subscription.id}`, (disk) =>
        diskJson(request.state, disk),
      );
    },
  },
  {
    method: 'GET',
    path: PATH,
    versions,
    does: 'lists the disks of a resource group, in pages',
    compute: 'HighCostGet',
    answer: (request) => {
      const group = groupOf(request.state, parameterOf(request, 0), parameterOf(request, 1));
      return listPage(request, request.state.disks, group.key, (disk) => diskJson(request.state, disk));
    },
  },
  {
    method: 'GET',
    path: `${PATH}/{diskName}`,
    versions,
    does: 'reads a disk',
    compute: 'LowCostGet',
    answer: (request) => ({ status: 200, body: diskJson(request.state, diskOf(request)) }),
  },
  {
    method: 'PUT',
    path: `${PATH}/{diskName}`,
    versions,
    does: 'creates a disk (Empty, Copy of a snapshot or disk of the region), or changes one as PATCH does',
    compute: 'CreateUpdateDisks3Min',
    answer: putDisk,
  },
  {
    method: 'PATCH',
    path: `${PATH}/{diskName}`,
    versions,
    does: 'changes tags, sku, size (only greater) and access',
    compute: 'CreateUpdateDisks3Min',
    answer: patchDisk,
  },
  {
    method: 'DELETE',
    path: `${PATH}/{diskName}`,
    versions,
    does: 'removes a disk that no machine has and nobody has access to',
    compute: 'DeleteDisks3Min',
    answer: deleteDisk,
  },
  {
    method: 'POST',
    path: `${PATH}/{diskName}/beginGetAccess`,
    versions,
    does: 'gives a shared access signature to read (disks of no running machine)',
    compute: 'CreateUpdateDisks3Min',
    answer: (request) => beginAccess(request, diskOf(request)),
  },
  {
    method: 'POST',
    path: `${PATH}/{diskName}/endGetAccess`,
    versions,
    does: 'ends the access',
    compute: 'CreateUpdateDisks3Min',
    answer: (request) => endAccess(request, diskOf(request)),
  },
];
