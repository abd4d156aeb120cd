import { type Audit, HOLDFAST } from '../audit/audit.ts';
import { inParallel } from '../base/in-parallel.ts';
import type { Store } from '../base/store.ts';
import { type EpochMs, formatIso, HOUR_MS, MINUTE_MS } from '../base/time.ts';
import { type ChainHead, type Chains, CLOSED, chainKey, type NewNode } from '../cost/cost.ts';
import { type Message, messageOf } from '../work/messages.ts';
import type { WorkItem } from '../work/work.ts';
import type { StoredPoint } from './catalogue.ts';
import { type Confirmation, decideConfirmation } from './decide-confirmation.ts';
import { TAG_POINT } from './plan-point.ts';
import type { Point } from './point.ts';
import type { Snapshot } from './ports.ts';
import type { SourceBook } from './source-book.ts';
import { nextMinute, type TakeDeps } from './take-point.ts';
import type { SnapshotGroup } from './unconfirmed.ts';

export interface ConfirmDeps extends TakeDeps {
  readonly store: Store;
  readonly sources: SourceBook;
  readonly chains: Chains;
  readonly audit: Audit;
}

const ROWS_AT_ONCE = 8;

/** How long a message has before its item is sent again. */
const RESEND_AFTER_MS = 10 * MINUTE_MS;

/** A delete that Azure has accepted and not carried out for so long is sent again. */
const DELETE_AGAIN_AFTER_MS = HOUR_MS;

/**
 * Confirms everything that was started or deleted in one resource group, by one list call.
 *
 * Safety: a point is `succeeded` only when every snapshot of it is seen done; what is not seen yet is looked at again next minute.
 *         Chain nodes and the agenda are written before the point's row, so a crash anywhere repeats the pass.
 */
export async function confirmGroup(deps: ConfirmDeps, message: Message): Promise<void> {
  const item: WorkItem = { kind: 'confirm', id: message.id, dueAt: message.dueAt };
  const pending = await deps.unconfirmed.of(message.id);
  if (!pending) return deps.agenda.change([], [item]);
  const listed = (await deps.snapshots.list(pending.group.subscriptionId, pending.group.resourceGroup)) ?? [];
  const snapshotById = new Map(listed.map((snapshot) => [snapshot.id.toLowerCase(), snapshot]));
  const open =
    (await confirmCreates(deps, pending.group, pending.creates, snapshotById)) +
    (await confirmDeletes(deps, pending.group, pending.deletes, snapshotById));
  const again: WorkItem[] = open > 0 ? [{ ...item, dueAt: nextMinute(deps.clock.now() + MINUTE_MS) }] : [];
  await deps.agenda.change(again, [item]);
}

async function confirmCreates(
  deps: ConfirmDeps,
  group: SnapshotGroup,
  ids: readonly string[],
  snapshotById: ReadonlyMap<string, Snapshot>,
): Promise<number> {
  const now = deps.clock.now();
  const decisions = await inParallel(ids, ROWS_AT_ONCE, async (id) => {
    const stored = await deps.catalogue.get(id);
    const decision: Confirmation = stored ? decideConfirmation(stored.point, snapshotById, now) : { kind: 'gone' };
    return { id, stored, decision };
  });
  const finished = decisions.filter(({ decision }) => decision.kind === 'succeeded' || decision.kind === 'failed');
  const shared = finished.length > 0 ? sharedFamilies(snapshotById) : new Set<string>();
  const openPolicies = await findOpenPolicies(
    deps,
    finished.map(({ stored }) => stored),
  );
  const added = finished.flatMap(({ decision }) =>
    decision.kind === 'succeeded' || decision.kind === 'failed'
      ? chainNodesOf(decision.point, snapshotById, shared, openPolicies)
      : [],
  );
  await deps.chains.add(added);
  const chains = new Set(added.map(({ head }) => head.key));
  const takenByPolicy = new Map<string, Map<string, EpochMs[]>>();
  for (const { decision } of finished) {
    if (decision.kind !== 'succeeded' || decision.point.takenAt === null) continue;
    const { policy, source, takenAt } = decision.point;
    const byKey = takenByPolicy.get(policy) ?? new Map<string, EpochMs[]>();
    byKey.set(source.key, [...(byKey.get(source.key) ?? []), takenAt]);
    takenByPolicy.set(policy, byKey);
  }
  for (const [policy, takenByKey] of takenByPolicy) await deps.sources.notePoints(policy, takenByKey);
  const meter = [...chains].map((id): WorkItem => ({ kind: 'meter', id, dueAt: now + RESEND_AFTER_MS }));
  await deps.agenda.change(meter);
  await inParallel(decisions, ROWS_AT_ONCE, async ({ id, decision, stored }) => settle(deps, id, decision, stored));
  if (meter.length > 0) await deps.store.queue('meters').send(meter.map(messageOf));
  const closed = decisions.filter(({ decision }) => decision.kind !== 'waiting').map(({ id }) => id);
  await deps.unconfirmed.remove(group, 'create', closed);
  return ids.length - closed.length;
}

