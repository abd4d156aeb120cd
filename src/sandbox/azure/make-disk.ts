import { VolumeBytes } from '../bytes/bytes.ts';
import { ArmError, invalidParameter, notAllowed, notInSandbox, referenceNotFound } from './arm-error.ts';
import { accessStateOf, isUsable } from './background-copies.ts';
import { oneOf } from './body-rules.ts';
import { checkedCreation, checkedZones, checkSizeOfKind, isZonalKind, sectorBytesOf } from './disk-kinds.ts';
import { type Json, listAt, numberAt, objectAt, textAt } from './json.ts';
import type { Disk, Group, Snapshot } from './resources.ts';
import type { AzureState } from './state.ts';

/** The provider's name of the type. */
export const DISK_TYPE = 'Microsoft.Compute/disks';

/** Bytes of what Azure calls a GB of a disk. */
export const GIB = 2 ** 30;

/** Kinds of disks. Source: SDK, DiskStorageAccountTypes. */
export const DISK_SKUS = [
  'Standard_LRS',
  'Premium_LRS',
  'StandardSSD_LRS',
  'UltraSSD_LRS',
  'Premium_ZRS',
  'StandardSSD_ZRS',
  'PremiumV2_LRS',
] as const;

/** Makes a disk as a PUT asks for it: empty, or with the bytes of a snapshot or disk of its region. Errors: 400, 404, 409, 501. */
export function newDisk(
  state: AzureState,
  group: Group,
  asked: {
    name: string;
    region: string;
    tags: Record<string, string>;
    settings: Json;
    body: unknown;
  },
): Disk {
  const { body, region, settings } = asked;
  const creation = objectAt(body, 'properties', 'creationData');
  const option = textAt(creation, 'createOption') ?? '';
  const sku = oneOf('sku.name', textAt(body, 'sku', 'name') ?? 'Standard_LRS', DISK_SKUS);
  const zones = checkedZones(listAt(body, 'zones'), sku);
  const asksGiB = numberAt(body, 'properties', 'diskSizeGB');
  const resource = state.resource(group, DISK_TYPE, asked.name, region, asked.tags);
  const seed = resource.sequence;
  let volume: VolumeBytes;
  let sizeGiB: number;
  let inherited: Json = {};
  if (option.toLowerCase() === 'empty') {
    if (asksGiB === null) throw invalidParameter('diskSizeGB', 'diskSizeGB is required where createOption is Empty.');
    sizeGiB = checkSizeOfKind(asksGiB, sku);
    volume = new VolumeBytes({ sizeBytes: sizeGiB * GIB, seed });
  } else if (option.toLowerCase() === 'copy') {
    const source = sourceOf(state, creation, region, sku);
    sizeGiB = checkSizeOfKind(asksGiB ?? source.sizeGiB, sku);
    if (sizeGiB < source.sizeGiB) {
      throw invalidParameter(
        'diskSizeGB',
        `diskSizeGB ${sizeGiB} must not be less than the ${source.sizeGiB} of the source.`,
      );
    }
    checkInstantSize(source, sizeGiB);
    const bytes = 'volume' in source ? state.volumeNow(source).snapshot({ incremental: false }) : source.bytes;
    volume = VolumeBytes.fromSnapshot(bytes, sizeGiB * GIB, seed);
    inherited = carriedOver(source);
  } else if (option === '') throw invalidParameter('creationData.createOption');
  else throw notInSandbox(`disks with createOption ${option}`);
  return {
    ...resource,
    uniqueId: state.nextGuid(),
    settings: { ...inherited, ...settings, creationData: checkedCreation(creation, sku, sizeGiB) },
    volume,
    workload: null,
    sku,
    zones,
    sizeGiB,
    state: 'Updating',
    managedBy: null,
    pausedMs: 0,
    pausedSinceMs: null,
    recentSnapshotsMs: [],
  };
}

/** The disk or snapshot that a disk is copied from. Errors: 404; 400 in another region; 409 while it is not ready. */
function sourceOf(state: AzureState, creation: Json, region: string, sku: string): Disk | Snapshot {
  const id = textAt(creation, 'sourceResourceId');
  if (id === null) throw invalidParameter('creationData.sourceResourceId');
  const source = state.snapshots.get(id) ?? state.disks.get(id);
  if (source === undefined) throw referenceNotFound(id);
  if (source.region !== region) {
    throw new ArmError(
      400,
      'BadRequest',
      `The source '${source.name}' is in ${source.region}; a copy must be in the same region.`,
    );
  }
  if ('volume' in source) {
    if (source.state !== 'Succeeded') throw notAllowed(`The source '${source.name}' is not ready to be copied.`);
    return source;
  }
  const instant = accessStateOf(source, state.clock.now()) === 'InstantAccess' && isZonalKind(sku);
  if (!isUsable(source) && !instant) throw notAllowed(`The snapshot '${source.name}' is not ready to be copied.`);
  if (sectorBytesOf(source.creation) === 4096 && !isZonalKind(sku)) {
    throw invalidParameter(
      'sku.name',
      `The snapshot '${source.name}' has sectors of 4096 bytes: only Premium SSD v2 and Ultra disks are made of it.`,
    );
  }
  return source;
}

/** Source: ACD, disks-instant-access-snapshots: a disk that is made by instant access has the size of its source. Errors: 400. */
function checkInstantSize(source: Disk | Snapshot, sizeGiB: number): void {
  if ('volume' in source || isUsable(source) || sizeGiB === source.sizeGiB) return;
  throw invalidParameter('diskSizeGB', 'A disk that is made by instant access cannot be larger than its snapshot.');
}

/** What a copy has of its source. Source: ACD, disks from snapshots keep what an operating system needs. */
function carriedOver(source: Disk | Snapshot): Json {
  const names = [
    'osType',
    'hyperVGeneration',
    'purchasePlan',
    'supportedCapabilities',
    'securityProfile',
    'encryptionSettingsCollection',
  ];
  return Object.fromEntries(names.flatMap((name) => (name in source.settings ? [[name, source.settings[name]]] : [])));
}
