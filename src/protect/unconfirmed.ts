import { AppError } from '../base/errors.ts';
import { hashId } from '../base/ids.ts';
import type { Store } from '../base/store.ts';

const TABLE = 'unconfirmed';

/** A resource group in which creates or deletes have been sent and not yet been seen done. */
export interface SnapshotGroup {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
}

/** The short name of a snapshot group: the id of its `confirm` item on the agenda. */
export function groupKey(group: SnapshotGroup): string {
  return hashId('group', group.subscriptionId.toLowerCase(), group.resourceGroup.toLowerCase());
}

/**
 * What has been asked of Azure and not yet been seen done, by resource group: so that one list call confirms many.
 *
 * Shape:  table `unconfirmed`, partition = group, row key = `create|<point>` or `delete|<point>`.
 */
export class Unconfirmed {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async add(group: SnapshotGroup, kind: 'create' | 'delete', pointIds: readonly string[]): Promise<void> {
    const cells = { subscriptionId: group.subscriptionId, resourceGroup: group.resourceGroup };
    await this.#store.table(TABLE).write(
      groupKey(group),
      pointIds.map((id) => ({ kind: 'put', rowKey: `${kind}|${id}`, cells })),
    );
  }

  async remove(group: SnapshotGroup, kind: 'create' | 'delete', pointIds: readonly string[]): Promise<void> {
    await this.#store.table(TABLE).write(
      groupKey(group),
      pointIds.map((id) => ({ kind: 'delete', rowKey: `${kind}|${id}` })),
    );
  }

  /** Everything unconfirmed of a group; null where there is nothing. */
  async of(key: string): Promise<{
    readonly group: SnapshotGroup;
    readonly creates: readonly string[];
    readonly deletes: readonly string[];
  } | null> {
    const creates: string[] = [];
    const deletes: string[] = [];
    let group: SnapshotGroup | null = null;
    for await (const page of this.#store.table(TABLE).list({ partitionKey: key })) {
      for (const row of page) {
        const { subscriptionId, resourceGroup } = row.cells;
        if (typeof subscriptionId !== 'string' || typeof resourceGroup !== 'string') {
          throw new AppError('data-unreadable', 'An unconfirmed row cannot be read', { rowKey: row.rowKey });
        }
        group = { subscriptionId, resourceGroup };
        const [kind, id] = row.rowKey.split('|');
        if (id !== undefined) (kind === 'delete' ? deletes : creates).push(id);
      }
    }
    return group ? { group, creates, deletes } : null;
  }
}
