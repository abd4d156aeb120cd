import { readCells } from '../base/cells.ts';
import type { Store } from '../base/store.ts';

const TABLE = 'drilling';
const PARTITION = 'source';

/**
 * Which sources are being drilled: no two drills of one source at a time.
 *
 * Shape:  table `drilling`, one partition, row key = source; empty but for the time of a drill.
 * Safety: the drill's row names the source before the lock is taken, so that whoever ends the drill gives it back.
 */
export class DrillLocks {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Taking it again is no harm; false where another drill has it. */
  async take(sourceKey: string, drillId: string): Promise<boolean> {
    const table = this.#store.table(TABLE);
    const keys = { partitionKey: PARTITION, rowKey: sourceKey };
    if ((await table.insert(keys, { drillId })).kind === 'done') return true;
    const row = await table.get(keys);
    return row !== null && readCells(row).text('drillId') === drillId;
  }

  /** Only the drill that has it gives it back. */
  async give(sourceKey: string, drillId: string): Promise<void> {
    const table = this.#store.table(TABLE);
    const row = await table.get({ partitionKey: PARTITION, rowKey: sourceKey });
    if (row && readCells(row).text('drillId') === drillId)
      await table.delete({ partitionKey: PARTITION, rowKey: sourceKey }, row.etag);
  }

  /** The keys of the sources that are being drilled now. */
  async held(): Promise<ReadonlySet<string>> {
    const keys = new Set<string>();
    for await (const page of this.#store.table(TABLE).list({ partitionKey: PARTITION }))
      for (const row of page) keys.add(row.rowKey);
    return keys;
  }
}
