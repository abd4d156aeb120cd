import { type Audit, HOLDFAST } from '../audit/audit.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { inParallel } from '../base/in-parallel.ts';
import { formatIso, HOUR_MS } from '../base/time.ts';
import type { Snapshot } from '../protect/ports.ts';
import {
  type Catalogue,
  groupKey,
  groupOf,
  holdTag,
  isHeld,
  type Point,
  type StoredPoint,
  TAG_DELETE_AFTER,
  TAG_HOLD,
  TAG_POINT,
} from '../protect/protect.ts';
import type { Agenda } from '../work/work.ts';
import type { SnapshotRemover } from './ports.ts';

export interface MarkDeps {
  readonly catalogue: Catalogue;
  readonly agenda: Agenda;
  readonly remover: SnapshotRemover;
  readonly audit: Audit;
  readonly clock: Clock;
}

/** Snapshots by resource id in lower case. */
type SnapshotById = ReadonlyMap<string, Snapshot>;

/** A point to mark, as it was read. */
export interface PointToMark {
  readonly stored: StoredPoint;
  readonly because: string;
}

/** Points that are marked together: their agenda is one write. */
const MARKS_AT_ONCE = 100;
const CALLS_AT_ONCE = 16;
/** From so many points of a resource group on, its snapshots are listed rather than read one by one. */
const LIST_FROM = 20;

/**
 * Marks points for deletion: first the agenda (an item whose point has no mark is dropped), then, point by point, a tag on its snapshots and its row.
 * They can be unmarked until their grace ends.
 *
 * Safety: a point that is held is left alone; one that a restore reads from is not deleted while it does.
 */
export async function markPoints(deps: MarkDeps, points: readonly PointToMark[], graceHours: number): Promise<void> {
  const byGroup = new Map<string, PointToMark[]>();
  for (const mark of points) {
    const key = groupKey(groupOf(mark.stored.point));
    const marks = byGroup.get(key) ?? [];
    marks.push(mark);
    byGroup.set(key, marks);
  }
  for (const marks of byGroup.values()) {
    const listed = await listGroup(deps.remover, marks);
    for (let from = 0; from < marks.length; from += MARKS_AT_ONCE) {
      const now = deps.clock.now();
      const deleteAfter = now + graceHours * HOUR_MS;
      const batch = marks.slice(from, from + MARKS_AT_ONCE).filter(({ stored }) => mayMark(stored.point, now));
      await deps.agenda.change(
        batch.map(({ stored }) => ({ kind: 'delete', id: stored.point.id, dueAt: deleteAfter })),
      );
      await inParallel(batch, CALLS_AT_ONCE, (mark) => markPoint(deps, mark, listed, { at: now, deleteAfter }));
    }
  }
}

/** The tags as they are now, of many snapshots at once; empty where reading them one by one is less. */
async function listGroup(remover: SnapshotRemover, marks: readonly PointToMark[]): Promise<SnapshotById> {
  const [first] = marks;
  if (!first || marks.length < LIST_FROM) return new Map();
  const { subscriptionId, resourceGroup } = groupOf(first.stored.point);
  const listed = (await remover.list(subscriptionId, resourceGroup)) ?? [];
  const wanted = new Set(
    marks.flatMap(({ stored }) => stored.point.snapshots.map((each) => each.snapshotId.toLowerCase())),
  );
  return new Map(
    listed.flatMap((snapshot) => {
      const id = snapshot.id.toLowerCase();
      return wanted.has(id) ? [[id, snapshot] as const] : [];
    }),
  );
}

function mayMark(point: Point, now: number): boolean {
  return point.mark === null && !isHeld(point, now) && point.state !== 'deleting';
}

async function markPoint(
  deps: MarkDeps,
  { stored, because }: PointToMark,
  listed: SnapshotById,
  mark: { readonly at: number; readonly deleteAfter: number },
): Promise<void> {
  const { id } = stored.point;
  await tagSnapshots(deps.remover, stored.point, { [TAG_DELETE_AFTER]: formatIso(mark.deleteAfter) }, listed);
  await deps.catalogue.update(
    id,
    (point) => (mayMark(point, mark.at) ? { ...point, mark: { ...mark, because } } : null),
    stored,
  );
  await deps.audit.record({
    at: mark.at,
    actor: HOLDFAST,
    action: 'point.mark',
    target: id,
    facts: { because, deleteAfter: mark.deleteAfter },
  });
}

