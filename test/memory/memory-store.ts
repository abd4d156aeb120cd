import { assert } from '../../src/base/assert.ts';
import type { BlobContainer, Cells, Queue, Row, RowKeys, Store, Table, TableWrite } from '../../src/base/store.ts';
import { checkCells, checkContainerName, checkKey, checkTableName } from '../../src/state/check-row.ts';
import { planGroups } from '../../src/state/write-groups.ts';
import { compareKeys, createMemoryRows, type MemoryRows } from './memory-rows.ts';

/** One call of the store, as a hook sees it. A transaction is one call. */
export interface StoreCall {
  readonly operation:
    | 'get'
    | 'insert'
    | 'replace'
    | 'put'
    | 'delete'
    | 'list'
    | 'scan'
    | 'write'
    | 'drop'
    | 'send'
    | 'blob-read'
    | 'blob-write'
    | 'blob-delete'
    | 'blob-list';
  /** Table, queue or container. */
  readonly name: string;
  readonly partitionKey?: string;
  /** Row key, or name of a blob. */
  readonly rowKey?: string;
}

/**
 * Ways to disturb the store. A hook that throws fails the call: `before` nothing has happened yet, `after` the work is done and only its
 * answer is lost. A hook that waits lets other work go first.
 */
export interface StoreHooks {
  before?(call: StoreCall): void | Promise<void>;
  after?(call: StoreCall): void | Promise<void>;
}

/** A store in memory, with a look inside. */
export interface MemoryStore extends Store {
  /** Exchanged at will, also in the middle. */
  hooks: StoreHooks;
  /** Takes all messages off a queue, oldest first. */
  take(queue: string): readonly unknown[];
  /** How many messages stand in each queue that was ever used. */
  queueLengths(): Readonly<Record<string, number>>;
  /** Every row of every table in order: two runs with the same seed must agree on it. */
  dump(): Readonly<Record<string, readonly Row[]>>;
}

type Call = <T>(call: StoreCall, work: () => T) => Promise<T>;

/** Pages are kept short, so that whoever forgets the second page is found out. */
const PAGE_ITEMS = 7;

/** Creates an empty store in memory that keeps the contract of `base/store.ts` without a clock, a network or chance. */
export function createMemoryStore(hooks: StoreHooks = {}): MemoryStore {
  const tables = new Map<string, MemoryRows>();
  const queues = new Map<string, string[]>();
  const containers = new Map<string, Map<string, Uint8Array>>();
  let versions = 0;
  const nextEtag = () => {
    versions += 1;
    return `W/"memory-${versions}"`;
  };
  const call: Call = async (description, work) => {
    await store.hooks.before?.(description);
    const result = work();
    await store.hooks.after?.(description);
    return result;
  };
  const store: MemoryStore = {
    hooks,
    table: (name) => {
      checkTableName(name);
      return createMemoryTable(name, () => getOrMake(tables, name, createMemoryRows), nextEtag, call);
    },
    dropTable: (name) => call({ operation: 'drop', name }, () => void tables.delete(name)),
    queue: (name) => {
      checkContainerName(name);
      const texts = getOrMake<string[]>(queues, name, () => []);
      return createMemoryQueue(name, texts, call);
    },
    blobs: (name) => {
      checkContainerName(name);
      const blobs = getOrMake(containers, name, () => new Map<string, Uint8Array>());
      return createMemoryBlobs(name, blobs, call);
    },
    take: (name) => (queues.get(name)?.splice(0) ?? []).map((text) => JSON.parse(text)),
    queueLengths: () => Object.fromEntries([...queues].map(([name, texts]) => [name, texts.length])),
    dump: () =>
      Object.fromEntries([...tables].sort(([a], [b]) => compareKeys(a, b)).map(([name, rows]) => [name, rows.all()])),
  };
  return store;
}

