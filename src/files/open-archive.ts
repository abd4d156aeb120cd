import { ArchiveTree } from './archive-tree.ts';
import type { ByteReader, FileEntry, FilePage, FileSystem, PageRequest, Tools } from './ports.ts';
import { type ArchiveThread, startArchiveThread } from './start-archive-thread.ts';

/**
 * Opens an NTFS or FAT file system with 7-Zip (7z-wasm), in a thread of its own: the library reads without waiting for promises, and an image that makes
 * it run wild or fall over takes nothing else along.
 *
 * Shape:  all names are read once, when it is opened.
 * Errors: `damaged`, `too-large`.
 */
export async function openArchive(
  volume: ByteReader,
  type: 'NTFS' | 'FAT',
  notes: readonly string[],
  tools: Tools,
): Promise<FileSystem> {
  const thread = await startArchiveThread(volume, type, tools);
  try {
    const tree = new ArchiveTree();
    await thread.list((entries) => {
      for (const entry of entries) tree.add(entry);
    });
    return new ArchiveFileSystem(thread, tree, notes, tools);
  } catch (error) {
    await thread.close();
    throw error;
  }
}

class ArchiveFileSystem implements FileSystem {
  readonly notes: readonly string[];
  readonly #thread: ArchiveThread;
  readonly #tree: ArchiveTree;
  readonly #tools: Tools;

  constructor(thread: ArchiveThread, tree: ArchiveTree, notes: readonly string[], tools: Tools) {
    this.notes = notes;
    this.#thread = thread;
    this.#tree = tree;
    this.#tools = tools;
  }

  async stat(path: readonly string[]): Promise<FileEntry | null> {
    return this.#tree.find(path)?.entry ?? null;
  }

  async list(path: readonly string[], page: PageRequest): Promise<FilePage | null> {
    const listed = this.#tree.list(path, page);
    if (listed === null && this.#tree.find(path) !== null)
      throw this.#tools.fault('not-a-directory', 'There is no directory to list at this path');
    return listed;
  }

  async *read(path: readonly string[], offset: number, length: number): AsyncIterable<Uint8Array> {
    const found = this.#tree.find(path);
    if (found?.entry.kind !== 'file') throw this.#tools.fault('not-a-file', 'There is no file to read at this path');
    const { entry, raw } = found;
    if (entry.unreadable)
      throw this.#tools.fault('unsupported', entry.unreadable, { fileSystem: 'ntfs with encrypted files' });
    const wanted = Math.min(length, entry.sizeBytes - offset);
    if (wanted > 0) yield* this.#thread.extract(raw, offset, wanted);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
