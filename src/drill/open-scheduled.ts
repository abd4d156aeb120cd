import { HOLDFAST } from '../audit/audit.ts';
import { BY_SCHEDULE, drillKeys } from '../schedule/drill-names.ts';
import type { StoredDrill } from './drill-book.ts';
import type { DrillDeps } from './drill-deps.ts';
import type { Drill } from './drill-row.ts';

/** A drill that is about to begin. */
export function newDrill(
  order: Pick<Drill, 'id' | 'policy' | 'by' | 'settings' | 'wantedSource' | 'createdAt'>,
): Drill {
  return {
    ...order,
    v: 1,
    state: 'running',
    step: 'pick',
    attempts: 0,
    source: null,
    pointId: null,
    takenAt: null,
    disk: null,
    restoreId: null,
    isOpen: false,
    checks: [],
    reason: null,
    steps: [{ name: 'pick', startedAt: order.createdAt, finishedAt: null }],
    restoreSteps: [],
    leftBehind: [],
    finishedAt: null,
  };
}

/** Drills among which the one before is looked for. */
const NEWEST = 20;

/**
 * The drill of an id; where its policy's schedule has asked for it and it is not there yet, it begins here, as the policy stands now.
 *
 * Shape:  null where there is nothing to do: nobody asked for it, the policy wants no drills any more, or its last one still runs: a schedule that is
 *         faster than its drills would pile them up.
 */
export async function openScheduled(deps: DrillDeps, id: string): Promise<StoredDrill | null> {
  const known = await deps.drills.get(id);
  const keys = drillKeys(id);
  if (known || keys?.mark !== BY_SCHEDULE) return known;
  const stored = await deps.policies.get(keys.policy);
  if (stored?.state !== 'active' || !stored.policy.enabled || stored.policy.drills === null) return null;
  const newest = await deps.drills.ofPolicy(keys.policy, { before: null, limit: NEWEST });
  const running = newest.find(({ state, by }) => state === 'running' && by === HOLDFAST);
  if (running) {
    deps.log.warn('a drill is left out: the one before is not over', { drill: id, running: running.id });
    return null;
  }
  const { cron: _, ...settings } = stored.policy.drills;
  const createdAt = deps.clock.now();
  const drill = { id, policy: keys.policy, by: HOLDFAST, settings, wantedSource: null, createdAt };
  await deps.drills.insert(newDrill(drill));
  return deps.drills.get(id);
}
