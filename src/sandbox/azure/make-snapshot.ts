import { type SnapshotBytes, VolumeBytes } from '../bytes/bytes.ts';
import { ArmError, invalidParameter, notAllowed, notInSandbox, referenceNotFound } from './arm-error.ts';
import { isUsable } from './background-copies.ts';
import { oneOf } from './body-rules.ts';
import { checkedInstantAccess, creationOf, sectorBytesOf } from './disk-kinds.ts';
import { type Json, objectAt, textAt, valueAt } from './json.ts';
import {
  INCREMENTAL_SNAPSHOT_WINDOW_MS,
  INCREMENTAL_SNAPSHOTS_PER_DISK_MAX,
  INCREMENTAL_SNAPSHOTS_PER_WINDOW_MAX,
} from './limits.ts';
import { checkHydration, hydrationOf } from './make-hydration.ts';
import { startRegionCopy } from './make-region-copy.ts';
import type { BackgroundCopy, Disk, Group, Snapshot } from './resources.ts';
import type { AzureState } from './state.ts';

/** The provider's name of the type. */
export const SNAPSHOT_TYPE = 'Microsoft.Compute/snapshots';

/** Kinds of storage. Source: SDK, SnapshotStorageAccountTypes. */
export const SNAPSHOT_SKUS = ['Standard_LRS', 'Premium_LRS', 'Standard_ZRS'] as const;

/** What an incremental snapshot without a sku gets. Source: ⚠ the documentation says ZRS, the SDK the sku of the previous one. */
const INCREMENTAL_SKU_DEFAULT = 'Standard_ZRS';

/** Makes a snapshot as a PUT asks for it, with the bytes of this moment. Errors: 400, 404, 409, 429, 501. */
export function newSnapshot(
  state: AzureState,
  group: Group,
  asked: {
    name: string;
    region: string;
    tags: Record<string, string>;
    settings: Json;
    body: unknown;
  },
): Snapshot {
  const { body, region } = asked;
  const creation = objectAt(body, 'properties', 'creationData');
  const option = textAt(creation, 'createOption') ?? '';
  if (option === '') throw invalidParameter('creationData.createOption');
  const acrossRegions = option.toLowerCase() === 'copystart';
  if (option.toLowerCase() !== 'copy' && !acrossRegions) throw notInSandbox(`snapshots with createOption ${option}`);
  const incremental = valueAt(body, 'properties', 'incremental') === true;
  const id = textAt(creation, 'sourceResourceId');
  if (id === null) throw invalidParameter('creationData.sourceResourceId');
  const source = (acrossRegions ? undefined : state.disks.get(id)) ?? state.snapshots.get(id);
  if (source === undefined) throw referenceNotFound(id);
  if (source.region !== region && !acrossRegions) {
    throw new ArmError(
      400,
      'BadRequest',
      `The source '${source.name}' is in ${source.region}; use CopyStart to copy to ${region}.`,
    );
  }
  const sku = oneOf(
    'sku.name',
    textAt(body, 'sku', 'name') ?? (incremental ? INCREMENTAL_SKU_DEFAULT : 'Standard_LRS'),
    SNAPSHOT_SKUS,
  );
  if (incremental && sku === 'Premium_LRS')
    throw invalidParameter('sku.name', 'Incremental snapshots are stored on Standard HDD.');
  checkedInstantAccess(creation, 'volume' in source ? source.sku : '');
  const { bytes, background } = begun(state, source, group, {
    region,
    incremental,
    creation,
    acrossRegions,
  });
  const { creationData: _kept, ...settings } = asked.settings;
  const os = ['osType', 'hyperVGeneration', 'securityProfile', 'supportedCapabilities', 'purchasePlan'];
  const inherited = Object.fromEntries(
    os.flatMap((key) => (key in source.settings ? [[key, source.settings[key]]] : [])),
  );
  return {
    ...state.resource(group, SNAPSHOT_TYPE, asked.name, region, asked.tags),
    uniqueId: state.nextGuid(),
    settings: { ...inherited, ...settings },
    creation: withSectors(creation, source),
    bytes,
    incremental,
    familyId: bytes.familyId,
    sourceUniqueId: source.uniqueId,
    sourceName: 'volume' in source ? source.name : source.sourceName,
    originUniqueId: 'volume' in source ? source.uniqueId : source.originUniqueId,
    sizeGiB: source.sizeGiB,
    sku,
    state: 'Updating',
    readyMs: 0,
    background,
    immutability: null,
  };
}

