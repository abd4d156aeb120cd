import { type Audit, HOLDFAST } from '../audit/audit.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Store } from '../base/store.ts';
import { MINUTE_MS, utcDay } from '../base/time.ts';
import { type Chains, chainKey, type Freed, forgetNode, openPriceBook, recordFreed } from '../cost/cost.ts';
import type { PriceSource } from '../cost/ports.ts';
import type { Catalogue, Point, PointSnapshot, PolicyBook } from '../protect/protect.ts';
import { underLease } from '../work/lease.ts';
import type { Message } from '../work/messages.ts';
import type { Agenda, WorkItem } from '../work/work.ts';
import { DELETED_BY_OTHERS } from './missing-snapshots.ts';

export interface ForgetDeps {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly chains: Chains;
  readonly agenda: Agenda;
  readonly clock: Clock;
  readonly log: Log;
  readonly policies: PolicyBook;
  readonly prices: PriceSource;
  readonly currency: string;
  readonly audit: Audit;
}

/**
 * Takes a point whose snapshots Azure has deleted out of the books: its chains first, then its row.
 *
 * Safety: only a point that is `deleting`; a chain that is being worked on is waited for; a crash anywhere repeats it.
 */
export async function forgetPoint(deps: ForgetDeps, message: Message): Promise<void> {
  const item: WorkItem = { kind: 'forget', id: message.id, dueAt: message.dueAt };
  const point = (await deps.catalogue.get(message.id))?.point;
  if (point?.state === 'deleting') {
    const record = await openRecord(deps, point);
    for (const snapshot of point.snapshots) {
      const key = chainKey(snapshot.diskUniqueId);
      const turn = await underLease(deps, key, () =>
        forgetNode(deps.chains, key, point.id, (freed) => record(snapshot, freed)),
      );
      if (turn.kind === 'busy') return deps.agenda.change([{ ...item, dueAt: deps.clock.now() + MINUTE_MS }], [item]);
      if (turn.value === 'unmeasured') await deps.agenda.change([{ kind: 'meter', id: key, dueAt: deps.clock.now() }]);
    }
    await noteDeletion(deps, point);
    await deps.catalogue.remove(point.id);
    deps.log.info('a point was deleted', { point: point.id, policy: point.policy, source: point.source.name });
  }
  await deps.agenda.change([], [item]);
}

/** The evidence that Holdfast deleted a point: written before its row goes, so that no crash leaves a deletion without it. */
async function noteDeletion(deps: ForgetDeps, point: Point): Promise<void> {
  if (point.error?.code === DELETED_BY_OTHERS) return;
  const facts = {
    policy: point.policy,
    source: point.source.id,
    slot: point.slot,
    because: point.mark?.because ?? null,
  };
  const at = point.deletingSince ?? point.slot;
  await deps.audit.record({ at, actor: HOLDFAST, action: 'point.delete', target: point.id, facts });
}

async function openRecord(
  deps: ForgetDeps,
  point: Point,
): Promise<(snapshot: PointSnapshot, freed: Freed) => Promise<void>> {
  const { store, log, clock, currency } = deps;
  const prices = openPriceBook({ store, source: deps.prices, log }, currency, clock.now());
  const sku = (await deps.policies.getRecent(point.policy, deps.clock.now()))?.policy.snapshot.sku ?? 'Standard_ZRS';
  const day = utcDay(point.deletingSince ?? clock.now());
  return (snapshot, freed) => {
    const { diskName, diskUniqueId } = snapshot;
    return recordFreed(
      { store, prices, log },
      { ...freed, chainKey: chainKey(diskUniqueId), diskName, source: point.source, day, sku },
      clock.now(),
    );
  };
}
