import { AppError } from '../base/errors.ts';
import type { Parsed } from '../base/problem.ts';
import { type EpochMs, formatIso } from '../base/time.ts';
import type { Point } from '../protect/protect.ts';
import { findDisk, severalDisks } from './find-disk.ts';
import type { OpenDisk, OpenDisks } from './open-disks.ts';
import { type DiskPath, formatPath, parsePath } from './parse-path.ts';
import type { FileEntry, FileSystem } from './ports.ts';

/** Entries of one page, unless asked otherwise; and at most. */
const PAGE_DEFAULT = 1_000;
const PAGE_MAX = 10_000;

/** What to list. */
export interface ListQuery {
  readonly path: string | null;
  readonly disk: string | null;
  readonly after: string | null;
  readonly limit: string | null;
}

/** An entry as the API shows it. */
export interface ShownEntry {
  readonly name: string;
  readonly kind: FileEntry['kind'] | 'disk' | 'partition';
  readonly sizeBytes: number;
  readonly modified: string | null;
  readonly mode: string | null;
  readonly [more: string]: unknown;
}

/** A listing as the API shows it. `next` is the name to go on after. */
export interface Listing {
  readonly point: string;
  readonly takenAt: string | null;
  readonly disk: string | null;
  readonly path: string;
  readonly notes: readonly string[];
  readonly entries: readonly ShownEntry[];
  readonly next: string | null;
}

/**
 * Lists what lies at a path of a point: its disks where there are several and none is named, a disk's partitions, or a directory.
 *
 * Errors: 'not-found' for a path that is not there, 'bad-request' for one that is no directory, 'not-readable' with the file system's name.
 */
export async function listFiles(openDisks: OpenDisks, point: Point, query: ListQuery): Promise<Parsed<Listing>> {
  const path = parsePath(query.path);
  if (!path.ok) return path;
  const limit = query.limit === null ? PAGE_DEFAULT : Number(query.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX)
    return {
      ok: false,
      problems: [
        {
          path: '?limit',
          message: 'is no number of entries',
          found: String(query.limit).slice(0, 80),
          allowed: `1 to ${PAGE_MAX}`,
        },
      ],
    };
  const found = findDisk(point, query.disk);
  if (found.kind === 'problem') return { ok: false, problems: [found.problem] };
  const head = { point: point.id, takenAt: iso(point.takenAt), path: formatPath(path.value) };
  if (found.kind === 'several') {
    if (path.value.volume !== null)
      return {
        ok: false,
        problems: [severalDisks(found.disks)],
      };
    const entries = found.disks.map(({ diskName, lun, sizeBytes }) => ({
      name: diskName,
      kind: 'disk' as const,
      sizeBytes,
      modified: null,
      mode: null,
      lun,
    }));
    return { ok: true, value: { ...head, disk: null, notes: [], entries, next: null } };
  }
  return openDisks.use(found.snapshot, async (disk) => ({
    ok: true,
    value: { ...head, disk: found.snapshot.diskName, ...(await listDisk(disk, path.value, query.after, limit)) },
  }));
}

async function listDisk(
  disk: OpenDisk,
  path: DiskPath,
  after: string | null,
  limit: number,
): Promise<Pick<Listing, 'notes' | 'entries' | 'next'>> {
  if (path.volume === null) {
    const entries = disk.contents.volumes.map(({ name, sizeBytes, label, fileSystem, unreadable }) => ({
      name,
      kind: 'partition' as const,
      sizeBytes,
      modified: null,
      mode: null,
      label,
      fileSystem,
      unreadable,
    }));
    return { notes: [], entries, next: null };
  }
  const fileSystem = await openVolume(disk, path.volume);
  const page = await fileSystem.list(path.names, { after, limit });
  if (page === null) throw await noPath(fileSystem, path);
  return { notes: fileSystem.notes, entries: page.entries.map(showEntry), next: page.next };
}

/** The file system of a volume by its name. Errors: 'not-found', 'not-readable'. */
export async function openVolume(disk: OpenDisk, name: string | null): Promise<FileSystem> {
  const volume = disk.contents.volumes.find((each) => each.name === name);
  if (!volume) throw new AppError('not-found', 'The disk has no such partition', { partition: name });
  return disk.fileSystem(volume);
}

/** A path that is not there: where a link stands in its way, that is said, as links are not followed. */
export async function noPath(fileSystem: FileSystem, path: DiskPath): Promise<AppError> {
  for (let length = 1; length < path.names.length; length += 1) {
    const entry = await fileSystem.stat(path.names.slice(0, length));
    if (entry === null) break;
    if (entry.kind === 'symlink')
      return new AppError('not-found', 'A link stands in the way: links are not followed', {
        link: formatPath({ ...path, names: path.names.slice(0, length) }),
        leadsTo: entry.target ?? null,
      });
  }
  return new AppError('not-found', 'There is nothing at this path', { path: formatPath(path) });
}

/** An entry of a file system as the API shows it. */
export function showEntry({ name, kind, sizeBytes, modifiedAt, mode, target, unreadable }: FileEntry): ShownEntry {
  return {
    name,
    kind,
    sizeBytes,
    modified: iso(modifiedAt),
    mode,
    ...(target === undefined ? {} : { target }),
    ...(unreadable === undefined ? {} : { unreadable }),
  };
}

/** A moment of a disk may be any number: what no calendar holds is shown as none. */
function iso(at: EpochMs | null): string | null {
  return at === null || Math.abs(at) > 8.64e15 ? null : formatIso(at);
}
