import { isAppError } from '../base/errors.ts';
import type { FileSystem, OpenDisk } from '../files/files.ts';
import { openVolume, parsePath } from '../files/files.ts';
import type { Check } from './drill-row.ts';

/** As readers call what a disk makes them say: a root that is no directory is no request of ours. */
const UNREADABLE = ['not-readable', 'bad-request'] as const;

/**
 * Opens every file system of a disk that can be read, and looks into its root.
 *
 * Shape:  `skipped` where there is none that Holdfast can read: that says nothing against the disk.
 */
export async function checkFileSystems(disk: OpenDisk): Promise<Check> {
  const seen: string[] = [];
  const unreadable: string[] = [];
  for (const volume of disk.contents.volumes) {
    const what = `${volume.name} ${volume.fileSystem}`;
    if (volume.unreadable !== null) {
      unreadable.push(`${what} (${volume.unreadable})`);
      continue;
    }
    try {
      const root = await (await disk.fileSystem(volume)).list([], { after: null, limit: 1 });
      if (root === null) return { name: 'file-system', result: 'failed', detail: `${what} has no root` };
      seen.push(what);
    } catch (error) {
      if (!isAppError(error, ...UNREADABLE)) throw error;
      return { name: 'file-system', result: 'failed', detail: `${what}: ${error.message}` };
    }
  }
  const others = unreadable.length === 0 ? '' : `cannot be read here: ${unreadable.join(', ')}`;
  if (seen.length === 0) return { name: 'file-system', result: 'skipped', detail: others || 'there is none' };
  const detail = [`readable: ${seen.join(', ')}`, others].filter((text) => text !== '').join('; ');
  return { name: 'file-system', result: 'passed', detail };
}

/** Looks whether the expected files are there. Shape: null where none are expected. */
export async function checkExpected(disk: OpenDisk, expected: readonly string[]): Promise<Check | null> {
  if (expected.length === 0) return null;
  const missing: string[] = [];
  for (const path of expected) {
    const why = await whyMissing(disk, path);
    if (why !== null) missing.push(`${path} ${why}`);
  }
  return missing.length > 0
    ? { name: 'files', result: 'failed', detail: missing.join(', ') }
    : { name: 'files', result: 'passed', detail: `there: ${expected.join(', ')}` };
}

async function whyMissing(disk: OpenDisk, text: string): Promise<string | null> {
  const path = parsePath(text);
  if (!path.ok) return 'is no path';
  try {
    const fileSystem: FileSystem = await openVolume(disk, path.value.volume);
    return (await fileSystem.stat(path.value.names)) === null ? 'is not there' : null;
  } catch (error) {
    if (!isAppError(error, ...UNREADABLE, 'not-found')) throw error;
    return `cannot be looked for: ${error.message}`;
  }
}
