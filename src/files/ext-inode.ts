import type { EpochMs } from '../base/time.ts';
import type { ExtLayout } from './ext-layout.ts';
import type { EntryKind, Tools } from './ports.ts';

/** Source: https://docs.kernel.org/filesystems/ext4/inodes.html. */
const FLAGS = { encrypted: 0x800, extents: 0x80000, inlineData: 0x10000000 } as const;
const KINDS: Readonly<Record<number, EntryKind>> = { 4: 'directory', 8: 'file', 10: 'symlink' };
/** The largest file of ext4 is a little under 16 TiB. Units: bytes. */
const FILE_BYTES_MAX = 2 ** 44;
const ROOT = 2;

/** The number of the root directory. */
export const ROOT_INODE = ROOT;

/** One file as its inode tells it. */
export interface ExtInode {
  readonly number: number;
  readonly kind: EntryKind;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly modifiedAt: EpochMs;
  readonly hasExtents: boolean;
  readonly isInline: boolean;
  readonly isEncrypted: boolean;
  /** The 60 bytes that lead to the blocks, or hold the content itself. */
  readonly root: Uint8Array;
  /** The whole inode: attributes may lie behind its fields. */
  readonly bytes: Uint8Array;
}

/** Where blocks really are: the journal may hold a newer content of a block. */
export type BlockReader = (block: number) => Promise<Uint8Array>;

/**
 * Finds inodes.
 *
 * Errors: `damaged` for a number outside the file system, or a table outside its volume.
 */
export class ExtInodes {
  readonly #layout: ExtLayout;
  readonly #readBlock: BlockReader;
  readonly #tools: Tools;

  constructor(layout: ExtLayout, readBlock: BlockReader, tools: Tools) {
    this.#layout = layout;
    this.#readBlock = readBlock;
    this.#tools = tools;
  }

  async get(number: number): Promise<ExtInode> {
    const { inodes, inodesPerGroup, inodeBytes, blockBytes } = this.#layout;
    if (number < 1 || number > inodes)
      throw this.#tools.fault('damaged', 'A directory names a file that cannot be', { inode: number });
    const table = await this.#tableOf(Math.floor((number - 1) / inodesPerGroup));
    const at = ((number - 1) % inodesPerGroup) * inodeBytes;
    const block = await this.#readBlock(table + Math.floor(at / blockBytes));
    return parseInode(number, block.subarray(at % blockBytes, (at % blockBytes) + inodeBytes));
  }

  /** The first block of a group's table of inodes. */
  async #tableOf(group: number): Promise<number> {
    const { blockBytes, descriptorBytes, firstDataBlock, firstMetaGroup, blocksPerGroup, backupAt } = this.#layout;
    const perBlock = blockBytes / descriptorBytes;
    const index = Math.floor(group / perBlock);
    const firstOfBlock = index * perBlock;
    const block =
      index < firstMetaGroup
        ? firstDataBlock + 1 + index
        : firstDataBlock + firstOfBlock * blocksPerGroup + (backupAt(firstOfBlock) ? 1 : 0);
    const bytes = await this.#readBlock(block);
    const view = new DataView(bytes.buffer, bytes.byteOffset + (group % perBlock) * descriptorBytes, descriptorBytes);
    return view.getUint32(8, true) + (descriptorBytes >= 64 ? view.getUint32(40, true) * 2 ** 32 : 0);
  }
}

function parseInode(number: number, bytes: Uint8Array): ExtInode {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mode = view.getUint16(0, true);
  const flags = view.getUint32(32, true);
  const sizeBytes = view.getUint32(4, true) + view.getUint32(108, true) * 2 ** 32;
  return {
    number,
    kind: KINDS[mode >> 12] ?? 'other',
    mode: mode & 0o7777,
    sizeBytes: Math.min(sizeBytes, FILE_BYTES_MAX),
    modifiedAt: readTime(view),
    hasExtents: (flags & FLAGS.extents) !== 0,
    isInline: (flags & FLAGS.inlineData) !== 0,
    isEncrypted: (flags & FLAGS.encrypted) !== 0,
    root: bytes.subarray(40, 100),
    bytes,
  };
}

/** Seconds are signed; two bits of the extra field carry them past 2038. */
function readTime(view: DataView): EpochMs {
  const seconds = view.getInt32(16, true);
  const hasExtra = view.byteLength > 128 && view.getUint16(128, true) >= 12;
  const extra = hasExtra ? view.getUint32(136, true) : 0;
  return (seconds + (extra & 3) * 2 ** 32) * 1_000 + Math.min(999, Math.floor((extra >>> 2) / 1_000_000));
}