/** Takes a mark off again: row first, so that nothing can be deleted from then on, then the agenda and the tags. */
export async function unmarkPoint(
  deps: MarkDeps,
  id: string,
  options: { actor: string; because: string },
): Promise<Point | null> {
  const now = deps.clock.now();
  let deleteAfter: number | null = null;
  const point = await deps.catalogue.update(id, (current) => {
    deleteAfter = current.mark?.deleteAfter ?? null;
    return current.mark === null || current.state === 'deleting' ? null : { ...current, mark: null };
  });
  if (!point || point.mark !== null || deleteAfter === null) return point;
  await deps.agenda.change([], [{ kind: 'delete', id, dueAt: deleteAfter }]);
  await tagSnapshots(deps.remover, point, { [TAG_DELETE_AFTER]: null });
  await deps.audit.record({
    at: now,
    actor: options.actor,
    action: 'point.unmark',
    target: id,
    facts: { because: options.because },
  });
  return point;
}

/**
 * Holds a point: nothing deletes it until the hold is lifted or expires. The tag in Azure comes before the row: it outlives the tables.
 *
 * Errors: 'conflict' for a point that is being deleted already.
 */
export async function holdPoint(
  deps: MarkDeps,
  id: string,
  hold: { reason: string; until: number | null; by: string },
): Promise<Point | null> {
  const now = deps.clock.now();
  const stored = await deps.catalogue.get(id);
  if (!stored) return null;
  if (stored.point.state === 'deleting')
    throw new AppError('conflict', 'The point is being deleted already', { point: id });
  await tagSnapshots(deps.remover, stored.point, { [TAG_HOLD]: holdTag(hold), [TAG_DELETE_AFTER]: null });
  let deleteAfter: number | null = null;
  const point = await deps.catalogue.update(id, (current) => {
    if (current.state === 'deleting')
      throw new AppError('conflict', 'The point is being deleted already', { point: id });
    deleteAfter = current.mark?.deleteAfter ?? null;
    return { ...current, hold: { ...hold, at: now }, mark: null };
  });
  if (deleteAfter !== null) await deps.agenda.change([], [{ kind: 'delete', id, dueAt: deleteAfter }]);
  await deps.audit.record({
    at: now,
    actor: hold.by,
    action: 'point.hold',
    target: id,
    facts: { reason: hold.reason, until: hold.until },
  });
  return point;
}

/** Lifts a hold: the tags first, so that a crash in between leaves the point held by its row. */
export async function releasePoint(deps: MarkDeps, id: string, by: string): Promise<Point | null> {
  const stored = await deps.catalogue.get(id);
  if (!stored) return null;
  await tagSnapshots(deps.remover, stored.point, { [TAG_HOLD]: null });
  const point = await deps.catalogue.update(id, (current) =>
    current.hold === null ? null : { ...current, hold: null },
  );
  await deps.audit.record({ at: deps.clock.now(), actor: by, action: 'point.release', target: id, facts: {} });
  return point;
}

/** Changes single tags of a point's snapshots (null takes one off), only on what carries this point's own tag. What was just listed is not read again. */
async function tagSnapshots(
  remover: SnapshotRemover,
  point: Point,
  changes: Readonly<Record<string, string | null>>,
  listed?: SnapshotById,
): Promise<void> {
  for (const { snapshotId } of point.snapshots) {
    const snapshot = listed?.get(snapshotId.toLowerCase()) ?? (await remover.get(snapshotId));
    if (snapshot?.tags[TAG_POINT] !== point.id) continue;
    const tags: Record<string, string> = { ...snapshot.tags };
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) delete tags[name];
      else tags[name] = value;
    }
    if (JSON.stringify(tags) !== JSON.stringify(snapshot.tags)) await remover.setTags(snapshotId, tags);
  }
}
