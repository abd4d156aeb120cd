import * as z from 'zod';
import { readCells, readDocument } from '../base/cells.ts';
import { hashId } from '../base/ids.ts';
import { spreadText } from '../base/long-text.ts';
import type { Cells, Row } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import type { BilledFigure } from './ports.ts';

/** Whose a billed snapshot is. */
export interface BilledOwner {
  readonly chainKey: string;
  readonly pointId: string;
  readonly policy: string;
}

/** A figure that Azure showed before it corrected it. */
export interface EarlierFigure {
  readonly microUnits: number;
  readonly quantity: number;
  readonly seenAt: EpochMs;
}

/** What Azure bills for one snapshot, meter and day, as it is kept. */
export interface StoredFigure extends BilledFigure {
  readonly subscriptionId: string;
  /** When this figure was first seen. */
  readonly seenAt: EpochMs;
  /** Null for a snapshot of others. */
  readonly owner: BilledOwner | null;
  /** Oldest first; the last EARLIER_MAX. */
  readonly corrections: readonly EarlierFigure[];
}

/** So many earlier figures of a row are kept: corrections beyond that drop the second oldest, so that the first one stays to be seen. */
export const EARLIER_MAX = 8;
/** Quantities closer to each other than this are the same: Azure adds them up anew each time. Units: GiB and months, a byte or so. */
const QUANTITY_NOISE = 1e-9;
const METER_LENGTH = 8;

const correctionsSchema = z.array(z.strictObject({ microUnits: z.int(), quantity: z.number(), seenAt: z.int() }));

/** The table of a day's month. */
export function billedTable(day: string): string {
  return `billed${day.slice(0, 4)}${day.slice(5, 7)}`;
}

/** Where the rows of a subscription stand in the partition of a day. */
export function subscriptionKey(subscriptionId: string): string {
  return hashId('subscription', subscriptionId.toLowerCase());
}

/** Gives the keys of a subscription's figures: the same however often one is read. */
export function billedRowKeys(subscriptionId: string): (figure: BilledFigure) => string {
  const prefix = subscriptionKey(subscriptionId);
  const meters = new Map<string, string>();
  return ({ meterId, currency, resourceId }) => {
    const name = `${meterId}|${currency}`;
    const meter = meters.get(name) ?? hashId(meterId, currency).slice(0, METER_LENGTH);
    meters.set(name, meter);
    return `${prefix}|${hashId(resourceId)}.${meter}`;
  };
}

/**
 * The figure to keep after Azure has shown one: the same object where it is the one that is kept.
 *
 * Shape:  a changed figure keeps what was shown before; an owner that was known stays, as the snapshot may be gone by now.
 */
export function mergeFigure(
  before: StoredFigure | null,
  shown: { readonly figure: BilledFigure; readonly subscriptionId: string; readonly owner: BilledOwner | null },
  now: EpochMs,
): StoredFigure {
  const figure = { ...shown.figure, subscriptionId: shown.subscriptionId };
  if (before === null) return { ...figure, seenAt: now, owner: shown.owner, corrections: [] };
  const owner = before.owner ?? shown.owner;
  const isSameSize = Math.abs(before.quantity - figure.quantity) < QUANTITY_NOISE;
  if (before.microUnits === figure.microUnits && isSameSize) {
    return before.owner === owner ? before : { ...before, owner };
  }
  const earlier = { microUnits: before.microUnits, quantity: before.quantity, seenAt: before.seenAt };
  const corrections = [...before.corrections, earlier];
  if (corrections.length > EARLIER_MAX) corrections.splice(1, 1);
  return { ...figure, seenAt: now, owner, corrections };
}

/** The columns of a row; the day is its partition. */
export function figureCells(figure: StoredFigure): Cells {
  return {
    resourceId: figure.resourceId,
    subscriptionId: figure.subscriptionId,
    meterId: figure.meterId,
    quantity: figure.quantity,
    microUnits: figure.microUnits,
    currency: figure.currency,
    seenAt: figure.seenAt,
    chainKey: figure.owner?.chainKey,
    pointId: figure.owner?.pointId,
    policy: figure.owner?.policy,
    ...(figure.corrections.length > 0 ? spreadText('corrections', JSON.stringify(figure.corrections)) : {}),
  };
}

/** Reads a row. Errors: 'data-unreadable'. */
export function readStoredFigure(row: Row): StoredFigure {
  const cells = readCells(row);
  const chainKey = cells.textOrNull('chainKey');
  return {
    day: row.partitionKey,
    resourceId: cells.text('resourceId'),
    subscriptionId: cells.text('subscriptionId'),
    meterId: cells.text('meterId'),
    quantity: cells.number('quantity'),
    microUnits: cells.number('microUnits'),
    currency: cells.text('currency'),
    seenAt: cells.number('seenAt'),
    owner: chainKey === null ? null : { chainKey, pointId: cells.text('pointId'), policy: cells.text('policy') },
    corrections: row.cells.corrections0 === undefined ? [] : readDocument(row, 'corrections', correctionsSchema),
  };
}
