import * as z from 'zod';
import { readDocument } from '../base/cells.ts';
import type { Clock } from '../base/clock.ts';
import { isAppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { spreadText } from '../base/long-text.ts';
import type { Row, RowKeys, Store, Table } from '../base/store.ts';
import { type EpochMs, MINUTE_MS } from '../base/time.ts';

const TABLE = 'limits';

/**
 * How full a bucket is when it is told of. With `half` instances make themselves known, so that with `little` each reads of all of them; after a refusal
 * somebody uses the bucket whom the last look did not show.
 */
export type Pressure = 'half' | 'little' | 'refused';

/** A subscription's row is read and written no more often by one instance for the same pressure. Units: ms. */
const TOLD_EVERY_MS: Readonly<Record<Pressure, number>> = { half: MINUTE_MS, little: MINUTE_MS, refused: 10_000 };
const PRESSURES: readonly Pressure[] = ['half', 'little', 'refused'];
/** So long an instance that told of a nearly empty bucket is taken to go on: it tells again every minute while it does. */
export const USER_STANDS_MS = 3 * MINUTE_MS;
/** Others write the same row at the same moment: the wave has begun for all. */
const WRITE_TRIES = 5;

/** What an instance has learned of a subscription's buckets from one answer. */
export interface LearnedLimit {
  readonly bucket: string;
  readonly pressure: Pressure;
  /** Azure lets nothing of this bucket pass before; null where it has not refused. */
  readonly closedUntil: EpochMs | null;
}

/** What all instances together know of a subscription's buckets. */
export interface KnownLimits {
  /** Instances, this one included, that have emptied a bucket lately. */
  usersOf(bucket: string): number;
  /** Buckets that Azure has closed, and until when. */
  readonly closed: ReadonlyMap<string, EpochMs>;
}

/** Where instances, which share no memory, tell each other of a bucket that runs dry. */
export interface SharedLimits {
  /** Tells, and hands what the others know to `learn` later; whoever calls does not wait, and nothing of it fails them. */
  tell(subscription: string, learned: LearnedLimit, learn: (known: KnownLimits) => void): void;
  /** What the others know, for an instance that is about to join them; null where storage does not answer. */
  look(subscription: string): Promise<KnownLimits | null>;
}

const documentSchema = z.strictObject({
  /** Moments by `bucket|instance`. */
  users: z.record(z.string(), z.number()),
  /** Moments by bucket. */
  closed: z.record(z.string(), z.number()),
});
type Document = z.infer<typeof documentSchema>;

/** What is still to be told of a subscription. */
interface Pending {
  readonly buckets: Set<string>;
  readonly closed: Map<string, EpochMs>;
  readonly toldAt: Map<Pressure, EpochMs>;
  busy: boolean;
}

/**
 * Shares limits through a table.
 *
 * Shape:  table `limits`, a row for each principal and subscription: one call when a process meets a subscription, then two a minute, only for a subscription whose bucket is half used or less is left.
 * Safety: advice alone: a row that is lost, late or unreadable costs some 429s, which Azure answers with how long to wait.
 */
export function createSharedLimits(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Whose buckets these are: those of another principal are others. */
  readonly principal: string;
  /** Names this process among all that run. */
  readonly instance: string;
}): SharedLimits {
  const { store, clock, log, principal, instance } = options;
  const pendings = new Map<string, Pending>();

  const share = async (subscription: string, pending: Pending): Promise<KnownLimits> => {
    const now = clock.now();
    const buckets = [...pending.buckets];
    const closed = new Map(pending.closed);
    pending.buckets.clear();
    pending.closed.clear();
    const change = (before: Document): Document =>
      current(
        {
          users: { ...before.users, ...at(buckets, instance, now) },
          closed: { ...before.closed, ...Object.fromEntries(closed) },
        },
        now,
      );
    return knownOf(await update(store.table(TABLE), { partitionKey: principal, rowKey: subscription }, change));
  };
  return {
    look: async (subscription) => {
      try {
        const row = await store.table(TABLE).get({ partitionKey: principal, rowKey: subscription });
        return row && knownOf(current(readRow(row), clock.now()));
      } catch (error) {
        log.warn('what others know of Azure’s limits could not be read', { subscription, code: codeOf(error) });
        return null;
      }
    },
    tell: (subscription, { bucket, pressure, closedUntil }, learn) => {
      const pending = pendings.get(subscription) ?? {
        buckets: new Set<string>(),
        closed: new Map<string, EpochMs>(),
        toldAt: new Map<Pressure, EpochMs>(),
        busy: false,
      };
      pendings.set(subscription, pending);
      pending.buckets.add(bucket);
      if (closedUntil !== null) pending.closed.set(bucket, closedUntil);
      const now = clock.now();
      const toldAt = pending.toldAt.get(pressure) ?? Number.NEGATIVE_INFINITY;
      if (pending.busy || now - toldAt < TOLD_EVERY_MS[pressure]) return;
      pending.busy = true;
      for (const less of PRESSURES.slice(0, PRESSURES.indexOf(pressure) + 1)) pending.toldAt.set(less, now);
      share(subscription, pending)
        .then(learn)
        .catch((error: unknown) => {
          log.warn('what Azure says of its limits could not be shared', { subscription, code: codeOf(error) });
        })
        .finally(() => {
          pending.busy = false;
        });
    },
  };
}

/** Of whatever went wrong: nobody waits for this, and no call of Azure is to fail for it. */
function codeOf(error: unknown): string {
  return isAppError(error) ? error.code : error instanceof Error ? error.name : 'unknown';
}

function at(buckets: readonly string[], instance: string, now: EpochMs): Record<string, EpochMs> {
  return Object.fromEntries(buckets.map((bucket) => [`${bucket}|${instance}`, now]));
}

/** What of a row still counts. */
function current({ users, closed }: Document, now: EpochMs): Document {
  return { users: newer(users, now - USER_STANDS_MS), closed: newer(closed, now) };
}

function newer(moments: Readonly<Record<string, EpochMs>>, than: EpochMs): Record<string, EpochMs> {
  return Object.fromEntries(Object.entries(moments).filter(([, moment]) => moment > than));
}

function knownOf({ users, closed }: Document): KnownLimits {
  return {
    usersOf: (bucket) => Object.keys(users).filter((key) => key.startsWith(`${bucket}|`)).length,
    closed: new Map(Object.entries(closed)),
  };
}

/** Reads, changes and writes the row; again where somebody else was first. Without a write what was read last still counts. */
async function update(table: Table, keys: RowKeys, change: (before: Document) => Document): Promise<Document> {
  for (let tries = 1; ; tries += 1) {
    const row = await table.get(keys);
    const after = change(row ? readRow(row) : { users: {}, closed: {} });
    const cells = spreadText('document', JSON.stringify(after));
    const written = row ? await table.replace(keys, cells, row.etag) : await table.insert(keys, cells);
    if (written.kind === 'done' || tries === WRITE_TRIES) return after;
  }
}

function readRow(row: Row): Document {
  try {
    return readDocument(row, 'document', documentSchema);
  } catch (error) {
    // Advice of minutes that cannot be read is written anew.
    if (isAppError(error, 'data-unreadable')) return { users: {}, closed: {} };
    throw error;
  }
}
