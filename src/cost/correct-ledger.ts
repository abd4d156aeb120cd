import { AppError } from '../base/errors.ts';
import type { Row, Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import { type ClosedDay, isClosed, type LedgerDeps, refreshSums } from './ledger.ts';
import { ledgerCells, readValuedRow } from './ledger-cells.ts';
import type { ValuedRow } from './ledger-row.ts';
import { chainRowKey, clearStale, listStale, monthTable, noteStale, readChainDay } from './ledger-table.ts';

/** Somebody else may correct the same chain and day: then what is missing is decided again. */
const TRIES = 5;

/** Decides what to add to a chain's day; null for nothing. */
type Decide = (rows: readonly ValuedRow[]) => Promise<ValuedRow | null>;

/**
 * Corrects a closed day: for each chain that needs it one row more, then the sums.
 *
 * Shape:  how many rows were added. `needs` looks at a chain's rows without reading anything else.
 * Errors: those of `decide`; 'storage-unavailable'.
 * Safety: never changes a row. A correction is what is missing to the truth, so that a second run adds nothing. The day is noted as stale before the first
 *         row and until its sums are made: a crash leaves the note, which the next settling finds.
 */
export async function correctDay(
  deps: LedgerDeps,
  day: string,
  now: EpochMs,
  plan: { readonly needs: (rows: readonly ValuedRow[]) => boolean; readonly decide: Decide },
): Promise<number> {
  const { store, prices, log } = deps;
  if (!(await isClosed(store, day, prices.currency))) return 0;
  await noteStale(store, day, now);
  let added = 0;
  for await (const rows of chainsOfDay(store, day)) {
    if (rows[0]?.currency !== prices.currency || !plan.needs(rows)) continue;
    added += await correctChain(store, day, rows, plan.decide);
  }
  if (added > 0) log.info('a closed day was corrected', { day, rows: added });
  await refreshStale(deps, (stale) => stale === day);
  return added;
}

/** Makes the sums of noted days again: all, or those asked for. */
export async function refreshStale(
  deps: LedgerDeps,
  isWanted: (day: string) => boolean = () => true,
): Promise<readonly ClosedDay[]> {
  const done: ClosedDay[] = [];
  for (const stale of await listStale(deps.store)) {
    if (!isWanted(stale.day)) continue;
    // A day that is not closed yet is summed when it is.
    if (await isClosed(deps.store, stale.day, deps.prices.currency)) done.push(await refreshSums(deps, stale.day));
    await clearStale(deps.store, stale);
  }
  return done;
}

async function correctChain(store: Store, day: string, found: readonly ValuedRow[], decide: Decide): Promise<number> {
  const chainKey = found[0]?.chainKey ?? '';
  let rows = found;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const row = await decide(rows);
    if (row === null) return 0;
    const keys = { partitionKey: day, rowKey: chainRowKey(chainKey, rows.length) };
    if ((await store.table(monthTable(day)).insert(keys, ledgerCells(row))).kind === 'done') return 1;
    rows = await readChainDay(store, day, chainKey);
  }
  throw new AppError('precondition-failed', 'A day of the ledger is being corrected by somebody else', { day });
}

/** The rows of a day, chain by chain: they follow each other, also over the end of a page. */
async function* chainsOfDay(store: Store, day: string): AsyncIterable<readonly ValuedRow[]> {
  let rows: Row[] = [];
  const chainOf = (row: Row | undefined) => row?.rowKey.split('|')[0];
  for await (const page of store.table(monthTable(day)).list({ partitionKey: day })) {
    for (const row of page) {
      if (rows.length > 0 && chainOf(rows[0]) !== chainOf(row)) {
        yield rows.map(readValuedRow);
        rows = [];
      }
      rows.push(row);
    }
  }
  if (rows.length > 0) yield rows.map(readValuedRow);
}
