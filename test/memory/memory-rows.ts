import type { Cell, Cells, Row, RowKeys, RowRange } from '../../src/base/store.ts';

interface Partition {
  readonly rows: Map<string, Row>;
  /** Row keys in order; null after a key came or went. */
  sorted: string[] | null;
}

/** The rows of one table in memory, by partition and in order. Rows are handed out frozen, never shared for writing. */
export interface MemoryRows {
  find(keys: RowKeys): Row | undefined;
  set(keys: RowKeys, cells: Cells, etag: string): void;
  remove(keys: RowKeys): void;
  select(range: RowRange): readonly Row[];
  all(): readonly Row[];
}

export function createMemoryRows(): MemoryRows {
  const partitions = new Map<string, Partition>();
  return {
    find: ({ partitionKey, rowKey }) => partitions.get(partitionKey)?.rows.get(rowKey),
    set: ({ partitionKey, rowKey }, cells, etag) => {
      let partition = partitions.get(partitionKey);
      if (!partition) {
        partition = { rows: new Map(), sorted: null };
        partitions.set(partitionKey, partition);
      }
      if (!partition.rows.has(rowKey)) partition.sorted = null;
      partition.rows.set(rowKey, Object.freeze({ partitionKey, rowKey, etag, cells: storeCells(cells) }));
    },
    remove: ({ partitionKey, rowKey }) => {
      const partition = partitions.get(partitionKey);
      if (partition?.rows.delete(rowKey)) partition.sorted = null;
    },
    select: ({ partitionKey, from, to, limit }) => {
      const partition = partitions.get(partitionKey);
      if (!partition) return [];
      const keys = sortedKeys(partition);
      const start = from === undefined ? 0 : lowerBound(keys, from);
      const end = Math.max(start, to === undefined ? keys.length : lowerBound(keys, to));
      return pick(partition, keys.slice(start, limit === undefined ? end : Math.min(end, start + limit)));
    },
    all: () =>
      [...partitions.entries()]
        .sort(([a], [b]) => compareKeys(a, b))
        .flatMap(([, partition]) => pick(partition, sortedKeys(partition))),
  };
}

/** Ordinal order of UTF-16 code units, as Table Storage sorts keys. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function sortedKeys(partition: Partition): string[] {
  partition.sorted ??= [...partition.rows.keys()].sort(compareKeys);
  return partition.sorted;
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function pick(partition: Partition, keys: readonly string[]): readonly Row[] {
  return keys.flatMap((key) => partition.rows.get(key) ?? []);
}

function storeCells(cells: Cells): Readonly<Record<string, Cell>> {
  const kept: Record<string, Cell> = {};
  // Zero has no sign in storage.
  for (const [name, cell] of Object.entries(cells)) if (cell !== undefined) kept[name] = cell === 0 ? 0 : cell;
  return Object.freeze(kept);
}
