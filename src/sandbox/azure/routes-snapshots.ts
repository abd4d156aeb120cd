import { beginAccess, endAccess } from './access.ts';
import { ArmError, invalidParameter, notAllowed, resourceNotFound } from './arm-error.ts';
import {
  checkAccessSettings,
  checkComputeName,
  checkSameRegion,
  keptProperties,
  oneOf,
  regionOfBody,
  tagsOf,
} from './body-rules.ts';
import { expiryMs, isImmutable } from './decide-immutability.ts';
import { acceptedJson, snapshotJson } from './disk-json.ts';
import { isObject, type Json, objectAt, textAt, valueAt } from './json.ts';
import { begin } from './long-running.ts';
import { newSnapshot, SNAPSHOT_SKUS, SNAPSHOT_TYPE } from './make-snapshot.ts';
import { parseResourceId } from './resource-id.ts';
import type { Snapshot } from './resources.ts';
import {
  type ArmAnswer,
  type ArmRequest,
  type ArmRoute,
  groupOf,
  listPage,
  parameterOf,
  subscriptionOf,
} from './route.ts';
import { DISK_API_VERSIONS } from './routes-disks.ts';

/** Source: the published type Microsoft.Compute/snapshots 2026-03-02, what a client may write. */
const SNAPSHOT_PROPERTIES: ReadonlySet<string> = new Set([
  'creationData', 'diskSizeGB', 'osType', 'hyperVGeneration', 'purchasePlan', 'supportedCapabilities', 'encryption',
  'encryptionSettingsCollection', 'securityProfile', 'networkAccessPolicy', 'publicNetworkAccess', 'diskAccessId',
  'dataAccessAuthMode', 'incremental', 'completionPercent', 'supportsHibernation',
]); // biome-ignore format: a list of names

const PATH = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Compute/snapshots';
/** The path of one snapshot. */
export const SNAPSHOT_PATH = `${PATH}/{snapshotName}`;

/** The snapshot of a path. Errors: 404. */
export function snapshotOf(request: ArmRequest): Snapshot {
  const [subscriptionId = '', group = '', name = ''] = request.values;
  const place = groupOf(request.state, subscriptionId, group);
  const snapshot = request.state.snapshots.get(`${place.key}/providers/${SNAPSHOT_TYPE}/${name}`);
  if (snapshot === undefined) throw resourceNotFound(SNAPSHOT_TYPE, name, group);
  return snapshot;
}

function putSnapshot(request: ArmRequest): ArmAnswer {
  const { state, body } = request;
  const [subscriptionId = '', groupName = '', name = ''] = request.values;
  const group = groupOf(state, subscriptionId, groupName);
  checkComputeName('snapshot', name);
  const region = regionOfBody(body);
  const tags = tagsOf(valueAt(body, 'tags'));
  const settings = keptProperties('Snapshot', body, SNAPSHOT_PROPERTIES);
  checkAccessSettings(settings);
  checkDiskAccess(settings);
  const known = state.snapshots.get(`${group.key}/providers/${SNAPSHOT_TYPE}/${name}`);
  if (known !== undefined && known.state !== 'Failed') {
    checkSameRegion(known, region);
    checkSameCreation(known, body);
    return changeSnapshot(request, known, tags);
  }
  const snapshot = newSnapshot(state, group, { name, region, tags, settings, body });
  if (known !== undefined) state.removeSnapshot(known);
  state.addSnapshot(snapshot);
  if (snapshot.background !== null) copyInBackground(request, snapshot, snapshot.background.nominalMs);
  return begin(request, {
    subscriptionId: group.subscriptionId,
    region,
    place: 'Microsoft.Compute/DiskOperations',
    durationMs: state.settings.snapshotMs,
    begun: (dueMs) => {
      snapshot.readyMs = dueMs;
    },
    body: acceptedJson(snapshot, {
      ...snapshot.settings,
      creationData: snapshot.creation,
      incremental: snapshot.incremental,
    }),
    complete: () => {
      snapshot.state = 'Succeeded';
      return snapshotJson(state, snapshot);
    },
    fail: () => state.failSnapshot(snapshot),
  });
}

