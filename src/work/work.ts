import { AppError } from '../base/errors.ts';
import type { Row, RowKeys, RowRange, Store, TableWrite } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';

/**
 * What can be waiting: a point to take, a resource group whose starts and deletes are unconfirmed, a chain to meter,
 * a marked point whose grace ends, a deleted point to take out of the books, a restore, a drill, a message to deliver,
 * a day to value again, a month to report, a resource group to take back into the catalogue.
 */
export const workKinds = [
  'take',
  'confirm',
  'meter',
  'delete',
  'forget',
  'restore',
  'drill',
  'notify',
  'reprice',
  'report',
  'rebuild',
] as const;
export type WorkKind = (typeof workKinds)[number];

/** One unfinished thing and when to look at it again. `id` names the row that holds its state. */
export interface WorkItem {
  readonly kind: WorkKind;
  readonly id: string;
  readonly dueAt: EpochMs;
}

/** The table of the agenda. */
export const WORK_TABLE = 'work';
const PARTITION = 'work';
const DUE_DIGITS = 15;
/** Where due times begin, and with it what is not a standing row. */
const DUE_FROM = '0';

/** What one look at the agenda finds. */
export interface AgendaLook {
  /** The rows that every look brings along, whatever the time: see `standingKeys`. */
  readonly standing: readonly Row[];
  readonly due: readonly WorkItem[];
}

/** Keys of a row that every look at the agenda brings along: it sorts before every due time. For the few things that each tick has to see. */
export function standingKeys(id: string): RowKeys {
  return { partitionKey: PARTITION, rowKey: `!${id}` };
}

/** The range of all standing rows whose id starts with a prefix. */
export function standingRange(prefix: string): RowRange {
  return { partitionKey: PARTITION, from: `!${prefix}`, to: `!${prefix}\uffff` };
}

/**
 * Everything unfinished, by when it is due: one bounded range query finds what is overdue.
 * Queue messages are the fast way; this is the way that is never lost, as table and queue are not one transaction.
 *
 * Shape:  table `work`, one partition, row key `<due, 15 digits>|<kind>|<id>`; standing rows `!<id>` before them.
 */
export class Agenda {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Puts items on the agenda and takes others off, 100 at a time; both may be repeated.
   *
   * Safety: what is added is written before anything is taken off, so that a crash between two groups loses nothing.
   */
  async change(add: readonly WorkItem[], remove: readonly WorkItem[] = []): Promise<void> {
    const writes = new Map<string, TableWrite>();
    for (const item of add) {
      const cells = { kind: item.kind, id: item.id, dueAt: item.dueAt };
      writes.set(rowKey(item), { kind: 'put', rowKey: rowKey(item), cells });
    }
    for (const item of remove) {
      if (!writes.has(rowKey(item))) writes.set(rowKey(item), { kind: 'delete', rowKey: rowKey(item) });
    }
    if (writes.size > 0) await this.#store.table(WORK_TABLE).write(PARTITION, [...writes.values()]);
  }

  /** What a tick has to see, in one call: the standing rows, and the items due at or before a moment, longest overdue first; together at most `limit`. */
  async look(now: EpochMs, limit: number): Promise<AgendaLook> {
    const rows: Row[] = [];
    const range = { partitionKey: PARTITION, to: pad(now + 1), limit };
    for await (const page of this.#store.table(WORK_TABLE).list(range)) rows.push(...page);
    const firstDue = rows.findIndex((row) => row.rowKey >= DUE_FROM);
    const standing = firstDue < 0 ? rows : rows.slice(0, firstDue);
    return { standing, due: rows.slice(standing.length).map(readItem) };
  }

  /** The items due at or before a moment, longest overdue first, at most `limit`. */
  async due(now: EpochMs, limit: number): Promise<readonly WorkItem[]> {
    const items: WorkItem[] = [];
    const range = { partitionKey: PARTITION, from: DUE_FROM, to: pad(now + 1), limit };
    for await (const page of this.#store.table(WORK_TABLE).list(range)) items.push(...page.map(readItem));
    return items;
  }

  /**
   * Items of one kind in the order in which they are due, whenever that is, after the one that the last answer ended with.
   *
   * Shape:  at most `limit` rows of any kind are looked at, so an answer may be short; `next` is null at the end of the agenda.
   */
  async page(
    kind: WorkKind,
    after: string | null,
    limit: number,
  ): Promise<{ readonly items: readonly WorkItem[]; readonly next: string | null }> {
    const items: WorkItem[] = [];
    let last: string | null = null;
    let rows = 0;
    // The row after a key: nothing that is allowed in one sorts between a key and the same key with a space behind it.
    const from = after === null ? DUE_FROM : `${after} `;
    for await (const page of this.#store.table(WORK_TABLE).list({ partitionKey: PARTITION, from, limit })) {
      for (const row of page) {
        const item = readItem(row);
        if (item.kind === kind) items.push(item);
        last = row.rowKey;
        rows += 1;
      }
    }
    return { items, next: rows < limit ? null : last };
  }

  /** All items, for the health page: at most `limit`. */
  async all(limit: number): Promise<readonly WorkItem[]> {
    return this.due(Number.MAX_SAFE_INTEGER - 1, limit);
  }
}

function pad(dueAt: EpochMs): string {
  return String(Math.min(dueAt, 999_999_999_999_999)).padStart(DUE_DIGITS, '0');
}

function rowKey(item: WorkItem): string {
  return `${pad(item.dueAt)}|${item.kind}|${item.id}`;
}

function readItem(row: Row): WorkItem {
  const { kind: stored, id, dueAt } = row.cells;
  const kind = workKinds.find((each) => each === stored);
  if (kind === undefined || typeof id !== 'string' || typeof dueAt !== 'number') {
    throw new AppError('data-unreadable', 'An item of the agenda cannot be read', { rowKey: row.rowKey });
  }
  return { kind, id, dueAt };
}
