import type { Log } from '../base/log.ts';
import type { Store } from '../base/store.ts';
import { type EpochMs, utcDay } from '../base/time.ts';
import { billedTable } from './billed-row.ts';
import { sumsTable } from './group-book.ts';
import { forgetMonth, listMonths, monthTable } from './ledger-table.ts';

/**
 * Drops the books of months that ended longer ago than they are kept: rows, bills and the sums of both, so that no figure is shown that no row stands
 * behind. The monthly reports in the blob container stay.
 *
 * Shape:  the months dropped.
 * Units:  `keepMonths` whole months after a month's end.
 * Safety: the month is forgotten last: a crash drops the rest at the next call.
 */
export async function dropOldMonths(
  { store, log }: { store: Store; log: Log },
  keepMonths: number,
  now: EpochMs,
): Promise<readonly string[]> {
  const at = new Date(now);
  const firstKept = utcDay(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - keepMonths, 1)).slice(0, 7);
  const old = (await listMonths(store)).filter((month) => month < firstKept);
  for (const month of old) {
    const day = `${month}-01`;
    const tables = [sumsTable(day), sumsTable(day, 'billed'), billedTable(day), monthTable(day)];
    for (const table of tables) await store.dropTable(table);
    await forgetMonth(store, month);
    log.info('the books of a month were dropped', { month });
  }
  return old;
}
