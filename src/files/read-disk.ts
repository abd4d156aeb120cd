import { BlockCache, type ReadCounts, sliceOf } from './block-cache.ts';
import { decideFileSystem, SIGNATURE_BYTES } from './decide-file-system.ts';
import { openExt } from './ext-file-system.ts';
import { checkNtfs } from './ntfs-check.ts';
import { openArchive } from './open-archive.ts';
import type { ByteReader, DiskContents, FileSystem, Tools, Volume } from './ports.ts';
import { readPartitions } from './read-partitions.ts';

/** A disk can name more partitions than anybody has; each is looked at. */
const VOLUMES_MAX = 128;
const WHOLE_DISK = 0;

/**
 * Finds what is on a disk: its partitions, and the file system of each, or of the whole disk where it has none.
 *
 * Errors: `damaged` where a partition table is there and cannot be read. A volume that cannot be read says why, and fails when it is opened.
 */
export async function readDisk(
  source: { readonly sizeBytes: number; readonly fetch: (offset: number, length: number) => Promise<Uint8Array> },
  tools: Tools,
): Promise<DiskContents & { readonly counts: () => ReadCounts }> {
  const disk = new BlockCache(source.sizeBytes, source.fetch, tools);
  const table = await readPartitions(disk, tools);
  const whole = { number: WHOLE_DISK, offset: 0, sizeBytes: disk.sizeBytes, label: '', unreadable: null };
  const volumes: Volume[] = [];
  const readers = new Map<string, (reader: ByteReader) => Promise<FileSystem>>();
  for (const partition of (table.kind === 'none' ? [whole] : table.partitions).slice(0, VOLUMES_MAX)) {
    const { offset, sizeBytes, label } = partition;
    const found = decideFileSystem(await disk.read(offset, Math.min(SIGNATURE_BYTES, sizeBytes)));
    const name = `p${partition.number}`;
    if (found.readable === 'ext') readers.set(name, (reader) => openExt(reader, tools));
    if (found.readable === 'ntfs')
      readers.set(name, async (reader) => openArchive(reader, 'NTFS', await checkNtfs(reader, tools), tools));
    if (found.readable === 'fat') readers.set(name, (reader) => openArchive(reader, 'FAT', [], tools));
    volumes.push({
      name,
      offset,
      sizeBytes,
      label,
      fileSystem: found.name,
      unreadable: partition.unreadable ?? found.why,
    });
  }
  return {
    table: table.kind,
    volumes,
    counts: () => disk.counts,
    open: async (volume) => {
      const open = readers.get(volume.name);
      if (!open || volume.unreadable !== null)
        throw tools.fault('unsupported', 'This file system cannot be read', {
          fileSystem: volume.fileSystem,
          why: volume.unreadable ?? 'not known',
        });
      return open(sliceOf(disk, volume.offset, volume.sizeBytes, tools));
    },
  };
}
