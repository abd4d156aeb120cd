import type { EpochMs } from '../base/time.ts';
import { tools } from './open-disks.ts';
import type { FileEntry, FileSystem } from './ports.ts';
import { walkFolder } from './walk-folder.ts';

/** How many of what was left out are named. */
const SKIPPED_NAMED_MAX = 1_000;

/** Where a folder's files are written. Putting the same name again writes the same bytes. */
export interface FolderTarget {
  /** True where this file is there already, whole: a copy that was broken off goes on behind what it has done. */
  has(name: string, sizeBytes: number): Promise<boolean>;
  put(
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    about: { readonly sizeBytes: number; readonly modifiedAt: EpochMs | null },
  ): Promise<void>;
}

/** What a copy has come to. */
export interface CopyResult {
  readonly files: number;
  readonly bytes: number;
  readonly skippedCount: number;
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
}

/**
 * Copies a folder, or one file, out of a point.
 *
 * Shape:  names are the paths from the folder on, with slashes. `progress` hears of each file when it is done; `false` from it ends the copy there.
 * Errors: those of reading and of the target. A file that turns out to be damaged is skipped by name.
 * Safety: may be run again after a crash: what the target has is not read again.
 */
export async function copyFolder(
  fileSystem: FileSystem,
  path: readonly string[],
  target: FolderTarget,
  progress: (done: CopyResult) => Promise<boolean> = async () => true,
): Promise<CopyResult> {
  const skipped: { path: string; why: string }[] = [];
  let [files, bytes, skippedCount] = [0, 0, 0];
  const skip = (name: string, why: string) => {
    skippedCount += 1;
    if (skipped.length < SKIPPED_NAMED_MAX) skipped.push({ path: name, why });
  };
  const result = (): CopyResult => ({ files, bytes, skippedCount, skipped });
  const start = await fileSystem.stat(path);
  for await (const step of walkFolder(fileSystem, path, tools.isFault)) {
    const name = step.path.join('/');
    if (step.kind === 'skipped') skip(name, step.why);
    else if (step.entry.kind === 'file') {
      const place = start?.kind === 'file' ? path : [...path, ...step.path];
      const failure = await copyFile(fileSystem, place, step.entry, name, target);
      if (failure !== null) skip(name, failure);
      else {
        files += 1;
        bytes += step.entry.sizeBytes;
      }
      if (!(await progress(result()))) break;
    }
  }
  return result();
}

/** Copies one file. Shape: why that cannot be, or null. */
async function copyFile(
  fileSystem: FileSystem,
  place: readonly string[],
  entry: FileEntry,
  name: string,
  target: FolderTarget,
): Promise<string | null> {
  try {
    if (await target.has(name, entry.sizeBytes)) return null;
    const { sizeBytes, modifiedAt } = entry;
    await target.put(name, fileSystem.read(place, 0, sizeBytes), { sizeBytes, modifiedAt });
    return null;
  } catch (error) {
    if (!tools.isFault(error)) throw error;
    return error.message;
  }
}