/** Sectors are those of the source. Source: SDK, logicalSectorSize. */
function withSectors(creation: Json, source: Disk | Snapshot): Json {
  const sectors = sectorBytesOf('volume' in source ? creationOf(source.settings) : source.creation);
  return sectors === 512 ? creation : { ...creation, logicalSectorSize: sectors };
}

/** The bytes of a new snapshot, and what is still to come of them. */
function begun(
  state: AzureState,
  source: Disk | Snapshot,
  group: Group,
  asked: {
    region: string;
    incremental: boolean;
    creation: Json;
    acrossRegions: boolean;
  },
): { bytes: SnapshotBytes; background: BackgroundCopy | null } {
  if ('volume' in source) {
    const bytes = bytesOfDisk(state, source, group, asked.incremental);
    return { bytes, background: hydrationOf(state, source, bytes.storedBytes()) };
  }
  if (asked.acrossRegions) return startRegionCopy(state, source, group, asked);
  return { bytes: bytesOfCopy(source, asked.incremental), background: null };
}

/** The bytes are frozen here, when the request is accepted. Errors: 400 in another subscription; 409 and 429 at the limits. */
function bytesOfDisk(state: AzureState, disk: Disk, group: Group, incremental: boolean): SnapshotBytes {
  if (disk.state !== 'Succeeded') throw notAllowed(`The disk '${disk.name}' is not ready for a snapshot.`);
  checkHydration(state, disk, incremental);
  if (!incremental) return state.volumeNow(disk).snapshot({ incremental });
  if (disk.subscriptionId !== group.subscriptionId) {
    throw new ArmError(
      400,
      'BadRequest',
      `An incremental snapshot of '${disk.name}' must be in the disk's subscription.`,
    );
  }
  checkIncrementalLimits(state, disk);
  return state.volumeNow(disk).snapshot({ incremental });
}

/** Source: incremental snapshot restrictions; SnapshotsLimitReached as reported in azure-sdk-for-python#14282. ⚠ The code of the rate limit is not documented. */
function checkIncrementalLimits(state: AzureState, disk: Disk): void {
  const now = state.clock.now();
  disk.recentSnapshotsMs = disk.recentSnapshotsMs.filter((each) => each > now - INCREMENTAL_SNAPSHOT_WINDOW_MS);
  const [oldest] = disk.recentSnapshotsMs;
  if (oldest !== undefined && disk.recentSnapshotsMs.length >= INCREMENTAL_SNAPSHOTS_PER_WINDOW_MAX) {
    const seconds = Math.ceil((oldest + INCREMENTAL_SNAPSHOT_WINDOW_MS - now) / 1_000);
    throw new ArmError(
      429,
      'TooManyRequests',
      `At most ${INCREMENTAL_SNAPSHOTS_PER_WINDOW_MAX} incremental snapshots of a disk can be created every five minutes.`,
      { headers: { 'Retry-After': String(Math.max(1, seconds)) } },
    );
  }
  if (state.incrementalCountOf(disk.uniqueId, disk.region) >= INCREMENTAL_SNAPSHOTS_PER_DISK_MAX) {
    throw new ArmError(
      409,
      'SnapshotsLimitReached',
      `The disk '${disk.name}' has ${INCREMENTAL_SNAPSHOTS_PER_DISK_MAX} incremental snapshots.`,
    );
  }
  disk.recentSnapshotsMs.push(now);
}

/** A copy of a snapshot is a chain of its own: its first snapshot holds everything. */
function bytesOfCopy(source: Snapshot, incremental: boolean): SnapshotBytes {
  if (!isUsable(source)) throw notAllowed(`The snapshot '${source.name}' is not ready to be copied.`);
  return VolumeBytes.fromSnapshot(source.bytes, source.bytes.sizeBytes, source.sequence).snapshot({ incremental });
}
