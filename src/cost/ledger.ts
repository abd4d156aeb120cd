import type { Log } from '../base/log.ts';
import type { Cells, Store } from '../base/store.ts';
import { DAY_MS, daysInUtcMonth, type EpochMs, HOUR_MS, utcDay } from '../base/time.ts';
import { DayGroups } from './day-groups.ts';
import { readGroups, writeGroups } from './group-book.ts';
import { freedCells, ledgerCells, madeCells } from './ledger-cells.ts';
import {
  type ChainLabels,
  type FreedRow,
  type LiveChain,
  type MadeDisk,
  type MadeRow,
  sharePoints,
  valueChain,
} from './ledger-row.ts';
import {
  chainRowKey,
  freedKeys,
  madeKey,
  madePartition,
  monthTable,
  noteMonth,
  noteStale,
  readFreed,
  readLedgerDay,
  readMade,
} from './ledger-table.ts';
import { divideHalfUp, monthlyCostMicroUnits, redundancyOfSku } from './price.ts';
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
 * Shape:  `made` are the disks that Holdfast made and that still exist. Table `ledgerYYYYMM`: partition = day, row = chain, `<chain>|<n>` for what corrects it; partition `freed|<day>`, row = `<chain>|<point>`;
 *         partition `made|<day>`, row = disk. A month is dropped as a table.
 * Errors: 'storage-unavailable'; the price list's failure until PRICE_PATIENCE_MS have passed: call again until it is done.
 * Safety: may be called twice, at once, or again after a crash; a day that is closed takes no new chains, only its sums are made again.
 */
export async function closeDay(
  deps: LedgerDeps,
  day: string,
  chains: AsyncIterable<LiveChain>,
  now: EpochMs,
  made: Iterable<MadeDisk> = [],
): Promise<ClosedDay> {
  if (!(await isClosed(deps.store, day, deps.prices.currency))) {
    await noteMonth(deps.store, day);
    await writeRows(deps, day, chains, now);
    await writeMade(deps, day, made);
  }
  return refreshSums(deps, day);
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

/** Records what a deletion has freed; a second time it changes nothing. It belongs to the day it was sent on, which may be closed by now. */
export async function recordFreed({ store, prices }: LedgerDeps, deletion: Deletion, now: EpochMs): Promise<void> {
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
  if (utcDay(now) > deletion.day) await noteStale(store, deletion.day, now);
  const keys = freedKeys(deletion.day, deletion.chainKey, deletion.pointId);
  await store.table(monthTable(deletion.day)).insert(keys, freedCells(row));
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
    batch.push({ rowKey: chainRowKey(chain.chainKey, 0), cells: ledgerCells(sharePoints(chain, row)) });
    if (batch.length < ROWS_AT_ONCE) continue;
    await insertRows(store, day, batch);
    batch = [];
  }
  await insertRows(store, day, batch);
}

async function writeMade({ store, prices }: LedgerDeps, day: string, made: Iterable<MadeDisk>): Promise<void> {
  const days = daysInUtcMonth(Date.parse(day));
  for (const disk of made) {
    const microUnits = divideHalfUp(BigInt(disk.microUnitsPerMonth ?? 0), BigInt(days));
    const row: MadeRow = { ...disk, chainKey: madeKey(disk), microUnits, currency: prices.currency };
    await store
      .table(monthTable(day))
      .insert({ partitionKey: madePartition(day), rowKey: row.chainKey }, madeCells(row));
  }
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

/**
 * Makes the sums of a day from the rows as they are stored, so that they agree whoever wrote them.
 *
 * Safety: a day that has sums is closed: never for one that is not.
 */
export async function refreshSums({ store, prices, log }: LedgerDeps, day: string): Promise<ClosedDay> {
  const groups = new DayGroups();
  let chains = 0;
  let otherCurrency = 0;
  for await (const page of readLedgerDay(store, day)) {
    for (const row of page) {
      if (row.currency !== prices.currency) otherCurrency += 1;
      else groups.add(row);
      if (row.correction === null) chains += 1;
    }
  }
  for await (const page of readFreed(store, day)) {
    for (const row of page) if (row.currency === prices.currency) groups.addFreed(row);
  }
  for await (const page of readMade(store, day)) {
    for (const row of page) if (row.currency === prices.currency) groups.addMade(row);
  }
  if (otherCurrency > 0) log.warn('rows of the ledger are in another currency', { day, rows: otherCurrency });
  await writeGroups(store, prices.currency, day, groups);
  const { storedBytes, microUnits } = groups.total();
  return { day, chains, storedBytes, microUnits, currency: prices.currency };
}
