import { GIB } from '../base/bytes.ts';
import { type ChainNode, type Chains, chainKey, nodeBytes, type PriceBook, redundancyOfSku } from '../cost/cost.ts';
import { type ChainSegment, segmentsOf } from './chain-segments.ts';
import type { CoveredSource, SourceChain } from './covered-source.ts';
import type { MaskedPoints } from './decide-masks.ts';
import type { LiveSource } from './live-sources.ts';
import { readLives } from './read-lives.ts';
import { isKept } from './reason-bits.ts';

/** Why the budget gives up nothing of some points. */
export type NotWeighed = 'not measured' | 'shared' | 'no price';

/** A disk's chain with what a GiB of it costs; null where no price is known. */
interface PricedSegments {
  readonly key: string;
  readonly segments: readonly ChainSegment[];
  readonly microUnitsPerGiBMonth: number | null;
}

/**
 * A source as the budget can weigh it: its points from the first up to the first that is not measured. What comes after stays, whatever it costs.
 *
 * Shape:  `weighed` are those points' places in `live.points`. `restMicroUnits` is what is known of the cost of those that stay unweighed, from ranges or from
 *         the bill; `uncertainMicroUnits` what those may cost beside of which nothing is known: never taken for nothing.
 */
export interface WeighableSource {
  readonly live: LiveSource;
  readonly decided: MaskedPoints;
  readonly chains: readonly PricedSegments[];
  readonly weighed: readonly number[];
  readonly notWeighed: NotWeighed | null;
  /** At most so much does what it keeps cost a month: what its chains store, whosever snapshots they are. */
  readonly upperMicroUnits: number;
  readonly restMicroUnits: number;
  readonly uncertainMicroUnits: number;
}

/** Finds out how much of a source can be weighed, from its chains' rows alone. */
export async function findWeighable(
  deps: { readonly chains: Chains; readonly prices: PriceBook },
  live: LiveSource,
  decided: MaskedPoints,
): Promise<WeighableSource> {
  const chains = await readChains(deps, live);
  const shared = chains.some(({ segments }) =>
    segments.some(({ familyId }) => familyId !== null && live.view.isShared(familyId)),
  );
  const unpriced = chains.some(({ microUnitsPerGiBMonth }) => microUnitsPerGiBMonth === null);
  const placeByPoint = new Map(live.points.map(({ point }, at) => [point.id, at]));
  const keptAt = keptByPlace(decided);
  const kept = keptPlaces(live, keptAt);
  const unmeasured = oldestUnmeasured(live, chains, kept);
  const weighed = shared || unpriced ? [] : kept.filter((at) => takenAt(live, at) < unmeasured);
  const stays = new Set(weighed);
  let upper = 0;
  let rest = 0;
  let uncertain = 0;
  for (const { segments, microUnitsPerGiBMonth } of chains) {
    for (const node of segments.flatMap(({ nodes }) => nodes)) {
      const known = nodeBytes(node);
      if (known === null && node.state === 'kept')
        uncertain += (likelyBytes(node, segments) * (microUnitsPerGiBMonth ?? 0)) / GIB;
      const cost = ((known ?? 0) * (microUnitsPerGiBMonth ?? 0)) / GIB;
      const place = placeByPoint.get(node.pointId);
      if (node.state === 'kept') upper += cost;
      if (place !== undefined && keptAt[place] === 1 && !stays.has(place)) rest += cost;
    }
  }
  const notWeighed = shared ? 'shared' : unpriced ? 'no price' : weighed.length < kept.length ? 'not measured' : null;
  const sums = { upperMicroUnits: upper, restMicroUnits: rest, uncertainMicroUnits: uncertain };
  return { live, decided, chains, weighed, notWeighed, ...sums };
}

/** What a snapshot of which nothing is known may store: as much as others of its disk do on the average, or all of the disk where there are none. */
function likelyBytes(node: ChainNode, segments: readonly ChainSegment[]): number {
  const later = segments
    .flatMap(({ nodes }) => nodes)
    .filter(({ base, writtenBytes }) => base !== null && writtenBytes !== null);
  const isFirst = segments.some(({ nodes }) => nodes[0] === node);
  if (isFirst || later.length === 0) return node.sizeBytes;
  return later.reduce((sum, { writtenBytes }) => sum + (writtenBytes ?? 0), 0) / later.length;
}

/**
 * Reads the ranges of a source and makes it ready for `planBudget`.
 *
 * Shape:  null where ranges are not there any more: then nothing of it is weighed.
 */
