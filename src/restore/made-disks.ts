import { readCells } from '../base/cells.ts';
import { hashId, parseResourceId } from '../base/ids.ts';
import type { Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import { diskIdOf, type Restore } from './restore.ts';

const TABLE = 'madedisks';
const PARTITION = 'disk';

/** A disk that is there because of a restore: it costs money until somebody takes it away. */
export interface MadeDisk {
  readonly id: string;
  readonly name: string;
  readonly subscriptionId: string;
  readonly region: string;
  readonly sku: string;
  /** Units: GiB, as Azure bills disks. */
  readonly sizeGiB: number;
  /** `restored`: made by it; `replaced`: taken out of a machine by a swap, and kept so that the swap can be undone. */
  readonly role: 'restored' | 'replaced';
  readonly restoreId: string;
  readonly drill: boolean;
  readonly sourceKey: string;
  readonly sourceName: string;
  readonly since: EpochMs;
  readonly expiresAt: EpochMs | null;
}

/**
 * Every disk that is there because of a restore, as the restores know it: who reads them checks against the list of disks whether one still exists.
 *
 * Shape:  table `madedisks`, one partition, row key = hash of restore and disk.
 */
export async function* madeDisks(store: Store): AsyncIterable<MadeDisk> {
  for await (const page of store.table(TABLE).list({ partitionKey: PARTITION })) {
    for (const row of page) {
      const cells = readCells(row);
      const id = cells.text('id');
      yield {
        id,
        name: parseResourceId(id)?.name ?? id,
        subscriptionId: parseResourceId(id)?.subscriptionId ?? '',
        region: cells.text('region'),
        sku: cells.text('sku'),
        sizeGiB: cells.number('sizeGiB'),
        role: cells.text('role') === 'replaced' ? 'replaced' : 'restored',
        restoreId: cells.text('restoreId'),
        drill: cells.flag('drill'),
        sourceKey: cells.text('sourceKey'),
        sourceName: cells.text('sourceName'),
        since: cells.number('since'),
        expiresAt: cells.numberOrNull('expiresAt'),
      };
    }
  }
}

/** Notes what a restore has brought about; noting it again changes nothing. */
export async function noteMadeDisks(store: Store, restore: Restore, now: EpochMs): Promise<void> {
  const expiresAt = restore.expiresAfterMs === null ? undefined : now + restore.expiresAfterMs;
  const common = {
    restoreId: restore.id,
    drill: restore.drill !== null,
    sourceKey: restore.sourceKey,
    sourceName: restore.sourceName,
    since: now,
  };
  const writes = restore.disks.flatMap((disk) => {
    const { region, sku, sizeGiB } = disk;
    const id = diskIdOf(disk);
    const swapped = restore.swap?.disks.find(({ toId }) => toId === id);
    // Of a swap the replaced disks expire, not those that are in use now.
    const made = { ...common, id, region, sku, sizeGiB, role: 'restored', expiresAt: swapped ? undefined : expiresAt };
    const replaced = swapped ? [{ ...made, id: swapped.fromId, role: 'replaced', expiresAt }] : [];
    return [made, ...replaced].map((cells) => ({ kind: 'put' as const, rowKey: keyOf(restore, cells.id), cells }));
  });
  if (writes.length > 0) await store.table(TABLE).write(PARTITION, writes);
}

/** Forgets disks that are gone, or that are where they were before. */
export async function forgetMadeDisks(store: Store, restore: Restore, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await store.table(TABLE).write(
    PARTITION,
    ids.map((id) => ({ kind: 'delete', rowKey: keyOf(restore, id) })),
  );
}

function keyOf(restore: Restore, diskId: string): string {
  return hashId(restore.id, diskId.toLowerCase());
}
