import { AppError } from '../base/errors.ts';
import { HOUR_MS } from '../base/time.ts';
import { takeNow } from '../protect/protect.ts';
import type { Step } from './step.ts';

/** A snapshot on its way is looked at as often as this. */
const LOOK_MS = 5_000;

/**
 * Takes a recovery point of the machine before it is touched: one like any other, in the catalogue, metered, and kept by its policy's retention.
 *
 * Safety: its slot is the restore's own moment, so that taking it again takes the same one. It stays when the restore is undone.
 */
export const safetyPoint: Step = {
  name: 'safety-point',
  tries: 5,
  timeoutMs: 2 * HOUR_MS,
  do: async (deps, restore) => {
    if (!restore.swap?.takeSafetyPoint) return {};
    const point = (await deps.catalogue.get(restore.pointId))?.point;
    const taken = await takeNow(deps, {
      source: restore.sourceKey,
      policy: point?.policy ?? null,
      by: restore.by,
      at: restore.createdAt,
    });
    if (taken.kind === 'problems')
      throw new AppError('conflict', 'The safety point could not be taken', { because: taken.problems[0]?.message });
    return { changed: { swap: { ...restore.swap, safetyPointId: taken.point.id } } };
  },
  check: async (deps, restore) => {
    const id = restore.swap?.safetyPointId ?? null;
    if (id === null) return { kind: 'next' };
    const point = (await deps.catalogue.get(id))?.point;
    if (!point || point.state === 'failed')
      throw new AppError('operation-failed', 'The safety point failed', { point: id, code: point?.error?.code });
    if (point.state === 'succeeded') return { kind: 'next' };
    if (point.state !== 'started') return { kind: 'wait', ms: LOOK_MS };
    // Not the confirmation, which comes a minute later: Azure's own word is enough.
    for (const { snapshotId } of point.snapshots) {
      const snapshot = await deps.snapshots.get(snapshotId);
      if (snapshot?.state === 'failed')
        throw new AppError('operation-failed', 'A snapshot of the safety point failed', { snapshot: snapshotId });
      if (snapshot?.state !== 'succeeded') return { kind: 'wait', ms: LOOK_MS };
    }
    return { kind: 'next' };
  },
};
