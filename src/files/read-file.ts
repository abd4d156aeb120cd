import { AppError } from '../base/errors.ts';
import { hashId } from '../base/ids.ts';
import type { Parsed } from '../base/problem.ts';
import type { EpochMs } from '../base/time.ts';
import type { Point } from '../protect/protect.ts';
import { findDisk, severalDisks } from './find-disk.ts';
import { noPath, openVolume } from './list-files.ts';
import { type OpenDisks, tools } from './open-disks.ts';
import { parsePath } from './parse-path.ts';

/** A file, ready to be read. `end` has to be called, whatever becomes of its bytes; reading to the end, or stopping, does so by itself. */
export interface FileContent {
  readonly kind: 'file' | 'folder';
  readonly name: string;
  /** Null for a folder: how long its archive becomes is not known before. */
  readonly sizeBytes: number | null;
  readonly modifiedAt: EpochMs | null;
  /** The same as long as the bytes are the same. */
  readonly etag: string;
  readonly notes: readonly string[];
  /** The bytes from an offset on. A folder is a zip archive of what lies in it, from its beginning. */
  read(offset: number, length: number): AsyncIterable<Uint8Array>;
  end(): Promise<void>;
}

/**
 * Opens a file of a point, or a folder as an archive.
 *
 * Errors: 'not-found', 'bad-request' for what is neither file nor folder, 'not-readable'.
 * Safety: what it holds open is given back when its bytes have been read, when reading stops, and when it fails.
 */
export async function openContent(
  openDisks: OpenDisks,
  point: Point,
  query: { readonly path: string | null; readonly disk: string | null },
): Promise<Parsed<FileContent>> {
  const path = parsePath(query.path);
  if (!path.ok) return path;
  const found = findDisk(point, query.disk);
  if (found.kind === 'problem') return { ok: false, problems: [found.problem] };
  if (found.kind === 'several')
    return {
      ok: false,
      problems: [severalDisks(found.disks)],
    };
  const { names, volume } = path.value;
  if (volume === null)
    return {
      ok: false,
      problems: [
        {
          path: '?path',
          message: 'names no file',
          found: query.path ?? 'nothing',
          allowed: 'a path such as /p1/etc/hosts',
        },
      ],
    };
  const { disk, end } = await openDisks.hold(found.snapshot);
  try {
    const fileSystem = await openVolume(disk, volume);
    const entry = await fileSystem.stat(names);
    if (entry === null) throw await noPath(fileSystem, path.value);
    if (entry.kind !== 'file' && entry.kind !== 'directory')
      throw new AppError('bad-request', 'This is neither a file nor a folder, and is never opened', {
        kind: entry.kind,
        leadsTo: entry.target ?? null,
      });
    if (entry.unreadable !== undefined)
      throw new AppError('not-readable', 'The file cannot be read', { why: entry.unreadable });
    const isFile = entry.kind === 'file';
    const name = entry.name === '' ? volume : entry.name;
    return {
      ok: true,
      value: {
        kind: isFile ? 'file' : 'folder',
        name: isFile ? name : `${name}.zip`,
        sizeBytes: isFile ? entry.sizeBytes : null,
        modifiedAt: entry.modifiedAt,
        etag: hashId(
          'file',
          found.snapshot.snapshotId.toLowerCase(),
          volume,
          entry.id,
          String(entry.sizeBytes),
          String(entry.modifiedAt),
        ),
        notes: fileSystem.notes,
        read: async function* (offset, length) {
          try {
            if (isFile) yield* fileSystem.read(names, offset, length);
            else yield* (await import('./zip-folder.ts')).zipFolder(fileSystem, names, tools);
          } finally {
            await end(true);
          }
        },
        end: () => end(true),
      },
    };
  } catch (error) {
    await end(true);
    throw error;
  }
}
