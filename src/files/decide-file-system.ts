/** How much of a volume's beginning the signatures lie in. Units: bytes. */
export const SIGNATURE_BYTES = 69_632;

/** What a volume's first bytes say it is. `readable` names the reader; else `why` says why its files cannot be read. */
export interface FoundFileSystem {
  readonly name: string;
  readonly readable: 'ext' | 'ntfs' | 'fat' | null;
  readonly why: string | null;
}

interface Signature {
  readonly name: string;
  readonly at: number;
  readonly bytes: string;
  readonly why: string;
}

/**
 * What is recognised and refused by its name.
 * Source: libblkid's superblock probes (util-linux) and each project's own description of its on-disk format.
 */
const REFUSED: readonly Signature[] = [
  {
    name: 'bitlocker',
    at: 3,
    bytes: '-FVE-FS-',
    why: 'encrypted by BitLocker (also as Azure Disk Encryption uses it)',
  },
  { name: 'bitlocker', at: 3, bytes: 'MSWIN4.1', why: 'encrypted by BitLocker To Go' },
  { name: 'luks', at: 0, bytes: 'LUKS\xba\xbe', why: 'encrypted by LUKS (also as Azure Disk Encryption uses it)' },
  { name: 'refs', at: 3, bytes: 'ReFS\0\0\0\0', why: 'ReFS is not read' },
  { name: 'exfat', at: 3, bytes: 'EXFAT   ', why: 'exFAT is not read' },
  { name: 'xfs', at: 0, bytes: 'XFSB', why: 'XFS is not read' },
  { name: 'btrfs', at: 65_600, bytes: '_BHRfS_M', why: 'btrfs is not read' },
  { name: 'bcachefs', at: 4_120, bytes: '\xc6\x85\x73\xf6\x4e\x1a\x45\xca', why: 'bcachefs is not read' },
  { name: 'f2fs', at: 1_024, bytes: '\x10\x20\xf5\xf2', why: 'F2FS is not read' },
  { name: 'squashfs', at: 0, bytes: 'hsqs', why: 'SquashFS is not read' },
  { name: 'iso9660', at: 32_769, bytes: 'CD001', why: 'ISO 9660 is not read' },
  { name: 'apfs', at: 32, bytes: 'NXSB', why: 'APFS is not read' },
  { name: 'hfs+', at: 1_024, bytes: 'H+\0\x04', why: 'HFS+ is not read' },
  { name: 'swap', at: 4_086, bytes: 'SWAPSPACE2', why: 'swap space holds no files' },
  { name: 'swap', at: 4_086, bytes: 'SWAP-SPACE', why: 'swap space holds no files' },
  { name: 'swap', at: 65_526, bytes: 'SWAPSPACE2', why: 'swap space holds no files' },
  { name: 'raid', at: 4_096, bytes: '\xfc\x4e\x2b\xa9', why: 'a member of a Linux RAID' },
  { name: 'raid', at: 0, bytes: '\xfc\x4e\x2b\xa9', why: 'a member of a Linux RAID' },
  { name: 'vhd', at: 0, bytes: 'conectix', why: 'a dynamic VHD inside the disk is not read' },
  { name: 'vhdx', at: 0, bytes: 'vhdxfile', why: 'a VHDX inside the disk is not read' },
  ...[0, 512, 1_024, 1_536].map((at) => ({ name: 'lvm', at, bytes: 'LABELONE', why: 'a physical volume of LVM' })),
];

const EXT_MAGIC_AT = 1_080;

/**
 * Recognises what a volume holds by its first bytes.
 *
 * Shape: encryption and volume managers before file systems: what they cover may still show an older file system's marks.
 */
export function decideFileSystem(head: Uint8Array): FoundFileSystem {
  const bitlockerToGo = has(head, 3, 'MSWIN4.1') && !has(head, 424, '\x3b\xd6\x67\x49\x29\x2e\xd8\x4a');
  const refused = REFUSED.find(
    ({ name, at, bytes }) => has(head, at, bytes) && !(name === 'bitlocker' && bitlockerToGo),
  );
  if (refused) return { name: refused.name, readable: null, why: refused.why };
  if (has(head, 3, 'NTFS    ')) return { name: 'ntfs', readable: 'ntfs', why: null };
  if (has(head, EXT_MAGIC_AT, '\x53\xef')) return { name: extVersion(head), readable: 'ext', why: null };
  const fat = fatKind(head);
  if (fat) return { name: fat, readable: 'fat', why: null };
  const empty = head.every((byte) => byte === 0);
  return empty
    ? { name: 'empty', readable: null, why: 'nothing was ever written to its beginning' }
    : { name: 'unknown', readable: null, why: 'no file system that Holdfast knows' };
}

function has(head: Uint8Array, at: number, text: string): boolean {
  if (at + text.length > head.length) return false;
  for (let index = 0; index < text.length; index += 1) if (head[at + index] !== text.charCodeAt(index)) return false;
  return true;
}

/** Source: the kernel's ext4 documentation, superblock: a journal makes it ext3, extents and their kin ext4. */
function extVersion(head: Uint8Array): string {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const HAS_JOURNAL = 0x4;
  const EXT3_INCOMPAT = 0x16;
  const EXT3_RO_COMPAT = 0x7;
  if ((view.getUint32(1_120, true) & ~EXT3_INCOMPAT) !== 0 || (view.getUint32(1_124, true) & ~EXT3_RO_COMPAT) !== 0)
    return 'ext4';
  return (view.getUint32(1_116, true) & HAS_JOURNAL) !== 0 ? 'ext3' : 'ext2';
}

/** Source: Microsoft's FAT specification: a boot sector is told by its jump, its mark and what its fields may hold. */
function fatKind(head: Uint8Array): string | null {
  if (head[510] !== 0x55 || head[511] !== 0xaa || (head[0] !== 0xeb && head[0] !== 0xe9)) return null;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const perCluster = head[13] ?? 0;
  const sane =
    [512, 1_024, 2_048, 4_096].includes(view.getUint16(11, true)) &&
    perCluster > 0 &&
    (perCluster & (perCluster - 1)) === 0 &&
    view.getUint16(14, true) > 0 &&
    (head[16] === 1 || head[16] === 2);
  if (!sane) return null;
  if (has(head, 82, 'FAT32   ')) return 'fat32';
  if (has(head, 54, 'FAT16   ')) return 'fat16';
  if (has(head, 54, 'FAT12   ')) return 'fat12';
  return has(head, 54, 'FAT     ') ? 'fat' : null;
}