/** The bytes come after the request has ended: what holds the request up by order holds up them. */
function copyInBackground({ state, operationFault }: ArmRequest, snapshot: Snapshot, nominalMs: number): void {
  state.copies.begin(snapshot);
  state.operations.begin({
    id: state.nextGuid(),
    subscriptionId: snapshot.subscriptionId,
    region: snapshot.region,
    nowMs: state.clock.now(),
    durationMs: nominalMs,
    fault: operationFault?.kind === 'failed' ? null : operationFault,
    complete: () => {
      state.copies.finish(snapshot);
      return null;
    },
    fail: () => {},
  });
}

function checkSameCreation(known: Snapshot, body: unknown): void {
  const creation = objectAt(body, 'properties', 'creationData');
  const changed = ['createOption', 'sourceResourceId'].find(
    (name) => (textAt(known.creation, name) ?? '').toLowerCase() !== (textAt(creation, name) ?? '').toLowerCase(),
  );
  const property = changed === undefined ? null : `creationData.${changed}`;
  const incremental = valueAt(body, 'properties', 'incremental');
  const target = property ?? (incremental !== undefined && incremental !== known.incremental ? 'incremental' : null);
  if (target === null) return;
  throw new ArmError(409, 'PropertyChangeNotAllowed', `Changing property '${target}' is not allowed.`, { target });
}

function changeSnapshot(request: ArmRequest, snapshot: Snapshot, tags: Record<string, string> | null): ArmAnswer {
  const { state } = request;
  const {
    creationData: _same,
    incremental: _too,
    diskSizeGB: _fixed,
    ...changes
  } = objectAt(request.body, 'properties');
  checkAccessSettings(changes);
  checkDiskAccess({ ...snapshot.settings, ...changes });
  Object.assign(snapshot.settings, changes);
  const sku = textAt(request.body, 'sku', 'name');
  if (sku !== null) snapshot.sku = oneOf('sku.name', sku, SNAPSHOT_SKUS);
  if (tags !== null) snapshot.tags = tags;
  snapshot.changedMs = state.clock.now();
  return begin(request, {
    subscriptionId: snapshot.subscriptionId,
    region: snapshot.region,
    place: 'Microsoft.Compute/DiskOperations',
    // What is asked of a snapshot that is still being made ends with it.
    durationMs: Math.max(state.settings.operationMs, snapshot.readyMs - state.clock.now()),
    body: acceptedJson(snapshot, {
      ...snapshot.settings,
      creationData: snapshot.creation,
      incremental: snapshot.incremental,
    }),
    complete: () => snapshotJson(state, snapshot),
  });
}

/** Errors: 400 for private access that leads nowhere. Source: SDK, diskAccessId; ⚠ the code is not documented. The sandbox has no such resources: any id of one does. */
function checkDiskAccess(settings: Json): void {
  if (settings.networkAccessPolicy !== 'AllowPrivate') return;
  const id = textAt(settings, 'diskAccessId') ?? '';
  if (parseResourceId(id)?.type.toLowerCase() === 'microsoft.compute/diskaccesses') return;
  throw invalidParameter(
    'diskAccessId',
    'The network access policy AllowPrivate needs the id of a disk access resource.',
  );
}

function patchSnapshot(request: ArmRequest): ArmAnswer {
  const snapshot = snapshotOf(request);
  keptProperties('SnapshotUpdate', request.body, SNAPSHOT_PROPERTIES);
  const tags = valueAt(request.body, 'tags');
  return changeSnapshot(request, snapshot, isObject(tags) ? tagsOf(tags) : null);
}

