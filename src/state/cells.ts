import type { TableEntity } from '@azure/data-tables';
import { AppError } from '../base/errors.ts';
import type { Cell, Cells, Row, RowKeys } from '../base/store.ts';
import { checkCells, checkKey } from './check-row.ts';

const INT32_MAX = 2_147_483_647;
const INT32_MIN = -2_147_483_648;
/** What storage adds to each row. */
const KEY_COLUMNS = ['partitionKey', 'rowKey', 'etag', 'timestamp'];

/**
 * Turns a row into what the SDK sends.
 *
 * Shape:  whole numbers within 32 bits as Int32, others as Int64, fractions as Double; absent columns are left out.
 * Errors: AssertionError for keys and cells that Table Storage would refuse.
 */
export function encodeRow(keys: RowKeys, cells: Cells): TableEntity<Record<string, unknown>> {
  checkKey(keys.partitionKey);
  checkKey(keys.rowKey);
  checkCells(cells);
  const entity: TableEntity<Record<string, unknown>> = { partitionKey: keys.partitionKey, rowKey: keys.rowKey };
  for (const [name, cell] of Object.entries(cells)) {
    if (cell !== undefined) entity[name] = encodeCell(cell);
  }
  return entity;
}

function encodeCell(cell: Cell): unknown {
  if (typeof cell !== 'number') return cell;
  if (!Number.isInteger(cell)) return { type: 'Double', value: cell };
  // JSON has no negative zero, so a row must not promise one.
  if (cell >= INT32_MIN && cell <= INT32_MAX) return cell === 0 ? 0 : cell;
  return { type: 'Int64', value: String(cell) };
}

/**
 * Reads a row as the SDK gives it.
 *
 * Errors: 'data-unreadable' for a value of a type that Holdfast never writes: somebody else has written to the table.
 */
export function decodeRow(entity: object): Row {
  const { partitionKey, rowKey, etag } = entity as { partitionKey: string; rowKey: string; etag: string };
  const cells: Record<string, Cell> = {};
  for (const [name, value] of Object.entries(entity)) {
    if (KEY_COLUMNS.includes(name) || name.startsWith('odata.')) continue;
    if (typeof value === 'bigint') cells[name] = Number(value);
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') cells[name] = value;
    else if (value !== null && value !== undefined) {
      throw new AppError('data-unreadable', 'A stored row has a value of an unknown type', { column: name });
    }
  }
  return { partitionKey, rowKey, etag, cells };
}

/** True where a stored row holds exactly these cells. */
export function sameCells(stored: Readonly<Record<string, Cell>>, cells: Cells): boolean {
  const expected = Object.entries(cells).filter(([, cell]) => cell !== undefined);
  if (expected.length !== Object.keys(stored).length) return false;
  return expected.every(([name, cell]) => stored[name] === (cell === 0 ? 0 : cell));
}
