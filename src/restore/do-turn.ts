import { AppError } from '../base/errors.ts';
import { inParallel } from '../base/in-parallel.ts';
import { MINUTE_MS } from '../base/time.ts';
import { decideFailure } from './decide-failure.ts';
import { finishRestore, noteStep, writeRestore } from './finish-restore.ts';
import type { Restore, RestoreError } from './restore.ts';
import type { StoredRestore } from './restore-book.ts';
import type { RestoreDeps } from './restore-deps.ts';
import { POLL_MS, type Step } from './step.ts';
import { stepsByKind } from './steps.ts';

/** What one turn has come to. */
export interface Turn {
  /** The restore as written; null where somebody else was first. */
  readonly stored: StoredRestore | null;
  readonly waitMs: number;
}

/** Longer than any step takes to send what it sends: who dies in the middle is followed after this time. */
const BUSY_MS = 2 * MINUTE_MS;

const POLLS_AT_ONCE = 8;
const RETRY_FROM_MS = 2_000;

/** Does one piece of the step that a running restore is at: sends it, looks at its operations, or looks at what came of it. */
export async function doTurn(deps: RestoreDeps, before: StoredRestore): Promise<Turn> {
  const { restore } = before;
  const step = stepsByKind[restore.kind][restore.step];
  if (!step) return { stored: await finishRestore(deps, before, 'succeeded'), waitMs: 0 };
  const now = deps.clock.now();
  const startedAt = restore.steps[restore.step]?.startedAt ?? now;
  if (now - startedAt > step.timeoutMs) {
    const message = 'The step took too long';
    return fail(deps, before, { code: 'timed-out', message, step: step.name, azureCode: null, reasons: [] });
  }
  let current = before;
  if (restore.phase === 'do') {
    if (restore.busyUntil !== null && restore.busyUntil > now)
      return { stored: before, waitMs: restore.busyUntil - now };
    const begun = await begin(deps, before, step);
    if (!begun) return { stored: null, waitMs: 0 };
    current = begun;
  }
  try {
    return restore.phase === 'do' ? await send(deps, current, step) : await look(deps, current, step);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return retryOrFail(deps, current, step, error);
  }
}

async function begin(deps: RestoreDeps, before: StoredRestore, step: Step): Promise<StoredRestore | null> {
  const { restore } = before;
  const busyUntil = deps.clock.now() + BUSY_MS;
  if (restore.steps[restore.step]) return writeRestore(deps, before, { busyUntil });
  const steps = [...restore.steps, { name: step.name, startedAt: deps.clock.now(), finishedAt: null }];
  return writeRestore(deps, before, { ...step.intent?.(restore), steps, busyUntil });
}

async function send(deps: RestoreDeps, before: StoredRestore, step: Step): Promise<Turn> {
  const sent = (await step.do?.(deps, before.restore)) ?? {};
  const operations = (sent.operations ?? []).flatMap((url) => (url === null ? [] : [{ url, percent: null }]));
  if ((sent.operations ?? []).length > 0) await noteStep(deps, before.restore, step.name, 'do');
  const changed: Partial<Restore> = { ...sent.changed, busyUntil: null, attempts: 0 };
  if (operations.length > 0 || step.check)
    return { stored: await writeRestore(deps, before, { ...changed, phase: 'check', operations }), waitMs: 0 };
  return { stored: await goOn(deps, before, changed), waitMs: 0 };
}

async function look(deps: RestoreDeps, before: StoredRestore, step: Step): Promise<Turn> {
  const followed = await followOperations(deps, before.restore);
  if (followed.failed) throw followed.failed;
  if (followed.open.length > 0) {
    const stored = await writeRestore(deps, before, { operations: followed.open });
    return { stored, waitMs: followed.waitMs };
  }
  const result = (await step.check?.(deps, before.restore)) ?? { kind: 'next' };
  const changed: Partial<Restore> = { ...result.changed, operations: [], attempts: 0 };
  if (result.kind === 'wait') return { stored: await writeRestore(deps, before, changed), waitMs: result.ms };
  if (result.kind === 'next') return { stored: await goOn(deps, before, changed), waitMs: 0 };
  const { code, message } = result;
  const reasons = result.reasons.map(({ path, message: reason, found, allowed }) => ({
    path,
    message: reason,
    ...(found === undefined ? {} : { found }),
    ...(allowed === undefined ? {} : { allowed }),
  }));
  return fail(deps, before, { code, message, step: step.name, azureCode: null, reasons });
}

/**
 * Looks once at each operation that a restore waits for, by its own URL.
 *
 * Shape:  those that go on; the first that failed. One that Azure has forgotten has ended: what came of it is looked at next.
 */
export async function followOperations(
  deps: Pick<RestoreDeps, 'disks'>,
  restore: Restore,
): Promise<{ readonly open: Restore['operations']; readonly failed: AppError | null; readonly waitMs: number }> {
  let waitMs = POLL_MS;
  let failed: AppError | null = null;
  const states = await inParallel(restore.operations, POLLS_AT_ONCE, async ({ url }) => {
    try {
      return { url, state: await deps.disks.operation(url) };
    } catch (error) {
      if (error instanceof AppError && error.code === 'not-found')
        return { url, state: { kind: 'succeeded' as const } };
      throw error;
    }
  });
  const open: Restore['operations'] = [];
  for (const { url, state } of states) {
    if (state.kind === 'running') {
      waitMs = Math.max(waitMs, state.retryAfterMs);
      open.push({ url, percent: state.percent });
    } else if (state.kind === 'failed') {
      const facts = { azureCode: state.code, azureMessage: state.message };
      failed ??= new AppError('operation-failed', 'An operation of Azure failed', facts);
    }
  }
  return { open, failed, waitMs };
}

async function goOn(
  deps: RestoreDeps,
  before: StoredRestore,
  changed: Partial<Restore>,
): Promise<StoredRestore | null> {
  const { restore } = before;
  const steps = restore.steps.map((entry, index) =>
    index === restore.step ? { ...entry, finishedAt: deps.clock.now() } : entry,
  );
  return writeRestore(deps, before, { ...changed, steps, step: restore.step + 1, phase: 'do', operations: [] });
}

async function retryOrFail(deps: RestoreDeps, before: StoredRestore, step: Step, error: AppError): Promise<Turn> {
  const attempts = before.restore.attempts + 1;
  if (error.retry && attempts < step.tries) {
    const waitMs = error.retryAfterMs ?? RETRY_FROM_MS * 2 ** attempts;
    return { stored: await writeRestore(deps, before, { attempts, busyUntil: null }), waitMs };
  }
  const named = decideFailure(error);
  deps.log.error('a restore has failed and is undone', {
    restore: before.restore.id,
    step: step.name,
    code: named.code,
    reason: error.message,
    ...error.facts,
  });
  return fail(deps, before, { ...named, step: step.name, reasons: [] });
}

async function fail(deps: RestoreDeps, before: StoredRestore, error: RestoreError): Promise<Turn> {
  const changed = { state: 'undoing', undo: 'failure', attempts: 0, busyUntil: null, operations: [], error } as const;
  return { stored: await writeRestore(deps, before, { ...changed, operations: [] }), waitMs: 0 };
}
