import * as z from 'zod';
import { readCells, readDocument } from '../base/cells.ts';
import { spreadText } from '../base/long-text.ts';
import type { Cells, Row, Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import type { StoredNotice } from './plan-payload.ts';
import { severities, topics } from './ports.ts';

const TABLE = 'outbox';

/** One message on its way to one target. */
export interface Delivery {
  readonly notice: StoredNotice;
  readonly target: string;
  readonly state: 'waiting' | 'delivered' | 'given-up';
  /** Counted before each try. */
  readonly attempts: number;
  /** Somebody is posting it until then; a crash in the middle leaves it so. */
  readonly claimedUntil: EpochMs;
  /** Why the last try failed. */
  readonly error: string | null;
  readonly finishedAt: EpochMs | null;
}

export interface StoredDelivery {
  readonly delivery: Delivery;
  readonly etag: string;
}

const noticeSchema = z.strictObject({
  id: z.string(),
  at: z.int(),
  topic: z.enum(topics),
  severity: z.enum([...severities, 'resolved']),
  title: z.string(),
  text: z.string(),
  facts: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  link: z.string().nullable(),
});

/**
 * Messages and what has become of them.
 *
 * Shape:  table `outbox`, partition = message, row = target: all targets of a message are one transaction.
 */
export class Outbox {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Puts a message on its way to its targets; `exists` where any of it is there already. */
  async insert(notice: StoredNotice, targets: readonly string[]): Promise<'done' | 'exists'> {
    const writes = targets.map((target) => ({
      kind: 'insert' as const,
      rowKey: target,
      cells: cellsOf({ notice, target, state: 'waiting', attempts: 0, claimedUntil: 0, error: null, finishedAt: null }),
    }));
    return (await this.#store.table(TABLE).write(notice.id, writes)) === 'done' ? 'done' : 'exists';
  }

  /** A message's deliveries. */
  async ofMessage(id: string): Promise<readonly Delivery[]> {
    const found: Delivery[] = [];
    for await (const page of this.#store.table(TABLE).list({ partitionKey: id }))
      found.push(...page.map((row) => readDelivery(row).delivery));
    return found;
  }

  async get(id: string, target: string): Promise<StoredDelivery | null> {
    const row = await this.#store.table(TABLE).get({ partitionKey: id, rowKey: target });
    return row ? readDelivery(row) : null;
  }

  /** Writes a changed delivery; null where somebody else was first. */
  async replace(delivery: Delivery, etag: string): Promise<StoredDelivery | null> {
    const keys = { partitionKey: delivery.notice.id, rowKey: delivery.target };
    const written = await this.#store.table(TABLE).replace(keys, cellsOf(delivery), etag);
    return written.kind === 'done' ? { delivery, etag: written.etag } : null;
  }

  /** Everything in the outbox, page by page. For the daily tidying and for health. */
  async *all(): AsyncIterable<readonly Delivery[]> {
    for await (const page of this.#store.table(TABLE).scan()) yield page.map((row) => readDelivery(row).delivery);
  }

  /** Forgets deliveries that have ended. */
  async remove(deliveries: readonly Delivery[]): Promise<void> {
    for (const { notice, target } of deliveries)
      await this.#store.table(TABLE).delete({ partitionKey: notice.id, rowKey: target });
  }
}

function cellsOf({ notice, state, attempts, claimedUntil, error, finishedAt }: Delivery): Cells {
  return {
    ...spreadText('notice', JSON.stringify(notice)),
    state,
    attempts,
    claimedUntil,
    error: error ?? undefined,
    finishedAt: finishedAt ?? undefined,
  };
}

function readDelivery(row: Row): StoredDelivery {
  const cells = readCells(row);
  const state = cells.text('state');
  return {
    delivery: {
      notice: readDocument(row, 'notice', noticeSchema),
      target: row.rowKey,
      state: state === 'delivered' || state === 'given-up' ? state : 'waiting',
      attempts: cells.number('attempts'),
      claimedUntil: cells.number('claimedUntil'),
      error: cells.textOrNull('error'),
      finishedAt: cells.numberOrNull('finishedAt'),
    },
    etag: row.etag,
  };
}
