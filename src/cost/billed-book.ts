import type { Store } from '../base/store.ts';
import { readBilledDays } from './billed-days.ts';
import { readGroups } from './group-book.ts';
import type { BilledBook } from './report-billed.ts';

/** What is billed, as the report reads it. */
export function openBilledBook(store: Store): BilledBook {
  return {
    days: (currency, range) => readBilledDays(store, currency, range),
    groups: (dimension, currency, range) => readGroups(store, dimension, currency, range, 'billed'),
  };
}
