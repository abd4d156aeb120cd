import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell, PartitionRange, Row, RowRange, Store, Table, TableWrite } from '../../src/base/store.ts';

/** What the suite needs beside the store: a way to read a queue, which the port does not offer. */
export interface StoreUnderTest {
  readonly store: Store;
  take(queue: string): Promise<readonly unknown[]>;
}

let names = 0;
function freshName(prefix: string): string {
  names += 1;
  return `${prefix}${names}x${process.pid}`;
}

async function rowsOf(table: Table, range: RowRange): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const page of table.list(range)) rows.push(...page);
  return rows;
}

async function keysOf(table: Table, range: RowRange): Promise<readonly string[]> {
  return (await rowsOf(table, range)).map((row) => row.rowKey);
}

function keys(rowKey: string, partitionKey = 'p') {
  return { partitionKey, rowKey };
}

const cell = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.integer(),
  fc.double({ noNaN: true, min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }).map((n) => (n === 0 ? 0 : n)),
  fc.constantFrom(2_147_483_647, 2_147_483_648, -2_147_483_648, -2_147_483_649, Number.MAX_SAFE_INTEGER, 0.1, 1e-300),
  fc.constantFrom('', "it's", '1', 'true', '2026-03-01T00:00:00Z', '{"a":1}', '</x>', '\r\n', '\u0000'),
);

