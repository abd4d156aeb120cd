import { odata, type TableClient } from '@azure/data-tables';
import type { Cells, PartitionRange, Row, RowKeys, RowRange, Table } from '../base/store.ts';
import { decodeRow, encodeRow, sameCells } from './cells.ts';
import { checkKey } from './check-row.ts';
import {
  isBeingDeleted,
  isContainerMissing,
  MissingContainer,
  type StorageContext,
  type StorageTry,
  statusOf,
  storageCall,
  withContainer,
} from './storage-call.ts';
import { type TableCall, writeGroups } from './write-groups.ts';

/** Rows that one page of a query may hold. Source: https://learn.microsoft.com/rest/api/storageservices/query-timeout-and-pagination */
const PAGE_MAX_ROWS = 1_000;

/**
 * A table of Table Storage.
 *
 * Shape:  a missing table reads as an empty one and is created by the first write, so that in steady state no call is spent on asking.
 * Safety: every write names its ETag: the SDK's own default is `*`, the last write wins.
 *         After a try whose answer was lost, a refusal is told as success when the stored row is the very one that was sent.
 */
export function createAzureTable(client: TableClient, context: StorageContext): Table {
  const name = client.tableName;
  const call: TableCall = (operation, attempt) => storageCall(context, { operation, name }, attempt);
  const change: TableCall = (operation, attempt) =>
    withContainer(
      context,
      { operation, name },
      (abortSignal) => client.createTable({ abortSignal }),
      () => call(operation, (tried) => attempt(tried).catch(throwMissing)),
    );
  const get = (keys: RowKeys) => call('get', (tried) => readRow(client, keys, tried));
  const rows = {
    get,
    insert: (keys, cells) => change('insert', (tried) => insertRow(client, keys, cells, tried)),
    replace: (keys, cells, etag) => change('replace', (tried) => replaceRow(client, keys, cells, etag, tried)),
    put: (keys, cells) =>
      change('put', async ({ abortSignal }) => {
        await client.upsertEntity(encodeRow(keys, cells), 'Replace', { abortSignal });
      }),
    delete: (keys, etag) => call('delete', (tried) => deleteRow(client, keys, etag, tried)),
  } satisfies Partial<Table>;
  return {
    ...rows,
    list: (range) => listRows(client, call, rangeFilter(range), range.limit),
    scan: (partitions) => listRows(client, call, partitions && partitionFilter(partitions), undefined),
    write: (partitionKey, writes) => writeGroups(partitionKey, writes, { client, change, table: rows }),
  };
}

function throwMissing(error: unknown): never {
  if (isContainerMissing(error) || isBeingDeleted(error)) throw new MissingContainer();
  throw error;
}

async function readRow(client: TableClient, keys: RowKeys, { abortSignal }: StorageTry): Promise<Row | null> {
  try {
    return decodeRow(await client.getEntity(keys.partitionKey, keys.rowKey, { abortSignal }));
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

async function insertRow(client: TableClient, keys: RowKeys, cells: Cells, tried: StorageTry) {
  try {
    const { etag } = await client.createEntity(encodeRow(keys, cells), { abortSignal: tried.abortSignal });
    return { kind: 'done', etag: etag ?? '' } as const;
  } catch (error) {
    if (statusOf(error) !== 409 || isBeingDeleted(error)) throw error;
    const own = tried.uncertain ? await readOwn(client, keys, cells, tried) : null;
    return own ? ({ kind: 'done', etag: own.etag } as const) : ({ kind: 'exists' } as const);
  }
}

async function replaceRow(client: TableClient, keys: RowKeys, cells: Cells, etag: string, tried: StorageTry) {
  try {
    const answer = await client.updateEntity(encodeRow(keys, cells), 'Replace', {
      etag,
      abortSignal: tried.abortSignal,
    });
    return { kind: 'done', etag: answer.etag ?? '' } as const;
  } catch (error) {
    const status = statusOf(error);
    // A replace never creates the table: what was read there is gone with it.
    if (status === 404) return { kind: 'changed' } as const;
    if (status !== 412) throw error;
    const own = tried.uncertain ? await readOwn(client, keys, cells, tried) : null;
    return own ? ({ kind: 'done', etag: own.etag } as const) : ({ kind: 'changed' } as const);
  }
}

/** The stored row, where it is the one that was sent. */
async function readOwn(client: TableClient, keys: RowKeys, cells: Cells, tried: StorageTry): Promise<Row | null> {
  const row = await readRow(client, keys, tried);
  return row && sameCells(row.cells, cells) ? row : null;
}

async function deleteRow(
  client: TableClient,
  keys: RowKeys,
  etag: string | undefined,
  { abortSignal, uncertain }: StorageTry,
): Promise<'done' | 'changed'> {
  try {
    await client.deleteEntity(keys.partitionKey, keys.rowKey, { etag: etag ?? '*', abortSignal });
    return 'done';
  } catch (error) {
    const status = statusOf(error);
    if (status === 404) return etag === undefined || uncertain ? 'done' : 'changed';
    if (status === 412) return 'changed';
    throw error;
  }
}

function rangeFilter({ partitionKey, from, to }: RowRange): string {
  checkKey(partitionKey);
  const conditions = [odata`PartitionKey eq ${partitionKey}`];
  if (from !== undefined) conditions.push(odata`RowKey ge ${from}`);
  if (to !== undefined) conditions.push(odata`RowKey lt ${to}`);
  return conditions.join(' and ');
}

function partitionFilter({ from, to }: PartitionRange): string {
  checkKey(from);
  checkKey(to);
  return `${odata`PartitionKey ge ${from}`} and ${odata`PartitionKey lt ${to}`}`;
}

/** Pages of a query, each its own call, so that one that fails is asked for again and not the whole. Empty pages with a token are passed over. */
async function* listRows(
  client: TableClient,
  call: TableCall,
  filter: string | undefined,
  limit: number | undefined,
): AsyncGenerator<readonly Row[]> {
  const queryOptions = filter === undefined ? {} : { filter };
  let left = limit ?? Number.POSITIVE_INFINITY;
  let continuationToken: string | undefined;
  while (left > 0) {
    const maxPageSize = Math.min(left, PAGE_MAX_ROWS);
    const settings = continuationToken === undefined ? { maxPageSize } : { maxPageSize, continuationToken };
    const page = await call('list', async ({ abortSignal }) => {
      try {
        const answer = await client.listEntities({ queryOptions, abortSignal }).byPage(settings).next();
        return answer.done ? null : { rows: answer.value.map(decodeRow), next: answer.value.continuationToken };
      } catch (error) {
        if (statusOf(error) === 404 || isBeingDeleted(error)) return null;
        throw error;
      }
    });
    if (page === null) return;
    // A server may give more rows than were asked for.
    const rows = page.rows.slice(0, left);
    left -= rows.length;
    if (rows.length > 0) yield rows;
    if (!page.next) return;
    continuationToken = page.next;
  }
}
