import { type Audit, HOLDFAST } from '../audit/audit.ts';
import { readCells } from '../base/cells.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import type { Policy } from '../policy/policy.ts';
import {
  type Catalogue,
  groupKey,
  groupOf,
  type Point,
  type PointsInUse,
  type PolicyBook,
  type SourceBook,
  type StoredPolicy,
} from '../protect/protect.ts';
import { policyKey } from '../schedule/point-names.ts';
import type { Agenda } from '../work/work.ts';
import { decideRetention } from './decide-retention.ts';
import { type GroupView, retentionPoint, viewGroup } from './deletion-guard.ts';
import { markPoint, unmarkPoint } from './marks.ts';
import { noteMissing } from './missing-snapshots.ts';
import type { SnapshotRemover } from './ports.ts';
import { decideStop, type SweepApprovals, type SweepCounts } from './sweep-stop.ts';
import type { Reason } from './verdict.ts';

export interface SweepDeps {
  readonly store: Store;
  readonly policies: PolicyBook;
  readonly sources: SourceBook;
  readonly catalogue: Catalogue;
  readonly agenda: Agenda;
  readonly inUse: PointsInUse;
  readonly approvals: SweepApprovals;
  readonly remover: SnapshotRemover;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly log: Log;
}

const SWEEPS = 'sweeps';

/** True where the points of a policy may expire: a paused or disabled policy deletes nothing, a deleted one only where it said so. */
export function mayExpire(stored: StoredPolicy): boolean {
  return stored.state === 'active' ? stored.policy.enabled : stored.policy.onDelete === 'expire';
}

interface Plan {
  readonly marks: { readonly id: string; readonly because: string; readonly listed: GroupView['snapshotById'] }[];
  readonly unmarks: string[];
  readonly counts: { points: number; takenSince: number };
}

/**
 * One sweep of a policy: decides every source's points, and marks those that no rule keeps; what a rule keeps again is unmarked.
 * Nothing is deleted here: marks become deletions after their grace.
 *
 * Errors: anything that cannot be read stops the sweep before its first mark.
 * Safety: a sweep that would delete too much at once stops and asks (see `decideStop`).
 */
export async function sweepPolicy(deps: SweepDeps, policyName: string): Promise<void> {
  const stored = await deps.policies.get(policyName);
  if (!stored || !mayExpire(stored)) return;
  const { policy } = stored;
  const now = deps.clock.now();
  const sweepRow = await deps.store.table(SWEEPS).get({ partitionKey: 'sweep', rowKey: policyKey(policyName) });
  const lastFinishedAt = sweepRow ? readCells(sweepRow).number('finishedAt') : 0;
  const plan = await planSweep(deps, policy, now, lastFinishedAt);
  const counts: SweepCounts = { ...plan.counts, deletes: plan.marks.length };
  if (
    decideStop(counts, policy.retention.maxDeletePercent) === 'stop' &&
    !(await deps.approvals.use(policyName, counts.deletes))
  ) {
    deps.log.error('a sweep has stopped: it would delete too many points at once', { policy: policyName, ...counts });
    await deps.approvals.ask(policyName, counts, now);
    await deps.audit.record({
      at: now,
      actor: HOLDFAST,
      action: 'sweep.stop',
      target: policyName,
      facts: { ...counts },
    });
    return;
  }
  for (const id of plan.unmarks) await unmarkPoint(deps, id, { actor: HOLDFAST, because: 'a rule keeps it' });
  for (const mark of plan.marks) await markPoint(deps, mark.id, { ...mark, graceHours: policy.retention.graceHours });
  await deps.store
    .table(SWEEPS)
    .put({ partitionKey: 'sweep', rowKey: policyKey(policyName) }, { policy: policyName, finishedAt: now, ...counts });
  if (plan.marks.length + plan.unmarks.length > 0) {
    deps.log.info('swept', {
      policy: policyName,
      points: counts.points,
      marked: plan.marks.length,
      unmarked: plan.unmarks.length,
    });
  }
}

async function planSweep(deps: SweepDeps, policy: Policy, now: EpochMs, lastFinishedAt: EpochMs): Promise<Plan> {
  const views = new Map<string, Promise<GroupView | null>>();
  const plan: Plan = { marks: [], unmarks: [], counts: { points: 0, takenSince: 0 } };
  for await (const { source } of deps.sources.ofPolicy(policy.name)) {
    const points = await pointsOf(deps.catalogue, source.key, policy.name);
    plan.counts.points += points.length;
    plan.counts.takenSince += points.filter((point) => point.plannedAt > lastFinishedAt).length;
    await planSource(deps, policy, points, now, views, plan);
  }
  return plan;
}

/** The points of one source under one policy that are not being deleted yet. */
export async function pointsOf(catalogue: Catalogue, sourceKey: string, policyName: string): Promise<readonly Point[]> {
  const points: Point[] = [];
  for await (const { point } of catalogue.ofSource(sourceKey))
    if (point.policy === policyName && point.state !== 'deleting') points.push(point);
  return points;
}

async function planSource(
  deps: SweepDeps,
  policy: Policy,
  points: readonly Point[],
  now: EpochMs,
  views: Map<string, Promise<GroupView | null>>,
  plan: Plan,
): Promise<void> {
  const first = points[0];
  if (!first) return;
  const key = groupKey(groupOf(first));
  const viewing = views.get(key) ?? viewGroup(deps.remover, first);
  views.set(key, viewing);
  const view = await viewing;
  if (view === null) {
    deps.log.error('the resource group of snapshots is gone', { policy: policy.name, source: first.source.name });
    return;
  }
  const present = await noteMissing(deps, points, view);
  const pointById = new Map(present.map((point) => [point.id, point]));
  const verdicts = decideRetention(
    present.map((point) => retentionPoint(point, view, now)),
    policy.retention,
    policy.timeZone,
    now,
  );
  for (const verdict of verdicts) {
    const marked = pointById.get(verdict.id)?.mark !== null;
    if (verdict.action === 'delete' && !marked)
      plan.marks.push({ id: verdict.id, because: nameReasons(verdict.because), listed: view.snapshotById });
    if (verdict.action === 'keep' && marked) plan.unmarks.push(verdict.id);
  }
}

function nameReasons(reasons: readonly Reason[]): string {
  return reasons.map((reason) => reason.rule).join(', ');
}
