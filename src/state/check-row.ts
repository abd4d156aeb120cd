import { assert } from '../base/assert.ts';
import type { Cells } from '../base/store.ts';

/**
 * Limits of Table Storage.
 *
 * Units:  characters are UTF-16 code units, two bytes each.
 * Source: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model (older copies give keys as 1 KiB: the smaller is taken).
 */
export const KEY_MAX_CHARACTERS = 512;
export const STRING_MAX_CHARACTERS = 32_768;
export const ROW_MAX_CELLS = 252;
export const ROW_MAX_BYTES = 1_048_576;

/** Control characters and the four that a key may not hold. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that the rule is about.
const FORBIDDEN_IN_KEY = /[/\\#?\u0000-\u001f\u007f-\u009f]/;
const COLUMN_NAME = /^[A-Za-z][A-Za-z0-9_]{0,254}$/;
/** Names that storage or its SDK gives another meaning. */
const RESERVED_COLUMNS = ['partitionkey', 'rowkey', 'timestamp', 'etag'];

/** Source: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules (Microsoft.Storage). */
const TABLE_NAME = /^[A-Za-z][A-Za-z0-9]{2,62}$/;
const QUEUE_OR_CONTAINER_NAME = /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/;

/** Stops at a name that no table may have. Errors: AssertionError. */
export function checkTableName(name: string): void {
  assert(TABLE_NAME.test(name), 'a table name is not allowed');
}

/** Stops at a name that no queue and no container may have. Errors: AssertionError. */
export function checkContainerName(name: string): void {
  assert(QUEUE_OR_CONTAINER_NAME.test(name), 'the name of a queue or container is not allowed');
}

/**
 * Stops at a key that Table Storage would refuse: keys come from Holdfast's own code, so a wrong one is a bug.
 *
 * Errors: AssertionError.
 */
export function checkKey(key: string): void {
  assert(key.length <= KEY_MAX_CHARACTERS, 'a table key is too long');
  assert(!FORBIDDEN_IN_KEY.test(key), 'a table key holds a forbidden character');
}

/**
 * Stops at a row that Table Storage would refuse or change.
 *
 * Errors: AssertionError.
 */
export function checkCells(cells: Cells): void {
  let count = 0;
  let bytes = 4;
  for (const [name, cell] of Object.entries(cells)) {
    if (cell === undefined) continue;
    count += 1;
    assert(COLUMN_NAME.test(name) && !RESERVED_COLUMNS.includes(name.toLowerCase()), 'a column name is not allowed');
    if (typeof cell === 'string') {
      assert(cell.length <= STRING_MAX_CHARACTERS, 'a text is too long for a table cell');
      assert(cell.isWellFormed(), 'a text is not well-formed Unicode');
    }
    if (typeof cell === 'number') {
      assert(Math.abs(cell) <= Number.MAX_SAFE_INTEGER, 'a number does not fit a table cell');
    }
    bytes += cellBytes(name, cell);
  }
  assert(count <= ROW_MAX_CELLS, 'a row has too many columns');
  assert(bytes <= ROW_MAX_BYTES, 'a row is too large');
}

/**
 * Bytes that a row takes, as Table Storage counts.
 *
 * Source: https://learn.microsoft.com/archive/blogs/avkashchauhan/how-the-size-of-an-entity-is-caclulated-in-windows-azure-table-storage
 */
export function rowBytes(partitionKey: string, rowKey: string, cells: Cells): number {
  let bytes = 4 + (partitionKey.length + rowKey.length) * 2;
  for (const [name, cell] of Object.entries(cells)) if (cell !== undefined) bytes += cellBytes(name, cell);
  return bytes;
}

function cellBytes(name: string, cell: string | number | boolean): number {
  const valueBytes = typeof cell === 'string' ? cell.length * 2 + 4 : 8;
  return 8 + name.length * 2 + valueBytes;
}
