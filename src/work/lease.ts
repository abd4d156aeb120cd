import type { Clock } from '../base/clock.ts';
import type { Store } from '../base/store.ts';
import { MINUTE_MS } from '../base/time.ts';

const TABLE = 'leases';

/** A lease that nobody gives back ends by itself after this time. */
const LEASE_MS = 10 * MINUTE_MS;

/**
 * Runs something that only one worker may do at a time for one key, such as metering or deleting in one chain.
 *
 * Shape:  `busy` where another worker holds the lease: nothing was run, look again later.
 * Safety: a crashed holder's lease ends after ten minutes. What runs under a lease is still idempotent and checks ETags.
 */
export async function underLease<T>(
  deps: { store: Store; clock: Clock },
  key: string,
  run: () => Promise<T>,
): Promise<{ readonly kind: 'done'; readonly value: T } | { readonly kind: 'busy' }> {
  const table = deps.store.table(TABLE);
  const keys = { partitionKey: 'lease', rowKey: key };
  const cells = () => ({ until: deps.clock.now() + LEASE_MS });
  let etag: string;
  const inserted = await table.insert(keys, cells());
  if (inserted.kind === 'done') etag = inserted.etag;
  else {
    const held = await table.get(keys);
    if (held && Number(held.cells.until) > deps.clock.now()) return { kind: 'busy' };
    const taken = held ? await table.replace(keys, cells(), held.etag) : await table.insert(keys, cells());
    if (taken.kind !== 'done') return { kind: 'busy' };
    etag = taken.etag;
  }
  try {
    return { kind: 'done', value: await run() };
  } finally {
    await table.delete(keys, etag);
  }
}
