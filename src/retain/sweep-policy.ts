import { HOLDFAST } from '../audit/audit.ts';
import { readCells } from '../base/cells.ts';
import { formatIso } from '../base/time.ts';
import type { PolicyBook, StoredPoint, StoredPolicy } from '../protect/protect.ts';
import { policyKey } from '../schedule/point-names.ts';
import type { BudgetBook } from './budget-book.ts';
import type { LiveBudget } from './live-budget.ts';
import { type PlanDeps, type PlannedSource, planLive } from './live-plan.ts';
import { markPoints, type PointToMark, unmarkPoint } from './marks.ts';
import { noteShared } from './note-shared.ts';
import { deleteRuleOf, isKept } from './reason-bits.ts';
import { decideStop, type SweepApprovals, type SweepCounts } from './sweep-stop.ts';

export interface SweepDeps extends PlanDeps {
  readonly policies: PolicyBook;
  readonly approvals: SweepApprovals;
  readonly budgets: BudgetBook;
}

const SWEEPS = 'sweeps';

/**
 * True where the points of a policy may expire: a paused or disabled policy deletes nothing, a deleted one only where it said so, and none after a
 * rebuild that nobody has confirmed.
 */
export function mayExpire(stored: StoredPolicy): boolean {
  if (stored.awaitsConfirmation) return false;
  return stored.state === 'active' ? stored.policy.enabled : stored.policy.onDelete === 'expire';
}

/** What a sweep is about to do. */
interface Plan {
  readonly marks: PointToMark[];
  readonly unmarks: string[];
  readonly counts: { points: number; takenSince: number };
}

/**
 * One sweep of a policy: decides every source's points, and marks those that no rule keeps or that the budget gives up; what a rule keeps again is
 * unmarked. Nothing is deleted here: marks become deletions after their grace.
 *
 * Errors: anything that cannot be read stops the sweep before its first mark.
 * Safety: a sweep that would delete too much at once stops and asks (see `decideStop`). The budget's plan is written before what it gives up is marked.
 */
export async function sweepPolicy(deps: SweepDeps, policyName: string): Promise<void> {
  const stored = await deps.policies.get(policyName);
  if (!stored || !mayExpire(stored)) return;
  const { policy } = stored;
  const now = deps.clock.now();
  const keys = { partitionKey: 'sweep', rowKey: policyKey(policyName) };
  const sweepRow = await deps.store.table(SWEEPS).get(keys);
  const lastFinishedAt = sweepRow ? readCells(sweepRow).number('finishedAt') : 0;
  const plan: Plan = { marks: [], unmarks: [], counts: { points: 0, takenSince: 0 } };
  const { budget } = await planLive(deps, { policyName, part: policy, now, noteGone: true }, async (source) => {
    addSource(plan, source, lastFinishedAt);
    await noteShared(deps.chains, source.live);
  });
  await noteBudget(deps, stored, budget, now);
  const counts: SweepCounts = { ...plan.counts, deletes: plan.marks.length };
  if (await mustStop(deps, stored, counts, now)) return;
  for (const id of plan.unmarks) await unmarkPoint(deps, id, { actor: HOLDFAST, because: 'a rule keeps it' });
  await markPoints(deps, plan.marks, policy.retention.graceHours);
  await deps.store.table(SWEEPS).put(keys, { policy: policyName, finishedAt: now, ...counts });
  if (plan.marks.length + plan.unmarks.length > 0) {
    deps.log.info('swept', {
      policy: policyName,
      points: counts.points,
      marked: plan.marks.length,
      unmarked: plan.unmarks.length,
    });
  }
}

async function mustStop(deps: SweepDeps, { policy }: StoredPolicy, counts: SweepCounts, now: number): Promise<boolean> {
  if (decideStop(counts, policy.retention.maxDeletePercent) === 'go') return false;
  if (await deps.approvals.use(policy.name, counts.deletes)) return false;
  deps.log.error('a sweep has stopped: it would delete too many points at once', { policy: policy.name, ...counts });
  await deps.approvals.ask(policy.name, counts, now);
  await deps.audit.record({
    at: now,
    actor: HOLDFAST,
    action: 'sweep.stop',
    target: policy.name,
    facts: { ...counts },
  });
  return true;
}

function addSource(plan: Plan, { live, decided, givenUp }: PlannedSource, lastFinishedAt: number): void {
  plan.counts.points += live.points.length;
  for (const [at, place] of decided.order.entries()) {
    const stored = live.points[place] as StoredPoint;
    const mask = decided.masks[at] as number;
    if (stored.point.plannedAt > lastFinishedAt) plan.counts.takenSince += 1;
    const lost = givenUp?.[at] === 1;
    if (isKept(mask) && !lost) {
      if (stored.point.mark !== null) plan.unmarks.push(stored.point.id);
    } else if (stored.point.mark === null) {
      plan.marks.push({ stored, because: lost ? 'budget' : deleteRuleOf(mask) });
    }
  }
}

/** Writes what the budget has decided, and says where it could not do what it was asked to. */
async function noteBudget(
  deps: SweepDeps,
  { policy, version }: StoredPolicy,
  budget: LiveBudget | null,
  now: number,
): Promise<void> {
  await deps.budgets.replacePlan(policy.name, budget?.entries ?? [], { at: now, version });
  await deps.budgets.noteStates(policy.name, budget, deps.currency, now);
  for (const { group, alarm, partial, gapPercent } of budget?.groups ?? []) {
    const facts = { policy: policy.name, group, at: formatIso(now) };
    if (alarm) {
      const { exceedsByMicroUnits, change } = alarm;
      deps.log.error('what the budget may not give up exceeds it', {
        ...facts,
        exceedsByMicroUnits,
        change: change.path,
        to: JSON.stringify(change.to),
      });
    }
    if (partial.length > 0) {
      const [first] = partial;
      deps.log.warn('the budget gives up nothing of what cannot be weighed', {
        ...facts,
        sources: partial.length,
        first: first?.name,
        because: first?.because,
      });
    }
    if (gapPercent > 1)
      deps.log.warn('the budget is not proven to be within 1 % of the best', { ...facts, gapPercent });
  }
}
