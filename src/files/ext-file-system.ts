import { MIB } from '../base/bytes.ts';
import { type DirectoryEntry, readDirectoryBlock, readInlineData, readInlineDirectory } from './ext-directory.ts';
import { type BlockReader, type ExtInode, ExtInodes, ROOT_INODE } from './ext-inode.ts';
import { type NewerBlock, type Replayed, replayJournal } from './ext-journal.ts';
import { type ExtLayout, readExtLayout } from './ext-layout.ts';
import { blockRuns } from './ext-runs.ts';
import { compareNames } from './file-names.ts';
import type { ByteReader, FileEntry, FilePage, FileSystem, PageRequest, Tools } from './ports.ts';

/** A directory of more is refused: its names alone would fill the memory. */
const DIRECTORY_BYTES_MAX = 64 * MIB;
const PIECE_BYTES = 1 * MIB;
const DIRECTORY_PIECE_BYTES = 256 * 1_024;
const LINK_BYTES_MAX = 4_096;
const PATH_MAX = 255;
/** What every block of the journal begins with, and no other may. */
const JOURNAL_MARK = [0xc0, 0x3b, 0x39, 0x98];

/**
 * Opens an ext2, ext3 or ext4 file system.
 *
 * Errors: `damaged`, `unsupported`.
 * Safety: links are shown and never followed, devices never opened; every number of the disk is held to the disk before it is used.
 * Source: https://docs.kernel.org/filesystems/ext4/. Read here rather than by ext2fs 4.2.5, the one library there is: its memory is fixed at 16 MiB, so
 *         that it aborts on 1 TiB; it reads all bitmaps first, and no place past 4 GiB of a file.
 */
export async function openExt(volume: ByteReader, tools: Tools): Promise<FileSystem> {
  const layout = await readExtLayout(volume, tools);
  const plain = blockReader(volume, layout, new Map(), tools);
  const journal = await replayJournal(layout, plain, new ExtInodes(layout, plain, tools), tools);
  return new ExtFileSystem(volume, layout, journal, tools);
}

/** Reads blocks, from the journal those of which it holds a newer content. */
function blockReader(
  volume: ByteReader,
  { blocks, blockBytes }: ExtLayout,
  newer: ReadonlyMap<number, NewerBlock>,
  tools: Tools,
): BlockReader {
  return async (block) => {
    if (block < 0 || block >= blocks) throw tools.fault('damaged', 'A block lies outside the file system', { block });
    const known = newer.get(block);
    const bytes = await volume.read((known?.at ?? block) * blockBytes, blockBytes);
    if (known?.escaped) bytes.set(JOURNAL_MARK);
    return bytes;
  };
}

class ExtFileSystem implements FileSystem {
  readonly notes: readonly string[];
  readonly #volume: ByteReader;
  readonly #layout: ExtLayout;
  readonly #tools: Tools;
  readonly #newer: ReadonlyMap<number, NewerBlock>;
  readonly #readBlock: BlockReader;
  readonly #inodes: ExtInodes;

  constructor(volume: ByteReader, layout: ExtLayout, journal: Replayed, tools: Tools) {
    this.notes = journal.note === null ? [] : [journal.note];
    this.#volume = volume;
    this.#layout = layout;
    this.#tools = tools;
    this.#newer = journal.newer;
    this.#readBlock = blockReader(volume, layout, journal.newer, tools);
    this.#inodes = new ExtInodes(layout, this.#readBlock, tools);
  }

  async stat(path: readonly string[]): Promise<FileEntry | null> {
    const inode = await this.#find(path);
    return inode === null ? null : this.#show(path.at(-1) ?? '', inode);
  }

