import { assert } from '../base/assert.ts';
import { AppError } from '../base/errors.ts';
import { hashId } from '../base/ids.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { isFinished, type Restore, restoreId } from '../restore/restore.ts';
import { startRestore } from '../restore/start-restore.ts';
import { underLease } from '../work/lease.ts';
import type { Message } from '../work/messages.ts';
import type { WorkItem } from '../work/work.ts';
import type { StoredDrill } from './drill-book.ts';
import type { DrillDeps } from './drill-deps.ts';
import { DrillLocks } from './drill-locks.ts';
import type { Drill } from './drill-row.ts';
import { finishDrill } from './finish-drill.ts';
import { openScheduled } from './open-scheduled.ts';
import { pickPoint } from './pick-point.ts';
import { planRestoreBody } from './plan-restore-body.ts';
import { removeTurn } from './remove-drill.ts';
import { runChecks } from './run-checks.ts';
import { failDrill, goOn, type Turn } from './turn.ts';

/** Between two looks at the restore: short of a minute, so that the next tick brings the next look. */
const LOOK_MS = 30 * SECOND_MS;
/** Another drill of the source is waited for so long. */
const BUSY_LOOK_MS = 2 * MINUTE_MS;
const BUSY_MS = 24 * HOUR_MS;
/** A restore that takes longer than this has failed for a drill. */
const RESTORE_MS = 12 * HOUR_MS;

const CHECK_TRIES = 5;

/**
 * Advances one drill as far as it goes now.
 *
 * Safety: the row is written, with its ETag, before and after every step; what a step makes, opens or holds follows from the row before it is made.
 *         Where somebody else advances the same drill, this one stops.
 */
export async function advanceDrill(deps: DrillDeps, message: Message): Promise<void> {
  const item: WorkItem = { kind: 'drill', id: message.id, dueAt: message.dueAt };
  let stored = await openScheduled(deps, message.id);
  while (stored?.drill.state === 'running') {
    const turn: Turn = await takeTurn(deps, stored);
    if (turn.stored === null) return;
    stored = turn.stored;
    if (turn.waitMs > 0) return deps.agenda.change([{ ...item, dueAt: deps.clock.now() + turn.waitMs }], [item]);
  }
  await deps.agenda.change([], [item]);
}

/** Ends a drill whose message ended in the poison queue: it has failed, and what it made is removed. */
export async function failPoisonedDrill(deps: DrillDeps, message: Message): Promise<void> {
  const stored = await deps.drills.get(message.id);
  // What is being removed goes on: the agenda sends it again.
  if (stored?.drill.state !== 'running' || stored.drill.step === 'remove' || stored.drill.step === 'finish') return;
  await failDrill(deps, stored, 'poisoned', 'A step failed again and again');
}

function takeTurn(deps: DrillDeps, stored: StoredDrill): Promise<Turn> {
  switch (stored.drill.step) {
    case 'pick':
      return pickTurn(deps, stored);
    case 'restore':
      return restoreTurn(deps, stored);
    case 'check':
      return checkTurn(deps, stored);
    case 'remove':
      return removeTurn(deps, stored);
    case 'finish':
      return finishDrill(deps, stored);
  }
}

async function pickTurn(deps: DrillDeps, stored: StoredDrill): Promise<Turn> {
  const { drill } = stored;
  await deps.audit.record({
    at: drill.createdAt,
    actor: drill.by,
    action: 'drill.start',
    target: drill.id,
    facts: { policy: drill.policy, kind: drill.settings.kind, pick: drill.settings.pick },
  });
  const picked = await pickPoint(deps, drill);
  if (!picked) return failDrill(deps, stored, 'no-point', 'No source of the policy has a point that can be drilled');
  const { source, point, disk } = picked;
  return goOn(deps, stored, 'restore', {
    ...{ source, disk, pointId: point.id, takenAt: point.takenAt },
    restoreId: restoreId(drill.createdAt, hashId('restore', drill.id)),
  });
}

