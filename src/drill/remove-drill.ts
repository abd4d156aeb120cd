import { AppError } from '../base/errors.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { notify } from '../notify/notify.ts';
import type { Restore } from '../restore/restore.ts';
import { cancelRestore, undoRestore } from '../restore/undo-restore.ts';
import { closeDisk } from './check-disk.ts';
import type { StoredDrill } from './drill-book.ts';
import type { DrillDeps } from './drill-deps.ts';
import type { Drill } from './drill-row.ts';
import { drilledDisk } from './run-checks.ts';
import { goOn, type Turn } from './turn.ts';

/** Between two looks at the restore while it is undone: short of a minute, so that the next tick brings the next look. */
const LOOK_MS = 30 * SECOND_MS;
/** What takes longer than this to go is told to people; it is tried on all the same. */
const SLOW_MS = 6 * HOUR_MS;

/**
 * Takes one piece of what a drill has made back: what is open is closed, then the restore is cancelled or undone.
 *
 * Errors: what cannot be removed is tried again for ever, ever more rarely, and told: giving up would leave things behind.
 */
export async function removeTurn(deps: DrillDeps, stored: StoredDrill): Promise<Turn> {
  try {
    const { drill } = stored;
    const restore = (await deps.restores.get(drill.restoreId ?? ''))?.restore;
    if (!restore) return await goOn(deps, stored, 'finish');
    // Before the disk goes: Azure deletes none that somebody has access to.
    if (drill.isOpen) return await close(deps, stored, restore);
    if (isGone(restore)) {
      const leftBehind = restore.created.flatMap(({ id, removedAt }) => (removedAt === null ? [id] : []));
      return await goOn(deps, stored, 'finish', { leftBehind, ...leftReason(drill, leftBehind) });
    }
    if (restore.state === 'succeeded') await undoRestore(deps, restore.id, drill.by);
    else if (restore.state !== 'undoing') await cancelRestore(deps, restore.id, drill.by);
    await tellWhereSlow(deps, drill);
    return { stored, waitMs: LOOK_MS };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return again(deps, stored, error);
  }
}

function isGone({ state }: Restore): boolean {
  return state === 'failed' || state === 'cancelled' || state === 'undone' || state === 'removed';
}

/** A namesake stays, as the restore deletes only what is its own: people have to look. */
function leftReason(drill: Drill, leftBehind: readonly string[]): Partial<Drill> {
  if (leftBehind.length === 0 || drill.reason !== null) return {};
  return { reason: { code: 'left-behind', message: 'Not all that the restore made could be removed' } };
}

async function close(deps: DrillDeps, stored: StoredDrill, restore: Restore): Promise<Turn> {
  const drilled = await drilledDisk(deps, stored.drill, restore);
  if (drilled) await closeDisk(deps, stored.drill, drilled);
  return { stored: await deps.drills.write(stored, { isOpen: false }), waitMs: 0 };
}

async function again(deps: DrillDeps, stored: StoredDrill, error: AppError): Promise<Turn> {
  const attempts = stored.drill.attempts + 1;
  const facts = { drill: stored.drill.id, code: error.code, reason: error.message, attempts };
  deps.log.error('the removal of a drill is tried again', { ...facts, ...error.facts });
  await tellWhereSlow(deps, stored.drill);
  const waitMs = Math.max(error.retryAfterMs ?? 0, Math.min(MINUTE_MS * attempts, HOUR_MS));
  return { stored: await deps.drills.write(stored, { attempts }), waitMs };
}

async function tellWhereSlow(deps: DrillDeps, drill: Drill): Promise<void> {
  const since = drill.steps.findLast(({ name }) => name === 'remove')?.startedAt ?? drill.createdAt;
  if (deps.clock.now() - since < SLOW_MS) return;
  await notify(deps, {
    key: `drill|${drill.id}|slow`,
    topic: 'drill',
    severity: 'critical',
    title: `What a drill of ${drill.source?.name ?? drill.policy} has made is still there`,
    text: 'Its removal is tried on. Look at the restore for what stands in its way.',
    facts: [
      { name: 'drill', value: drill.id },
      { name: 'restore', value: drill.restoreId ?? 'none' },
    ],
  });
}
