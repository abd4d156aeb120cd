import { VolumeBytes } from '../bytes/bytes.ts';
import { ArmError, invalidParameter, notAllowed, notInSandbox, referenceNotFound } from './arm-error.ts';
import { isUsable } from './background-copies.ts';
import { checkSize, oneOf } from './body-rules.ts';
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
    sizeGiB = checkSize(asksGiB);
    volume = new VolumeBytes({ sizeBytes: sizeGiB * GIB, seed });
  } else if (option.toLowerCase() === 'copy') {
    const source = sourceOf(state, creation, region);
    sizeGiB = checkSize(asksGiB ?? source.sizeGiB);
    if (sizeGiB < source.sizeGiB) {
      throw invalidParameter(
        'diskSizeGB',
        `diskSizeGB ${sizeGiB} must not be less than the ${source.sizeGiB} of the source.`,
      );
    }
    const bytes = 'volume' in source ? state.volumeNow(source).snapshot({ incremental: false }) : source.bytes;
    volume = VolumeBytes.fromSnapshot(bytes, sizeGiB * GIB, seed);
    inherited = carriedOver(source);
  } else if (option === '') throw invalidParameter('creationData.createOption');
  else throw notInSandbox(`disks with createOption ${option}`);
  return {
    ...resource,
    uniqueId: state.nextGuid(),
    settings: { ...inherited, ...settings, creationData: creation },
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
function sourceOf(state: AzureState, creation: Json, region: string): Disk | Snapshot {
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
  const ready = 'volume' in source ? source.state === 'Succeeded' : isUsable(source);
  if (!ready) throw notAllowed(`The source '${source.name}' is not ready to be copied.`);
  return source;
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

/** Source: azure.microsoft.com docs: ZRS disks take no zone; Premium SSD v2 and Ultra disks need one. */
function checkedZones(zones: readonly unknown[], sku: string): readonly string[] {
  const texts = zones.map(String);
  if (texts.length > 1) throw invalidParameter('zones', 'A disk lies in one zone at most.');
  if (texts.length === 1 && sku.endsWith('_ZRS')) throw invalidParameter('zones', `A disk of ${sku} takes no zone.`);
  return texts;
}
