import { notify } from '../notify/notify.ts';
import { forgetMadeDisks } from './made-disks.ts';
import type { Restore } from './restore.ts';
import type { StoredRestore } from './restore-book.ts';
import { type RestoreDeps, wakeRestore } from './restore-deps.ts';
import { noteStepTimes } from './restore-times.ts';

type Ending = Extract<Restore['state'], 'succeeded' | 'failed' | 'cancelled' | 'undone' | 'removed'>;

/**
 * Ends a restore: its evidence, its place for the next in the line, its row last, so that a crash repeats all of it.
 *
 * Shape: null where somebody else was first.
 */
export async function finishRestore(
  deps: RestoreDeps,
  before: StoredRestore,
  state: Ending,
): Promise<StoredRestore | null> {
  const { restore } = before;
  const now = deps.clock.now();
  await deps.audit.record({
    at: now,
    actor: restore.by,
    action: 'restore.end',
    target: restore.id,
    facts: {
      state,
      kind: restore.kind,
      point: restore.pointId,
      made: restore.created.map(({ id }) => id).join(' '),
      error: restore.error?.code ?? null,
    },
  });
  const gone = restore.created.filter(({ type, removedAt }) => type === 'disk' && removedAt !== null);
  await forgetMadeDisks(
    deps.store,
    restore,
    gone.map(({ id }) => id),
  );
  if (state === 'succeeded') await noteStepTimes(deps.store, restore);
  await tell(deps, restore, state);
  for (const id of await deps.slots.give(restore)) await wakeRestore(deps, id);
  deps.log.info('a restore has ended', { restore: restore.id, kind: restore.kind, state, source: restore.sourceName });
  const expiresAt = state === 'succeeded' && restore.expiresAfterMs !== null ? now + restore.expiresAfterMs : null;
  return writeRestore(deps, before, { state, finishedAt: now, expiresAt });
}

const words: Readonly<Record<Ending, string>> = {
  succeeded: 'is done',
  failed: 'has failed and was undone',
  cancelled: 'was cancelled and undone',
  undone: 'was undone as asked',
  removed: 'is over: what it had made is removed',
};

/** Tells people how it ended. */
async function tell(deps: RestoreDeps, restore: Restore, state: Ending): Promise<void> {
  const { id, kind, sourceName, error, by, outcome } = restore;
  // A drill has a word of its own, for all that it came to.
  if (restore.drill !== null) return;
  const reasons = (error?.reasons ?? []).map(({ message }) => message);
  await notify(deps, {
    key: `restore|${id}|${state}`,
    topic: 'restore',
    severity: state === 'failed' ? 'critical' : 'info',
    title: `The restore (${kind}) of ${sourceName} ${words[state]}`,
    text: [error?.message, ...reasons, outcome].filter((text) => text).join('. '),
    facts: [
      { name: 'restore', value: id },
      { name: 'ordered by', value: by },
      { name: 'step', value: error?.step ?? 'all' },
    ],
  });
}

/** Writes a restore that was read; null where somebody else was first. */
export async function writeRestore(
  deps: Pick<RestoreDeps, 'restores'>,
  before: StoredRestore,
  changed: Partial<Restore>,
): Promise<StoredRestore | null> {
  const restore: Restore = { ...before.restore, ...changed };
  if (JSON.stringify(restore) === JSON.stringify(before.restore)) return before;
  const written = await deps.restores.replace(restore, before.etag);
  return written.kind === 'done' ? { restore, etag: written.etag } : null;
}

/** Notes that a step has written to Azure. */
export async function noteStep(
  deps: Pick<RestoreDeps, 'audit' | 'clock'>,
  restore: Restore,
  step: string,
  direction: 'do' | 'undo',
): Promise<void> {
  await deps.audit.record({
    at: deps.clock.now(),
    actor: restore.by,
    action: 'restore.step',
    target: restore.id,
    facts: { step, direction, source: restore.sourceName },
  });
}
