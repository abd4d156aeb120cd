import type { Snapshot as AzureSnapshot } from '@azure/arm-compute';
import { GIB } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { parseResourceId, type ResourceId } from '../base/ids.ts';
import type { Snapshot, SnapshotRequest, SnapshotTaker } from '../protect/ports.ts';
import type { SnapshotRemover } from '../retain/ports.ts';
import type { Arm } from './arm-client.ts';
import { collect, collectPages, required } from './collect.ts';
import { readResource } from './estate.ts';
import { readArm, readArmOrNull, submit } from './submit.ts';

/** Source: Microsoft.Authorization specification; the version that the Azure CLI sends too. */
const LOCKS_API_VERSION = '2016-09-01';

/** Of all disks that do not say otherwise. Source: SDK, logicalSectorSize is set for Ultra and Premium SSD v2 alone. */
const SECTOR_BYTES = 512;

/** What the network may do with a snapshot, in Azure's words. */
export const NETWORK_ACCESS = {
  deny: { networkAccessPolicy: 'DenyAll', publicNetworkAccess: 'Disabled' },
  private: { networkAccessPolicy: 'AllowPrivate', publicNetworkAccess: 'Disabled' },
  allow: { networkAccessPolicy: 'AllowAll', publicNetworkAccess: 'Enabled' },
} as const;

/** Takes, lists, tags and deletes snapshots: see `SnapshotTaker` and `SnapshotRemover`. Writes are sent once and not waited for. */
export function createSnapshots(arm: Arm): SnapshotTaker & SnapshotRemover {
  const snapshotsOf = (subscriptionId: string) => arm.compute(subscriptionId).snapshots;
  return {
    start: async (request) => {
      const { subscriptionId, resourceGroup, name } = request;
      await submit((options) =>
        snapshotsOf(subscriptionId).createOrUpdate(resourceGroup, name, writeSnapshot(request), options),
      );
    },
    list: (subscriptionId, resourceGroup) =>
      readArmOrNull(() => collect(snapshotsOf(subscriptionId).listByResourceGroup(resourceGroup), readSnapshot)),
    get: (id) => {
      const { subscriptionId, resourceGroup, name } = parseSnapshotId(id);
      return readArmOrNull(async () => readSnapshot(await snapshotsOf(subscriptionId).get(resourceGroup, name)));
    },
    setTags: async (id, tags) => {
      const { subscriptionId, resourceGroup, name } = parseSnapshotId(id);
      await submit((options) =>
        snapshotsOf(subscriptionId).update(resourceGroup, name, { tags: { ...tags } }, options),
      );
    },
    delete: async (id) => {
      const { subscriptionId, resourceGroup, name } = parseSnapshotId(id);
      await readArmOrNull(() => submit((options) => snapshotsOf(subscriptionId).delete(resourceGroup, name, options)));
    },
    lockedResources: (subscriptionId, resourceGroup) =>
      readArm(() =>
        collectPages(
          arm,
          `/subscriptions/${encodeURIComponent(subscriptionId)}/resourceGroups/${encodeURIComponent(resourceGroup)}` +
            `/providers/Microsoft.Authorization/locks?api-version=${LOCKS_API_VERSION}`,
          readLockedScope,
        ),
      ),
  };
}

/**
 * Reads the id of a snapshot.
 *
 * Errors: 'bad-request' where it is no snapshot's: nothing else may be opened, tagged or deleted by this folder.
 */
export function parseSnapshotId(id: string): ResourceId {
  const parts = parseResourceId(id);
  if (parts?.type.toLowerCase() !== 'microsoft.compute/snapshots') {
    throw new AppError('bad-request', 'This is not the id of a snapshot', { id });
  }
  return parts;
}

function writeSnapshot(request: SnapshotRequest): AzureSnapshot {
  return {
    location: request.region,
    // Always named: what Azure takes else differs between its document (ZRS) and its SDK (the previous snapshot's).
    sku: { name: request.sku },
    tags: { ...request.tags },
    creationData: { createOption: 'Copy', sourceResourceId: request.diskId },
    incremental: true,
    ...NETWORK_ACCESS[request.networkAccess],
    ...(request.diskAccessId === undefined ? {} : { diskAccessId: request.diskAccessId }),
  };
}

function readSnapshot(snapshot: AzureSnapshot): Snapshot {
  const { immutabilityPolicy } = snapshot;
  return {
    ...readResource(snapshot),
    sku: required(snapshot.sku?.name, 'sku.name'),
    createdAt: required(snapshot.timeCreated, 'timeCreated').getTime(),
    state: readState(snapshot),
    incremental: snapshot.incremental ?? false,
    familyId: snapshot.incrementalSnapshotFamilyId ?? null,
    sourceDiskId: snapshot.creationData?.sourceResourceId ?? null,
    sourceUniqueId: snapshot.creationData?.sourceUniqueId ?? null,
    sizeBytes: snapshot.diskSizeBytes ?? (snapshot.diskSizeGB ?? 0) * GIB,
    networkAccess: readNetworkAccess(snapshot.networkAccessPolicy),
    network: readNetwork(snapshot),
    sectorBytes: snapshot.creationData?.logicalSectorSize ?? SECTOR_BYTES,
    immutable: immutabilityPolicy !== undefined && immutabilityPolicy.isPolicyExpired !== true,
  };
}

function readState(snapshot: AzureSnapshot): Snapshot['state'] {
  if (['Failed', 'Canceled'].includes(snapshot.provisioningState ?? '')) return 'failed';
  if (snapshot.copyCompletionError !== undefined) return 'failed';
  const complete = (snapshot.completionPercent ?? 100) >= 100;
  return snapshot.provisioningState === 'Succeeded' && complete ? 'succeeded' : 'pending';
}

/** Source: SDK: what is not said stands open, as with snapshots made before there were such settings. */
function readNetwork(snapshot: AzureSnapshot): Snapshot['network'] {
  const { networkAccessPolicy: policy, publicNetworkAccess, diskAccessId } = snapshot;
  return {
    policy: policy === 'DenyAll' || policy === 'AllowPrivate' ? policy : 'AllowAll',
    publicAccess: publicNetworkAccess === 'Disabled' ? 'Disabled' : 'Enabled',
    diskAccessId: diskAccessId ?? null,
  };
}

function readNetworkAccess(policy: string | undefined): Snapshot['networkAccess'] {
  if (policy === 'DenyAll') return 'deny';
  return policy === 'AllowPrivate' ? 'private' : 'allow';
}

/** Both kinds of lock, CanNotDelete and ReadOnly, forbid deletion: what is locked is the part of the id before the lock's own. */
function readLockedScope(lock: unknown): string {
  const id = required((lock as { id?: string } | null)?.id, 'id').toLowerCase();
  return id.split('/providers/microsoft.authorization/locks/')[0] ?? id;
}
