import { brotliCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeExtents, type Extents, encodeExtents, mergeExtents, writtenBytes } from '../../src/cost/extents.ts';
import { ByteSink } from '../../src/cost/varints.ts';
import { countWritten, mergePages, type Pages, pagesArbitrary, ranges, toExtents } from './pages.ts';

const none = ranges();

describe('mergeExtents', () => {
  const cases: readonly { name: string; earlier: Extents; later: Extents; merged: Extents }[] = [
    {
      name: 'what the later point did not touch moves to it',
      earlier: { written: ranges([0, 4096]), cleared: none },
      later: { written: ranges([8192, 512]), cleared: none },
      merged: { written: ranges([0, 4096], [8192, 512]), cleared: none },
    },
    {
      name: 'what the later point wrote again is stored once',
      earlier: { written: ranges([0, 4096]), cleared: none },
      later: { written: ranges([1024, 512]), cleared: none },
      merged: { written: ranges([0, 4096]), cleared: none },
    },
    {
      name: 'what the later point cleared is gone',
      earlier: { written: ranges([0, 4096]), cleared: none },
      later: { written: none, cleared: ranges([1024, 1024]) },
      merged: { written: ranges([0, 1024], [2048, 2048]), cleared: ranges([1024, 1024]) },
    },
    {
      name: 'what was cleared and written again is written',
      earlier: { written: none, cleared: ranges([0, 4096]) },
      later: { written: ranges([512, 512]), cleared: none },
      merged: { written: ranges([512, 512]), cleared: ranges([0, 512], [1024, 3072]) },
    },
    {
      name: 'one long write over many short ones',
      earlier: { written: ranges([0, 512], [1024, 512], [2048, 512], [1e6 * 512, 512]), cleared: none },
      later: { written: ranges([0, 1e5]), cleared: none },
      merged: { written: ranges([0, 1e5], [1e6 * 512, 512]), cleared: none },
    },
    {
      name: 'beyond 2 TiB, where 32-bit page numbers end',
      earlier: { written: ranges([2 ** 45, 2 ** 20]), cleared: none },
      later: { written: none, cleared: ranges([2 ** 45 + 512, 512]) },
      merged: {
        written: ranges([2 ** 45, 512], [2 ** 45 + 1024, 2 ** 20 - 1024]),
        cleared: ranges([2 ** 45 + 512, 512]),
      },
    },
  ];
  it.each(cases)('$name', ({ earlier, later, merged }) => {
    expect(mergeExtents(earlier, later)).toEqual(merged);
  });

  it('always agrees with the merge page by page', () => {
    fc.assert(
      fc.property(pagesArbitrary, pagesArbitrary, (earlier, later) => {
        const merged = mergeExtents(toExtents(earlier), toExtents(later));
        expect(merged).toEqual(toExtents(mergePages(earlier, later)));
        expect(writtenBytes(merged)).toBe(countWritten(mergePages(earlier, later)));
      }),
    );
  });

  it('always gives the same whichever neighbours are merged first, and merged twice as merged once', () => {
    fc.assert(
      fc.property(fc.tuple(pagesArbitrary, pagesArbitrary, pagesArbitrary), (chain) => {
        const [a, b, c] = chain.map(toExtents) as [Extents, Extents, Extents];
        expect(mergeExtents(mergeExtents(a, b), c)).toEqual(mergeExtents(a, mergeExtents(b, c)));
        const once = mergeExtents(a, b);
        expect(mergeExtents(a, once)).toEqual(once);
      }),
    );
  });

  it('never lets a deletion free less than nothing or more than the point stores, whatever the order of deletions', () => {
    fc.assert(
      fc.property(fc.array(pagesArbitrary, { minLength: 2, maxLength: 6 }), fc.nat(), (pages, pick) => {
        const chain = pages.map(toExtents);
        const index = pick % (chain.length - 1);
        const [deleted, next] = [chain[index] as Extents, chain[index + 1] as Extents];
        const freed = writtenBytes(deleted) + writtenBytes(next) - writtenBytes(mergeExtents(deleted, next));
        expect(freed).toBeGreaterThanOrEqual(0);
        expect(freed).toBeLessThanOrEqual(writtenBytes(deleted));
        expect(freed).toBe(overwrittenBytes(pages[index] as Pages, pages[index + 1] as Pages));
      }),
    );
  });
});

function overwrittenBytes(deleted: Pages, next: Pages): number {
  return deleted.filter((page, index) => page === 'written' && next[index] !== 'same').length * 512;
}

describe('encodeExtents and decodeExtents', () => {
  it('always give back what went in', () => {
    const edges = fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 46 }), { maxLength: 80 });
    fc.assert(
      fc.property(edges, fc.constantFrom(1, 512, 4096), (list, unit) => {
        const sorted = list.map((edge) => edge - (edge % unit)).toSorted((a, b) => a - b);
        const written: [number, number][] = [];
        const cleared: [number, number][] = [];
        for (let i = 0; i + 1 < sorted.length; i += 2) {
          const start = sorted[i] as number;
          (i % 4 === 0 ? written : cleared).push([start, (sorted[i + 1] as number) - start]);
        }
        const extents = { written: ranges(...written), cleared: ranges(...cleared) };
        expect(decodeExtents(encodeExtents(extents))).toEqual(extents);
      }),
    );
  });

  const blob = encodeExtents({ written: ranges([0, 512], [8192, 4096]), cleared: ranges([512, 512]) });
  const packed = (...numbers: readonly number[]) => {
    const sink = new ByteSink();
    for (const number of numbers) sink.put(number);
    return Uint8Array.of(1, ...brotliCompressSync(sink.bytes()));
  };
  const damaged: readonly { name: string; blob: Uint8Array }[] = [
    { name: 'an empty blob', blob: new Uint8Array(0) },
    { name: 'another version', blob: Uint8Array.of(2, ...blob.subarray(1)) },
    { name: 'a blob cut off', blob: blob.subarray(0, -1) },
    { name: 'bytes after the end', blob: Uint8Array.of(...blob, 0) },
    { name: 'no compression', blob: Uint8Array.of(1, 200, 201, 202) },
    { name: 'numbers after the last range', blob: packed(9, 1, 0, 0, 1, 7) },
    { name: 'numbers missing', blob: packed(9, 2, 0, 0, 1, 1) },
    { name: 'a count beyond any memory', blob: packed(9, 2 ** 52, 0, 0, 1) },
    { name: 'an absurd unit', blob: packed(60, 1, 0, 0, 1) },
    { name: 'an empty range', blob: packed(9, 1, 0, 5, 0) },
    { name: 'ranges that touch', blob: packed(9, 2, 0, 0, 0, 1, 1) },
    { name: 'a range past all disks', blob: packed(40, 1, 0, 2 ** 20, 1) },
    { name: 'written and cleared overlap', blob: packed(9, 1, 1, 0, 4, 2, 1) },
  ];
  it.each(damaged)('refuse $name', ({ blob: bytes }) => {
    expect(() => decodeExtents(bytes)).toThrow(expect.objectContaining({ code: 'data-unreadable' }));
  });

  it('never fail otherwise than as unreadable, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, compress) => {
        const input = compress ? Uint8Array.of(1, ...brotliCompressSync(bytes)) : bytes;
        try {
          decodeExtents(input);
        } catch (error) {
          expect(error).toMatchObject({ code: 'data-unreadable' });
        }
      }),
    );
  });
});
