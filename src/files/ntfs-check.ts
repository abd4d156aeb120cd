import { NOT_REPLAYED } from './ext-journal.ts';
import type { ByteReader, Tools } from './ports.ts';

/** The library reads all records before it shows the first: more than these need more memory and time than a request has. */
const RECORDS_MAX = 200_000;
const LOG_FILE_RECORD = 2;
const DATA_ATTRIBUTE = 0x80;
const ATTRIBUTES_MAX = 64;
/** Source: the restart area of $LogFile, as ntfs-3g's logfile.h describes it: nobody has the volume open, or it was closed in order. */
const NO_CLIENT = 0xffff;
const VOLUME_IS_CLEAN = 0x2;

/**
 * Holds an NTFS file system to what its reader can carry.
 *
 * Shape:  the notes that its listings bear: that its journal was not replayed, where it was not closed in order.
 * Errors: `unsupported` for one of more than 200,000 records; `damaged`.
 * Source: the NTFS documentation of the Linux-NTFS project: boot sector, file records, attributes.
 */
export async function checkNtfs(volume: ByteReader, tools: Tools): Promise<readonly string[]> {
  const boot = viewOf(await volume.read(0, 512));
  const sectorBytes = boot.getUint16(11, true);
  const perCluster = boot.getUint8(13);
  const clusterBytes = sectorBytes * (perCluster > 0x80 ? 2 ** (256 - perCluster) : perCluster);
  const perRecord = boot.getInt8(64);
  const recordBytes = perRecord < 0 ? 2 ** -perRecord : perRecord * clusterBytes;
  const tableAt = Number(boot.getBigUint64(48, true)) * clusterBytes;
  const damaged = () => tools.fault('damaged', 'The NTFS file system makes no sense');
  if (![512, 1_024, 2_048, 4_096].includes(sectorBytes) || clusterBytes < 512 || clusterBytes > 2_097_152)
    throw damaged();
  if (recordBytes < 512 || recordBytes > 65_536 || tableAt <= 0) throw damaged();
  const table = findData(viewOf(await volume.read(tableAt, recordBytes)));
  if (table === null || table.resident) throw damaged();
  const records = Math.floor(table.sizeBytes / recordBytes);
  if (records > RECORDS_MAX)
    throw tools.fault('unsupported', 'The NTFS file system has too many records', {
      fileSystem: 'ntfs',
      records,
      allowed: RECORDS_MAX,
    });
  const log = findData(viewOf(await volume.read(tableAt + LOG_FILE_RECORD * recordBytes, recordBytes)));
  if (log === null || log.resident || log.firstCluster === null) return [NOT_REPLAYED];
  return (await isClean(volume, log.firstCluster * clusterBytes)) ? [] : [NOT_REPLAYED];
}

interface DataAttribute {
  readonly resident: boolean;
  readonly sizeBytes: number;
  readonly firstCluster: number | null;
}

/** The unnamed $DATA of a file record. */
function findData(record: DataView): DataAttribute | null {
  const FILE_MARK = 0x454c4946;
  if (record.getUint32(0, true) !== FILE_MARK) return null;
  let at = record.getUint16(20, true);
  for (let count = 0; count < ATTRIBUTES_MAX && at + 64 <= record.byteLength; count += 1) {
    const length = record.getUint32(at + 4, true);
    if (record.getUint32(at, true) === DATA_ATTRIBUTE && record.getUint8(at + 9) === 0) {
      if (record.getUint8(at + 8) === 0)
        return { resident: true, sizeBytes: record.getUint32(at + 16, true), firstCluster: null };
      const sizeBytes = Number(record.getBigUint64(at + 48, true));
      return { resident: false, sizeBytes, firstCluster: readFirstRun(record, at + record.getUint16(at + 32, true)) };
    }
    if (length < 16) return null;
    at += length;
  }
  return null;
}

/** Where the first run of an attribute's clusters begins. */
function readFirstRun(record: DataView, at: number): number | null {
  if (at >= record.byteLength) return null;
  const head = record.getUint8(at);
  const [lengthBytes, placeBytes] = [head & 15, head >> 4];
  if (lengthBytes === 0 || placeBytes === 0 || placeBytes > 6 || at + 1 + lengthBytes + placeBytes > record.byteLength)
    return null;
  let cluster = 0;
  for (let index = 0; index < placeBytes; index += 1)
    cluster += record.getUint8(at + 1 + lengthBytes + index) * 256 ** index;
  return cluster;
}

async function isClean(volume: ByteReader, at: number): Promise<boolean> {
  const RESTART_MARK = 0x52545352;
  const EMPTY = 0xffffffff;
  const page = viewOf(await volume.read(at, 4_096));
  if (page.getUint32(0, true) === EMPTY) return true;
  if (page.getUint32(0, true) !== RESTART_MARK) return false;
  const area = page.getUint16(24, true);
  if (area + 16 > page.byteLength) return false;
  return page.getUint16(area + 12, true) === NO_CLIENT || (page.getUint16(area + 14, true) & VOLUME_IS_CLEAN) !== 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
