import * as z from 'zod';
import { readCells, readDocument } from '../base/cells.ts';
import { spreadText } from '../base/long-text.ts';
import type { Row, Store } from '../base/store.ts';
import { type DifferenceCode, differenceCodes } from './decide-difference.ts';
import { dayAfter } from './plan-billed-reads.ts';
import type { DayRange } from './ports.ts';

const TABLE = 'billeddays';
const DUE = 'due';

/** What one reason comes to on one day. Units: micro-units, billed minus estimated. */
export interface BilledReason {
  readonly code: DifferenceCode;
  readonly microUnits: number;
  readonly chains: number;
}

/**
 * A day of the bill beside the same day of the ledger.
 *
 * Shape:  `reasons` add up to `differenceMicroUnits`, which is billed minus estimated; snapshots of others are told apart and are in no other figure.
 * Units:  bytes; micro-units of one currency.
 */
export interface BilledDay {
  readonly day: string;
  /** Every invoice behind it is closed. */
  readonly final: boolean;
  readonly resources: number;
  readonly billedMicroUnits: number;
  readonly billedBytes: number;
  readonly foreignResources: number;
  readonly foreignMicroUnits: number;
  readonly estimateMicroUnits: number;
  readonly estimateBytes: number;
  readonly differenceMicroUnits: number;
  readonly reasons: readonly BilledReason[];
}

const reasonsSchema = z.array(
  z.strictObject({ code: z.enum(differenceCodes), microUnits: z.int(), chains: z.int().nonnegative() }),
);

/** The days that Azure has shown figures of, in order; a day that is absent is not billed yet. */
export async function readBilledDays(store: Store, currency: string, range: DayRange): Promise<readonly BilledDay[]> {
  const days: BilledDay[] = [];
  const rows = { partitionKey: currency, from: range.from, to: dayAfter(range.to) };
  for await (const page of store.table(TABLE).list(rows)) days.push(...page.map(readBilledDay));
  return days;
}

/** The day's sums as they are stored, with what they were made from; null where there are none. */
export async function readSummedDay(
  store: Store,
  currency: string,
  day: string,
): Promise<{ readonly day: BilledDay; readonly madeFrom: string } | null> {
  const row = await store.table(TABLE).get({ partitionKey: currency, rowKey: day });
  return row && { day: readBilledDay(row), madeFrom: readCells(row).text('madeFrom') };
}

/**
 * Writes a day's sums: a function of the rows behind them, so again without harm.
 *
 * Shape:  table `billeddays`, partition = currency, row = day. `madeFrom` names the content of the rows behind it.
 */
export async function writeBilledDay(store: Store, currency: string, day: BilledDay, madeFrom: string): Promise<void> {
  const { reasons, day: rowKey, ...figures } = day;
  const cells = { ...figures, madeFrom, ...spreadText('reasons', JSON.stringify(reasons)) };
  await store.table(TABLE).put({ partitionKey: currency, rowKey }, cells);
}

/** Notes that days have to be summed anew, before the rows behind them change: a crash in between then loses nothing. */
export async function noteDueDays(store: Store, { from, to }: DayRange): Promise<void> {
  const days: string[] = [];
  for (let day = from; day <= to; day = dayAfter(day)) days.push(day);
  await store.table(TABLE).write(
    DUE,
    days.map((rowKey) => ({ kind: 'put', rowKey, cells: {} })),
  );
}

/** The days that have to be summed anew, oldest first. */
export async function listDueDays(store: Store): Promise<readonly string[]> {
  const days: string[] = [];
  for await (const page of store.table(TABLE).list({ partitionKey: DUE })) days.push(...page.map((row) => row.rowKey));
  return days;
}

/** Takes days off the list once they are summed. */
export async function dropDueDays(store: Store, days: readonly string[]): Promise<void> {
  await store.table(TABLE).write(
    DUE,
    days.map((rowKey) => ({ kind: 'delete', rowKey })),
  );
}

function readBilledDay(row: Row): BilledDay {
  const cells = readCells(row);
  return {
    day: row.rowKey,
    final: cells.flag('final'),
    resources: cells.number('resources'),
    billedMicroUnits: cells.number('billedMicroUnits'),
    billedBytes: cells.number('billedBytes'),
    foreignResources: cells.number('foreignResources'),
    foreignMicroUnits: cells.number('foreignMicroUnits'),
    estimateMicroUnits: cells.number('estimateMicroUnits'),
    estimateBytes: cells.number('estimateBytes'),
    differenceMicroUnits: cells.number('differenceMicroUnits'),
    reasons: readDocument(row, 'reasons', reasonsSchema),
  };
}
