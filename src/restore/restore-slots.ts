import { readCells } from '../base/cells.ts';
import { hashId } from '../base/ids.ts';
import type { Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';

const TABLE = 'restoreslots';

/**
 * Restores that work in one subscription at the same time: each writes to Azure and looks every few seconds, and ARM gives a principal 200 writes at once and
 * 10 a second after that.
 *
 * Source: https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling (05/28/2025).
 */
export const RESTORES_AT_ONCE = 20;

/** Waiting restores that are looked at to find who comes next. */
const LINE_LENGTH = 5;

/**
 * Who may work in a subscription, and who waits for it, oldest first.
 *
 * Shape:  table `restoreslots`, partition = subscription; row key `s|<nn>` for a place that is taken, `w|<moment>|<restore>` for one who waits.
 */
export class RestoreSlots {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Takes a place for a restore, or puts it in the line. A restore that has a place already keeps it.
   *
   * Safety: a place is a row that only one can insert.
   */
  async take(restore: { id: string; subscriptionId: string; createdAt: EpochMs }): Promise<'taken' | 'waiting'> {
    const partitionKey = keyOf(restore.subscriptionId);
    const table = this.#store.table(TABLE);
    const taken = new Set<string>();
    for await (const page of table.list({ partitionKey, from: 's|', to: 's~' })) {
      for (const row of page) {
        if (row.cells.restoreId === restore.id) return 'taken';
        taken.add(row.rowKey);
      }
    }
    for (let place = 0; place < RESTORES_AT_ONCE; place += 1) {
      const rowKey = `s|${String(place).padStart(2, '0')}`;
      if (taken.has(rowKey)) continue;
      if ((await table.insert({ partitionKey, rowKey }, { restoreId: restore.id })).kind !== 'done') continue;
      await table.delete({ partitionKey, rowKey: waitKey(restore) });
      return 'taken';
    }
    await table.put({ partitionKey, rowKey: waitKey(restore) }, { restoreId: restore.id });
    return 'waiting';
  }

  /** Gives a restore's place back and takes it out of the line. Answers who has waited longest, as many as there are places free now, at most five. */
  async give(restore: { id: string; subscriptionId: string; createdAt: EpochMs }): Promise<readonly string[]> {
    const partitionKey = keyOf(restore.subscriptionId);
    const table = this.#store.table(TABLE);
    let taken = 0;
    for await (const page of table.list({ partitionKey, from: 's|', to: 's~' })) {
      for (const row of page) {
        if (row.cells.restoreId === restore.id) await table.delete({ partitionKey, rowKey: row.rowKey });
        else taken += 1;
      }
    }
    await table.delete({ partitionKey, rowKey: waitKey(restore) });
    const free = Math.min(LINE_LENGTH, RESTORES_AT_ONCE - taken);
    const next: string[] = [];
    if (free <= 0) return next;
    for await (const page of table.list({ partitionKey, from: 'w|', to: 'w~', limit: free }))
      for (const row of page) next.push(readCells(row).text('restoreId'));
    return next;
  }
}

function keyOf(subscriptionId: string): string {
  return hashId('restoreslots', subscriptionId.toLowerCase());
}

function waitKey(restore: { id: string; createdAt: EpochMs }): string {
  return `w|${String(restore.createdAt).padStart(15, '0')}|${restore.id}`;
}
