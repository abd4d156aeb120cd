import type { ByteReader, Tools } from './ports.ts';

const SUPERBLOCK_AT = 1_024;
const SUPERBLOCK_BYTES = 1_024;

/** Feature bits. Source: the kernel's documentation of ext4, super block: https://docs.kernel.org/filesystems/ext4/super.html. */
const INCOMPAT = { recover: 0x4, journalDevice: 0x8, metaGroups: 0x10, wide: 0x80 } as const;
const SPARSE_SUPER = 0x1;
const SPARSE_SUPER_2 = 0x200;
const BIGALLOC = 0x200;
/**
 * What can be read: file types in directories, journals, meta groups, extents, 64 bits, multiple-mount protection, flexible groups, attributes in
 * inodes, the checksum seed, large directories, data in inodes, encryption (of single files) and case folding.
 */
const INCOMPAT_KNOWN =
  0x2 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000;

/** How an ext2, ext3 or ext4 file system lies on its volume. */
export interface ExtLayout {
  readonly blockBytes: number;
  readonly blocks: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly inodes: number;
  readonly inodesPerGroup: number;
  readonly inodeBytes: number;
  readonly descriptorBytes: number;
  /** The first block of descriptors that lies in its own group; infinite where all lie together. */
  readonly firstMetaGroup: number;
  readonly backupAt: (group: number) => boolean;
  /** True where the journal holds what the file system does not: it was not unmounted, as on a snapshot of a running machine. */
  readonly journalDirty: boolean;
  /** Null where there is none, or where it lies on another device. */
  readonly journalInode: number | null;
}

/**
 * Reads the superblock and holds it to what can be.
 *
 * Errors: `damaged`; `unsupported` for features that nobody here knows.
 */
export async function readExtLayout(volume: ByteReader, tools: Tools): Promise<ExtLayout> {
  const bytes = await volume.read(SUPERBLOCK_AT, SUPERBLOCK_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (at: number) => view.getUint32(at, true);
  const incompat = u32(96);
  const roCompat = u32(100);
  if ((incompat & INCOMPAT.journalDevice) !== 0)
    throw tools.fault('unsupported', 'This is the journal of another file system', { fileSystem: 'ext journal' });
  const unknown = incompat & ~INCOMPAT_KNOWN;
  if (unknown !== 0)
    throw tools.fault('unsupported', 'The ext file system has features that are not known', {
      fileSystem: 'ext4',
      features: `0x${(unknown >>> 0).toString(16)}`,
    });
  const blockBytes = 1_024 * 2 ** Math.min(u32(24), 31);
  const wide = (incompat & INCOMPAT.wide) !== 0;
  const blocks = u32(4) + (wide ? u32(336) * 2 ** 32 : 0);
  const layout = {
    blockBytes,
    blocks,
    firstDataBlock: u32(20),
    blocksPerGroup: u32(32),
    inodes: u32(0),
    inodesPerGroup: u32(40),
    inodeBytes: u32(76) === 0 ? 128 : view.getUint16(88, true),
    descriptorBytes: wide ? view.getUint16(254, true) : 32,
    firstMetaGroup: (incompat & INCOMPAT.metaGroups) !== 0 ? u32(260) : Number.POSITIVE_INFINITY,
    backupAt: backups(roCompat, u32(92), u32(588), u32(592)),
    journalDirty: (incompat & INCOMPAT.recover) !== 0,
    journalInode: u32(228) === 0 && u32(224) !== 0 ? u32(224) : null,
  };
  const clusterFits = (roCompat & BIGALLOC) !== 0 || layout.blocksPerGroup <= 8 * blockBytes;
  const sound =
    blockBytes <= 65_536 &&
    isPowerOfTwo(layout.inodeBytes) &&
    layout.inodeBytes >= 128 &&
    layout.inodeBytes <= blockBytes &&
    isPowerOfTwo(layout.descriptorBytes) &&
    layout.descriptorBytes >= 32 &&
    layout.descriptorBytes <= 1_024 &&
    layout.blocksPerGroup >= 8 &&
    clusterFits &&
    layout.inodesPerGroup > 0 &&
    layout.inodesPerGroup <= 8 * blockBytes &&
    layout.firstDataBlock <= 1 &&
    blocks > layout.firstDataBlock &&
    blocks * blockBytes <= volume.sizeBytes &&
    layout.inodes <= Math.ceil((blocks - layout.firstDataBlock) / layout.blocksPerGroup) * layout.inodesPerGroup;
  if (!sound) throw tools.fault('damaged', 'The superblock of the ext file system makes no sense');
  return layout;
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}

/** Which groups begin with a backup of the superblock: it moves the descriptors behind it by a block. */
function backups(roCompat: number, compat: number, first: number, second: number): (group: number) => boolean {
  if ((compat & SPARSE_SUPER_2) !== 0) return (group) => group === 0 || group === first || group === second;
  if ((roCompat & SPARSE_SUPER) === 0) return () => true;
  return (group) => group <= 1 || [3, 5, 7].some((base) => isPowerOf(group, base));
}

function isPowerOf(value: number, base: number): boolean {
  let rest = value;
  while (rest > 1 && rest % base === 0) rest /= base;
  return rest === 1;
}
