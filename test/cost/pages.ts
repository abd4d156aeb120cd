import fc from 'fast-check';
import type { Extents } from '../../src/cost/extents.ts';
import { RangeBuilder, type Ranges } from '../../src/cost/range-sets.ts';

/** What happened to each page of a small disk between two points: the plainest form of extents, to hold the packed form against. */
export type Pages = readonly ('written' | 'cleared' | 'same')[];

export const DISK_PAGES = 24;
export const PAGE_BYTES = 512;

export const pagesArbitrary: fc.Arbitrary<Pages> = fc.array(fc.constantFrom('written', 'cleared', 'same'), {
  minLength: DISK_PAGES,
  maxLength: DISK_PAGES,
});

export function toExtents(pages: Pages): Extents {
  return { written: toRanges(pages, 'written'), cleared: toRanges(pages, 'cleared') };
}

/** The ranges given as [offset, length]. */
export function ranges(...pairs: readonly (readonly [number, number])[]): Ranges {
  const builder = new RangeBuilder();
  for (const [offset, length] of pairs) builder.add(offset, offset + length);
  return builder.build();
}

/** Page by page: what the later point did, else what the earlier one did. */
export function mergePages(earlier: Pages, later: Pages): Pages {
  return later.map((page, index) => (page === 'same' ? (earlier[index] ?? 'same') : page));
}

export function countWritten(pages: Pages): number {
  return pages.filter((page) => page === 'written').length * PAGE_BYTES;
}

function toRanges(pages: Pages, kind: 'written' | 'cleared'): Ranges {
  const builder = new RangeBuilder();
  pages.forEach((page, index) => {
    if (page === kind) builder.add(index * PAGE_BYTES, (index + 1) * PAGE_BYTES);
  });
  return builder.build();
}
