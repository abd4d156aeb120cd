import type { Tags } from '../inventory/inventory.ts';
import type { SourceKind } from '../policy/policy.ts';
import type { MeasuredBy } from './chain-node.ts';
import type { StoredFigures } from './figures.ts';
import { dailyCostMicroUnits, monthlyCostMicroUnits } from './price.ts';
import type { PriceAnswer } from './price-book.ts';
import { shareOut } from './share-out.ts';

/** What a chain belongs to: its figures are grouped by these. Tags as they are on the day. */
export interface ChainLabels {
  readonly chainKey: string;
  readonly diskName: string;
  readonly source: {
    readonly key: string;
    readonly kind: SourceKind;
    readonly id: string;
    readonly name: string;
    readonly subscriptionId: string;
    readonly resourceGroup: string;
    readonly region: string;
    readonly tags: Tags;
  };
}

/**
 * A chain as it is stored now: what the ledger records of it when a day ends. `storedBytes` is null where nobody knows them (yet), and as billed where
 * `measured` says so. With `shared`, snapshots of somebody else's stand in the chain: its figures are estimates.
 */
export interface LiveChain extends ChainLabels {
  readonly sku: string;
  readonly shared?: boolean;
  readonly points: readonly {
    readonly pointId: string;
    readonly policy: string;
    readonly storedBytes: number | null;
    readonly measured?: MeasuredBy;
  }[];
}

/** What one policy's points have of a chain on one day. `unpricedBytes` are those whose price is missing: their money is 0 here and told as missing. */
export interface PolicyShare extends StoredFigures {
  readonly policy: string;
}

/** What one point has of a chain on one day, within its policy's share. Bytes are null where nobody knew them. */
export interface PointShare {
  readonly pointId: string;
  readonly policy: string;
  readonly storedBytes: number | null;
  readonly microUnits: number;
}

/** Why a row was added to a day that was closed before. */
export type CorrectionReason = 'late-metering' | 'late-price' | 'price-sheet';

/**
 * What one chain is and costs on one day: the sum of its shares. Rows of one chain and day add up: a correction is one more row, with what has to
 * be added, and says why.
 *
 * Units:  bytes; micro-units of `currency`. `microUnitsPerGiBMonth` and `priceAsOf` are null where the price is missing.
 */
export interface LedgerRow extends ChainLabels {
  readonly sku: string;
  readonly shares: readonly PolicyShare[];
  /** Null for what was written when the day was closed. */
  readonly correction: CorrectionReason | null;
  readonly microUnitsPerGiBMonth: number | null;
  readonly priceAsOf: string | null;
  readonly currency: string;
}

/** A row with the shares of each single point, which only whoever corrects a day reads back. */
export interface ValuedRow extends LedgerRow {
  readonly pointShares: readonly PointShare[];
}

/** A price as a row keeps it. */
export interface RowPrice {
  readonly microUnitsPerGiBMonth: number;
  readonly asOf: string;
}

/** Values a chain for one day: the money is rounded once for the chain, then shared out among its policies by their bytes. */
export function valueChain(chain: LiveChain, answer: PriceAnswer, currency: string, daysInMonth: number): LedgerRow {
  const price =
    answer.kind === 'known' ? { microUnitsPerGiBMonth: answer.price.microUnitsPerGiBMonth, asOf: answer.asOf } : null;
  return valueAt(chain, price, currency, daysInMonth);
}

/** Values a chain for one day at a price; null is a missing one. */
export function valueAt(chain: LiveChain, price: RowPrice | null, currency: string, daysInMonth: number): LedgerRow {
  const parts = sumByPolicy(chain);
  const weights = parts.map((part) => part.storedBytes);
  const storedBytes = weights.reduce((sum, bytes) => sum + bytes, 0);
  const daily = shareOut(price ? dailyCostMicroUnits(storedBytes, price, daysInMonth) : 0, weights);
  const monthly = shareOut(price ? monthlyCostMicroUnits(storedBytes, price) : 0, weights);
  return {
    chainKey: chain.chainKey,
    diskName: chain.diskName,
    source: chain.source,
    sku: chain.sku,
    shares: parts.map((part, index) => ({
      ...part,
      unpricedBytes: price ? 0 : part.storedBytes,
      microUnits: daily[index] ?? 0,
      microUnitsPerMonth: monthly[index] ?? 0,
    })),
    correction: null,
    microUnitsPerGiBMonth: price?.microUnitsPerGiBMonth ?? null,
    priceAsOf: price?.asOf ?? null,
    currency,
  };
}

/** Shares a valued chain's money out among its points, oldest first: each policy's by their bytes, so that the points of a policy sum to its share. */
export function sharePoints(chain: LiveChain, row: LedgerRow): ValuedRow {
  const moneyByPoint = new Map<string, number>();
  for (const { policy, microUnits } of row.shares) {
    const points = chain.points.filter((point) => point.policy === policy);
    const weights = points.map(({ storedBytes }) => storedBytes ?? 0);
    for (const [index, money] of shareOut(microUnits, weights).entries())
      moneyByPoint.set(points[index]?.pointId ?? '', money);
  }
  const pointShares = chain.points.map(({ pointId, policy, storedBytes }): PointShare => {
    return { pointId, policy, storedBytes, microUnits: moneyByPoint.get(pointId) ?? 0 };
  });
  return { ...row, pointShares };
}

function sumByPolicy(chain: LiveChain) {
  const sums = new Map<string, { policy: string; points: number; unmeasuredPoints: number; storedBytes: number }>();
  for (const { policy, storedBytes } of chain.points) {
    const sum = sums.get(policy) ?? { policy, points: 0, unmeasuredPoints: 0, storedBytes: 0 };
    sums.set(policy, sum);
    sum.points += 1;
    if (storedBytes === null) sum.unmeasuredPoints += 1;
    else sum.storedBytes += storedBytes;
  }
  return [...sums.values()].sort((a, b) => (a.policy < b.policy ? -1 : 1));
}

/** What the deletion of one point has freed in one chain. Bytes are null where the chain around it was not measured. */
export interface FreedRow extends ChainLabels {
  readonly policy: string;
  readonly freedBytes: number | null;
  /** What the point's own size would have claimed. */
  readonly naiveBytes: number | null;
  readonly microUnitsPerMonth: number;
  readonly currency: string;
}

/** Why Holdfast made a disk: somebody asked for a restore, a drill proves one, or a swap keeps what it has replaced. */
export type MadeFor = 'restore' | 'drill' | 'undo';

/**
 * A disk that Holdfast made, or took out of its machine, and that still exists: it costs what any disk costs until somebody removes it.
 *
 * Shape:  `source` is that of the point it came from; `microUnitsPerMonth` is null where its price is not known.
 */
export interface MadeDisk {
  readonly diskId: string;
  readonly diskName: string;
  readonly sku: string;
  readonly sizeBytes: number;
  readonly madeFor: MadeFor;
  /** The restore that it belongs to. */
  readonly restoreId: string;
  readonly source: ChainLabels['source'];
  readonly microUnitsPerMonth: number | null;
}

/** A made disk on one day: a line of its own, never part of what snapshots cost. `microUnits` is 0 where the price is missing. */
export interface MadeRow extends MadeDisk {
  readonly chainKey: string;
  readonly microUnits: number;
  readonly currency: string;
}
