import * as z from 'zod';
import { readCells, readDocument } from '../base/cells.ts';
import { spreadText } from '../base/long-text.ts';
import type { Cells, Row } from '../base/store.ts';
import { storedOriginSchema } from '../inventory/stored-source.ts';
import type {
  ChainLabels,
  CorrectionReason,
  FreedRow,
  LedgerRow,
  MadeRow,
  PointShare,
  ValuedRow,
} from './ledger-row.ts';

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

const pointsSchema = z.array(z.tuple([z.string(), z.string(), amount.nullable(), amount]));
const reasons = ['late-metering', 'late-price', 'price-sheet'] as const satisfies readonly CorrectionReason[];

/** The columns of a row; the chain is in its key. The sums stand there for people who look into the table. */
export function ledgerCells(row: ValuedRow): Cells {
  const points = row.pointShares.map((share) => [share.pointId, share.policy, share.storedBytes, share.microUnits]);
  return {
    ...labelCells(row),
    sku: row.sku,
    ...spreadText('shares', JSON.stringify(row.shares)),
    ...spreadText('points', JSON.stringify(points)),
    correction: row.correction ?? undefined,
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
    sku: cells.text('sku'),
    shares: readDocument(row, 'shares', sharesSchema),
    correction: reasons.find((reason) => reason === cells.textOrNull('correction')) ?? null,
    microUnitsPerGiBMonth: cells.numberOrNull('microUnitsPerGiBMonth'),
    priceAsOf: cells.textOrNull('priceAsOf'),
    currency: cells.text('currency'),
  };
}

/** Reads a row of the ledger with the shares of its points. Errors: 'data-unreadable'. */
export function readValuedRow(row: Row): ValuedRow {
  const pointShares = readDocument(row, 'points', pointsSchema).map(
    ([pointId, policy, storedBytes, microUnits]): PointShare => ({ pointId, policy, storedBytes, microUnits }),
  );
  return { ...readLedgerRow(row), pointShares };
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

const madeSchema = z.strictObject({
  diskId: z.string(),
  diskName: z.string(),
  sku: z.string(),
  sizeBytes: amount,
  madeFor: z.enum(['restore', 'drill', 'undo']),
  restoreId: z.string(),
  source: storedOriginSchema,
  microUnitsPerMonth: amount.nullable(),
  microUnits: amount,
  currency: z.string(),
});

/** The columns of a made disk's row; a name made of the disk's id is its key. */
export function madeCells({ chainKey: _, ...row }: MadeRow): Cells {
  return { ...spreadText('made', JSON.stringify(row)), sizeBytes: row.sizeBytes, microUnits: row.microUnits };
}

/** Reads a row of a made disk. Errors: 'data-unreadable'. */
export function readMadeRow(row: Row): MadeRow {
  return { chainKey: row.rowKey, ...readDocument(row, 'made', madeSchema) };
}

function labelCells({ diskName, source }: ChainLabels): Cells {
  return spreadText('labels', JSON.stringify({ diskName, source }));
}

function readLabels(row: Row): ChainLabels {
  // A row key is the chain, or the chain and what tells its further rows apart.
  const chainKey = row.rowKey.split('|')[0] ?? row.rowKey;
  return { chainKey, ...readDocument(row, 'labels', labelsSchema) };
}
