import type { ByteReader, Tools } from './ports.ts';

/** A stretch of the disk as its partition table tells. Units: bytes. */
export interface Partition {
  readonly number: number;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly label: string;
  /** Why it holds no file system of its own, where its type says so. */
  readonly unreadable: string | null;
}

export interface PartitionTable {
  readonly kind: 'gpt' | 'mbr' | 'none';
  readonly partitions: readonly Partition[];
}

/** Snapshots are exported with sectors of this size; what has larger ones is exported as VHDX and not read at all. */
const SECTOR_BYTES = 512;
const MBR_MARK_AT = 510;
const MBR_ENTRIES_AT = 446;
const MBR_ENTRY_BYTES = 16;
/** Linux numbers partitions up to 255; a chain that is longer is a loop or a trap. */
const LOGICAL_MAX = 128;
const GPT_ENTRIES_MAX = 1_024;
const GPT_ENTRY_BYTES = [128, 256, 512];

const EXTENDED_TYPES = [0x05, 0x0f, 0x85];
const GPT_PROTECTIVE = 0xee;

/** Source: Microsoft's PARTITION_INFORMATION_GPT and the UEFI specification 2.10, 5.3.3; GUIDs as they lie on the disk. */
const REFUSED_BY_TYPE: Readonly<Record<string, string>> = {
  '16e3c9e35c0bb84d817df92df00215ae': 'a reserved partition of Windows without files',
  aac808588f7ee04285d2e1e90434cfb3: 'a dynamic disk of Windows',
  a0609baf3114624fbc683311714a69ad: 'a dynamic disk of Windows',
  '4861682149644f6e744e656564454649': 'the BIOS boot partition, which holds code and no files',
};
const MBR_DYNAMIC_DISK = 0x42;

/**
 * Reads the partition table of a disk: GPT (its backup where the first is damaged), else MBR with its logical partitions.
 *
 * Shape:  `none` where there is no table that can be believed: the whole disk may then be one file system.
 * Safety: whatever the tables say, at most 1,024 entries and 128 links of a chain are read, and what reaches past the disk is left out.
 */
export async function readPartitions(disk: ByteReader, tools: Tools): Promise<PartitionTable> {
  if (disk.sizeBytes < 2 * SECTOR_BYTES) return { kind: 'none', partitions: [] };
  const first = await disk.read(0, SECTOR_BYTES);
  if (first[MBR_MARK_AT] !== 0x55 || first[MBR_MARK_AT + 1] !== 0xaa) return { kind: 'none', partitions: [] };
  const entries = mbrEntries(first);
  if (entries.some(({ type }) => type === GPT_PROTECTIVE)) {
    const gpt =
      (await readGpt(disk, SECTOR_BYTES)) ??
      (await readGpt(disk, Math.floor(disk.sizeBytes / SECTOR_BYTES - 1) * SECTOR_BYTES));
    if (gpt === null) throw tools.fault('damaged', 'The partition table (GPT) and its backup cannot be read');
    return { kind: 'gpt', partitions: gpt };
  }
  if (!isBelievable(first, entries, disk.sizeBytes)) return { kind: 'none', partitions: [] };
  const partitions = entries.flatMap((entry, index) =>
    entry.type === 0 || EXTENDED_TYPES.includes(entry.type) ? [] : [partitionOf(entry, index + 1)],
  );
  const extended = entries.find(({ type }) => EXTENDED_TYPES.includes(type));
  if (extended) partitions.push(...(await readLogical(disk, extended.start)));
  return { kind: 'mbr', partitions: partitions.filter((entry) => isInside(entry, disk.sizeBytes)) };
}

interface MbrEntry {
  readonly boot: number;
  readonly type: number;
  readonly start: number;
  readonly sectors: number;
}

function mbrEntries(sector: Uint8Array): readonly MbrEntry[] {
  const view = new DataView(sector.buffer, sector.byteOffset, sector.byteLength);
  return [0, 1, 2, 3].map((index) => {
    const at = MBR_ENTRIES_AT + index * MBR_ENTRY_BYTES;
    return {
      boot: view.getUint8(at),
      type: view.getUint8(at + 4),
      start: view.getUint32(at + 8, true),
      sectors: view.getUint32(at + 12, true),
    };
  });
}

