import type { ByteRange } from '../../src/cost/ports.ts';

/** The grain of everything in this model. Units: bytes. */
export const PAGE_BYTES = 65_536;

/** What a disk holds: for each allocated page, by its number, which write filled it. No two writes have the same number, so equal numbers are equal bytes. */
export type Pages = ReadonlyMap<number, number>;

/** The pages of a range. Errors: throws for one that does not lie on page borders. */
export function pagesOf({ offset, length }: ByteRange): readonly number[] {
  if (offset % PAGE_BYTES !== 0 || length % PAGE_BYTES !== 0 || length < 0) throw new RangeError('not on page borders');
  return [...Array(length / PAGE_BYTES).keys()].map((index) => offset / PAGE_BYTES + index);
}

/** Pages of `state` that hold something else than in `before`: what an incremental snapshot after `before` stores. */
export function writtenSince(state: Pages, before: Pages): readonly number[] {
  return [...state].filter(([page, write]) => before.get(page) !== write).map(([page]) => page);
}

/** Pages that `before` holds and `state` does not. */
export function clearedSince(state: Pages, before: Pages): readonly number[] {
  return [...before.keys()].filter((page) => !state.has(page));
}

/** Joins pages to sorted ranges, cut to a window. */
export function toRanges(pages: readonly number[], window: ByteRange): readonly ByteRange[] {
  const ranges: { offset: number; length: number }[] = [];
  const windowEnd = window.offset + window.length;
  for (const page of [...pages].sort((a, b) => a - b)) {
    const from = Math.max(page * PAGE_BYTES, window.offset);
    const to = Math.min((page + 1) * PAGE_BYTES, windowEnd);
    if (to <= from) continue;
    const last = ranges.at(-1);
    if (last && last.offset + last.length === from) last.length += to - from;
    else ranges.push({ offset: from, length: to - from });
  }
  return ranges;
}

/**
 * Bytes that each snapshot of a chain stores, oldest first: what differs from the snapshot before it that still exists. Deleting one in the
 * middle thereby moves what the next one needs to that one, as Azure's merge does.
 */
export function storedBytes(chain: readonly Pages[]): readonly number[] {
  return chain.map((state, index) => writtenSince(state, chain[index - 1] ?? new Map()).length * PAGE_BYTES);
}
