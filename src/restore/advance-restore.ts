import { MINUTE_MS } from '../base/time.ts';
import type { Message } from '../work/messages.ts';
import type { WorkItem } from '../work/work.ts';
import { doTurn, type Turn } from './do-turn.ts';
import { finishRestore, writeRestore } from './finish-restore.ts';
import { isFinished } from './restore.ts';
import type { StoredRestore } from './restore-book.ts';
import type { RestoreDeps } from './restore-deps.ts';
import { undoTurn } from './undo-turn.ts';

/** A wait up to this long happens inside the invocation; a longer one is a row on the agenda. */
const WAIT_IN_PLACE_MS = MINUTE_MS;

/** Time spent waiting in one invocation, so that it stays well under the host's time-out. */
const INVOCATION_MS = 10 * MINUTE_MS;

/** A restore in the line is looked at again after this time, whoever forgets to call it. */
const IN_LINE_MS = 2 * MINUTE_MS;

/**
 * Advances one restore as far as it goes now.
 *
 * Safety: the row is written, with its ETag, before and after every step; a crash anywhere repeats at most one idempotent step. What a step
 *         makes is in the row before it is made. Where somebody else advances the same restore, this one stops.
 */
export async function advanceRestore(deps: RestoreDeps, message: Message): Promise<void> {
  const item: WorkItem = { kind: 'restore', id: message.id, dueAt: message.dueAt };
  const until = deps.clock.now() + INVOCATION_MS;
  let stored = await expire(deps, await deps.restores.get(message.id));
  while (stored && !isFinished(stored.restore)) {
    const turn: Turn = await takeTurn(deps, stored);
    if (turn.stored === null) return;
    stored = turn.stored;
    if (turn.waitMs === 0) continue;
    if (turn.waitMs > WAIT_IN_PLACE_MS || deps.clock.now() + turn.waitMs > until) {
      return deps.agenda.change([{ ...item, dueAt: deps.clock.now() + turn.waitMs }], [item]);
    }
    await deps.clock.wait(turn.waitMs);
    stored = await deps.restores.get(message.id);
  }
  const expiresAt = stored?.restore.state === 'succeeded' ? stored.restore.expiresAt : null;
  await deps.agenda.change(expiresAt === null ? [] : [{ ...item, dueAt: expiresAt }], [item]);
}

/** Turns a restore around whose time is over. */
async function expire(deps: RestoreDeps, stored: StoredRestore | null): Promise<StoredRestore | null> {
  const { state, expiresAt } = stored?.restore ?? {};
  if (!stored || state !== 'succeeded' || expiresAt === null || (expiresAt ?? 0) > deps.clock.now()) return stored;
  return writeRestore(deps, stored, { state: 'undoing', undo: 'expiry', attempts: 0, operations: [] });
}

async function takeTurn(deps: RestoreDeps, stored: StoredRestore): Promise<Turn> {
  const { restore } = stored;
  if (restore.state === 'undoing') return undoTurn(deps, stored);
  if (restore.cancelRequested) {
    if (restore.state === 'queued') return { stored: await finishRestore(deps, stored, 'cancelled'), waitMs: 0 };
    const undo = restore.undo ?? 'cancel';
    return {
      stored: await writeRestore(deps, stored, { state: 'undoing', undo, attempts: 0, operations: [] }),
      waitMs: 0,
    };
  }
  if (restore.state === 'running') return doTurn(deps, stored);
  // From here on the line calls it, and the agenda where the line forgets.
  if ((await deps.slots.take(restore)) === 'waiting') return { stored, waitMs: IN_LINE_MS };
  return { stored: await writeRestore(deps, stored, { state: 'running' }), waitMs: 0 };
}

/** Turns a restore whose message ended in the poison queue around: it is undone. */
export async function undoPoisonedRestore(deps: RestoreDeps, message: Message): Promise<void> {
  const item: WorkItem = { kind: 'restore', id: message.id, dueAt: message.dueAt };
  const stored = await deps.restores.get(message.id);
  if (!stored || isFinished(stored.restore)) {
    const expiresAt = stored?.restore.state === 'succeeded' ? stored.restore.expiresAt : null;
    return deps.agenda.change(expiresAt === null ? [] : [{ ...item, dueAt: expiresAt }], [item]);
  }
  const error = {
    code: 'poisoned',
    message: 'A step failed again and again',
    step: null,
    azureCode: null,
    reasons: [],
  };
  if (stored.restore.state !== 'undoing')
    await writeRestore(deps, stored, { state: 'undoing', undo: 'failure', attempts: 0, operations: [], error });
  await deps.agenda.change([{ ...item, dueAt: deps.clock.now() + MINUTE_MS }], [item]);
}
