import { makeZip } from 'client-zip';
import type { FileSystem, Tools } from './ports.ts';
import { type WalkStep, walkFolder } from './walk-folder.ts';

/** Where the archive says what it lacks. */
const REPORT_NAME = '_left-out.txt';
/** Zip cannot say earlier. */
const EARLIEST_MS = Date.UTC(1980, 0, 1);

/**
 * A folder as a zip archive, written as it is read: not compressed, as what it is read over is slower than the network it goes to.
 *
 * Shape:  names from the folder on. What is left out (links, devices, what cannot be read) stands with its reason in `_left-out.txt`, the last entry.
 * Errors: those of reading, in the middle of the bytes.
 * Safety: names are those of the walk, none of which leads out of the folder.
 */
export async function* zipFolder(
  fileSystem: FileSystem,
  path: readonly string[],
  tools: Tools,
): AsyncIterable<Uint8Array> {
  yield* makeZip(archiveEntries(fileSystem, path, tools)) as unknown as AsyncIterable<Uint8Array>;
}

async function* archiveEntries(fileSystem: FileSystem, path: readonly string[], tools: Tools) {
  const leftOut: string[] = [];
  for await (const step of walkFolder(fileSystem, path, tools.isFault)) {
    if (step.kind === 'skipped') {
      leftOut.push(`${step.path.join('/')}: ${step.why}`);
      continue;
    }
    const { entry } = step;
    const name = step.path.join('/');
    const lastModified = new Date(Math.max(EARLIEST_MS, Math.min(entry.modifiedAt ?? EARLIEST_MS, 4.3e12)));
    const mode = entry.mode === null ? {} : { mode: Number.parseInt(entry.mode, 8) };
    if (entry.kind === 'directory') yield { name: `${name}/`, lastModified, ...mode };
    else
      yield {
        name,
        lastModified,
        size: entry.sizeBytes,
        ...mode,
        input: fileSystem.read(placeOf(path, step), 0, entry.sizeBytes),
      };
  }
  if (leftOut.length > 0)
    yield { name: REPORT_NAME, lastModified: new Date(EARLIEST_MS), input: `${leftOut.join('\n')}\n` };
}

/** Where in the file system an entry of a walk lies: a file that was walked as a folder lies where the walk began. */
function placeOf(path: readonly string[], step: WalkStep): readonly string[] {
  const isStart =
    step.kind === 'entry' && step.path.length === 1 && step.path[0] === path.at(-1) && step.entry.kind === 'file';
  return isStart ? path : [...path, ...step.path];
}
