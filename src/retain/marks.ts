import { type Audit, HOLDFAST } from '../audit/audit.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { formatIso, HOUR_MS } from '../base/time.ts';
import type { Snapshot } from '../protect/ports.ts';
import { type Catalogue, isHeld, type Point, TAG_DELETE_AFTER, TAG_HOLD, TAG_POINT } from '../protect/protect.ts';
import type { Agenda } from '../work/work.ts';
import { holdTag } from './deletion-guard.ts';
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

/**
 * Marks a point for deletion: a tag on its snapshots, then its row and the agenda. It can be unmarked until its grace ends.
 *
 * Safety: a point that is held is left alone; one that a restore reads from is not deleted while it does.
 */
export async function markPoint(
  deps: MarkDeps,
  id: string,
  options: { because: string; graceHours: number; listed: SnapshotById },
): Promise<void> {
  const now = deps.clock.now();
  const stored = await deps.catalogue.get(id);
  if (!stored || stored.point.mark !== null || isHeld(stored.point, now) || stored.point.state === 'deleting') return;
  const deleteAfter = now + options.graceHours * HOUR_MS;
  await tagSnapshots(deps.remover, stored.point, { [TAG_DELETE_AFTER]: formatIso(deleteAfter) }, options.listed);
  await deps.agenda.change([{ kind: 'delete', id, dueAt: deleteAfter }]);
  await deps.catalogue.update(
    id,
    (point) =>
      point.mark === null && !isHeld(point, now)
        ? { ...point, mark: { at: now, deleteAfter, because: options.because } }
        : null,
    stored,
  );
  await deps.audit.record({
    at: now,
    actor: HOLDFAST,
    action: 'point.mark',
    target: id,
    facts: { because: options.because, deleteAfter },
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
