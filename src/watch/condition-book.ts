import * as z from 'zod';
import { readCells, readDocument } from '../base/cells.ts';
import { AppError } from '../base/errors.ts';
import { hashId } from '../base/ids.ts';
import { spreadText } from '../base/long-text.ts';
import type { Cells, Row, Store, TableWrite } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import { conditionKinds } from './condition-kinds.ts';
import { type Condition, idOf } from './decide-changes.ts';
import { type Books, booksSchema } from './facts.ts';

const TABLE = 'conditions';
const PARTITION = 'condition';
const BOOKS = '!books';
const LOOK = '!look';

/** When conditions were looked at last, and when they have to be looked at again. */
export interface Look {
  readonly lookedAt: EpochMs;
  readonly nextLookAt: EpochMs;
}

/** What is known from the looks before. */
export interface Watched {
  readonly conditions: readonly Condition[];
  readonly books: Books | null;
  readonly look: Look | null;
}

const factsSchema = z.record(z.string(), z.union([z.string(), z.number()]));

/**
 * The conditions, and what the next look has to know of the last.
 *
 * Shape:  table `conditions`, one partition: everything is one call. Row keys `<kind>|<hash of the subject>`, `!books` and `!look`.
 */
export class ConditionBook {
  readonly #store: Store;
  readonly #etags = new Map<string, string>();

  constructor(store: Store) {
    this.#store = store;
  }

  async read(): Promise<Watched> {
    const conditions: Condition[] = [];
    let [books, look]: [Books | null, Look | null] = [null, null];
    for await (const page of this.#store.table(TABLE).list({ partitionKey: PARTITION })) {
      for (const row of page) {
        if (row.rowKey === BOOKS) books = readDocument(row, 'books', booksSchema);
        else if (row.rowKey === LOOK) look = readLook(row);
        else {
          conditions.push(readCondition(row));
          this.#etags.set(row.rowKey, row.etag);
        }
      }
    }
    return { conditions, books, look };
  }

  /**
   * Writes conditions that were read by this book and have changed, new ones, and takes others out.
   *
   * Shape:  `refused` where another look was first: some may be written then, and the next look decides anew.
   */
  async write(changed: readonly Condition[], forgotten: readonly Condition[] = []): Promise<'done' | 'refused'> {
    const writes = [
      ...changed.map((condition) => this.#writeOf(condition)),
      ...forgotten.map((condition): TableWrite => ({ kind: 'delete', rowKey: rowKeyOf(condition) })),
    ];
    return writes.length === 0 ? 'done' : this.#store.table(TABLE).write(PARTITION, writes);
  }

  async noteBooks(books: Books): Promise<void> {
    const keys = { partitionKey: PARTITION, rowKey: BOOKS };
    await this.#store.table(TABLE).put(keys, spreadText('books', JSON.stringify(books)));
  }

  async noteLook({ lookedAt, nextLookAt }: Look): Promise<void> {
    await this.#store.table(TABLE).put({ partitionKey: PARTITION, rowKey: LOOK }, { lookedAt, nextLookAt });
  }

  #writeOf(condition: Condition): TableWrite {
    const rowKey = rowKeyOf(condition);
    const etag = this.#etags.get(rowKey);
    const cells = cellsOf(condition);
    return etag === undefined ? { kind: 'insert', rowKey, cells } : { kind: 'replace', rowKey, cells, etag };
  }
}

function rowKeyOf(condition: Condition): string {
  return `${condition.kind}|${hashId('condition', idOf(condition))}`;
}

function cellsOf(condition: Condition): Cells {
  const { kind, subject, group, name, facts, openedAt, goneSince, clearedAt, told, openings } = condition;
  return {
    ...{ kind, subject, group, name, openedAt, told, openings },
    ...spreadText('facts', JSON.stringify(facts)),
    goneSince: goneSince ?? undefined,
    clearedAt: clearedAt ?? undefined,
  };
}

function readCondition(row: Row): Condition {
  const cells = readCells(row);
  const kind = conditionKinds.find((known) => known === cells.text('kind'));
  if (!kind) throw new AppError('data-unreadable', 'A condition is of no known kind', { rowKey: row.rowKey });
  return {
    kind,
    subject: cells.text('subject'),
    group: cells.text('group'),
    name: cells.text('name'),
    facts: readDocument(row, 'facts', factsSchema),
    openedAt: cells.number('openedAt'),
    goneSince: cells.numberOrNull('goneSince'),
    clearedAt: cells.numberOrNull('clearedAt'),
    told: cells.flag('told'),
    openings: cells.number('openings'),
  };
}

function readLook(row: Row): Look {
  const cells = readCells(row);
  return { lookedAt: cells.number('lookedAt'), nextLookAt: cells.number('nextLookAt') };
}
