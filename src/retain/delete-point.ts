import { type Audit, HOLDFAST } from '../audit/audit.ts';
import type { Clock } from '../base/clock.ts';
import { isAppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { MINUTE_MS } from '../base/time.ts';
import { type Chains, chainKey } from '../cost/cost.ts';
import {
  type Catalogue,
  groupKey,
  groupOf,
  isHeld,
  nextMinute,
  type Point,
  type PointsInUse,
  type PolicyBook,
  type StoredPolicy,
  TAG_POINT,
  type Unconfirmed,
} from '../protect/protect.ts';
import type { Message } from '../work/messages.ts';
import type { Agenda, WorkItem } from '../work/work.ts';
import { type BudgetBook, PLAN_COUNTS_MS, type PlannedLoss } from './budget-book.ts';
import { decideMasks, prepareRules } from './decide-masks.ts';
import { type GroupView, readSnapshots, retentionPoint, viewOf } from './deletion-guard.ts';
import { storedPointsOf } from './live-sources.ts';
import { unmarkPoint } from './marks.ts';
import type { SnapshotRemover } from './ports.ts';
import { floorBits, isKept, keptBecause } from './reason-bits.ts';
import { mayExpire } from './sweep-policy.ts';

export interface DeleteDeps {
  readonly policies: PolicyBook;
  readonly catalogue: Catalogue;
  readonly agenda: Agenda;
  readonly inUse: PointsInUse;
  readonly budgets: BudgetBook;
  readonly unconfirmed: Unconfirmed;
  readonly chains: Chains;
  readonly remover: SnapshotRemover;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Deletes a marked point whose grace has ended: everything is decided and read from Azure once more, then the deletes are sent and not waited for.
 *
 * Errors: a lock, an immutability policy or an open access is told, and the mark is taken off: the next sweep looks again.
 * Safety: deletes only snapshots that carry this point's own tag, of a policy whose points may expire, that no rule keeps now, that nobody holds
 *         and that no restore reads from. On any doubt the point stays.
 */
export async function deletePoint(deps: DeleteDeps, message: Message): Promise<void> {
  const item: WorkItem = { kind: 'delete', id: message.id, dueAt: message.dueAt };
  const stored = await deps.catalogue.get(message.id);
  const point = stored?.point;
  if (!point || (point.state !== 'deleting' && point.mark === null)) return deps.agenda.change([], [item]);
  if (point.state !== 'deleting' && point.mark !== null && point.mark.deleteAfter > deps.clock.now()) {
    // Sent too early, by a clock that was ahead: it stays on the agenda until its grace has ended.
    return deps.agenda.change([{ ...item, dueAt: point.mark.deleteAfter }], [item]);
  }
  const objection = point.state === 'deleting' ? null : await findObjection(deps, point);
  if (objection !== null) {
    deps.log.warn('a marked point is kept after all', { point: point.id, policy: point.policy, because: objection });
    await unmarkPoint(deps, point.id, { actor: HOLDFAST, because: objection });
    return deps.agenda.change([], [item]);
  }
  const now = deps.clock.now();
  const deleting = await deps.catalogue.update(
    point.id,
    (current) => {
      const stands = current.state === 'deleting' || (!isHeld(current, now) && current.mark !== null);
      return stands ? { ...current, state: 'deleting', deletingSince: now } : null;
    },
    stored,
  );
  if (deleting?.state !== 'deleting') return;
  if ((await sendDeletes(deps, deleting, point.state)) === 'forbidden') return deps.agenda.change([], [item]);
  await deps.agenda.change(
    [{ kind: 'confirm', id: groupKey(groupOf(point)), dueAt: nextMinute(now + MINUTE_MS) }],
    [item],
  );
}

/** Why a marked point must not be deleted now; null where nothing stands against it. */
async function findObjection(deps: DeleteDeps, point: Point): Promise<string | null> {
  const stored = await deps.policies.get(point.policy);
  if (!stored || !mayExpire(stored)) return 'its policy is paused, disabled or gone';
  if (await deps.inUse.isInUse(point.id)) return 'a restore reads from it';
  const seen = await readSnapshots(deps.remover, point);
  const objection = await objectionOfRules(deps, stored, point, viewOf(seen, []));
  if (objection !== null) return objection;
  const strange = seen.some((snapshot) => snapshot.tags[TAG_POINT] !== point.id);
  return strange ? 'a snapshot of its name does not carry its tag' : null;
}

/** Decides the point's source anew, as it stands now. */
async function objectionOfRules(
  deps: DeleteDeps,
  { policy, version }: StoredPolicy,
  point: Point,
  view: GroupView,
): Promise<string | null> {
  const now = deps.clock.now();
  const points = (await storedPointsOf(deps.catalogue, point.source.key, point.policy)).map((stored) => stored.point);
  const decided = decideMasks(
    points.map((other) => retentionPoint(other, view, now)),
    prepareRules(policy.retention, policy.timeZone, now),
  );
  const at = decided.order.findIndex((place) => points[place]?.id === point.id);
  if (at < 0) return 'kept by doubt';
  const mask = decided.masks[at] as number;
  if (!isKept(mask)) return null;
  const kept = `kept by ${keptBecause(mask).join(', ')}`;
  if (policy.budget === null || (mask & floorBits(policy.budget.floors)) !== 0) return kept;
  const loss = await deps.budgets.lossOf(policy.name, point.id);
  if (loss === null) return kept;
  return objectToLoss({ loss, points, version, now });
}

/**
 * Why a point that the budget gave up must stay. The budget looks across sources, which is too much to be repeated for each deletion: so a deletion stands
 * on the last sweep's plan, and only while nothing has happened that the plan did not know.
 *
 * Safety: the plan is at most two sweeps old and made by the policy as it is now; the points that it counted on before and after this one still stand.
 *         The tiers, guards and floors of the point's own source were decided anew just before.
 */
function objectToLoss(given: {
  readonly loss: PlannedLoss;
  readonly points: readonly Point[];
  readonly version: string;
  readonly now: number;
}): string | null {
  const { loss, points, version, now } = given;
  if (loss.version !== version) return 'the policy has changed since the budget gave it up';
  if (now - loss.plannedAt > PLAN_COUNTS_MS) return 'the plan of the budget is too old';
  const stands = (id: string) =>
    points.some((other) => other.id === id && other.state === 'succeeded' && other.mark === null);
  const neighbours = loss.older === null ? [loss.newer] : [loss.older, loss.newer];
  return neighbours.every(stands) ? null : 'a point that the budget counted on is gone';
}

/**
 * Sends the deletes of a point. Where the first is forbidden by a lock, an immutability policy or an open access, the point is put back as it was;
 * where a later one is, the point stays `deleting` and is tried again.
 */
async function sendDeletes(deps: DeleteDeps, point: Point, before: Point['state']): Promise<'sent' | 'forbidden'> {
  await deps.unconfirmed.add(groupOf(point), 'delete', [point.id]);
  let sent = 0;
  for (const snapshot of point.snapshots) {
    await noteDeleting(deps.chains, chainKey(snapshot.diskUniqueId), point.id, 'deleting');
    try {
      await deps.remover.delete(snapshot.snapshotId);
      sent += 1;
    } catch (error) {
      if (isAppError(error, 'not-found')) continue;
      if (!isAppError(error, 'azure-locked')) throw error;
      deps.log.error('a deletion is forbidden in Azure', { point: point.id, policy: point.policy, ...error.facts });
      const facts = { policy: point.policy, source: point.source.id, snapshot: snapshot.snapshotId };
      const at = deps.clock.now();
      await deps.audit.record({ at, actor: HOLDFAST, action: 'point.locked', target: point.id, facts });
      await noteDeleting(deps.chains, chainKey(snapshot.diskUniqueId), point.id, 'kept');
      if (sent > 0 || before === 'deleting') continue;
      await deps.catalogue.update(point.id, (current) => ({
        ...current,
        state: before,
        mark: null,
        deletingSince: null,
      }));
      await deps.unconfirmed.remove(groupOf(point), 'delete', [point.id]);
      return 'forbidden';
    }
  }
  return 'sent';
}

/** While a node is `deleting` nothing is measured against it. A change meanwhile is no harm: the chain is put right when the point is forgotten. */
async function noteDeleting(chains: Chains, key: string, pointId: string, state: 'kept' | 'deleting'): Promise<void> {
  const node = (await chains.nodes(key)).find((candidate) => candidate.pointId === pointId);
  if (node && node.state !== state) await chains.change(key, [{ ...node, state }]);
}
