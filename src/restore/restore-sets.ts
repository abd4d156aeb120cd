import * as z from 'zod';
import { readDocument } from '../base/cells.ts';
import { spreadText } from '../base/long-text.ts';
import type { Store } from '../base/store.ts';

const TABLE = 'restoresets';
const PARTITION = 'set';

const setSchema = z.strictObject({
  id: z.string(),
  restoreIds: z.array(z.string()),
  by: z.string(),
  createdAt: z.number().int(),
});

/** Several sources restored by one request: each a restore of its own, with its own result. */
export type RestoreSet = z.infer<typeof setSchema>;

/** Adds a set; adding it again changes nothing. */
export async function insertSet(store: Store, set: RestoreSet): Promise<void> {
  await store.table(TABLE).insert({ partitionKey: PARTITION, rowKey: set.id }, spreadText('set', JSON.stringify(set)));
}

/** A set by its id. */
export async function readSet(store: Store, id: string): Promise<RestoreSet | null> {
  if (!/^[0-9]{15}\.[A-Za-z0-9_-]{1,64}$/.test(id)) return null;
  const row = await store.table(TABLE).get({ partitionKey: PARTITION, rowKey: id });
  return row ? readDocument(row, 'set', setSchema) : null;
}
