/**
 * What the rooms need of storage: tables, queues and blobs, in the few calls that Table, Queue and Blob Storage can make safe.
 * `state/` implements them on Azure Storage; the tests also in memory, held to the same contract.
 */

/** A value of a table row. Integers outside 32 bits and times are numbers here; the adapter stores them as Int64. Up to 2^53. */
export type Cell = string | number | boolean;

/** The columns of a row beside its keys. A column that is absent is not stored. */
export type Cells = Readonly<Record<string, Cell | undefined>>;

/** A stored row. `etag` names the version that was read. */
export interface Row {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly etag: string;
  readonly cells: Readonly<Record<string, Cell>>;
}

export interface RowKeys {
  readonly partitionKey: string;
  readonly rowKey: string;
}

/**
 * A range of one partition: `from` <= rowKey < `to`, in ordinal order of UTF-16 code units.
 * `limit` bounds the rows given back; the answer then is the first rows of the range.
 */
export interface RowRange {
  readonly partitionKey: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
}

/** Whole partitions: `from` <= partitionKey < `to`, in ordinal order of UTF-16 code units. */
export interface PartitionRange {
  readonly from: string;
  readonly to: string;
}

export type TableWrite =
  | { readonly kind: 'insert'; readonly rowKey: string; readonly cells: Cells }
  | { readonly kind: 'put'; readonly rowKey: string; readonly cells: Cells }
  | { readonly kind: 'replace'; readonly rowKey: string; readonly cells: Cells; readonly etag: string }
  | { readonly kind: 'delete'; readonly rowKey: string };

/**
 * One table.
 *
 * Errors: 'storage-unavailable' when storage does not answer after the adapter's retries; 'precondition-failed' and 'conflict' never escape
 *         the calls that answer with a union.
 * Safety: nothing is ever written over unseen: `put` is for rows whose content is a function of their keys, `replace` carries the ETag.
 */
export interface Table {
  get(keys: RowKeys): Promise<Row | null>;
  /** Creates a row; `exists` where there is one already (nothing is changed then). */
  insert(
    keys: RowKeys,
    cells: Cells,
  ): Promise<{ readonly kind: 'done'; readonly etag: string } | { readonly kind: 'exists' }>;
  /** Replaces the whole row that was read with this ETag; `changed` where somebody else was first or it is gone. */
  replace(
    keys: RowKeys,
    cells: Cells,
    etag: string,
  ): Promise<{ readonly kind: 'done'; readonly etag: string } | { readonly kind: 'changed' }>;
  /** Creates or replaces, whatever is there. */
  put(keys: RowKeys, cells: Cells): Promise<void>;
  /** Deletes if it is there; with an ETag only that version (`changed` otherwise). */
  delete(keys: RowKeys, etag?: string): Promise<'done' | 'changed'>;
  /** Rows of one partition in row-key order, page by page as storage gives them. */
  list(range: RowRange): AsyncIterable<readonly Row[]>;
  /**
   * The rows of many partitions in key order: with a range those of `from` <= partitionKey < `to`, else all of the table, for reports and rebuilds only
   * and never on a hot path.
   */
  scan(partitions?: PartitionRange): AsyncIterable<readonly Row[]>;
  /**
   * Writes to one partition in groups of at most 100 rows, each group whole or not at all.
   * Answers `done`, or `refused` when a group failed its condition (an `insert` that exists, a `replace` that changed): groups before it are done.
   * A `delete` of an absent row is no failure.
   */
  write(partitionKey: string, writes: readonly TableWrite[]): Promise<'done' | 'refused'>;
}

/** Sends messages: JSON text of at most 48 KiB. Visible at once: what must wait is a row with a due time. */
export interface Queue {
  send(messages: readonly unknown[]): Promise<void>;
}

/** A container of blobs. Names are paths with `/`. */
export interface BlobContainer {
  read(name: string): Promise<Uint8Array | null>;
  /** Writes over what is there. `contentType` is what a browser takes it for; bytes by default. */
  write(name: string, content: Uint8Array, contentType?: string): Promise<void>;
  /** Writes a blob of any size piece by piece: what was there stays until all of it is written. */
  writeStream(name: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  /** How long a blob is; null where there is none. Units: bytes. */
  size(name: string): Promise<number | null>;
  delete(name: string): Promise<void>;
  list(prefix: string): AsyncIterable<readonly string[]>;
}

/** The whole of storage. Tables and containers are created on first use. */
export interface Store {
  table(name: string): Table;
  dropTable(name: string): Promise<void>;
  queue(name: string): Queue;
  blobs(container: string): BlobContainer;
}
