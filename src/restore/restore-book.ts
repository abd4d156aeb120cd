import { readDocument } from '../base/cells.ts';
import { spreadText } from '../base/long-text.ts';
import type { Cells, Row, Store } from '../base/store.ts';
import { type Restore, restoreSchema } from './restore.ts';

const TABLE = 'restores';
const PARTITION = 'restore';

export interface StoredRestore {
  readonly restore: Restore;
  readonly etag: string;
}

/**
 * All restores.
 *
 * Shape:  table `restores`, one partition, row key = id: newest first.
 */
export class RestoreBook {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async get(id: string): Promise<StoredRestore | null> {
    if (!/^[0-9]{15}\.[A-Za-z0-9_-]{1,64}$/.test(id)) return null;
    const row = await this.#store.table(TABLE).get({ partitionKey: PARTITION, rowKey: id });
    return row ? readRestore(row) : null;
  }

  async insert(restore: Restore): Promise<'done' | 'exists'> {
    return (await this.#store.table(TABLE).insert({ partitionKey: PARTITION, rowKey: restore.id }, cellsOf(restore)))
      .kind;
  }

  async replace(
    restore: Restore,
    etag: string,
  ): Promise<{ readonly kind: 'done'; readonly etag: string } | { readonly kind: 'changed' }> {
    return this.#store.table(TABLE).replace({ partitionKey: PARTITION, rowKey: restore.id }, cellsOf(restore), etag);
  }

  /** The newest restores. */
  async newest(limit: number): Promise<readonly Restore[]> {
    const restores: Restore[] = [];
    for await (const page of this.#store.table(TABLE).list({ partitionKey: PARTITION, limit }))
      restores.push(...page.map((row) => readRestore(row).restore));
    return restores;
  }
}

function cellsOf(restore: Restore): Cells {
  return { ...spreadText('restore', JSON.stringify(restore)), state: restore.state };
}

function readRestore(row: Row): StoredRestore {
  return { restore: readDocument(row, 'restore', restoreSchema), etag: row.etag };
}
