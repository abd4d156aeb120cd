import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { MINUTE_MS } from '../base/time.ts';
import type { Message } from '../work/messages.ts';
import type { Agenda, WorkItem } from '../work/work.ts';
import { diskSteps, type Step, type StepDeps, type StepResult } from './disk-steps.ts';
import { isFinished, type Restore } from './restore.ts';
import type { RestoreBook, StoredRestore } from './restore-book.ts';

export interface RestoreDeps extends StepDeps {
  readonly restores: RestoreBook;
  readonly agenda: Agenda;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly log: Log;
}

/** A wait up to this long happens inside the invocation; a longer one is a row on the agenda. */
const WAIT_IN_PLACE_MS = MINUTE_MS;

/** Time spent waiting in one invocation, so that it stays well under the host's time-out. */
const INVOCATION_MS = 10 * MINUTE_MS;

/**
 * Advances one restore as far as it goes now.
 *
 * Safety: the row is written, with its ETag, before and after every step; a crash anywhere repeats at most one idempotent step. What a step
 *         makes is in the row before it is made. Where somebody else advances the same restore, this one stops.
 */
export async function advanceRestore(deps: RestoreDeps, message: Message): Promise<void> {
  const item: WorkItem = { kind: 'restore', id: message.id, dueAt: message.dueAt };
  const until = deps.clock.now() + INVOCATION_MS;
  let stored = await deps.restores.get(message.id);
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
  await deps.agenda.change([], [item]);
}

interface Turn {
  /** The restore as written; null where somebody else was first. */
  readonly stored: StoredRestore | null;
  readonly waitMs: number;
}

async function takeTurn(deps: RestoreDeps, stored: StoredRestore): Promise<Turn> {
  if (stored.restore.cancelRequested && stored.restore.state === 'running') {
    return { stored: await write(deps, stored, { state: 'undoing', attempts: 0 }), waitMs: 0 };
  }
  return stored.restore.state === 'undoing' ? undoStep(deps, stored) : doStep(deps, stored);
}

async function doStep(deps: RestoreDeps, before: StoredRestore): Promise<Turn> {
  const step = diskSteps[before.restore.step];
  if (!step) return { stored: await finish(deps, before, 'succeeded'), waitMs: 0 };
  const begun = await begin(deps, before, step);
  if (!begun) return { stored: null, waitMs: 0 };
  try {
    const result = await step.do(deps, begun.restore);
    return await settle(deps, begun, result, begun.restore.step + 1);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const attempts = begun.restore.attempts + 1;
    if (error.retry && attempts < step.tries)
      return { stored: await write(deps, begun, { attempts }), waitMs: error.retryAfterMs ?? 2_000 * 2 ** attempts };
    deps.log.error('a restore has failed and is undone', {
      restore: begun.restore.id,
      step: step.name,
      code: error.code,
      reason: error.message,
      ...error.facts,
    });
    return {
      stored: await write(deps, begun, {
        state: 'undoing',
        attempts: 0,
        error: { code: error.code, message: error.message },
      }),
      waitMs: 0,
    };
  }
}

async function undoStep(deps: RestoreDeps, before: StoredRestore): Promise<Turn> {
  const step = diskSteps[before.restore.step];
  if (before.restore.step < 0 || !step)
    return { stored: await finish(deps, before, before.restore.cancelRequested ? 'cancelled' : 'failed'), waitMs: 0 };
  try {
    const result: StepResult = step.undo ? await step.undo(deps, before.restore) : { kind: 'next' };
    if (result.kind === 'next' && before.restore.step === 0) {
      return { stored: await finish(deps, before, before.restore.cancelRequested ? 'cancelled' : 'failed'), waitMs: 0 };
    }
    return await settle(deps, before, result, before.restore.step - 1);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const attempts = before.restore.attempts + 1;
    deps.log.error('the undo of a restore is tried again', {
      restore: before.restore.id,
      step: step.name,
      code: error.code,
      attempts,
    });
    return {
      stored: await write(deps, before, { attempts }),
      waitMs: Math.max(error.retryAfterMs ?? 0, Math.min(MINUTE_MS * attempts, 15 * MINUTE_MS)),
    };
  }
}

async function begin(deps: RestoreDeps, before: StoredRestore, step: Step): Promise<StoredRestore | null> {
  const { restore } = before;
  if (restore.steps[restore.step]) return before;
  const started = [...restore.steps, { name: step.name, startedAt: deps.clock.now(), finishedAt: null }];
  return write(deps, before, { ...step.intent?.(restore), steps: started });
}

async function settle(deps: RestoreDeps, before: StoredRestore, result: StepResult, nextStep: number): Promise<Turn> {
  if (result.kind === 'wait') return { stored: await write(deps, before, result.changed ?? {}), waitMs: result.ms };
  const { restore } = before;
  const steps = restore.steps.map((entry, index) =>
    index === restore.step && restore.state === 'running' ? { ...entry, finishedAt: deps.clock.now() } : entry,
  );
  return { stored: await write(deps, before, { ...result.changed, step: nextStep, attempts: 0, steps }), waitMs: 0 };
}

async function finish(
  deps: RestoreDeps,
  before: StoredRestore,
  state: 'succeeded' | 'failed' | 'cancelled',
): Promise<StoredRestore | null> {
  const { restore } = before;
  await deps.audit.record({
    at: deps.clock.now(),
    actor: restore.by,
    action: 'restore.end',
    target: restore.id,
    facts: { state, point: restore.pointId, disk: restore.created[0]?.id ?? null, error: restore.error?.code ?? null },
  });
  deps.log.info('a restore has ended', { restore: restore.id, state, disk: restore.target.name });
  return write(deps, before, { state, finishedAt: deps.clock.now() });
}

async function write(
  deps: RestoreDeps,
  before: StoredRestore,
  changed: Partial<Restore>,
): Promise<StoredRestore | null> {
  if (Object.keys(changed).length === 0) return before;
  const restore: Restore = { ...before.restore, ...changed };
  const written = await deps.restores.replace(restore, before.etag);
  return written.kind === 'done' ? { restore, etag: written.etag } : null;
}

/** Turns a restore whose message ended in the poison queue around: it is undone. */
export async function undoPoisonedRestore(deps: RestoreDeps, message: Message): Promise<void> {
  const stored = await deps.restores.get(message.id);
  if (!stored || isFinished(stored.restore))
    return deps.agenda.change([], [{ kind: 'restore', id: message.id, dueAt: message.dueAt }]);
  const error = { code: 'poisoned', message: 'A step failed again and again' };
  if (stored.restore.state === 'running') await write(deps, stored, { state: 'undoing', attempts: 0, error });
  await deps.agenda.change(
    [{ kind: 'restore', id: message.id, dueAt: deps.clock.now() + MINUTE_MS }],
    [{ kind: 'restore', id: message.id, dueAt: message.dueAt }],
  );
}