/** Boot sectors of FAT and NTFS end with the same mark: they name themselves at their beginning, and hold code where a table has its entries. */
function isBelievable(sector: Uint8Array, entries: readonly MbrEntry[], sizeBytes: number): boolean {
  const name = String.fromCharCode(...sector.subarray(3, 11), ...sector.subarray(54, 59), ...sector.subarray(82, 87));
  if (/NTFS {4}|EXFAT {3}|-FVE-FS-|ReFS|FAT1|FAT32/.test(name)) return false;
  const used = entries.filter(({ type }) => type !== 0);
  return (
    used.length > 0 &&
    entries.every(({ boot }) => boot === 0 || boot === 0x80) &&
    used.every(({ start, sectors }) => start > 0 && sectors > 0 && start * SECTOR_BYTES < sizeBytes)
  );
}

function partitionOf(entry: MbrEntry, number: number): Partition {
  return {
    number,
    offset: entry.start * SECTOR_BYTES,
    sizeBytes: entry.sectors * SECTOR_BYTES,
    label: '',
    unreadable: entry.type === MBR_DYNAMIC_DISK ? 'a dynamic disk of Windows' : null,
  };
}

function isInside({ offset, sizeBytes }: Partition, diskBytes: number): boolean {
  return sizeBytes > 0 && offset > 0 && offset + sizeBytes <= diskBytes;
}

/** The logical partitions: a chain of tables, each with one partition and the way to the next, counted from the extended partition's start. */
async function readLogical(disk: ByteReader, extendedStart: number): Promise<readonly Partition[]> {
  const found: Partition[] = [];
  const visited = new Set<number>();
  let table = extendedStart;
  while (found.length < LOGICAL_MAX && !visited.has(table) && (table + 1) * SECTOR_BYTES <= disk.sizeBytes) {
    visited.add(table);
    const sector = await disk.read(table * SECTOR_BYTES, SECTOR_BYTES);
    if (sector[MBR_MARK_AT] !== 0x55 || sector[MBR_MARK_AT + 1] !== 0xaa) break;
    const [own, next] = mbrEntries(sector);
    if (own && own.type !== 0) found.push(partitionOf({ ...own, start: table + own.start }, 5 + found.length));
    if (!next || !EXTENDED_TYPES.includes(next.type) || next.start === 0) break;
    table = extendedStart + next.start;
  }
  return found;
}

/** Source: UEFI specification 2.10, 5.3.2 and 5.3.3. Shape: null where there is no header at that place, or none that can be believed. */
async function readGpt(disk: ByteReader, at: number): Promise<readonly Partition[] | null> {
  const header = await disk.read(at, SECTOR_BYTES);
  if (Buffer.from(header.subarray(0, 8)).toString('latin1') !== 'EFI PART') return null;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const entriesAt = Number(view.getBigUint64(72, true)) * SECTOR_BYTES;
  const count = Math.min(view.getUint32(80, true), GPT_ENTRIES_MAX);
  const entryBytes = view.getUint32(84, true);
  if (!GPT_ENTRY_BYTES.includes(entryBytes) || count === 0) return null;
  if (!Number.isSafeInteger(entriesAt) || entriesAt + count * entryBytes > disk.sizeBytes) return null;
  const bytes = await disk.read(entriesAt, count * entryBytes);
  const partitions: Partition[] = [];
  for (let index = 0; index < count; index += 1) {
    const entry = bytes.subarray(index * entryBytes, (index + 1) * entryBytes);
    const type = Buffer.from(entry.subarray(0, 16)).toString('hex');
    if (/^0+$/.test(type)) continue;
    const place = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
    const start = Number(place.getBigUint64(32, true));
    const last = Number(place.getBigUint64(40, true));
    const partition = {
      number: index + 1,
      offset: start * SECTOR_BYTES,
      sizeBytes: (last - start + 1) * SECTOR_BYTES,
      label: readLabel(entry.subarray(56, 128)),
      unreadable: REFUSED_BY_TYPE[type] ?? null,
    };
    if (isInside(partition, disk.sizeBytes)) partitions.push(partition);
  }
  return partitions;
}

function readLabel(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf16le');
  return (text.split('\0')[0] ?? '').replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '?');
}
