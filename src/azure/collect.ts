import { AppError } from '../base/errors.ts';
import type { Arm } from './arm-client.ts';

/** More than Azure keeps of anything in a subscription and region (75,000 snapshots of each kind): a list that is longer has lost its way. */
const LIST_MAX_ITEMS = 500_000;
const LIST_MAX_PAGES = 5_000;

/**
 * Reads a whole list of the SDK.
 *
 * Errors: 'azure-unavailable' for a list without an end; never a part of one.
 */
export async function collect<T, R>(list: AsyncIterable<T>, read: (item: T) => R): Promise<R[]> {
  const items: R[] = [];
  for await (const item of list) {
    items.push(read(item));
    if (items.length > LIST_MAX_ITEMS) throw endless();
  }
  return items;
}

/** Reads a whole list of ARM that the SDK has no client for: `value` and `nextLink`. */
export async function collectPages<R>(arm: Arm, path: string, read: (item: unknown) => R): Promise<R[]> {
  const items: R[] = [];
  let next: string | null = path;
  for (let pages = 0; next !== null; pages += 1) {
    if (pages >= LIST_MAX_PAGES) throw endless();
    const { body } = await arm.send('GET', next);
    const { value, nextLink } = (body ?? {}) as { value?: unknown; nextLink?: unknown };
    if (!Array.isArray(value)) throw new AppError('azure-unavailable', 'Azure answered something that is no list');
    items.push(...value.map(read));
    next = typeof nextLink === 'string' && nextLink !== '' ? nextLink : null;
  }
  return items;
}

function endless(): AppError {
  return new AppError('azure-unavailable', 'A list of Azure does not end');
}

/**
 * A field that Azure always sends for what it lists.
 *
 * Errors: 'azure-unavailable' where it is missing: reading on would be guessing.
 */
export function required<T>(value: T | null | undefined, field: string): T {
  if (value === undefined || value === null || value === '') {
    throw new AppError('azure-unavailable', 'An answer of Azure lacks a field', { field });
  }
  return value;
}