function deleteSnapshot(request: ArmRequest): ArmAnswer {
  const { state } = request;
  const [subscriptionId = '', groupName = '', name = ''] = request.values;
  const group = groupOf(state, subscriptionId, groupName);
  const snapshot = state.snapshots.get(`${group.key}/providers/${SNAPSHOT_TYPE}/${name}`);
  if (snapshot === undefined) return { status: 204 };
  if (state.grants.active(snapshot.key, state.clock.now()) !== null) {
    throw notAllowed(
      `There is an active shared access signature outstanding for snapshot ${snapshot.name}. End the access first.`,
    );
  }
  checkNotImmutable(snapshot, state.clock.now());
  return begin(request, {
    subscriptionId: snapshot.subscriptionId,
    region: snapshot.region,
    place: 'Microsoft.Compute/DiskOperations',
    durationMs: state.settings.operationMs,
    complete: () => {
      state.removeSnapshot(snapshot);
      return null;
    },
  });
}

/** Errors: 409. Source: ⚠ the code of this refusal is not documented. */
function checkNotImmutable(snapshot: Snapshot, nowMs: number): void {
  if (snapshot.immutability === null || !isImmutable(snapshot.immutability, nowMs)) return;
  const until = new Date(expiryMs(snapshot.immutability)).toISOString();
  throw notAllowed(`Snapshot ${snapshot.name} cannot be deleted: its immutability policy is active until ${until}.`);
}

const versions = DISK_API_VERSIONS;

/** Routes of snapshots. */
export const snapshotRoutes: readonly ArmRoute[] = [
  {
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/snapshots',
    versions,
    does: 'lists the snapshots of a subscription, in pages',
    compute: 'HighCostGet',
    answer: (request) => {
      const subscription = subscriptionOf(request.state, parameterOf(request, 0));
      return listPage(request, request.state.snapshots, `/subscriptions/${subscription.id}`, (each) =>
        snapshotJson(request.state, each),
      );
    },
  },
  {
    method: 'GET',
    path: PATH,
    versions,
    does: 'lists the snapshots of a resource group, in pages',
    compute: 'HighCostGet',
    answer: (request) => {
      const group = groupOf(request.state, parameterOf(request, 0), parameterOf(request, 1));
      return listPage(request, request.state.snapshots, group.key, (each) => snapshotJson(request.state, each));
    },
  },
  {
    method: 'GET',
    path: SNAPSHOT_PATH,
    versions,
    does: 'reads a snapshot',
    compute: 'LowCostGet',
    answer: (request) => ({ status: 200, body: snapshotJson(request.state, snapshotOf(request)) }),
  },
  {
    method: 'PUT',
    path: SNAPSHOT_PATH,
    versions,
    does: 'takes a snapshot of a disk, full or incremental, copies a snapshot of the region, or starts to copy one of another (CopyStart); its bytes are those of this moment',
    compute: 'CreateUpdateSnapshots3Min',
    answer: putSnapshot,
  },
  {
    method: 'PATCH',
    path: SNAPSHOT_PATH,
    versions,
    does: 'changes tags, sku, network and data access',
    compute: 'CreateUpdateSnapshots3Min',
    answer: patchSnapshot,
  },
  {
    method: 'DELETE',
    path: SNAPSHOT_PATH,
    versions,
    does: 'removes a snapshot nobody has access to; what the next of its chain needs goes over to it',
    compute: 'DeleteSnapshots3Min',
    answer: deleteSnapshot,
  },
  {
    method: 'POST',
    path: `${SNAPSHOT_PATH}/beginGetAccess`,
    versions,
    does: 'gives a shared access signature to read, five of a family at most',
    compute: 'CreateUpdateSnapshots3Min',
    answer: (request) => beginAccess(request, snapshotOf(request)),
  },
  {
    method: 'POST',
    path: `${SNAPSHOT_PATH}/endGetAccess`,
    versions,
    does: 'ends the access',
    compute: 'CreateUpdateSnapshots3Min',
    answer: (request) => endAccess(request, snapshotOf(request)),
  },
];