export async function readCovered(
  chains: Chains,
  { live, decided, chains: disks, weighed }: WeighableSource,
): Promise<{ readonly covered: CoveredSource; readonly decided: MaskedPoints } | null> {
  const stays = new Set(weighed);
  const keptAt = keptByPlace(decided);
  const placeByPoint = new Map(live.points.map(({ point }, at) => [point.id, at]));
  const newIndex = new Map(weighed.map((at, index) => [at, index]));
  const sourceChains: SourceChain[] = [];
  for (const { key, segments, microUnitsPerGiBMonth } of disks) {
    for (const segment of segments) {
      const nodes = segment.nodes.slice(0, segment.measured);
      if (!nodes.some((node) => stays.has(placeByPoint.get(node.pointId) ?? -1))) continue;
      const lives = await readLives(chains, key, nodes);
      if (lives === null) return null;
      const snapshotOf = new Int32Array(weighed.length).fill(-1);
      const others: number[] = [];
      for (const [snapshot, node] of nodes.entries()) {
        const place = placeByPoint.get(node.pointId);
        const index = place === undefined ? undefined : newIndex.get(place);
        if (index !== undefined) snapshotOf[index] = snapshot;
        else if (isOther(node, place, keptAt)) others.push(snapshot);
      }
      sourceChains.push({ lives, snapshotOf, others, microUnitsPerGiBMonth: microUnitsPerGiBMonth ?? 0 });
    }
  }
  const points = weighed.map((at) => live.retention[at] as (typeof live.retention)[number]);
  const oldest = points.reduce((min, point) => Math.min(min, point.takenAt), Number.POSITIVE_INFINITY);
  const protectedSince = Math.min(live.entry.protectedSince ?? oldest, oldest);
  return { covered: { points, protectedSince, chains: sourceChains }, decided: only(decided, newIndex) };
}

/** What stays in the chain beside the points that the budget chooses from: snapshots of other policies, and of this one what is not weighed. */
function isOther(node: ChainNode, place: number | undefined, keptAt: Uint8Array): boolean {
  return node.state === 'kept' && (place === undefined || keptAt[place] === 1);
}

async function readChains(
  { chains, prices }: { readonly chains: Chains; readonly prices: PriceBook },
  live: LiveSource,
): Promise<readonly PricedSegments[]> {
  const skuByDisk = new Map<string, string | null>();
  for (const { point } of live.points) {
    for (const { diskUniqueId, snapshotId } of point.snapshots) {
      skuByDisk.set(diskUniqueId, skuByDisk.get(diskUniqueId) ?? live.view.sku(snapshotId));
    }
  }
  const found: PricedSegments[] = [];
  for (const [diskUniqueId, sku] of skuByDisk) {
    const key = chainKey(diskUniqueId);
    const answer = await prices.priceOf(live.entry.region, sku === null ? null : redundancyOfSku(sku));
    found.push({
      key,
      segments: segmentsOf(await chains.nodes(key)),
      microUnitsPerGiBMonth: answer.kind === 'known' ? answer.price.microUnitsPerGiBMonth : null,
    });
  }
  return found;
}

/** The moment of the oldest kept point that is not measured on all of its disks; for ever where all are. */
function oldestUnmeasured(live: LiveSource, chains: readonly PricedSegments[], kept: readonly number[]): number {
  const measured = new Map<string, Set<string>>();
  for (const { key, segments } of chains) {
    const ids = segments.flatMap((segment) => segment.nodes.slice(0, segment.measured).map(({ pointId }) => pointId));
    measured.set(key, new Set(ids));
  }
  let oldest = Number.POSITIVE_INFINITY;
  for (const at of kept) {
    const { point } = live.points[at] as (typeof live.points)[number];
    const whole = point.snapshots.every(({ diskUniqueId }) => measured.get(chainKey(diskUniqueId))?.has(point.id));
    if (!whole) oldest = Math.min(oldest, takenAt(live, at));
  }
  return oldest;
}

/** Places of the succeeded points that tiers and age keep. */
function keptPlaces(live: LiveSource, keptAt: Uint8Array): number[] {
  const places = [...live.points.keys()];
  return places.filter((at) => live.retention[at]?.state === 'succeeded' && keptAt[at] === 1);
}

/** By place: 1 where tiers, age or a guard keep the point. */
function keptByPlace({ order, masks }: MaskedPoints): Uint8Array {
  const kept = new Uint8Array(order.length);
  for (const [at, place] of order.entries()) kept[place] = isKept(masks[at] as number) ? 1 : 0;
  return kept;
}

function takenAt(live: LiveSource, at: number): number {
  return live.retention[at]?.takenAt ?? Number.NEGATIVE_INFINITY;
}

/** The decision about some of the points alone, by their new places. */
function only({ order, masks }: MaskedPoints, newIndex: ReadonlyMap<number, number>): MaskedPoints {
  const at = [...order.keys()].filter((position) => newIndex.has(order[position] as number));
  return {
    order: Int32Array.from(at, (position) => newIndex.get(order[position] as number) as number),
    masks: Int32Array.from(at, (position) => masks[position] as number),
  };
}
