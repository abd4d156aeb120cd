import type { Store } from '../base/store.ts';

const TABLE = 'inuse';

/**
 * Which points a running restore reads from: such a point is never deleted.
 *
 * Shape:  table `inuse`, partition = point, row key = restore.
 */
export class PointsInUse {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async begin(pointId: string, by: string): Promise<void> {
    await this.#store.table(TABLE).put({ partitionKey: pointId, rowKey: by }, {});
  }

  async end(pointId: string, by: string): Promise<void> {
    await this.#store.table(TABLE).delete({ partitionKey: pointId, rowKey: by });
  }

  async isInUse(pointId: string): Promise<boolean> {
    for await (const page of this.#store.table(TABLE).list({ partitionKey: pointId, limit: 1 }))
      if (page.length > 0) return true;
    return false;
  }
}
