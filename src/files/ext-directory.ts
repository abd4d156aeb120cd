import type { ExtInode } from './ext-inode.ts';
import { readName } from './file-names.ts';
import type { EntryKind } from './ports.ts';

/** What a directory says of a file. The kind is null where the directory does not tell it. */
export interface DirectoryEntry {
  readonly name: string;
  readonly inode: number;
  readonly kind: EntryKind | null;
}

const HEAD_BYTES = 8;
/** Source: https://docs.kernel.org/filesystems/ext4/directory.html. */
const KINDS: Readonly<Record<number, EntryKind>> = {
  1: 'file',
  2: 'directory',
  3: 'other',
  4: 'other',
  5: 'other',
  6: 'other',
  7: 'symlink',
};

/**
 * The entries in a block of a directory, without `.` and `..`.
 *
 * Shape:  nodes of a hash tree look like blocks without entries, as they are meant to. `sound` is false where the block ends in nonsense: what
 *         stood before it is given all the same.
 */
export function readDirectoryBlock(block: Uint8Array): {
  readonly entries: readonly DirectoryEntry[];
  readonly sound: boolean;
} {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const entries: DirectoryEntry[] = [];
  for (let at = 0; at + HEAD_BYTES <= block.length; ) {
    const inode = view.getUint32(at, true);
    const length = recordLength(view.getUint16(at + 4, true), block.length);
    const nameBytes = view.getUint8(at + 6);
    if (length < HEAD_BYTES || length % 4 !== 0 || at + length > block.length) return { entries, sound: false };
    if (inode !== 0 && nameBytes > 0) {
      if (HEAD_BYTES + nameBytes > length) return { entries, sound: false };
      const name = readName(block.subarray(at + HEAD_BYTES, at + HEAD_BYTES + nameBytes));
      if (name !== null) entries.push({ name, inode, kind: KINDS[view.getUint8(at + 7)] ?? null });
    }
    at += length;
  }
  return { entries, sound: true };
}

/** Lengths of blocks of 64 KiB do not fit 16 bits: their two low bits carry the high ones. */
function recordLength(stored: number, blockBytes: number): number {
  if (blockBytes < 65_536) return stored;
  return stored === 65_535 || stored === 0 ? blockBytes : (stored & 65_532) | ((stored & 3) << 16);
}

const INLINE_ROOT_BYTES = 60;
const ATTRIBUTES_MAGIC = 0xea020000;
const SYSTEM_NAMESPACE = 7;

/**
 * The content of a file that lies in its inode: 60 bytes, and the rest in the attribute `system.data`.
 * Source: https://docs.kernel.org/filesystems/ext4/ifork.html, inline data, and .../attributes.html.
 */
export function readInlineData(inode: ExtInode): Uint8Array {
  const { bytes } = inode;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const more = bytes.length > 132 ? systemData(bytes, view) : new Uint8Array(0);
  const content = new Uint8Array(INLINE_ROOT_BYTES + more.length);
  content.set(inode.root);
  content.set(more, INLINE_ROOT_BYTES);
  return content.subarray(0, Math.min(content.length, inode.sizeBytes));
}

function systemData(bytes: Uint8Array, view: DataView): Uint8Array {
  const magicAt = 128 + view.getUint16(128, true);
  const first = magicAt + 4;
  if (first + 16 > bytes.length || view.getUint32(magicAt, true) !== ATTRIBUTES_MAGIC) return new Uint8Array(0);
  for (let at = first; at + 16 <= bytes.length && view.getUint32(at, true) !== 0; ) {
    const nameBytes = view.getUint8(at);
    const name = Buffer.from(bytes.subarray(at + 16, at + 16 + nameBytes)).toString('latin1');
    if (view.getUint8(at + 1) === SYSTEM_NAMESPACE && name === 'data') {
      const from = first + view.getUint16(at + 2, true);
      return bytes.subarray(from, Math.min(bytes.length, from + view.getUint32(at + 8, true)));
    }
    at += 16 + Math.ceil(nameBytes / 4) * 4;
  }
  return new Uint8Array(0);
}

/** The entries of a directory that lies in its inode: four bytes name its parent, then entries as in a block. */
export function readInlineDirectory(inode: ExtInode): readonly DirectoryEntry[] {
  const content = readInlineData(inode);
  const first = readDirectoryBlock(content.subarray(4, INLINE_ROOT_BYTES)).entries;
  return [...first, ...readDirectoryBlock(content.subarray(INLINE_ROOT_BYTES)).entries];
}
