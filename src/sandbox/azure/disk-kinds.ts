import { invalidParameter } from './arm-error.ts';
import { type Json, numberAt, objectAt, valueAt } from './json.ts';
import {
  DISK_SIZE_GIB_MAX,
  INSTANT_ACCESS_MINUTES_MAX,
  INSTANT_ACCESS_MINUTES_MIN,
  OS_DISK_SIZE_GIB_MAX,
  PERFORMANCE_PLUS_SIZE_GIB_MIN,
  USUAL_DISK_SIZE_GIB_MAX,
} from './limits.ts';

/** Whether disks of this kind have 4 KiB sectors, zones, and snapshots that are copied after the fact: Premium SSD v2 and Ultra. */
export function isZonalKind(sku: string): boolean {
  return sku === 'PremiumV2_LRS' || sku === 'UltraSSD_LRS';
}

/** Sector size of a disk or snapshot by its creation data. Units: bytes. Source: SDK, logicalSectorSize: 4096 unless told for v2 and Ultra. */
export function sectorBytesOf(creation: Json): number {
  return numberAt(creation, 'logicalSectorSize') ?? 512;
}

/** The creation data of a disk of this kind. Errors: 400 for what the kind does not have. */
export function checkedCreation(creation: Json, sku: string, sizeGiB: number): Json {
  const sector = numberAt(creation, 'logicalSectorSize');
  if (sector !== null && !isZonalKind(sku)) {
    throw invalidParameter('creationData.logicalSectorSize', `A disk of ${sku} has sectors of 512 bytes.`);
  }
  if (sector !== null && sector !== 512 && sector !== 4096) throw invalidParameter('creationData.logicalSectorSize');
  if (valueAt(creation, 'performancePlus') === true) checkPerformancePlus(sku, sizeGiB);
  return isZonalKind(sku) ? { ...creation, logicalSectorSize: sector ?? 4096 } : creation;
}

/** Source: ACD, disks-enable-performance: from 513 GiB on, at creation, not for v2 and Ultra. */
function checkPerformancePlus(sku: string, sizeGiB: number): void {
  if (sizeGiB >= PERFORMANCE_PLUS_SIZE_GIB_MIN && !isZonalKind(sku)) return;
  throw invalidParameter(
    'creationData.performancePlus',
    `performancePlus needs a Premium SSD, Standard SSD or Standard HDD disk of at least ${PERFORMANCE_PLUS_SIZE_GIB_MIN} GiB.`,
  );
}

/** A disk's size. Units: GiB. Source: managed disk sizes. Errors: 400. */
export function checkSizeOfKind(sizeGiB: number, sku: string): number {
  const most = isZonalKind(sku) ? DISK_SIZE_GIB_MAX : USUAL_DISK_SIZE_GIB_MAX;
  if (sizeGiB >= 1 && sizeGiB <= most) return sizeGiB;
  throw invalidParameter(
    'diskSizeGB',
    `The size of a disk of ${sku} lies between 1 and ${most} GiB, not at ${sizeGiB}.`,
  );
}

/** The minutes of instant access that a snapshot asks for. Source: ACD, disks-instant-access-snapshots. Errors: 400. */
export function checkedInstantAccess(creation: Json, sku: string): void {
  const minutes = numberAt(creation, 'instantAccessDurationMinutes');
  if (minutes === null) return;
  if (!isZonalKind(sku)) {
    throw invalidParameter(
      'creationData.instantAccessDurationMinutes',
      'Only snapshots of Premium SSD v2 and Ultra disks take instantAccessDurationMinutes.',
    );
  }
  if (minutes >= INSTANT_ACCESS_MINUTES_MIN && minutes <= INSTANT_ACCESS_MINUTES_MAX) return;
  throw invalidParameter(
    'creationData.instantAccessDurationMinutes',
    `instantAccessDurationMinutes lies between ${INSTANT_ACCESS_MINUTES_MIN} and ${INSTANT_ACCESS_MINUTES_MAX}.`,
  );
}

/** Whether a disk can hold an operating system. Source: managed disk types: v2 and Ultra cannot, others up to 4,095 GiB. */
export function checkOsDisk(disk: { name: string; sku: string; sizeGiB: number }): void {
  if (!isZonalKind(disk.sku) && disk.sizeGiB <= OS_DISK_SIZE_GIB_MAX) return;
  throw invalidParameter(
    'osDisk',
    `Disk ${disk.name} of ${disk.sku} and ${disk.sizeGiB} GiB cannot be an OS disk: not Premium SSD v2 or Ultra, at most ${OS_DISK_SIZE_GIB_MAX} GiB.`,
  );
}

/** The zones of a disk. Source: ZRS disks take no zone; Premium SSD v2 and Ultra disks need one. Errors: 400. */
export function checkedZones(zones: readonly unknown[], sku: string): readonly string[] {
  const texts = zones.map(String);
  if (texts.length > 1) throw invalidParameter('zones', 'A disk lies in one zone at most.');
  if (texts.length === 1 && sku.endsWith('_ZRS')) throw invalidParameter('zones', `A disk of ${sku} takes no zone.`);
  if (texts.length === 0 && isZonalKind(sku)) throw invalidParameter('zones', `A disk of ${sku} needs a zone.`);
  if (texts.some((each) => !/^[1-3]$/.test(each))) throw invalidParameter('zones', 'Zones are 1, 2 and 3.');
  return texts;
}

/** Creation data of a disk's settings. */
export function creationOf(settings: Json): Json {
  return objectAt(settings, 'creationData');
}