  async list(path: readonly string[], page: PageRequest): Promise<FilePage | null> {
    const directory = await this.#find(path);
    if (directory === null) return null;
    const names: DirectoryEntry[] = [];
    for await (const entry of this.#entries(directory))
      if (page.after === null || entry.name > page.after) names.push(entry);
    names.sort((a, b) => compareNames(a.name, b.name));
    const asked = names.slice(0, page.limit);
    // In the order of the tables, so that neighbours are read together.
    const inodeByNumber = new Map<number, ExtInode>();
    for (const number of asked.map(({ inode }) => inode).sort((a, b) => a - b))
      if (!inodeByNumber.has(number)) inodeByNumber.set(number, await this.#inodes.get(number));
    const entries: FileEntry[] = [];
    for (const { name, inode } of asked) entries.push(await this.#show(name, inodeByNumber.get(inode) as ExtInode));
    return { entries, next: names.length > asked.length ? (asked.at(-1)?.name ?? null) : null };
  }

  async *read(path: readonly string[], offset: number, length: number): AsyncIterable<Uint8Array> {
    const inode = await this.#find(path);
    if (inode?.kind !== 'file') throw this.#tools.fault('not-a-file', 'There is no file to read at this path');
    if (inode.isEncrypted)
      throw this.#tools.fault('unsupported', 'The file is encrypted', { fileSystem: 'ext4 with encrypted files' });
    yield* this.#content(inode, offset, Math.min(length, inode.sizeBytes - offset), PIECE_BYTES);
  }

  async close(): Promise<void> {}

  async #find(path: readonly string[]): Promise<ExtInode | null> {
    if (path.length > PATH_MAX) return null;
    let inode = await this.#inodes.get(ROOT_INODE);
    for (const name of path) {
      if (inode.kind !== 'directory') return null;
      let next: number | null = null;
      for await (const entry of this.#entries(inode)) {
        if (entry.name !== name) continue;
        next = entry.inode;
        break;
      }
      if (next === null) return null;
      inode = await this.#inodes.get(next);
    }
    return inode;
  }

  async *#entries(directory: ExtInode): AsyncIterable<DirectoryEntry> {
    if (directory.kind !== 'directory')
      throw this.#tools.fault('not-a-directory', 'There is no directory to list at this path');
    if (directory.isInline) return yield* readInlineDirectory(directory);
    if (directory.sizeBytes > DIRECTORY_BYTES_MAX)
      throw this.#tools.fault('too-large', 'The directory is too large to be listed', {
        allowedBytes: DIRECTORY_BYTES_MAX,
      });
    const { blockBytes } = this.#layout;
    for await (const piece of this.#content(directory, 0, directory.sizeBytes, DIRECTORY_PIECE_BYTES)) {
      for (let at = 0; at + blockBytes <= piece.length; at += blockBytes)
        yield* readDirectoryBlock(piece.subarray(at, at + blockBytes)).entries;
    }
  }

  /** The bytes of a file or directory. Holes are zeros; the pieces are whole blocks but for the first and the last. */
  async *#content(inode: ExtInode, offset: number, length: number, pieceBytes: number): AsyncIterable<Uint8Array> {
    if (length <= 0) return;
    if (inode.isInline) return yield readInlineData(inode).subarray(offset, offset + length);
    const { blockBytes } = this.#layout;
    const end = offset + length;
    const given = { layout: this.#layout, readBlock: this.#readBlock, tools: this.#tools };
    for await (const run of blockRuns(inode, Math.floor(offset / blockBytes), Math.ceil(end / blockBytes), given)) {
      const start = run.logical * blockBytes;
      const runEnd = Math.min(end, start + run.count * blockBytes);
      for (let at = Math.max(offset, start); at < runEnd; ) {
        const wanted = Math.min(pieceBytes - (at % blockBytes), runEnd - at);
        yield run.physical === null
          ? new Uint8Array(wanted)
          : await this.#readRun(run.physical * blockBytes + (at - start), wanted);
        at += wanted;
      }
    }
  }

  /** Bytes of the volume, with what the journal knows newer. */
  async #readRun(at: number, length: number): Promise<Uint8Array> {
    const { blockBytes, blocks } = this.#layout;
    if (at + length > blocks * blockBytes)
      throw this.#tools.fault('damaged', 'A file has blocks outside the file system');
    const bytes = await this.#volume.read(at, length);
    if (this.#newer.size === 0) return bytes;
    const first = Math.floor(at / blockBytes);
    for (let block = first; block * blockBytes < at + length; block += 1) {
      if (!this.#newer.has(block)) continue;
      const newer = await this.#readBlock(block);
      const from = Math.max(at, block * blockBytes);
      const to = Math.min(at + length, (block + 1) * blockBytes);
      bytes.set(newer.subarray(from - block * blockBytes, to - block * blockBytes), from - at);
    }
    return bytes;
  }

  async #show(name: string, inode: ExtInode): Promise<FileEntry> {
    return {
      name,
      kind: inode.kind,
      sizeBytes: inode.kind === 'other' ? 0 : inode.sizeBytes,
      modifiedAt: inode.modifiedAt,
      mode: inode.mode.toString(8).padStart(4, '0'),
      id: String(inode.number),
      ...(inode.kind === 'symlink' ? { target: await this.#target(inode) } : {}),
      ...(inode.isEncrypted && inode.kind === 'file' ? { unreadable: 'the file is encrypted' } : {}),
    };
  }

  async #target(inode: ExtInode): Promise<string> {
    const length = Math.min(inode.sizeBytes, LINK_BYTES_MAX);
    if (!inode.hasExtents && !inode.isInline && length < inode.root.length)
      return Buffer.from(inode.root.subarray(0, length)).toString('utf8');
    const pieces: Uint8Array[] = [];
    for await (const piece of this.#content(inode, 0, length, LINK_BYTES_MAX)) pieces.push(piece);
    return Buffer.concat(pieces).toString('utf8');
  }
}
