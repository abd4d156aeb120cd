import { type Audit, HOLDFAST } from '../audit/audit.ts';
import { isAppError } from '../base/errors.ts';
import { MINUTE_MS } from '../base/time.ts';
import { type Chains, chainKey } from '../cost/cost.ts';
import { groupKey, groupOf, nextMinute, type Point, TAG_POINT, type Unconfirmed } from '../protect/protect.ts';
import type { Message } from '../work/messages.ts';
import type { WorkItem } from '../work/work.ts';
import { decideRetention } from './decide-retention.ts';
import { retentionPoint, viewPoint } from './deletion-guard.ts';
import { unmarkPoint } from './marks.ts';
import { mayExpire, pointsOf, type SweepDeps } from './sweep-policy.ts';

export interface DeleteDeps extends SweepDeps {
  readonly unconfirmed: Unconfirmed;
  readonly chains: Chains;
  readonly audit: Audit;
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
  if (!point || (point.state !== 'deleting' && (point.mark === null || point.mark.deleteAfter > deps.clock.now()))) {
    return deps.agenda.change([], [item]);
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
      const stands = current.state === 'deleting' || (current.hold === null && current.mark !== null);
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
  const view = await viewPoint(deps.remover, point);
  const now = deps.clock.now();
  const points = await pointsOf(deps.catalogue, point.source.key, point.policy);
  const { retention, timeZone } = stored.policy;
  const verdicts = decideRetention(
    points.map((other) => retentionPoint(other, view, now)),
    retention,
    timeZone,
    now,
  );
  const verdict = verdicts.find(({ id }) => id === point.id);
  if (verdict?.action !== 'delete')
    return `kept by ${verdict?.because.map((reason) => reason.rule).join(', ') ?? 'doubt'}`;
  const strange = [...view.snapshotById.values()].some((snapshot) => snapshot.tags[TAG_POINT] !== point.id);
  return strange ? 'a snapshot of its name does not carry its tag' : null;
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
  const facts = {
    policy: point.policy,
    source: point.source.id,
    slot: point.slot,
    because: point.mark?.because ?? null,
  };
  await deps.audit.record({ at: deps.clock.now(), actor: HOLDFAST, action: 'point.delete', target: point.id, facts });
  return 'sent';
}

/** While a node is `deleting` nothing is measured against it. A change meanwhile is no harm: the chain is put right when the point is forgotten. */
async function noteDeleting(chains: Chains, key: string, pointId: string, state: 'kept' | 'deleting'): Promise<void> {
  const node = (await chains.nodes(key)).find((candidate) => candidate.pointId === pointId);
  if (node && node.state !== state) await chains.change(key, [{ ...node, state }]);
}
