import { AppError } from '../base/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../base/time.ts';
import { followOperations, type Turn } from './do-turn.ts';
import { finishRestore, noteStep, writeRestore } from './finish-restore.ts';
import type { Restore } from './restore.ts';
import type { StoredRestore } from './restore-book.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { StepResult } from './step.ts';
import { stepsByKind } from './steps.ts';

const endings = {
  failure: 'failed',
  cancel: 'cancelled',
  asked: 'undone',
  expiry: 'removed',
} as const satisfies Record<NonNullable<Restore['undo']>, Restore['state']>;

/**
 * Undoes one piece of the step that a restore is at, backwards to the first.
 *
 * Errors: an undo that fails is tried again for ever, ever more rarely, and told each time: giving up would leave things behind.
 */
export async function undoTurn(deps: RestoreDeps, before: StoredRestore): Promise<Turn> {
  const { restore } = before;
  const step = stepsByKind[restore.kind][restore.step];
  try {
    if (restore.operations.length > 0) return await follow(deps, before);
    const result: StepResult = (await step?.undo?.(deps, restore)) ?? { kind: 'next' };
    if (result.changed?.operations) await noteStep(deps, restore, step?.name ?? '', 'undo');
    if (result.kind === 'wait') {
      const stored = await writeRestore(deps, before, { ...result.changed, attempts: 0 });
      return { stored, waitMs: result.ms };
    }
    if (restore.step > 0) {
      const changed = { ...result.changed, step: restore.step - 1, attempts: 0 };
      return { stored: await writeRestore(deps, before, changed), waitMs: 0 };
    }
    const ended = await writeRestore(deps, before, result.changed ?? {});
    const state = endings[restore.undo ?? 'failure'];
    return { stored: ended && (await finishRestore(deps, ended, state)), waitMs: 0 };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return again(deps, before, step?.name ?? '', error);
  }
}

async function follow(deps: RestoreDeps, before: StoredRestore): Promise<Turn> {
  const { open, failed, waitMs } = await followOperations(deps, before.restore);
  if (failed) {
    const cleared = await writeRestore(deps, before, { operations: [] });
    return cleared
      ? again(deps, cleared, stepsByKind[before.restore.kind][before.restore.step]?.name ?? '', failed)
      : { stored: null, waitMs: 0 };
  }
  return { stored: await writeRestore(deps, before, { operations: open }), waitMs: open.length > 0 ? waitMs : 0 };
}

async function again(deps: RestoreDeps, before: StoredRestore, step: string, error: AppError): Promise<Turn> {
  const attempts = before.restore.attempts + 1;
  deps.log.error('the undo of a restore is tried again', {
    restore: before.restore.id,
    step,
    code: error.code,
    reason: error.message,
    ...error.facts,
    attempts,
  });
  return {
    stored: await writeRestore(deps, before, { attempts }),
    waitMs: Math.max(error.retryAfterMs ?? 0, Math.min(MINUTE_MS * attempts, HOUR_MS)),
  };
}
