import { type Audit, HOLDFAST } from '../audit/audit.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Catalogue, Point } from '../protect/protect.ts';
import type { Agenda } from '../work/work.ts';
import type { GroupView } from './deletion-guard.ts';
import type { SnapshotRemover } from './ports.ts';

/** The code of a point whose snapshots somebody else has deleted. */
export const DELETED_BY_OTHERS = 'deleted-by-others';

/**
 * Finds succeeded points whose snapshots somebody else has deleted: they are told, taken out of the books, and no longer count as recovery points.
 *
 * Shape:  the points that are really there.
 * Safety: lists lag, so each missing snapshot is asked for by itself before it counts as gone.
 */
export async function noteMissing(
  deps: { catalogue: Catalogue; agenda: Agenda; remover: SnapshotRemover; audit: Audit; clock: Clock; log: Log },
  points: readonly Point[],
  view: GroupView,
): Promise<readonly Point[]> {
  const present: Point[] = [];
  for (const point of points) {
    const missing = point.snapshots.filter(
      (snapshot) => point.state === 'succeeded' && !view.isThere(snapshot.snapshotId),
    );
    const gone: string[] = [];
    for (const { snapshotId } of missing) if ((await deps.remover.get(snapshotId)) === null) gone.push(snapshotId);
    if (gone.length === 0) {
      present.push(point);
      continue;
    }
    deps.log.error('snapshots were deleted by somebody else', {
      point: point.id,
      source: point.source.name,
      gone: gone.length,
      of: point.snapshots.length,
    });
    const error = { code: DELETED_BY_OTHERS, message: 'Its snapshots were deleted by somebody else' };
    const whole = gone.length === point.snapshots.length;
    const now = deps.clock.now();
    if (whole) await deps.agenda.change([{ kind: 'forget', id: point.id, dueAt: now }]);
    const facts = { policy: point.policy, source: point.source.id, slot: point.slot, gone: gone.length };
    await deps.audit.record({ at: now, actor: HOLDFAST, action: 'point.lost', target: point.id, facts });
    const changed = await deps.catalogue.update(point.id, (current) =>
      current.state === 'succeeded'
        ? { ...current, state: whole ? 'deleting' : 'failed', error, deletingSince: whole ? now : null }
        : null,
    );
    if (changed && !whole) present.push(changed);
  }
  return present;
}
