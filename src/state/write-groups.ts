import type { TableClient, TransactionAction } from '@azure/data-tables';
import { assert } from '../base/assert.ts';
import type { Row, RowKeys, Table, TableWrite } from '../base/store.ts';
import { encodeRow, sameCells } from './cells.ts';
import { isBeingDeleted, isContainerMissing, type StorageTry, statusOf } from './storage-call.ts';

/** A call of one table: its name for messages, and what to do. */
export type TableCall = <T>(operation: string, attempt: (tried: StorageTry) => Promise<T>) => Promise<T>;

/** What writing groups of rows needs of a table. */
export interface TableAccess {
  readonly client: TableClient;
  readonly change: TableCall;
  readonly table: Pick<Table, 'get' | 'insert' | 'replace' | 'put' | 'delete'>;
}

/** Rows and bytes of one transaction. Source: https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions */
export const GROUP_MAX_ROWS = 100;
const GROUP_MAX_BYTES = 4_194_304;
/** What a row takes in the body of a transaction beside its JSON: part headers, URL, keys. */
const PART_OVERHEAD_BYTES = 1_500;
/** Reads at a time when the rows of a refused group are looked at. */
const READS_AT_ONCE = 8;
/** A group whose deletions go on vanishing under it is tried this often. */
const GROUP_TRIES = 5;

/**
 * Cuts writes into groups that Table Storage takes as one transaction, in order.
 *
 * Shape:  at most 100 rows and 4 MiB in a group, no row twice in one.
 */
export function planGroups(writes: readonly TableWrite[]): readonly (readonly TableWrite[])[] {
  const groups: TableWrite[][] = [];
  let group: TableWrite[] = [];
  let rowKeys = new Set<string>();
  let bytes = 0;
  for (const write of writes) {
    const writeBytes = PART_OVERHEAD_BYTES + ('cells' in write ? Buffer.byteLength(JSON.stringify(write.cells)) : 0);
    const full = group.length >= GROUP_MAX_ROWS || bytes + writeBytes > GROUP_MAX_BYTES || rowKeys.has(write.rowKey);
    if (full && group.length > 0) {
      groups.push(group);
      group = [];
      rowKeys = new Set();
      bytes = 0;
    }
    group.push(write);
    rowKeys.add(write.rowKey);
    bytes += writeBytes;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

/** Writes to one partition in groups, each whole or not at all: see `Table.write`. */
export async function writeGroups(
  partitionKey: string,
  writes: readonly TableWrite[],
  access: TableAccess,
): Promise<'done' | 'refused'> {
  for (const group of planGroups(writes)) {
    const [first, second] = group;
    // One row alone is whole by itself: a plain call spares both sides the many-part body of a transaction.
    const done =
      first !== undefined && second === undefined
        ? await writeOne({ partitionKey, rowKey: first.rowKey }, first, access.table)
        : await writeGroup(partitionKey, group, access);
    if (done === 'refused') return 'refused';
  }
  return 'done';
}

async function writeOne(keys: RowKeys, write: TableWrite, table: TableAccess['table']): Promise<'done' | 'refused'> {
  switch (write.kind) {
    case 'insert':
      return (await table.insert(keys, write.cells)).kind === 'done' ? 'done' : 'refused';
    case 'put':
      await table.put(keys, write.cells);
      return 'done';
    case 'replace':
      assertVersion(write.etag);
      return (await table.replace(keys, write.cells, write.etag)).kind === 'done' ? 'done' : 'refused';
    case 'delete':
      await table.delete(keys);
      return 'done';
  }
}

async function writeGroup(
  partitionKey: string,
  group: readonly TableWrite[],
  access: TableAccess,
): Promise<'done' | 'refused'> {
  let left = group;
  for (let tries = 0; tries < GROUP_TRIES; tries += 1) {
    if (left.length === 0) return 'done';
    const outcome = await submit(partitionKey, left, access);
    if (outcome === 'done' || outcome === 'refused') return outcome;
    // Something is missing. Table Storage fails the whole group for a deletion of an absent row; the port does not.
    const absent = await findAbsentDeletions(partitionKey, left, access);
    if (absent.size === 0) {
      // The deletions are all there: a row to be replaced is gone. Without one, somebody put a row back between the two looks: try again.
      if (left.some((write) => write.kind === 'replace')) return 'refused';
    }
    left = left.filter((write) => !(write.kind === 'delete' && absent.has(write.rowKey)));
  }
  return 'refused';
}

function submit(
  partitionKey: string,
  group: readonly TableWrite[],
  access: TableAccess,
): Promise<'done' | 'refused' | 'missing'> {
  const actions = group.map((write) => encodeAction(partitionKey, write));
  return access.change('write', async ({ abortSignal, uncertain }) => {
    try {
      await access.client.submitTransaction(actions, { abortSignal });
      return 'done';
    } catch (error) {
      const status = statusOf(error);
      if (status !== 404 && status !== 409 && status !== 412) throw error;
      if (isContainerMissing(error) || isBeingDeleted(error)) throw error;
      if (uncertain && (await isWritten(partitionKey, group, access))) return 'done';
      return status === 404 ? 'missing' : 'refused';
    }
  });
}

function encodeAction(partitionKey: string, write: TableWrite): TransactionAction {
  const keys: RowKeys = { partitionKey, rowKey: write.rowKey };
  switch (write.kind) {
    case 'insert':
      return ['create', encodeRow(keys, write.cells)];
    case 'put':
      return ['upsert', encodeRow(keys, write.cells), 'Replace'];
    case 'replace':
      assertVersion(write.etag);
      return ['update', encodeRow(keys, write.cells), 'Replace', { etag: write.etag }];
    case 'delete':
      return ['delete', { ...keys }];
  }
}

function assertVersion(etag: string): void {
  assert(etag !== '' && etag !== '*', 'a replace must name the version that was read');
}

/** Whether a transaction whose answer was lost has been carried out: every row as it was sent, every deletion gone. */
async function isWritten(partitionKey: string, group: readonly TableWrite[], access: TableAccess): Promise<boolean> {
  const rows = await readRows(partitionKey, group, access);
  return group.every((write, index) => {
    const row = rows[index] ?? null;
    return write.kind === 'delete' ? row === null : row !== null && sameCells(row.cells, write.cells);
  });
}

async function findAbsentDeletions(
  partitionKey: string,
  group: readonly TableWrite[],
  access: TableAccess,
): Promise<ReadonlySet<string>> {
  const deletions = group.filter((write) => write.kind === 'delete');
  const rows = await readRows(partitionKey, deletions, access);
  return new Set(deletions.filter((_, index) => !rows[index]).map((write) => write.rowKey));
}

async function readRows(partitionKey: string, writes: readonly TableWrite[], access: TableAccess) {
  const rows: (Row | null)[] = [];
  for (let start = 0; start < writes.length; start += READS_AT_ONCE) {
    const some = writes.slice(start, start + READS_AT_ONCE);
    rows.push(...(await Promise.all(some.map((write) => access.table.get({ partitionKey, rowKey: write.rowKey })))));
  }
  return rows;
}
