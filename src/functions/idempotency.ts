import type { App } from '../app.ts';
import { readCells } from '../base/cells.ts';
import { AppError } from '../base/errors.ts';
import { hashId } from '../base/ids.ts';

const TABLE = 'idempotency';

/**
 * Gives a POST its operation's name: for the same caller, path and `Idempotency-Key` always the same one.
 *
 * Errors: 'conflict' where the key was used with another body; 'bad-request' for a key that is too long.
 * Safety: the name is in the table before the operation begins, so repeating a request after a crash goes on with the same operation.
 */
export async function beginOnce(
  app: App,
  request: { route: string; path: string; caller: string; key: string | null; bodyHash: string },
): Promise<{ readonly id: string; readonly at: number }> {
  const at = app.clock.now();
  if (request.key === null) return { id: crypto.randomUUID(), at };
  if (request.key.length < 1 || request.key.length > 200) {
    throw new AppError('bad-request', 'The Idempotency-Key must be 1 to 200 characters', { path: 'Idempotency-Key' });
  }
  const keys = {
    partitionKey: hashId('route', request.route),
    rowKey: hashId(request.caller, request.path, request.key),
  };
  const id = hashId(keys.partitionKey, keys.rowKey);
  const table = app.store.table(TABLE);
  if ((await table.insert(keys, { bodyHash: request.bodyHash, at })).kind === 'done') return { id, at };
  const row = await table.get(keys);
  if (!row) throw new AppError('storage-unavailable', 'A row that exists cannot be read');
  const cells = readCells(row);
  if (cells.text('bodyHash') !== request.bodyHash) {
    throw new AppError('conflict', 'This Idempotency-Key was used with another body', { path: 'Idempotency-Key' });
  }
  return { id, at: cells.number('at') };
}
