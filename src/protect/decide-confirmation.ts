import { type EpochMs, HOUR_MS, MINUTE_MS } from '../base/time.ts';
import type { Point, PointSnapshot } from './point.ts';
import type { Snapshot } from './ports.ts';

/** What a list of Azure says of a point that was started. */
export type Confirmation =
  | { readonly kind: 'gone' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'startAgain' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'succeeded' | 'failed'; readonly point: Point };

/** A snapshot whose PUT was accepted and that no list shows for so long is started again. Lists lag by seconds, not minutes. */
export const MISSING_AFTER_MS = 10 * MINUTE_MS;

/** A snapshot that is not done after so long counts as failed. */
export const STUCK_AFTER_MS = 6 * HOUR_MS;

const MAX_ATTEMPTS = 5;

/**
 * Decides what became of a started point, from one list of its resource group.
 *
 * Shape:  `succeeded` only where every snapshot is seen succeeded; a point that failed before keeps its error and takes the snapshots' states.
 */
export function decideConfirmation(
  point: Point,
  snapshotById: ReadonlyMap<string, Snapshot>,
  now: EpochMs,
): Confirmation {
  if (point.state !== 'started' && point.state !== 'failed') return { kind: 'closed' };
  const seen = point.snapshots.map((snapshot) => ({
    snapshot,
    azure: snapshotById.get(snapshot.snapshotId.toLowerCase()) ?? null,
  }));
  const waitedMs = now - (point.startedAt ?? point.finishedAt ?? point.plannedAt);
  const pending = seen.some(({ azure }) => azure?.state === 'pending');
  const missing = seen.some(({ azure }) => azure === null);
  const snapshots = seen.map(
    ({ snapshot, azure }): PointSnapshot => ({
      ...snapshot,
      state:
        azure?.state === 'succeeded'
          ? 'succeeded'
          : azure === null && point.state === 'failed'
            ? snapshot.state
            : azure?.state === 'failed'
              ? 'failed'
              : snapshot.state,
      createdAt: azure?.createdAt ?? snapshot.createdAt,
      familyId: azure?.familyId ?? snapshot.familyId,
    }),
  );
  const fail = (code: string, message: string): Confirmation => ({
    kind: 'failed',
    point: { ...point, state: 'failed', finishedAt: now, error: point.error ?? { code, message }, snapshots },
  });
  if (point.state === 'failed')
    return pending && waitedMs < STUCK_AFTER_MS ? { kind: 'waiting' } : fail('failed', 'The point had failed');
  if (seen.some(({ azure }) => azure?.state === 'failed'))
    return fail('operation-failed', 'Azure could not finish a snapshot');
  if (missing && waitedMs >= MISSING_AFTER_MS) {
    return point.attempts < MAX_ATTEMPTS
      ? { kind: 'startAgain' }
      : fail('not-there', 'A started snapshot never came to be');
  }
  if (pending && waitedMs >= STUCK_AFTER_MS) return fail('stuck', 'Azure did not finish a snapshot in time');
  if (pending || missing) return { kind: 'waiting' };
  const moments = snapshots.map((snapshot) => snapshot.createdAt ?? now);
  const takenAt = Math.min(...moments);
  return {
    kind: 'succeeded',
    point: {
      ...point,
      state: 'succeeded',
      takenAt,
      skewMs: Math.max(...moments) - takenAt,
      finishedAt: now,
      snapshots,
    },
  };
}
