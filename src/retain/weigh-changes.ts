import type { EpochMs } from '../base/time.ts';
import { type ChainNode, chainKey, openPriceBook, type PriceBook, redundancyOfSku } from '../cost/cost.ts';
import type { Policy } from '../policy/policy.ts';
import type { PolicyChange } from './budget-alarm.ts';
import { decideMasks, prepareRules } from './decide-masks.ts';
import type { PlanDeps } from './live-plan.ts';
import { entriesOf, type LiveSource, liveSources, type SourceEntry } from './live-sources.ts';
import { monthlyMicroUnits } from './monthly-cost.ts';
import { planChanges } from './plan-changes.ts';
import { isKept } from './reason-bits.ts';
import { weighDeletions } from './weigh-deletions.ts';

/** Sources whose points are weighed; of more, as many spread evenly over the keys, which are hashes. */
export const WEIGHED_SOURCES_MAX = 100;

/**
 * What deleting some points would free: `change` is null for what the policy gives up as it stands.
 *
 * Shape:  `sources` of `ofSources` were weighed, and the figures scaled up from them; `unmeasured` of them have something unknown that counts as nothing.
 * Units:  bytes; micro-units a month.
 */
export interface Reclaim {
  readonly policy: string;
  readonly change: PolicyChange | null;
  readonly points: number;
  readonly freesBytes: number;
  readonly microUnitsPerMonth: number;
  readonly sources: number;
  readonly ofSources: number;
  readonly unmeasured: number;
}

/**
 * Weighs what a policy would free as it stands, and what each single change of it would free beyond that. Writes nothing.
 *
 * Shape:  tiers and age alone: a budget's own choice is not played.
 * Errors: AppError where the estate cannot be read whole.
 */
export async function weighChanges(deps: PlanDeps, policy: Policy, now: EpochMs): Promise<readonly Reclaim[]> {
  const all = await entriesOf(deps.sources, policy.name);
  const entries = spread(all);
  const prices = openPriceBook({ store: deps.store, source: deps.prices, log: deps.log }, deps.currency, now);
  const standing = prepareRules(policy.retention, policy.timeZone, now);
  const changes = planChanges(policy.retention).map(({ change, retention }) => ({
    change,
    rules: prepareRules(retention, policy.timeZone, now),
    sum: newSum(),
  }));
  const asItStands = newSum();
  for await (const live of liveSources(deps, policy.name, entries, { now, noteGone: false })) {
    const chains = await readChains(deps, prices, live);
    const standingIds = deletedBy(live, standing);
    const base = await weigh(deps, chains, standingIds);
    addTo(asItStands, base, standingIds.size);
    for (const { rules, sum } of changes) {
      const deleted = deletedBy(live, rules);
      if (deleted.size === standingIds.size) continue;
      const weighed = await weigh(deps, chains, deleted);
      addTo(
        sum,
        {
          bytes: weighed.bytes - base.bytes,
          microUnits: weighed.microUnits - base.microUnits,
          isWhole: weighed.isWhole && base.isWhole,
        },
        deleted.size - standingIds.size,
      );
    }
  }
  const scale = entries.length === 0 ? 1 : all.length / entries.length;
  const show = (change: PolicyChange | null, sum: Sum): Reclaim => ({
    policy: policy.name,
    change,
    points: Math.round(sum.points * scale),
    freesBytes: Math.round(sum.bytes * scale),
    microUnitsPerMonth: Math.round(sum.microUnits * scale),
    sources: entries.length,
    ofSources: all.length,
    unmeasured: sum.unmeasured,
  });
  return [show(null, asItStands), ...changes.map(({ change, sum }) => show(change, sum))].filter(
    ({ points }) => points > 0,
  );
}

interface Sum {
  points: number;
  bytes: number;
  microUnits: number;
  unmeasured: number;
}

function newSum(): Sum {
  return { points: 0, bytes: 0, microUnits: 0, unmeasured: 0 };
}

function addTo(sum: Sum, weighed: Weighed, points: number): void {
  sum.points += points;
  sum.bytes += weighed.bytes;
  sum.microUnits += weighed.microUnits;
  if (!weighed.isWhole) sum.unmeasured += 1;
}

function spread(entries: readonly SourceEntry[]): readonly SourceEntry[] {
  if (entries.length <= WEIGHED_SOURCES_MAX) return entries;
  return Array.from(
    { length: WEIGHED_SOURCES_MAX },
    (_, at) => entries[Math.floor((at * entries.length) / WEIGHED_SOURCES_MAX)] as SourceEntry,
  );
}

/** Ids of the points that rules keep no longer. */
function deletedBy(live: LiveSource, rules: ReturnType<typeof prepareRules>): ReadonlySet<string> {
  const decided = decideMasks(live.retention, rules);
  const ids = new Set<string>();
  for (const [at, place] of decided.order.entries())
    if (!isKept(decided.masks[at] as number)) ids.add(live.retention[place]?.id ?? '');
  return ids;
}

interface PricedChain {
  readonly key: string;
  readonly nodes: readonly ChainNode[];
  readonly microUnitsPerGiBMonth: number | null;
}

async function readChains(deps: PlanDeps, prices: PriceBook, live: LiveSource): Promise<readonly PricedChain[]> {
  const skuByDisk = new Map<string, string | null>();
  for (const { point } of live.points)
    for (const { diskUniqueId, snapshotId } of point.snapshots)
      skuByDisk.set(diskUniqueId, skuByDisk.get(diskUniqueId) ?? live.view.sku(snapshotId));
  const chains: PricedChain[] = [];
  for (const [diskUniqueId, sku] of skuByDisk) {
    const key = chainKey(diskUniqueId);
    const answer = await prices.priceOf(live.entry.region, sku === null ? null : redundancyOfSku(sku));
    chains.push({
      key,
      nodes: await deps.chains.nodes(key),
      microUnitsPerGiBMonth: answer.kind === 'known' ? answer.price.microUnitsPerGiBMonth : null,
    });
  }
  return chains;
}

interface Weighed {
  readonly bytes: number;
  readonly microUnits: number;
  readonly isWhole: boolean;
}

async function weigh(deps: PlanDeps, chains: readonly PricedChain[], deleted: ReadonlySet<string>): Promise<Weighed> {
  let bytes = 0;
  let microUnits = 0;
  let isWhole = true;
  for (const { key, nodes, microUnitsPerGiBMonth } of chains) {
    const { freedByPoint } = await weighDeletions(deps.chains, key, nodes, (id) => deleted.has(id));
    let freed = 0;
    for (const each of freedByPoint.values()) {
      freed += each ?? 0;
      isWhole &&= each !== null;
    }
    bytes += freed;
    microUnits += monthlyMicroUnits(freed, microUnitsPerGiBMonth ?? 0);
    isWhole &&= microUnitsPerGiBMonth !== null;
  }
  return { bytes, microUnits, isWhole };
}
