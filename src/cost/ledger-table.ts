import { readCells } from '../base/cells.ts';
import { hashId } from '../base/ids.ts';
import type { Row, Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import { readFreedRow, readLedgerRow, readMadeRow, readValuedRow } from './ledger-cells.ts';
import type { FreedRow, LedgerRow, MadeDisk, MadeRow, ValuedRow } from './ledger-row.ts';

const MONTHS = 'ledgermonths';
const MONTH_PARTITION = 'month';
const SETTLED = 'ledgersettled';
const SETTLED_KEYS = { partitionKey: 'settled', rowKey: 'last' };
const STALE = 'ledgerstale';
const STALE_PARTITION = 'day';

/** The table of a day's month: dropped whole. */
export function monthTable(day: string): string {
  return `ledger${day.slice(0, 4)}${day.slice(5, 7)}`;
}

/** The keys of what a deletion has freed. */
export function freedKeys(day: string, chainKey: string, pointId: string) {
  return { partitionKey: `freed|${day}`, rowKey: `${chainKey}|${pointId}` };
}

/** The partition of a day's made disks. */
export function madePartition(day: string): string {
  return `made|${day}`;
}

/** What tells a made disk apart in the ledger. */
export function madeKey({ diskId }: Pick<MadeDisk, 'diskId'>): string {
  return hashId('made', diskId.toLowerCase());
}

/** The key of a chain's row: the first is written when its day is closed, further ones correct it. */
export function chainRowKey(chainKey: string, corrections: number): string {
  return corrections === 0 ? chainKey : `${chainKey}|${String(corrections).padStart(4, '0')}`;
}

/** The rows of a day, page by page; corrections are rows of their own. */
export async function* readLedgerDay(store: Store, day: string): AsyncIterable<readonly LedgerRow[]> {
  for await (const page of store.table(monthTable(day)).list({ partitionKey: day })) yield page.map(readLedgerRow);
}

/** What deletions of a day have freed, page by page. */
export async function* readFreed(store: Store, day: string): AsyncIterable<readonly FreedRow[]> {
  for await (const page of store.table(monthTable(day)).list({ partitionKey: `freed|${day}` }))
    yield page.map(readFreedRow);
}

/** The made disks of a day, page by page. */
export async function* readMade(store: Store, day: string): AsyncIterable<readonly MadeRow[]> {
  for await (const page of store.table(monthTable(day)).list({ partitionKey: madePartition(day) }))
    yield page.map(readMadeRow);
}

/** All rows of one chain on one day, the first one first. */
export async function readChainDay(store: Store, day: string, chainKey: string): Promise<readonly ValuedRow[]> {
  const rows: ValuedRow[] = [];
  // `}` follows `|` in the order of keys.
  for await (const page of store.table(monthTable(day)).list({ partitionKey: day, from: chainKey, to: `${chainKey}}` }))
    rows.push(...page.filter((row) => isOf(row, chainKey)).map(readValuedRow));
  return rows;
}

/** A chain's name may begin another's. */
function isOf({ rowKey }: Row, chainKey: string): boolean {
  return rowKey === chainKey || rowKey.startsWith(`${chainKey}|`);
}

/** Notes that a month has a table. Shape: table `ledgermonths`, one partition, row = month. */
export async function noteMonth(store: Store, day: string): Promise<void> {
  await store.table(MONTHS).insert({ partitionKey: MONTH_PARTITION, rowKey: day.slice(0, 7) }, {});
}

/** The months that have tables, oldest first. */
export async function listMonths(store: Store): Promise<readonly string[]> {
  const months: string[] = [];
  for await (const page of store.table(MONTHS).list({ partitionKey: MONTH_PARTITION }))
    months.push(...page.map(({ rowKey }) => rowKey));
  return months;
}

/** Forgets a month whose tables are gone. */
export async function forgetMonth(store: Store, month: string): Promise<void> {
  await store.table(MONTHS).delete({ partitionKey: MONTH_PARTITION, rowKey: month });
}

/** Notes the last day after whose closing everything late was settled. Shape: table `ledgersettled`, one row. */
export async function noteSettled(store: Store, day: string): Promise<void> {
  await store.table(SETTLED).put(SETTLED_KEYS, { day });
}

/** The last day that is noted as settled; null for none. */
export async function settledThrough(store: Store): Promise<string | null> {
  const row = await store.table(SETTLED).get(SETTLED_KEYS);
  return row && readCells(row).text('day');
}

/**
 * Notes that a day's rows have changed since its sums were made, or are about to: before the rows, so that a crash leaves the note.
 *
 * Shape:  table `ledgerstale`, one partition, row = day.
 */
export async function noteStale(store: Store, day: string, now: EpochMs): Promise<void> {
  await store.table(STALE).put({ partitionKey: STALE_PARTITION, rowKey: day }, { at: now });
}

/** The days that are noted, with what takes the note off unless it was renewed meanwhile. */
export async function listStale(store: Store): Promise<readonly { readonly day: string; readonly etag: string }[]> {
  const days: { day: string; etag: string }[] = [];
  for await (const page of store.table(STALE).list({ partitionKey: STALE_PARTITION }))
    days.push(...page.map(({ rowKey, etag }) => ({ day: rowKey, etag })));
  return days;
}

/** Takes a note off; one that was renewed meanwhile stays. */
export async function clearStale(store: Store, { day, etag }: { day: string; etag: string }): Promise<void> {
  await store.table(STALE).delete({ partitionKey: STALE_PARTITION, rowKey: day }, etag);
}
