import { readDocument } from '../base/cells.ts';
import { AppError } from '../base/errors.ts';
import { spreadText } from '../base/long-text.ts';
import type { Cells, Row, RowRange, Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import { invertedBefore, pointKeys } from '../schedule/point-names.ts';
import { type Point, pointSchema } from './point.ts';

const TABLE = 'points';
/** What `hashId` makes keys of sources from. */
const SOURCE_KEY = /^[\w-]{1,64}$/;

/** A point with the version of its row that was read. */
export interface StoredPoint {
  readonly point: Point;
  readonly etag: string;
}

/**
 * The catalogue: every recovery point there is.
 *
 * Shape:  table `points`, partition = source, row key = inverted slot, policy and a mark of the source: a source's points are one bounded range, newest first.
 * Errors: 'data-unreadable' for a row that cannot be read strictly.
 */
export class Catalogue {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async get(id: string): Promise<StoredPoint | null> {
    const keys = pointKeys(id);
    if (keys === null) return null;
    const row = await this.#store.table(TABLE).get(keys);
    return row ? readPoint(row) : null;
  }

  /** Adds a point if it is not there: the same slot of the same source and policy is one point, however often it is planned. */
  async insert(point: Point): Promise<'done' | 'exists'> {
    return (await this.#store.table(TABLE).insert(keysOf(point), writeCells(point))).kind;
  }

  /** Writes a point that was read; `changed` where somebody else was first. */
  async replace(
    point: Point,
    etag: string,
  ): Promise<{ readonly kind: 'done'; readonly etag: string } | { readonly kind: 'changed' }> {
    return this.#store.table(TABLE).replace(keysOf(point), writeCells(point), etag);
  }

  /**
   * Reads a point, changes it and writes it, again while others change it meanwhile (at most five times).
   *
   * Shape:  the point as it stands now; null where it is gone. `change` answers null to leave it as it is. What was `read` before is not read again
   *         as long as it is still that version.
   */
  async update(id: string, change: (point: Point) => Point | null, read?: StoredPoint): Promise<Point | null> {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const stored = attempt === 0 && read ? read : await this.get(id);
      if (!stored) return null;
      const changed = change(stored.point);
      if (changed === null) return stored.point;
      const written = await this.replace(changed, stored.etag);
      if (written.kind === 'done') return changed;
    }
    throw new AppError('precondition-failed', 'A point is changed by others all the time', { point: id });
  }

  async remove(id: string): Promise<void> {
    const keys = pointKeys(id);
    if (keys) await this.#store.table(TABLE).delete(keys);
  }

  /** The points of a source, newest first. `before` gives only those with an earlier slot. */
  async *ofSource(sourceKey: string, options: { before?: EpochMs; limit?: number } = {}): AsyncIterable<StoredPoint> {
    const from = options.before === undefined ? undefined : invertedBefore(options.before);
    // Callers name sources too: what cannot be the key of one has no points.
    if (from === null || !SOURCE_KEY.test(sourceKey)) return;
    const range: RowRange = {
      partitionKey: sourceKey,
      ...(from === undefined ? {} : { from }),
      ...(options.limit === undefined ? {} : { limit: options.limit }),
    };
    for await (const page of this.#store.table(TABLE).list(range)) for (const row of page) yield readPoint(row);
  }

  /**
   * The points of one policy in many sources, source by source in the order of their keys, each newest first: in few calls where they lie side by side.
   *
   * Shape:  sources with a key from `from` to `to`, both included. `stored` is null for a row of another policy.
   */
  async *ofSources(
    policy: string,
    range: { readonly from: string; readonly to: string },
  ): AsyncIterable<{ readonly sourceKey: string; readonly stored: StoredPoint | null }> {
    // Nothing that is allowed in a key sorts between one and the same with a space behind it.
    const partitions = { from: range.from, to: `${range.to} ` };
    for await (const page of this.#store.table(TABLE).scan(partitions))
      for (const row of page)
        yield { sourceKey: row.partitionKey, stored: row.cells.policy === policy ? readPoint(row) : null };
  }
}

function keysOf(point: Point): { partitionKey: string; rowKey: string } {
  const keys = pointKeys(point.id);
  if (!keys) throw new AppError('data-unreadable', 'A point has no readable id', { point: point.id });
  return keys;
}

function writeCells(point: Point): Cells {
  return { ...spreadText('point', JSON.stringify(point)), policy: point.policy, state: point.state, slot: point.slot };
}

function readPoint(row: Row): StoredPoint {
  return { point: readDocument(row, 'point', pointSchema), etag: row.etag };
}
