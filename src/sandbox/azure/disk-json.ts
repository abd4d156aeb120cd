import { accessStateOf, completionPercent } from './background-copies.ts';
import { expiryMs, type Immutability } from './decide-immutability.ts';
import type { Json } from './json.ts';
import { GIB } from './make-disk.ts';
import type { Disk, Snapshot } from './resources.ts';
import type { AzureState } from './state.ts';

/** Tier of a disk's sku. Source: published examples: `"sku": { "name": "Premium_LRS", "tier": "Premium" }`. */
function skuOf(name: string): Json {
  return { name, tier: name.split('_')[0] };
}

/** Whether a disk is attached, reserved by a deallocated machine, or open to a signature. Source: SDK, DiskState. */
export function diskStateOf(state: AzureState, disk: Disk): string {
  const granted = state.grants.active(disk.key, state.clock.now()) !== null;
  if (granted) return 'ActiveSAS';
  if (disk.managedBy === null) return 'Unattached';
  return state.machines.get(disk.managedBy)?.power === 'deallocated' ? 'Reserved' : 'Attached';
}

/** A disk as Azure shows it. */
export function diskJson(state: AzureState, disk: Disk): Json {
  return {
    id: disk.id,
    name: disk.name,
    type: disk.type,
    location: disk.region,
    tags: disk.tags,
    sku: skuOf(disk.sku),
    ...(disk.zones.length === 0 ? {} : { zones: disk.zones }),
    ...(disk.managedBy === null ? {} : { managedBy: state.machines.get(disk.managedBy)?.id ?? disk.managedBy }),
    properties: {
      encryption: { type: 'EncryptionAtRestWithPlatformKey' },
      networkAccessPolicy: 'AllowAll',
      publicNetworkAccess: 'Enabled',
      ...disk.settings,
      diskSizeGB: disk.sizeGiB,
      diskSizeBytes: disk.sizeGiB * GIB,
      timeCreated: new Date(disk.createdMs).toISOString(),
      uniqueId: disk.uniqueId,
      diskState: diskStateOf(state, disk),
      provisioningState: disk.state,
    },
  };
}

/** A snapshot as Azure shows it. */
export function snapshotJson(state: AzureState, snapshot: Snapshot): Json {
  const now = state.clock.now();
  const granted = state.grants.active(snapshot.key, now) !== null;
  const family = snapshot.familyId === null ? {} : { incrementalSnapshotFamilyId: snapshot.familyId };
  return {
    id: snapshot.id,
    name: snapshot.name,
    type: snapshot.type,
    location: snapshot.region,
    tags: snapshot.tags,
    sku: skuOf(snapshot.sku),
    properties: {
      encryption: { type: 'EncryptionAtRestWithPlatformKey' },
      networkAccessPolicy: 'AllowAll',
      publicNetworkAccess: 'Enabled',
      ...snapshot.settings,
      creationData: { ...snapshot.creation, sourceUniqueId: snapshot.sourceUniqueId },
      diskSizeGB: snapshot.sizeGiB,
      diskSizeBytes: snapshot.sizeGiB * GIB,
      timeCreated: new Date(snapshot.createdMs).toISOString(),
      uniqueId: snapshot.uniqueId,
      incremental: snapshot.incremental,
      ...family,
      completionPercent: completionPercent(snapshot, now),
      ...accessStateJson(snapshot, now),
      ...copyErrorJson(snapshot),
      ...(snapshot.immutability === null ? {} : { immutabilityPolicy: immutabilityJson(snapshot.immutability, now) }),
      diskState: granted ? 'ActiveSAS' : 'Unattached',
      provisioningState: snapshot.state,
    },
  };
}

function accessStateJson(snapshot: Snapshot, nowMs: number): Json {
  const snapshotAccessState = accessStateOf(snapshot, nowMs);
  return snapshotAccessState === null ? {} : { snapshotAccessState };
}

/** Source: SDK, CopyCompletionError: CopySourceNotFound is the only code there is. */
function copyErrorJson(snapshot: Snapshot): Json {
  if (snapshot.background?.kind !== 'region' || snapshot.background.state !== 'failed') return {};
  return {
    copyCompletionError: {
      errorCode: 'CopySourceNotFound',
      errorMessage: 'The source snapshot was deleted before the copy was complete.',
    },
  };
}

function immutabilityJson(policy: Immutability, nowMs: number): Json {
  return {
    immutabilityDurationDays: policy.days,
    type: policy.type,
    policyStartTime: new Date(policy.startMs).toISOString(),
    policyExpirationTime: new Date(expiryMs(policy)).toISOString(),
    isPolicyExpired: expiryMs(policy) <= nowMs,
  };
}

/** The body of a 202: what was asked for, and that it is under way. Source: published examples carry neither id nor times there. */
export function acceptedJson(resource: Disk | Snapshot, properties: Json): Json {
  return {
    name: resource.name,
    location: resource.region,
    tags: resource.tags,
    sku: { name: resource.sku },
    properties: { ...properties, provisioningState: 'Updating', isArmResource: true },
  };
}