/** The contract of `base/store.ts`: run by every adapter of it. */
export function storeContract(name: string, open: () => StoreUnderTest): void {
  describe(`store contract: ${name}`, () => {
    const fresh = () => open().store.table(freshName('t'));

    describe('one row', () => {
      it('reads a missing row, of a missing table too, as null', async () => {
        expect(await fresh().get(keys('a'))).toBeNull();
      });

      it('inserts once, and says that it exists without changing it', async () => {
        const table = fresh();
        const first = await table.insert(keys('a'), { n: 1 });
        expect(first.kind).toBe('done');
        expect(await table.insert(keys('a'), { n: 2 })).toEqual({ kind: 'exists' });
        const row = await table.get(keys('a'));
        expect(row).toEqual({ ...keys('a'), etag: first.kind === 'done' ? first.etag : '', cells: { n: 1 } });
      });

      it('replaces the version that was read, whole', async () => {
        const table = fresh();
        await table.insert(keys('a'), { n: 1, old: true });
        const read = await table.get(keys('a'));
        const done = await table.replace(keys('a'), { n: 2 }, read?.etag ?? '');
        const after = await table.get(keys('a'));
        expect(after?.cells).toEqual({ n: 2 });
        expect(done).toEqual({ kind: 'done', etag: after?.etag });
      });

      it('does not replace a version that somebody else has changed, nor a row that is gone', async () => {
        const table = fresh();
        await table.insert(keys('a'), { n: 1 });
        const stale = (await table.get(keys('a')))?.etag ?? '';
        await table.put(keys('a'), { n: 2 });
        expect(await table.replace(keys('a'), { n: 3 }, stale)).toEqual({ kind: 'changed' });
        await table.delete(keys('a'));
        expect(await table.replace(keys('a'), { n: 3 }, stale)).toEqual({ kind: 'changed' });
        expect(await table.get(keys('a'))).toBeNull();
      });

      it('puts whatever is there, whole', async () => {
        const table = fresh();
        await table.put(keys('a'), { n: 1, old: true });
        await table.put(keys('a'), { n: 2 });
        expect((await table.get(keys('a')))?.cells).toEqual({ n: 2 });
      });

      it('deletes, again without failing, and with an ETag only that version', async () => {
        const table = fresh();
        expect(await table.delete(keys('a'))).toBe('done');
        await table.insert(keys('a'), { n: 1 });
        const stale = (await table.get(keys('a')))?.etag ?? '';
        await table.put(keys('a'), { n: 2 });
        expect(await table.delete(keys('a'), stale)).toBe('changed');
        expect((await table.get(keys('a')))?.cells).toEqual({ n: 2 });
        expect(await table.delete(keys('a'), (await table.get(keys('a')))?.etag)).toBe('done');
        expect(await table.delete(keys('a'))).toBe('done');
        expect(await table.delete(keys('a'), stale)).toBe('changed');
      });

      it('leaves absent columns out', async () => {
        const table = fresh();
        await table.insert(keys('a'), { n: 1, none: undefined });
        expect((await table.get(keys('a')))?.cells).toEqual({ n: 1 });
      });

      it('gives every cell back as it was', async () => {
        const table = fresh();
        const cells = fc.array(cell, { minLength: 1, maxLength: 40 });
        await fc.assert(
          fc.asyncProperty(cells, async (values) => {
            const row: Record<string, Cell> = Object.fromEntries(values.map((value, index) => [`c${index}`, value]));
            await table.put(keys('a'), row);
            expect((await table.get(keys('a')))?.cells).toEqual(row);
          }),
          { numRuns: 40 },
        );
      });

      it.each(["quote's", 'Ümläut €', 'a|b:c,d;e', '{x}', 'a%20b+c', '&=', ' '])('keeps the key %j', async (key) => {
        const table = fresh();
        await table.insert(keys(key, key), { n: 1 });
        expect((await table.get(keys(key, key)))?.rowKey).toBe(key);
        expect(await keysOf(table, { partitionKey: key, from: key })).toEqual([key]);
        expect(await table.write(key, [{ kind: 'put', rowKey: key, cells: { n: 2 } }])).toBe('done');
        expect((await table.get(keys(key, key)))?.cells).toEqual({ n: 2 });
        expect(await table.delete(keys(key, key))).toBe('done');
        expect(await table.get(keys(key, key))).toBeNull();
      });

      it.each([
        ['a key with a slash', keys('a/b'), {}],
        ['a key with a control character', keys('a\nb'), {}],
        ['a key that is too long', keys('k'.repeat(513)), {}],
        ['a column that storage owns', keys('a'), { Timestamp: 'x' }],
        ['a column that the SDK owns', keys('a'), { etag: 'x' }],
        ['a text of more than 64 KiB', keys('a'), { text: 'x'.repeat(32_769) }],
        ['a number that is none', keys('a'), { n: Number.NaN }],
        ['a number beyond 2^53', keys('a'), { n: 2 ** 60 }],
        [
          'a row of more than 1 MiB',
          keys('a'),
          Object.fromEntries([...Array(17).keys()].map((i) => [`c${i}`, 'x'.repeat(32_768)])),
        ],
      ])('stops at %s', async (_, rowKeys, cells) => {
        await expect(fresh().insert(rowKeys, cells)).rejects.toThrow(
          expect.objectContaining({ name: 'AssertionError' }),
        );
      });
    });

    describe('ranges', () => {
      it('lists a bounded range of one partition in order of row keys', async () => {
        const table = fresh();
        const rowKeys = ['a', 'b', 'B', 'c', '0', 'ca', '~'];
        await table.write(
          'p',
          rowKeys.map((rowKey) => ({ kind: 'insert', rowKey, cells: { n: 1 } })),
        );
        await table.insert(keys('b', 'other'), { n: 2 });
        expect(await keysOf(table, { partitionKey: 'p' })).toEqual(['0', 'B', 'a', 'b', 'c', 'ca', '~']);
        expect(await keysOf(table, { partitionKey: 'p', from: 'b', to: 'ca' })).toEqual(['b', 'c']);
        expect(await keysOf(table, { partitionKey: 'p', to: 'a' })).toEqual(['0', 'B']);
        expect(await keysOf(table, { partitionKey: 'p', from: 'd' })).toEqual(['~']);
        expect(await keysOf(table, { partitionKey: 'p', from: 'b', limit: 2 })).toEqual(['b', 'c']);
        expect(await keysOf(table, { partitionKey: 'p', limit: 0 })).toEqual([]);
        expect(await keysOf(table, { partitionKey: 'absent' })).toEqual([]);
      });

      it('lists nothing of a missing table', async () => {
        expect(await keysOf(fresh(), { partitionKey: 'p' })).toEqual([]);
      });

      it('gives more rows than a page holds, each once, and stops at the limit', async () => {
        const table = fresh();
        const rowKeys = [...Array(2_350).keys()].map((n) => String(n).padStart(5, '0'));
        expect(
          await table.write(
            'p',
            rowKeys.map((rowKey) => ({ kind: 'put', rowKey, cells: { n: 1 } })),
          ),
        ).toBe('done');
        expect(await keysOf(table, { partitionKey: 'p' })).toEqual(rowKeys);
        expect(await keysOf(table, { partitionKey: 'p', from: '00010', limit: 1_500 })).toEqual(
          rowKeys.slice(10, 1_510),
        );
      });

      it('scans every partition in order, and nothing once the table is dropped', async () => {
        const name = freshName('t');
        const { store } = open();
        const table = store.table(name);
        await table.insert(keys('b', 'p2'), { n: 1 });
        await table.insert(keys('a', 'p2'), { n: 1 });
        await table.insert(keys('z', 'p1'), { n: 1 });
        const scan = async (range?: PartitionRange) => {
          const found: string[] = [];
          for await (const page of table.scan(range))
            found.push(...page.map((row) => `${row.partitionKey}/${row.rowKey}`));
          return found;
        };
        expect(await scan()).toEqual(['p1/z', 'p2/a', 'p2/b']);
        expect(await scan({ from: 'p1', to: 'p2' })).toEqual(['p1/z']);
        expect(await scan({ from: 'p1 ', to: 'p2 ' })).toEqual(['p2/a', 'p2/b']);
        expect(await scan({ from: 'p3', to: 'p9' })).toEqual([]);
        await store.dropTable(name);
        await store.dropTable(name);
        expect(await scan()).toEqual([]);
        await table.insert(keys('c', 'p3'), { n: 1 });
        expect(await scan()).toEqual(['p3/c']);
      });
    });

    describe('groups of writes', () => {
      it('writes nothing for no writes', async () => {
        expect(await fresh().write('p', [])).toBe('done');
      });

      it('does all kinds of writes in one group', async () => {
        const table = fresh();
        await table.insert(keys('replaced'), { n: 1 });
        await table.insert(keys('put'), { n: 1, old: 1 });
        await table.insert(keys('deleted'), { n: 1 });
        const etag = (await table.get(keys('replaced')))?.etag ?? '';
        const writes: TableWrite[] = [
          { kind: 'insert', rowKey: 'inserted', cells: { big: 2 ** 40, text: 'ä' } },
          { kind: 'replace', rowKey: 'replaced', cells: { n: 2 }, etag },
          { kind: 'put', rowKey: 'put', cells: { n: 2 } },
          { kind: 'delete', rowKey: 'deleted' },
        ];
        expect(await table.write('p', writes)).toBe('done');
        const rows = await rowsOf(table, { partitionKey: 'p' });
        expect(rows.map((row) => [row.rowKey, row.cells])).toEqual([
          ['inserted', { big: 2 ** 40, text: 'ä' }],
          ['put', { n: 2 }],
          ['replaced', { n: 2 }],
        ]);
      });

      it.each<[string, TableWrite]>([
        ['an insert that exists', { kind: 'insert', rowKey: 'there', cells: { n: 9 } }],
        [
          'a replace that changed',
          { kind: 'replace', rowKey: 'there', cells: { n: 9 }, etag: `W/"datetime'2020-01-01T00%3A00%3A00.0000000Z'"` },
        ],
        [
          'a replace of a row that is gone',
          { kind: 'replace', rowKey: 'gone', cells: { n: 9 }, etag: `W/"datetime'2020-01-01T00%3A00%3A00.0000000Z'"` },
        ],
      ])('refuses the whole group for %s', async (_, refused) => {
        const table = fresh();
        await table.insert(keys('there'), { n: 1 });
        const writes: TableWrite[] = [
          { kind: 'put', rowKey: 'before', cells: { n: 1 } },
          { kind: 'delete', rowKey: 'absent' },
          refused,
          { kind: 'put', rowKey: 'zafter', cells: { n: 1 } },
        ];
        expect(await table.write('p', writes)).toBe('refused');
        expect(await table.write('p', [refused]), 'the same write alone').toBe('refused');
        expect((await rowsOf(table, { partitionKey: 'p' })).map((row) => [row.rowKey, row.cells])).toEqual([
          ['there', { n: 1 }],
        ]);
      });

      it('takes a deletion of an absent row for done, alone and among others', async () => {
        const table = fresh();
        expect(await table.write('p', [{ kind: 'delete', rowKey: 'absent' }])).toBe('done');
        await table.insert(keys('there'), { n: 1 });
        const writes: TableWrite[] = [
          { kind: 'delete', rowKey: 'absent' },
          { kind: 'insert', rowKey: 'new', cells: { n: 1 } },
          { kind: 'delete', rowKey: 'there' },
          { kind: 'delete', rowKey: 'absent too' },
        ];
        expect(await table.write('p', writes)).toBe('done');
        expect(await keysOf(table, { partitionKey: 'p' })).toEqual(['new']);
      });

      it('keeps the groups before the one that was refused', async () => {
        const table = fresh();
        await table.insert(keys('00150'), { n: 1 });
        const writes = [...Array(250).keys()].map(
          (n): TableWrite => ({ kind: 'insert', rowKey: String(n).padStart(5, '0'), cells: { n } }),
        );
        expect(await table.write('p', writes)).toBe('refused');
        expect(await keysOf(table, { partitionKey: 'p' })).toHaveLength(101);
      });

      it('takes the same row twice, the later write last', async () => {
        const table = fresh();
        const writes: TableWrite[] = [
          { kind: 'insert', rowKey: 'a', cells: { n: 1 } },
          { kind: 'put', rowKey: 'a', cells: { n: 2 } },
        ];
        expect(await table.write('p', writes)).toBe('done');
        expect((await table.get(keys('a')))?.cells).toEqual({ n: 2 });
      });

      it('splits what is more than 4 MiB', async () => {
        const table = fresh();
        const text = 'x'.repeat(32_000);
        const writes = [...Array(30).keys()].map(
          (n): TableWrite => ({
            kind: 'put',
            rowKey: `r${n}`,
            cells: Object.fromEntries([...Array(8).keys()].map((c) => [`c${c}`, text])),
          }),
        );
        expect(await table.write('p', writes)).toBe('done');
        expect(await keysOf(table, { partitionKey: 'p' })).toHaveLength(30);
      });

      it('lets one of many writers of the same version win', async () => {
        const table = fresh();
        await table.insert(keys('a'), { n: 0 });
        const etag = (await table.get(keys('a')))?.etag ?? '';
        const outcomes = await Promise.all([...Array(8).keys()].map((n) => table.replace(keys('a'), { n }, etag)));
        expect(outcomes.filter((outcome) => outcome.kind === 'done')).toHaveLength(1);
      });
    });

    it.each(['t', '1abc', 'with-hyphen', 'x'.repeat(64)])('stops at the table name %j', (tableName) => {
      expect(() => open().store.table(tableName)).toThrow('not allowed');
    });

    it.each(['ab', 'Upper', 'a--b', '-a1', 'x'.repeat(64)])(
      'stops at the queue and container name %j',
      (containerName) => {
        expect(() => open().store.queue(containerName)).toThrow('not allowed');
        expect(() => open().store.blobs(containerName)).toThrow('not allowed');
      },
    );

    describe('queues', () => {
      it('sends messages as JSON', async () => {
        const { store, take } = open();
        const name = freshName('q');
        const messages = [{ id: 'a' }, { id: 'ü', nested: [1, null] }, 'text'];
        await store.queue(name).send(messages);
        await store.queue(name).send([]);
        const taken = await take(name);
        expect(taken).toHaveLength(3);
        expect(taken).toEqual(expect.arrayContaining(messages));
      });

      it('takes 48 KiB and stops at more', async () => {
        const { store, take } = open();
        const name = freshName('q');
        await store.queue(name).send(['x'.repeat(49_150)]);
        expect(await take(name)).toEqual(['x'.repeat(49_150)]);
        await expect(store.queue(name).send(['x'.repeat(49_151)])).rejects.toThrow('too large');
      });
    });

    describe('blobs', () => {
      it('reads, writes over and deletes', async () => {
        const blobs = open().store.blobs(freshName('c'));
        expect(await blobs.read('a/b')).toBeNull();
        await blobs.delete('a/b');
        await blobs.write('a/b', Uint8Array.of(1, 2, 255));
        await blobs.write('a/b', Uint8Array.of(3));
        expect(await blobs.read('a/b')).toEqual(Uint8Array.of(3));
        await blobs.write('empty', new Uint8Array());
        expect(await blobs.read('empty')).toEqual(new Uint8Array());
        const large = new Uint8Array(3_000_000).fill(7);
        await blobs.write('large', large);
        expect(Buffer.compare((await blobs.read('large')) ?? new Uint8Array(), large)).toBe(0);
        await blobs.delete('a/b');
        await blobs.delete('a/b');
        expect(await blobs.read('a/b')).toBeNull();
      });

      it('are written piece by piece, whatever their size', async () => {
        const blobs = open().store.blobs(freshName('c'));
        expect(await blobs.size('a')).toBeNull();
        const pieces = [3, 0, 9_000_000, 1].map((length, index) => new Uint8Array(length).fill(index + 1));
        await blobs.writeStream(
          'a',
          (async function* () {
            yield* pieces;
          })(),
        );
        expect(await blobs.size('a')).toBe(9_000_004);
        expect(Buffer.compare((await blobs.read('a')) ?? new Uint8Array(), Buffer.concat(pieces))).toBe(0);
        await blobs.writeStream('a', (async function* () {})());
        expect(await blobs.size('a')).toBe(0);
      });

      it('lists by prefix', async () => {
        const blobs = open().store.blobs(freshName('c'));
        const list = async (prefix: string) => {
          const found: string[] = [];
          for await (const page of blobs.list(prefix)) found.push(...page);
          return found;
        };
        expect(await list('')).toEqual([]);
        for (const blob of ['a/1', 'a/2', 'ab', 'b/ö x']) await blobs.write(blob, Uint8Array.of(1));
        expect(await list('a/')).toEqual(['a/1', 'a/2']);
        expect(await list('b')).toEqual(['b/ö x']);
        expect(await list('')).toHaveLength(4);
      });
    });
  });
}
