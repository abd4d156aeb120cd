import { readCells } from '../base/cells.ts';
import type { Store } from '../base/store.ts';
import { isForeign } from './billed-owners.ts';
import { billedTable, readStoredFigure, type StoredFigure } from './billed-row.ts';
import { listBilledStates } from './billed-state.ts';
import { dayAfter } from './plan-billed-reads.ts';
import type { BilledMeter, DayRange } from './ports.ts';

const METERS = 'billedmeters';
const METER_PARTITION = 'meter';
/** The unit of the meters of snapshots. Source: Retail Prices API, `unitOfMeasure`; ⚠ block units of price sheets are not seen in quantities. */
export const BILLED_UNIT = '1 GB/Month';

/** What Azure bills for one snapshot, meter and day. */
export interface BilledRow extends StoredFigure {
  /** Null where the meter's names are not known. */
  readonly meter: string | null;
  readonly product: string | null;
  readonly unit: string;
  /** Read after the invoice of its month was closed: it changes no more. */
  readonly final: boolean;
  /** A snapshot that others have taken. Without an owner and not foreign it is one of Holdfast's that is gone from its books. */
  readonly foreign: boolean;
}

/**
 * What Azure bills, day by day, page by page: both ends inside, in one currency.
 *
 * Errors: 'data-unreadable', 'storage-unavailable'.
 */
export async function* readBilled(
  store: Store,
  { from, to, currency }: DayRange & { readonly currency: string },
): AsyncIterable<readonly BilledRow[]> {
  const meters = await readMeterNames(store);
  const finalThrough = new Map<string, string | null>();
  for (const { state } of await listBilledStates(store)) finalThrough.set(state.subscriptionId, state.finalThrough);
  for (let day = from; day <= to; day = dayAfter(day)) {
    for await (const page of readBilledFigures(store, day)) {
      const figures = page.filter((figure) => figure.currency === currency);
      yield figures.map((figure) => {
        const names = meters.get(figure.meterId);
        const final = day <= (finalThrough.get(figure.subscriptionId) ?? '');
        const foreign = isForeign(figure);
        return {
          ...figure,
          meter: names?.meter ?? null,
          product: names?.product || null,
          unit: BILLED_UNIT,
          final,
          foreign,
        };
      });
    }
  }
}

/** What is kept of a day's bill, page by page, without names. */
export async function* readBilledFigures(store: Store, day: string): AsyncIterable<readonly StoredFigure[]> {
  for await (const page of store.table(billedTable(day)).list({ partitionKey: day })) yield page.map(readStoredFigure);
}

/** The names of meters by their id. Shape: table `billedmeters`, one partition, row = meter id. */
export async function readMeterNames(store: Store): Promise<ReadonlyMap<string, BilledMeter>> {
  const meters = new Map<string, BilledMeter>();
  for await (const page of store.table(METERS).list({ partitionKey: METER_PARTITION })) {
    for (const row of page) {
      const cells = readCells(row);
      meters.set(row.rowKey, { meterId: row.rowKey, meter: cells.text('meter'), product: cells.text('product') });
    }
  }
  return meters;
}

/** Keeps the names of meters. */
export async function writeMeterNames(store: Store, meters: readonly BilledMeter[]): Promise<void> {
  if (meters.length === 0) return;
  await store.table(METERS).write(
    METER_PARTITION,
    meters.map(({ meterId, meter, product }) => ({ kind: 'put', rowKey: meterId, cells: { meter, product } })),
  );
}