function createMemoryTable(name: string, rows: () => MemoryRows, nextEtag: () => string, call: Call): Table {
  const set = (keys: RowKeys, cells: Cells) => {
    const etag = nextEtag();
    rows().set(keys, cells, etag);
    return etag;
  };
  const one = <T>(operation: StoreCall['operation'], keys: RowKeys, work: () => T) =>
    call({ operation, name, partitionKey: keys.partitionKey, rowKey: keys.rowKey }, work);
  return {
    get: (keys) => one('get', keys, () => rows().find(keys) ?? null),
    insert: (keys, cells) =>
      one('insert', keys, () => {
        checkRow(keys, cells);
        return rows().find(keys) ? ({ kind: 'exists' } as const) : ({ kind: 'done', etag: set(keys, cells) } as const);
      }),
    replace: (keys, cells, etag) =>
      one('replace', keys, () => {
        checkRow(keys, cells);
        if (rows().find(keys)?.etag !== etag) return { kind: 'changed' } as const;
        return { kind: 'done', etag: set(keys, cells) } as const;
      }),
    put: (keys, cells) =>
      one('put', keys, () => {
        checkRow(keys, cells);
        set(keys, cells);
      }),
    delete: (keys, etag) =>
      one('delete', keys, () => {
        if (etag !== undefined && rows().find(keys)?.etag !== etag) return 'changed';
        rows().remove(keys);
        return 'done';
      }),
    list: (range) =>
      pages(() => {
        checkKey(range.partitionKey);
        return call({ operation: 'list', name, partitionKey: range.partitionKey }, () => rows().select(range));
      }),
    scan: (range) =>
      pages(() =>
        call({ operation: 'scan', name }, () =>
          rows()
            .all()
            .filter(({ partitionKey }) => !range || (partitionKey >= range.from && partitionKey < range.to)),
        ),
      ),
    write: async (partitionKey, writes) => {
      for (const group of planGroups(writes)) {
        const work = () => writeGroup(partitionKey, group, rows(), set);
        if ((await call({ operation: 'write', name, partitionKey }, work)) === 'refused') return 'refused';
      }
      return 'done';
    },
  };
}

function writeGroup(
  partitionKey: string,
  group: readonly TableWrite[],
  rows: MemoryRows,
  set: (keys: RowKeys, cells: Cells) => string,
): 'done' | 'refused' {
  const keysOf = (write: TableWrite) => ({ partitionKey, rowKey: write.rowKey });
  for (const write of group) checkRow(keysOf(write), 'cells' in write ? write.cells : {});
  if (!group.every((write) => mayWrite(rows.find(keysOf(write)), write))) return 'refused';
  for (const write of group) {
    if (write.kind === 'delete') rows.remove(keysOf(write));
    else set(keysOf(write), write.cells);
  }
  return 'done';
}

function mayWrite(row: Row | undefined, write: TableWrite): boolean {
  if (write.kind === 'insert') return row === undefined;
  if (write.kind === 'replace') return row?.etag === write.etag;
  return true;
}

function createMemoryQueue(name: string, texts: string[], call: Call): Queue {
  return {
    send: async (messages) => {
      for (const message of messages) {
        await call({ operation: 'send', name }, () => {
          const text = JSON.stringify(message);
          assert(Buffer.byteLength(text) <= 49_152, 'a queue message is too large');
          texts.push(text);
        });
      }
    },
  };
}

function createMemoryBlobs(name: string, blobs: Map<string, Uint8Array>, call: Call): BlobContainer {
  return {
    read: (blob) =>
      call({ operation: 'blob-read', name, rowKey: blob }, () => {
        const content = blobs.get(blob);
        return content ? Uint8Array.from(content) : null;
      }),
    write: (blob, content) =>
      call({ operation: 'blob-write', name, rowKey: blob }, () => void blobs.set(blob, Uint8Array.from(content))),
    writeStream: async (blob, streamed) => {
      const content: Uint8Array[] = [];
      for await (const piece of streamed) content.push(piece);
      await call({ operation: 'blob-write', name, rowKey: blob }, () => void blobs.set(blob, Buffer.concat(content)));
    },
    size: (blob) => call({ operation: 'blob-read', name, rowKey: blob }, () => blobs.get(blob)?.byteLength ?? null),
    delete: (blob) => call({ operation: 'blob-delete', name, rowKey: blob }, () => void blobs.delete(blob)),
    list: (prefix) =>
      pages(() =>
        call({ operation: 'blob-list', name }, () => [...blobs.keys()].filter((key) => key.startsWith(prefix)).sort()),
      ),
  };
}

async function* pages<T>(read: () => Promise<readonly T[]>): AsyncGenerator<readonly T[]> {
  const all = await read();
  for (let start = 0; start < all.length; start += PAGE_ITEMS) yield all.slice(start, start + PAGE_ITEMS);
}

function checkRow(keys: RowKeys, cells: Cells): void {
  checkKey(keys.partitionKey);
  checkKey(keys.rowKey);
  checkCells(cells);
}

function getOrMake<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
