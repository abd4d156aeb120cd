import { PAGE_BYTES } from './contents.ts';
import type { RangeList } from './range-list.ts';

/** A range that differs between two snapshots: written, or (`cleared`) allocated before and not any more. */
export type ChangedRange = { offset: number; length: number; cleared: boolean };

/** Written and cleared ranges, disjoint, each list sorted; kept packed, as a listing may have a million. */
export class Listing {
  readonly #written: RangeList;
  readonly #cleared: RangeList;

  constructor(written: RangeList, cleared: RangeList) {
    this.#written = written;
    this.#cleared = cleared;
  }

  /** Adds a written range behind all others, in bytes; it takes in whole pages. */
  append(start: number, end: number): void {
    this.#written.push(Math.floor(start / PAGE_BYTES), Math.ceil(end / PAGE_BYTES));
  }

  get count(): number {
    return this.#written.count + this.#cleared.count;
  }

  /** Up to `max` ranges by offset, those that begin at `from` or behind; `next` is where the rest begins, null at the end. */
  slice(from: number, max: number): { ranges: ChangedRange[]; next: number | null } {
    const [written, cleared] = [this.#written, this.#cleared];
    let w = written.firstFrom(from / PAGE_BYTES);
    let c = cleared.firstFrom(from / PAGE_BYTES);
    const ranges: ChangedRange[] = [];
    while (w < written.count || c < cleared.count) {
      const isClear =
        w >= written.count || (c < cleared.count && (cleared.starts[c] as number) < (written.starts[w] as number));
      const list = isClear ? cleared : written;
      const index = isClear ? c++ : w++;
      const start = list.starts[index] as number;
      if (ranges.length === max) return { ranges, next: start * PAGE_BYTES };
      ranges.push({
        offset: start * PAGE_BYTES,
        length: ((list.ends[index] as number) - start) * PAGE_BYTES,
        cleared: isClear,
      });
    }
    return { ranges, next: null };
  }
}
