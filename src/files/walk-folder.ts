import type { FileEntry, FileSystem } from './ports.ts';

/** Bounds of one walk: whoever has more takes it in parts, or the disk as a whole. */
const ENTRIES_MAX = 1_000_000;
const DEPTH_MAX = 255;
const PAGE = 1_000;

/** What a walk comes to: an entry with its way from the folder on, or why one is left out. */
export type WalkStep =
  | { readonly kind: 'entry'; readonly path: readonly string[]; readonly entry: FileEntry }
  | { readonly kind: 'skipped'; readonly path: readonly string[]; readonly why: string };

/**
 * Walks a folder: all files and folders below it, each folder before what lies in it, in the order of names.
 *
 * Shape:  a file walked as a folder is itself alone. Links, devices and what cannot be read are named as skipped.
 * Errors: those of the file system; a folder that cannot be listed is skipped with what lies in it.
 * Safety: links are not followed and no folder is entered twice, so every walk ends; at most 1,000,000 entries and 255 folders deep.
 */
export async function* walkFolder(
  fileSystem: FileSystem,
  from: readonly string[],
  isFault: (error: unknown) => error is Error,
): AsyncIterable<WalkStep> {
  const start = await fileSystem.stat(from);
  if (start === null) return;
  if (start.kind !== 'directory') {
    yield stepOf([start.name], start);
    return;
  }
  const entered = new Set<string>(start.id === '' ? [] : [start.id]);
  const folders: Folder[] = [{ path: [], waiting: [], next: null, begun: false }];
  let count = 0;
  for (let folder = folders.at(-1); folder !== undefined; folder = folders.at(-1)) {
    const entry = folder.waiting.shift();
    if (entry === undefined) {
      if (folder.begun && folder.next === null) folders.pop();
      else {
        const failure = await listOn(fileSystem, from, folder, isFault);
        if (failure !== null) yield { kind: 'skipped', path: folder.path, why: failure };
      }
      continue;
    }
    const path = [...folder.path, entry.name];
    count += 1;
    if (count > ENTRIES_MAX) {
      yield { kind: 'skipped', path, why: `more than ${ENTRIES_MAX} entries` };
      return;
    }
    const trap =
      entry.kind !== 'directory'
        ? null
        : path.length > DEPTH_MAX
          ? 'too deep'
          : entered.has(entry.id)
            ? 'a loop of folders'
            : null;
    yield trap === null ? stepOf(path, entry) : { kind: 'skipped', path, why: trap };
    if (trap !== null || entry.kind !== 'directory') continue;
    if (entry.id !== '') entered.add(entry.id);
    folders.push({ path, waiting: [], next: null, begun: false });
  }
}

/** A folder under way: entries that were listed and not walked yet, and the name to list on after. */
interface Folder {
  readonly path: readonly string[];
  waiting: FileEntry[];
  next: string | null;
  begun: boolean;
}

/** Lists the next page of a folder. Shape: why that cannot be, or null. */
async function listOn(
  fileSystem: FileSystem,
  from: readonly string[],
  folder: Folder,
  isFault: (error: unknown) => error is Error,
): Promise<string | null> {
  folder.begun = true;
  try {
    const page = await fileSystem.list([...from, ...folder.path], { after: folder.next, limit: PAGE });
    folder.waiting = [...(page?.entries ?? [])];
    folder.next = page?.next ?? null;
    return null;
  } catch (error) {
    if (!isFault(error)) throw error;
    folder.next = null;
    return error.message;
  }
}

function stepOf(path: readonly string[], entry: FileEntry): WalkStep {
  if (entry.unreadable !== undefined) return { kind: 'skipped', path, why: entry.unreadable };
  if (entry.kind === 'symlink') return { kind: 'skipped', path, why: `a link to ${entry.target ?? 'somewhere'}` };
  if (entry.kind === 'other') return { kind: 'skipped', path, why: 'a device, pipe or socket' };
  return { kind: 'entry', path, entry };
}