async function settle(
  deps: ConfirmDeps,
  id: string,
  decision: Confirmation,
  stored: StoredPoint | null,
): Promise<void> {
  if (decision.kind === 'startAgain') return startAgain(deps, id);
  if (decision.kind !== 'succeeded' && decision.kind !== 'failed') return;
  const { state, takenAt, skewMs, finishedAt, error, snapshots, source, policy, slot, trigger } = decision.point;
  const finish = (current: Point): Point | null =>
    current.state === 'started' || current.state === 'failed'
      ? {
          ...current,
          ...{ state, takenAt, skewMs, snapshots },
          finishedAt: current.finishedAt ?? finishedAt,
          error: current.error ?? error,
        }
      : null;
  await deps.catalogue.update(id, finish, stored ?? undefined);
  const facts = { state, policy, source: source.id, slot, takenAt, snapshots: snapshots.length };
  const action = trigger === 'rebuild' ? 'point.rebuild' : 'point.take';
  await deps.audit.record({ at: finishedAt ?? slot, actor: HOLDFAST, action, target: id, facts });
  if (state === 'succeeded') return;
  const what = { point: id, source: source.name, policy, slot: formatIso(slot), code: error?.code };
  deps.log.error('a point has failed', what);
}

async function startAgain(deps: ConfirmDeps, id: string): Promise<void> {
  deps.log.warn('a started snapshot is not there and is started again', { point: id });
  const point = await deps.catalogue.update(id, (current) =>
    current.state === 'started' ? { ...current, state: 'planned', attempts: current.attempts + 1 } : null,
  );
  if (point?.state === 'planned') await deps.agenda.change([{ kind: 'take', id, dueAt: deps.clock.now() }]);
}

/** The families of which somebody else keeps a snapshot here: what does not carry Holdfast's tag. */
function sharedFamilies(snapshotById: ReadonlyMap<string, Snapshot>): ReadonlySet<string> {
  const families = new Set<string>();
  for (const { tags, familyId } of snapshotById.values())
    if (familyId !== null && tags[TAG_POINT] === undefined) families.add(familyId);
  return families;
}

/** Of the points that were taken back from Azure, the policies that leave their snapshots open to the network. */
async function findOpenPolicies(
  deps: ConfirmDeps,
  points: readonly (StoredPoint | null)[],
): Promise<ReadonlySet<string>> {
  const open = new Set<string>();
  const names = points.flatMap((stored) => (stored?.point.trigger === 'rebuild' ? [stored.point.policy] : []));
  for (const name of new Set(names)) {
    const policy = (await deps.policies.get(name))?.policy;
    if (policy && policy.snapshot.networkAccess !== 'deny') open.add(name);
  }
  return open;
}

/**
 * What a point adds to its disks' chains: its snapshots that are seen done.
 *
 * Safety: a snapshot that was taken back may still stand open from a measurement that the loss of the tables has ended: unless its policy wants that, it
 *         counts as closed, so that the next measurement closes it.
 */
function chainNodesOf(
  point: Point,
  snapshotById: ReadonlyMap<string, Snapshot>,
  shared: ReadonlySet<string>,
  openPolicies: ReadonlySet<string>,
): readonly { readonly head: ChainHead; readonly node: NewNode }[] {
  return point.snapshots.flatMap((snapshot) => {
    const seen = snapshotById.get(snapshot.snapshotId.toLowerCase());
    if (snapshot.state !== 'succeeded' || !seen) return [];
    const { key: sourceKey, kind, id, name, resourceGroup, tags } = point.source;
    const head: ChainHead = {
      key: chainKey(snapshot.diskUniqueId),
      diskId: snapshot.diskId,
      diskName: snapshot.diskName,
      region: point.source.region,
      subscriptionId: point.source.subscriptionId,
      snapshotSku: seen.sku,
      shared: seen.familyId !== null && shared.has(seen.familyId),
      source: { key: sourceKey, kind, id, name, resourceGroup, tags },
    };
    const node: NewNode = {
      pointId: point.id,
      policy: point.policy,
      snapshotId: seen.id,
      familyId: seen.familyId,
      sizeBytes: seen.sizeBytes,
      sectorBytes: seen.sectorBytes,
      network: point.trigger === 'rebuild' && !openPolicies.has(point.policy) ? CLOSED : seen.network,
      createdAt: seen.createdAt,
    };
    return [{ head, node }];
  });
}

async function confirmDeletes(
  deps: ConfirmDeps,
  group: SnapshotGroup,
  ids: readonly string[],
  snapshotById: ReadonlyMap<string, Snapshot>,
): Promise<number> {
  const now = deps.clock.now();
  const closed: string[] = [];
  const gone: WorkItem[] = [];
  const again: WorkItem[] = [];
  await inParallel(ids, ROWS_AT_ONCE, async (id) => {
    const point = (await deps.catalogue.get(id))?.point;
    if (point?.state !== 'deleting') {
      closed.push(id);
    } else if (point.snapshots.every((snapshot) => !snapshotById.has(snapshot.snapshotId.toLowerCase()))) {
      gone.push({ kind: 'forget', id, dueAt: now + RESEND_AFTER_MS });
      closed.push(id);
    } else if (now - (point.deletingSince ?? now) > DELETE_AGAIN_AFTER_MS) {
      again.push({ kind: 'delete', id, dueAt: now });
      closed.push(id);
    }
  });
  await deps.agenda.change([...gone, ...again]);
  if (gone.length > 0) await deps.store.queue('prunes').send(gone.map(messageOf));
  await deps.unconfirmed.remove(group, 'delete', closed);
  return ids.length - closed.length;
}
