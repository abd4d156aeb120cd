import type { AuditAction } from '../audit/audit.ts';
import { MINUTE_MS } from '../base/time.ts';
import { isFinished, type Restore } from './restore.ts';
import { type RestoreDeps, wakeRestore } from './restore-deps.ts';
import { stepsByKind } from './steps.ts';

const ATTEMPTS = 5;

/** What became of a wish to turn a restore around. `refused` says why it is not possible. */
export type TurnedAround =
  | { readonly kind: 'done'; readonly restore: Restore }
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly restore: Restore; readonly why: string };

/** Asks a restore that is under way to stop and to undo what it has made; one that has ended stays as it is. */
export async function cancelRestore(deps: RestoreDeps, id: string, by: string): Promise<Restore | null> {
  const turned = await change(deps, id, by, 'restore.cancel', (restore) =>
    isFinished(restore) || restore.cancelRequested || restore.state === 'undoing' ? null : { cancelRequested: true },
  );
  return turned.kind === 'none' ? null : turned.restore;
}

/**
 * Undoes a restore that has succeeded: a swap goes back to the disks it had; what was made to be looked at (`expiresAfter`) is removed now.
 *
 * Safety: a restored disk or machine that was made to stay is somebody's by now: it is not removed by a wish to undo. The disks that an undone swap leaves
 *         behind stay too.
 */
export async function undoRestore(deps: RestoreDeps, id: string, by: string): Promise<TurnedAround> {
  return change(deps, id, by, 'restore.undo', (restore) => {
    if (restore.undo === 'asked' || restore.state === 'undone') return null;
    if (restore.state !== 'succeeded') return 'only a restore that has succeeded can be undone; cancel one that runs';
    if (restore.kind !== 'swap' && restore.expiresAfterMs === null)
      return 'what it made was made to stay: remove it where it is, if nobody uses it';
    const step = stepsByKind[restore.kind].length - 1;
    const swap = restore.swap && { ...restore.swap, wasRunning: null };
    const undo = restore.kind === 'swap' ? 'asked' : 'expiry';
    return { state: 'undoing', undo, step, swap, attempts: 0, operations: [] };
  });
}

async function change(
  deps: RestoreDeps,
  id: string,
  by: string,
  action: AuditAction,
  decide: (restore: Restore) => Partial<Restore> | string | null,
): Promise<TurnedAround> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const stored = await deps.restores.get(id);
    if (!stored) return { kind: 'none' };
    const changed = decide(stored.restore);
    if (typeof changed === 'string') return { kind: 'refused', restore: stored.restore, why: changed };
    if (changed === null) return { kind: 'done', restore: stored.restore };
    const restore = { ...stored.restore, ...changed };
    // On the agenda before it is in the row: a crash in between is a look that finds nothing to do.
    await deps.agenda.change([{ kind: 'restore', id, dueAt: deps.clock.now() + MINUTE_MS }]);
    if ((await deps.restores.replace(restore, stored.etag)).kind !== 'done') continue;
    await deps.audit.record({
      at: deps.clock.now(),
      actor: by,
      action,
      target: id,
      facts: { source: restore.sourceName },
    });
    await wakeRestore(deps, id);
    return { kind: 'done', restore };
  }
  const stored = await deps.restores.get(id);
  return stored
    ? { kind: 'refused', restore: stored.restore, why: 'it is being changed all the time: try again' }
    : { kind: 'none' };
}
