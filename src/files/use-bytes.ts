import { type OpenDisk, tools } from './open-disks.ts';
import type { FileSystem } from './ports.ts';

/**
 * Reads the file systems of a disk whose bytes the caller knows how to get, for as long as something runs.
 *
 * Errors: 'not-readable', and those of `fetch`.
 */
export async function useBytes<T>(
  source: {
    readonly sizeBytes: number;
    readonly fetch: (offset: number, length: number) => Promise<Uint8Array>;
  },
  run: (disk: OpenDisk) => Promise<T>,
): Promise<T> {
  const { readDisk } = await import('./read-disk.ts');
  const contents = await readDisk(source, tools);
  const opened = new Map<string, Promise<FileSystem>>();
  try {
    return await run({
      contents,
      fileSystem: (volume) => {
        const opening = opened.get(volume.name) ?? contents.open(volume);
        opened.set(volume.name, opening);
        return opening;
      },
    });
  } finally {
    for (const opening of opened.values()) await opening.then((each) => each.close()).catch(() => undefined);
  }
}
