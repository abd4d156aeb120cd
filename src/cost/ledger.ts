import type { Log } from '../base/log.ts';
import type { Cells, Store } from '../base/store.ts';
import { DAY_MS, daysInUtcMonth, type EpochMs, HOUR_MS, utcDay } from '../base/time.ts';
import { DayGroups } from './day-groups.ts';
import { readGroups, writeGroups } from './group-book.ts';
import {
  type ChainLabels,
  type FreedRow,
  freedCells,
  type LedgerRow,
  type LiveChain,
  ledgerCells,
  readFreedRow,
  readLedgerRow,
  valueChain,
} from './ledger-row.ts';
import { monthlyCostMicroUnits, redundancyOfSku } from './price.ts';
import type { PriceBook } from './price-book.ts';

/** So long after its end a day waits for a price list that does not answer; then it is closed with the price missing. */
export const PRICE_PATIENCE_MS = 12 * HOUR_MS;

const ROWS_AT_ONCE = 100;

export interface LedgerDeps {
  readonly store: Store;
  readonly prices: PriceBook;
  readonly log: Log;
}

/** What a day came to when it was closed. */
export interface ClosedDay {
  readonly day: string;
  readonly chains: number;
  readonly storedBytes: number;
  readonly microUnits: number;
  readonly currency: string;
}

/**
 * Closes a UTC day: one row for each chain in the table of its month, then the sums beside it. Written once: a row that is there stays as it is.
 *
 * Shape:  table `ledgerYYYYMM`: partition = day, row = chain; partition `freed|<day>`, row = `<chain>|<point>`. A month is dropped as a table.
 * Errors: 'storage-unavailable'; the price list's failure until PRICE_PATIENCE_MS have passed: call again until it is done.
 * Safety: may be called twice, at once, or again after a crash; a day that is closed takes no new chains, only its sums are made again.
 */
export async function closeDay(
  deps: LedgerDeps,
  day: string,
  chains: AsyncIterable<LiveChain>,
  now: EpochMs,
): Promise<ClosedDay> {
  if (!(await isClosed(deps.store, day, deps.prices.currency))) await writeRows(deps, day, chains, now);
  const closed = await refreshSums(deps, day);
  // A deletion belongs to the day it was sent on, and may be recorded after that day was closed.
  const before = utcDay(Date.parse(day) - DAY_MS);
  if (await isClosed(deps.store, before, deps.prices.currency)) await refreshSums(deps, before);
  return closed;
}

/** True once a day's sums are there in that currency. */
export async function isClosed(store: Store, day: string, currency: string): Promise<boolean> {
  for await (const _ of readGroups(store, 'total', currency, { from: day, to: day })) return true;
  return false;
}

/** One deletion of a point in one chain. */
export interface Deletion extends ChainLabels {
  /** The UTC day that its delete was sent on: the same however often it is recorded. */
  readonly day: string;
  readonly sku: string;
  readonly pointId: string;
  readonly policy: string;
  /** Null where the chain around it was not measured. */
  readonly freedBytes: number | null;
  readonly naiveBytes: number | null;
}

/** Records what a deletion has freed; a second time it changes nothing. */
export async function recordFreed({ store, prices }: LedgerDeps, deletion: Deletion): Promise<void> {
  const answer = await prices.priceOf(deletion.source.region, redundancyOfSku(deletion.sku));
  const row: FreedRow = {
    chainKey: deletion.chainKey,
    diskName: deletion.diskName,
    source: deletion.source,
    policy: deletion.policy,
    freedBytes: deletion.freedBytes,
    naiveBytes: deletion.naiveBytes,
    microUnitsPerMonth: answer.kind === 'known' ? monthlyCostMicroUnits(deletion.freedBytes ?? 0, answer.price) : 0,
    currency: prices.currency,
  };
  const keys = { partitionKey: `freed|${deletion.day}`, rowKey: `${deletion.chainKey}|${deletion.pointId}` };
  await store.table(monthTable(deletion.day)).insert(keys, freedCells(row));
}

/** What deletions of a day have freed, page by page. */
export async function* readFreed(store: Store, day: string): AsyncIterable<readonly FreedRow[]> {
  for await (const page of store.table(monthTable(day)).list({ partitionKey: `freed|${day}` })) {
    yield page.map(readFreedRow);
  }
}

/** The rows of a day, page by page. */
export async function* readLedgerDay(store: Store, day: string): AsyncIterable<readonly LedgerRow[]> {
  for await (const page of store.table(monthTable(day)).list({ partitionKey: day })) yield page.map(readLedgerRow);
}

async function writeRows(
  { store, prices }: LedgerDeps,
  day: string,
  chains: AsyncIterable<LiveChain>,
  now: EpochMs,
): Promise<void> {
  const there = new Set<string>();
  for await (const page of readLedgerDay(store, day)) for (const row of page) there.add(row.chainKey);
  const patient = now < Date.parse(day) + DAY_MS + PRICE_PATIENCE_MS;
  let batch: { rowKey: string; cells: Cells }[] = [];
  for await (const chain of chains) {
    if (there.has(chain.chainKey) || chain.points.length === 0) continue;
    const answer = await prices.priceOf(chain.source.region, redundancyOfSku(chain.sku));
    if (answer.kind === 'unavailable' && patient) throw answer.error;
    const row = valueChain(chain, answer, prices.currency, daysInUtcMonth(Date.parse(day)));
    batch.push({ rowKey: chain.chainKey, cells: ledgerCells(row) });
    if (batch.length < ROWS_AT_ONCE) continue;
    await insertRows(store, day, batch);
    batch = [];
  }
  await insertRows(store, day, batch);
}

async function insertRows(store: Store, day: string, rows: readonly { rowKey: string; cells: Cells }[]): Promise<void> {
  const table = store.table(monthTable(day));
  if (rows.length === 0) return;
  const done = await table.write(
    day,
    rows.map((row) => ({ kind: 'insert', ...row })),
  );
  if (done === 'done') return;
  // Somebody else closes the same day: what is there stays.
  for (const { rowKey, cells } of rows) await table.insert({ partitionKey: day, rowKey }, cells);
}

/** Makes the sums from the rows as they are stored, so that they agree whoever wrote them. */
async function refreshSums({ store, prices, log }: LedgerDeps, day: string): Promise<ClosedDay> {
  const groups = new DayGroups();
  let chains = 0;
  let otherCurrency = 0;
  for await (const page of readLedgerDay(store, day)) {
    for (const row of page) {
      if (row.currency !== prices.currency) otherCurrency += 1;
      else groups.add(row);
      chains += 1;
    }
  }
  for await (const page of readFreed(store, day)) {
    for (const row of page) if (row.currency === prices.currency) groups.addFreed(row);
  }
  if (otherCurrency > 0) log.warn('rows of the ledger are in another currency', { day, rows: otherCurrency });
  await writeGroups(store, prices.currency, day, groups);
  const { storedBytes, microUnits } = groups.total();
  return { day, chains, storedBytes, microUnits, currency: prices.currency };
}

function monthTable(day: string): string {
  return `ledger${day.slice(0, 4)}${day.slice(5, 7)}`;
}
