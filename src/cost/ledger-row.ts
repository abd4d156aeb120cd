import * as z from 'zod';
import { readCells, readDocument } from '../base/cells.ts';
import { spreadText } from '../base/long-text.ts';
import type { Cells, Row } from '../base/store.ts';
import type { Tags } from '../inventory/inventory.ts';
import { storedOriginSchema } from '../inventory/stored-source.ts';
import type { SourceKind } from '../policy/policy.ts';
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

/** A chain as it is stored now: what the ledger records of it when a day ends. `storedBytes` is null where a point is not measured yet. */
export interface LiveChain extends ChainLabels {
  readonly sku: string;
  readonly points: readonly { readonly policy: string; readonly storedBytes: number | null }[];
}

/** What one policy's points have of a chain on one day. `unpricedBytes` are those whose price is missing: their money is 0 here and told as missing. */
export interface PolicyShare extends StoredFigures {
  readonly policy: string;
}

/**
 * What one chain is and costs on one day: the sum of its shares. Rows of one chain and day add up: a correction is one more row, with what has to
 * be added.
 *
 * Units:  bytes; micro-units of `currency`. `microUnitsPerGiBMonth` and `priceAsOf` are null where the price is missing.
 */
export interface LedgerRow extends ChainLabels {
  readonly shares: readonly PolicyShare[];
  readonly microUnitsPerGiBMonth: number | null;
  readonly priceAsOf: string | null;
  readonly currency: string;
}

/** Values a chain for one day: the money is rounded once for the chain, then shared out among its policies by their bytes. */
export function valueChain(chain: LiveChain, answer: PriceAnswer, currency: string, daysInMonth: number): LedgerRow {
  const parts = sumByPolicy(chain);
  const weights = parts.map((part) => part.storedBytes);
  const storedBytes = weights.reduce((sum, bytes) => sum + bytes, 0);
  const price = answer.kind === 'known' ? answer.price : null;
  const daily = shareOut(price ? dailyCostMicroUnits(storedBytes, price, daysInMonth) : 0, weights);
  const monthly = shareOut(price ? monthlyCostMicroUnits(storedBytes, price) : 0, weights);
  return {
    chainKey: chain.chainKey,
    diskName: chain.diskName,
    source: chain.source,
    shares: parts.map((part, index) => ({
      ...part,
      unpricedBytes: price ? 0 : part.storedBytes,
      microUnits: daily[index] ?? 0,
      microUnitsPerMonth: monthly[index] ?? 0,
    })),
    microUnitsPerGiBMonth: price?.microUnitsPerGiBMonth ?? null,
    priceAsOf: answer.kind === 'known' ? answer.asOf : null,
    currency,
  };
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

const labelsSchema = z.strictObject({
  diskName: z.string(),
  source: storedOriginSchema,
});

const amount = z.int();
const sharesSchema = z.array(
  z.strictObject({
    policy: z.string(),
    points: amount,
    unmeasuredPoints: amount,
    storedBytes: amount,
    unpricedBytes: amount,
    microUnits: amount,
    microUnitsPerMonth: amount,
  }),
);

/** The columns of a row; the chain is in its key. The sums stand there for people who look into the table. */
export function ledgerCells(row: LedgerRow): Cells {
  return {
    ...labelCells(row),
    ...spreadText('shares', JSON.stringify(row.shares)),
    microUnitsPerGiBMonth: row.microUnitsPerGiBMonth ?? undefined,
    priceAsOf: row.priceAsOf ?? undefined,
    currency: row.currency,
    storedBytes: row.shares.reduce((sum, share) => sum + share.storedBytes, 0),
    microUnits: row.shares.reduce((sum, share) => sum + share.microUnits, 0),
  };
}

/** Reads a row of the ledger. Errors: 'data-unreadable'. */
export function readLedgerRow(row: Row): LedgerRow {
  const cells = readCells(row);
  return {
    ...readLabels(row),
    shares: readDocument(row, 'shares', sharesSchema),
    microUnitsPerGiBMonth: cells.numberOrNull('microUnitsPerGiBMonth'),
    priceAsOf: cells.textOrNull('priceAsOf'),
    currency: cells.text('currency'),
  };
}

/** The columns of a row; the chain and the point are in its key. */
export function freedCells(row: FreedRow): Cells {
  return {
    ...labelCells(row),
    policy: row.policy,
    freedBytes: row.freedBytes ?? undefined,
    naiveBytes: row.naiveBytes ?? undefined,
    microUnitsPerMonth: row.microUnitsPerMonth,
    currency: row.currency,
  };
}

/** Reads a row of what was freed. Errors: 'data-unreadable'. */
export function readFreedRow(row: Row): FreedRow {
  const cells = readCells(row);
  return {
    ...readLabels(row),
    policy: cells.text('policy'),
    freedBytes: cells.numberOrNull('freedBytes'),
    naiveBytes: cells.numberOrNull('naiveBytes'),
    microUnitsPerMonth: cells.number('microUnitsPerMonth'),
    currency: cells.text('currency'),
  };
}

function labelCells({ diskName, source }: ChainLabels): Cells {
  return spreadText('labels', JSON.stringify({ diskName, source }));
}

function readLabels(row: Row): ChainLabels {
  // A row key is the chain, or the chain and what tells its further rows apart.
  const chainKey = row.rowKey.split('|')[0] ?? row.rowKey;
  return { chainKey, ...readDocument(row, 'labels', labelsSchema) };
}
