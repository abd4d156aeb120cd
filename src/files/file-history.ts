import { isAppError } from '../base/errors.ts';
import { inParallel } from '../base/in-parallel.ts';
import type { Parsed } from '../base/problem.ts';
import { type EpochMs, formatIso, parseIso } from '../base/time.ts';
import type { Catalogue, Point } from '../protect/protect.ts';
import { findDisk } from './find-disk.ts';
import { openVolume, showEntry } from './list-files.ts';
import type { OpenDisks } from './open-disks.ts';
import { type DiskPath, formatPath, parsePath } from './parse-path.ts';
import type { FileEntry } from './ports.ts';

/** Points of one answer: each is opened and closed, which takes Azure seconds. */
const POINTS_DEFAULT = 10;
const POINTS_MAX = 50;
/** Side by side: Azure opens five snapshots of a chain, metering needs two of them, and somebody may be reading one. */
const POINTS_AT_ONCE = 2;
/** Rows looked at for them: points that failed are passed over. */
const ROWS_MAX = 500;

export interface HistoryQuery {
  readonly path: string | null;
  readonly disk: string | null;
  readonly before: string | null;
  readonly limit: string | null;
}

/** How a path stood at one point. `changed` tells whether it differs from the next older point shown; null where there is none to compare with. */
export interface HistoryEntry {
  readonly point: string;
  readonly takenAt: string | null;
  readonly state: 'present' | 'absent' | 'unreadable';
  readonly changed: boolean | null;
  readonly [more: string]: unknown;
}

export interface History {
  readonly source: string;
  readonly path: string;
  readonly points: readonly HistoryEntry[];
  /** Where to go on: a moment for `before`. */
  readonly next: string | null;
}

/**
 * One path over the points of a source, newest first.
 *
 * Shape:  null for a source without points. A point that cannot be read says why, and does not stop the others.
 * Safety: two snapshots are open at a time, each closed behind the look at it unless somebody reads it.
 */
export async function fileHistory(
  deps: { readonly openDisks: OpenDisks; readonly catalogue: Pick<Catalogue, 'ofSource'> },
  source: string,
  query: HistoryQuery,
): Promise<Parsed<History | null>> {
  const path = parsePath(query.path);
  if (!path.ok) return path;
  const parsed = readBounds(query, path.value);
  if (!parsed.ok) return parsed;
  const { limit, before } = parsed.value;
  const found: Point[] = [];
  let rows = 0;
  const range = { limit: ROWS_MAX, ...(before === null ? {} : { before }) };
  for await (const { point } of deps.catalogue.ofSource(source, range)) {
    rows += 1;
    if (point.state === 'succeeded') found.push(point);
    // One more than asked for, so that the last one shown has something to be compared with.
    if (found.length > limit) break;
  }
  if (rows === 0 && before === null) return { ok: true, value: null };
  const look = async (point: Point) => ({ point, look: await lookAt(deps.openDisks, point, path.value, query.disk) });
  // The first by itself: where all names of a volume are read at once, memory is for one at a time.
  const [first, ...rest] = found;
  const begun = first === undefined ? [] : [await look(first)];
  const width = begun.some((each) => 'isHeavy' in each.look && each.look.isHeavy) ? 1 : POINTS_AT_ONCE;
  const looked = [...begun, ...(await inParallel(rest, width, look))];
  const looks: { point: Point; look: Look }[] = [];
  for (const { point, look } of looked) {
    if (look.kind === 'problem') return { ok: false, problems: [look.problem] };
    looks.push({ point, look });
  }
  const next = found.length > limit ? (found[limit - 1]?.slot ?? null) : null;
  const points = looks.slice(0, limit).map(({ point, look }, index): HistoryEntry => {
    const older = looks[index + 1]?.look;
    return {
      point: point.id,
      takenAt: point.takenAt === null ? null : formatIso(point.takenAt),
      changed: older ? differs(look, older) : null,
      ...show(look),
    };
  });
  return {
    ok: true,
    value: { source, path: formatPath(path.value), points, next: next === null ? null : formatIso(next) },
  };
}

type Look =
  | {
      readonly kind: 'present';
      readonly entry: FileEntry;
      readonly notes: readonly string[];
      readonly isHeavy: boolean;
    }
  | { readonly kind: 'absent'; readonly isHeavy: boolean }
  | { readonly kind: 'unreadable'; readonly code: string; readonly why: string };

function readBounds(query: HistoryQuery, path: DiskPath): Parsed<{ limit: number; before: EpochMs | null }> {
  const limit = query.limit === null ? POINTS_DEFAULT : Number(query.limit);
  const before = query.before === null ? null : parseIso(query.before);
  const problems = [
    ...(path.names.length === 0
      ? [
          {
            path: '?path',
            message: 'names no file',
            found: query.path ?? 'nothing',
            allowed: 'a path such as /p1/etc/hosts',
          },
        ]
      : []),
    ...(Number.isInteger(limit) && limit >= 1 && limit <= POINTS_MAX
      ? []
      : [
          {
            path: '?limit',
            message: 'is no number of points',
            found: String(query.limit).slice(0, 80),
            allowed: `1 to ${POINTS_MAX}`,
          },
        ]),
    ...(query.before !== null && before === null
      ? [
          {
            path: '?before',
            message: 'is no moment',
            found: query.before.slice(0, 80),
            allowed: 'an ISO 8601 date and time with offset',
          },
        ]
      : []),
  ];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { limit, before } };
}

async function lookAt(openDisks: OpenDisks, point: Point, path: DiskPath, disk: string | null) {
  const found = findDisk(point, disk);
  if (found.kind === 'problem') return found;
  if (found.kind === 'several') {
    const allowed = found.disks.map(({ diskName }) => diskName).join(', ');
    return {
      kind: 'problem',
      problem: { path: '?disk', message: 'is missing: the point has several disks', found: 'nothing', allowed },
    } as const;
  }
  try {
    return await openDisks.use(
      found.snapshot,
      async (opened): Promise<Look> => {
        const isHeavy = opened.contents.volumes.some(
          ({ name, fileSystem }) => name === path.volume && /^(?:ntfs|fat)/.test(fileSystem),
        );
        const fileSystem = await openVolume(opened, path.volume);
        const entry = await fileSystem.stat(path.names);
        return entry === null
          ? { kind: 'absent', isHeavy }
          : { kind: 'present', entry, notes: fileSystem.notes, isHeavy };
      },
      false,
    );
  } catch (error) {
    if (!isAppError(error)) throw error;
    if (isAppError(error, 'not-found') && error.facts.partition !== undefined)
      return { kind: 'absent', isHeavy: false } as const;
    return { kind: 'unreadable', code: error.code, why: error.message } as const;
  }
}

/** A file is taken as the same while its number, size and time are: to compare bytes, fetch both. */
function differs(newer: Look, older: Look): boolean | null {
  if (newer.kind === 'unreadable' || older.kind === 'unreadable') return null;
  if (newer.kind === 'absent' || older.kind === 'absent') return newer.kind !== older.kind;
  const [a, b] = [newer.entry, older.entry];
  return a.id !== b.id || a.kind !== b.kind || a.sizeBytes !== b.sizeBytes || a.modifiedAt !== b.modifiedAt;
}

function show(look: Look) {
  if (look.kind === 'absent') return { state: 'absent' as const };
  if (look.kind === 'unreadable') return { state: 'unreadable' as const, code: look.code, why: look.why };
  const { name: _name, ...entry } = showEntry(look.entry);
  return { state: 'present' as const, ...entry, ...(look.notes.length > 0 ? { notes: look.notes } : {}) };
}