async function restoreTurn(deps: DrillDeps, stored: StoredDrill): Promise<Turn> {
  const { drill } = stored;
  const restore = (await deps.restores.get(drill.restoreId ?? ''))?.restore;
  if (!restore) return orderRestore(deps, stored);
  if (!isFinished(restore)) {
    if (deps.clock.now() - restore.createdAt < RESTORE_MS) return { stored, waitMs: LOOK_MS };
    return failDrill(deps, stored, 'timed-out', 'The restore took too long');
  }
  const restoreSteps = restore.steps;
  if (restore.state === 'succeeded') return goOn(deps, stored, 'check', { restoreSteps }, restore.finishedAt);
  return failDrill(deps, stored, restore.error?.code ?? restore.state, whyFailed(restore), { restoreSteps });
}

function whyFailed({ state, error }: Restore): string {
  if (!error) return `The restore was not left to succeed: it is ${state}`;
  const reasons = error.reasons.map(({ message, found }) => (found === undefined ? message : `${message} (${found})`));
  return [error.message, ...reasons].join('. ');
}

/** Takes the source for this drill, keeps the point from being deleted until the end, and starts the restore. */
async function orderRestore(deps: DrillDeps, stored: StoredDrill): Promise<Turn> {
  const { drill } = stored;
  const { source, pointId, by, createdAt } = drill;
  if (source === null || pointId === null)
    throw new AppError('data-unreadable', 'The row of a drill lacks what was picked', { drill: drill.id });
  if (!(await new DrillLocks(deps.store).take(source.key, drill.id))) {
    if (deps.clock.now() - createdAt < BUSY_MS) return { stored, waitMs: BUSY_LOOK_MS };
    return failDrill(deps, stored, 'busy', 'Another drill of the source does not end');
  }
  await deps.inUse.begin(pointId, drill.id);
  const body = planRestoreBody(drill);
  const started = await startRestore(deps, { body, by, operationId: drill.id, at: createdAt, drill: drill.id });
  if (!started.ok) {
    const why = started.problems.map(({ path, message, found }) => `${path} ${message} (${found ?? ''})`);
    return failDrill(deps, stored, 'infeasible', `This cannot be restored: ${why.join('; ')}`);
  }
  if (started.value.kind === 'no-point') return failDrill(deps, stored, 'point-gone', 'The point is gone meanwhile');
  assert(started.value.restores[0]?.id === drill.restoreId, 'the id in the row is the one that the restore gets');
  return { stored, waitMs: LOOK_MS };
}

async function checkTurn(deps: DrillDeps, before: StoredDrill): Promise<Turn> {
  // Two of them at once would close what the other reads.
  const turn = await underLease(deps, `drill|${hashId(before.drill.id)}`, () => checkOnce(deps, before));
  return turn.kind === 'done' ? turn.value : { stored: before, waitMs: LOOK_MS };
}

async function checkOnce(deps: DrillDeps, before: StoredDrill): Promise<Turn> {
  const opens = before.drill.settings.kind === 'disk' && !before.drill.isOpen;
  const stored = opens ? await deps.drills.write(before, { isOpen: true }) : before;
  if (!stored) return { stored: null, waitMs: 0 };
  try {
    const checks = [...(await runChecks(deps, stored.drill))];
    const failed = checks.filter(({ result }) => result === 'failed');
    const changed: Partial<Drill> = { checks, isOpen: false };
    if (failed.length === 0) return await goOn(deps, stored, 'remove', changed);
    const why = failed.map(({ name, detail }) => `${name}: ${detail}`).join('; ');
    return await failDrill(deps, stored, 'check-failed', why, changed);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const attempts = stored.drill.attempts + 1;
    const facts = { drill: stored.drill.id, code: error.code, reason: error.message, attempts };
    deps.log.warn('the checks of a drill could not be done', facts);
    if (attempts >= CHECK_TRIES)
      return failDrill(deps, stored, error.code, `The checks could not be done: ${error.message}`);
    const waitMs = Math.max(error.retryAfterMs ?? 0, MINUTE_MS * 2 ** attempts);
    return { stored: await deps.drills.write(stored, { attempts }), waitMs };
  }
}
