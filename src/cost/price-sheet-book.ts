import * as z from 'zod';
import { readCells, readDocument } from '../base/cells.ts';
import { hashId } from '../base/ids.ts';
import { spreadText } from '../base/long-text.ts';
import type { Row, Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import type { PriceSheet } from './price-sheet.ts';

const TABLE = 'pricesheet';
const KEYS = { partitionKey: 'sheet', rowKey: 'current' };

/** The sheet as it is kept. `version` names its content: it is the ETag of the HTTP API. */
export interface StoredSheet {
  readonly sheet: PriceSheet;
  readonly version: string;
  readonly updatedAt: EpochMs;
  readonly updatedBy: string;
}

/** `changed`: another version stands there than the caller has seen; nothing is written then. */
export type SheetWrite =
  | { readonly kind: 'created' | 'replaced' | 'unchanged'; readonly version: string }
  | { readonly kind: 'changed'; readonly version: string | null };

const sheetSchema = z.strictObject({
  name: z.string().nullable(),
  currency: z.string(),
  prices: z.array(
    z.strictObject({
      region: z.string(),
      redundancy: z.enum(['LRS', 'ZRS']),
      microUnitsPerGiBMonth: z.int().positive(),
      from: z.string(),
      to: z.string().nullable(),
      meterId: z.string().nullable(),
    }),
  ),
});

/** Reads the price sheet; null where there is none. Shape: table `pricesheet`, one row. Errors: 'data-unreadable', 'storage-unavailable'. */
export async function readPriceSheet(store: Store): Promise<StoredSheet | null> {
  const row = await store.table(TABLE).get(KEYS);
  return row && readSheet(row);
}

/** Writes the sheet. `ifMatch`: the version the caller has seen, null to create only, undefined to write over whatever is there. */
export async function writePriceSheet(
  store: Store,
  entry: {
    readonly sheet: PriceSheet;
    readonly by: string;
    readonly now: EpochMs;
    readonly ifMatch?: string | null | undefined;
  },
): Promise<SheetWrite> {
  const table = store.table(TABLE);
  const row = await table.get(KEYS);
  const before = row && readSheet(row);
  const version = hashId('price-sheet', JSON.stringify(entry.sheet));
  if (entry.ifMatch !== undefined && entry.ifMatch !== (before?.version ?? null)) {
    return { kind: 'changed', version: before?.version ?? null };
  }
  if (before?.version === version) return { kind: 'unchanged', version };
  const cells = {
    ...spreadText('sheet', JSON.stringify(entry.sheet)),
    version,
    updatedAt: entry.now,
    updatedBy: entry.by.toWellFormed(),
  };
  const done = row ? await table.replace(KEYS, cells, row.etag) : await table.insert(KEYS, cells);
  if (done.kind !== 'done') return { kind: 'changed', version: (await readPriceSheet(store))?.version ?? null };
  return { kind: before ? 'replaced' : 'created', version };
}

/** Takes the sheet away: null where there is none. */
export async function deletePriceSheet(
  store: Store,
  ifMatch: string | undefined,
): Promise<{ readonly kind: 'deleted' | 'changed'; readonly sheet: StoredSheet } | null> {
  const table = store.table(TABLE);
  const row = await table.get(KEYS);
  if (!row) return null;
  const sheet = readSheet(row);
  if (ifMatch !== undefined && ifMatch !== sheet.version) return { kind: 'changed', sheet };
  return (await table.delete(KEYS, row.etag)) === 'done' ? { kind: 'deleted', sheet } : { kind: 'changed', sheet };
}

function readSheet(row: Row): StoredSheet {
  const cells = readCells(row);
  return {
    sheet: readDocument(row, 'sheet', sheetSchema),
    version: cells.text('version'),
    updatedAt: cells.number('updatedAt'),
    updatedBy: cells.text('updatedBy'),
  };
}
