import type { ExtentRun } from './extent-run.ts';

/** Ranges in pages, sorted and disjoint: `start` and `end` (exclusive) in pairs, neighbours that touch merged. */
export class RangeList {
  count = 0;
  starts: Float64Array;
  ends: Float64Array;

  constructor(expected = 64) {
    this.starts = new Float64Array(expected);
    this.ends = new Float64Array(expected);
  }

  /** Adds a range that lies behind all others. */
  push(start: number, end: number): void {
    const last = this.count - 1;
    if (last >= 0 && this.ends[last] === start) {
      this.ends[last] = end;
      return;
    }
    if (this.count === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.count += 1;
  }

  static fromRun(run: ExtentRun): RangeList {
    const ranges = new RangeList(run.count);
    for (let i = 0; i < run.count; i += 1) {
      const start = run.starts[i] as number;
      ranges.push(start, start + (run.lengths[i] as number));
    }
    return ranges;
  }

  /** Index of the first range that begins at the page or behind it. */
  firstFrom(page: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.starts[middle] as number) < page) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** What of these ranges lies in none of the others. */
  without(others: RangeList): RangeList {
    const left = new RangeList();
    let other = 0;
    for (let i = 0; i < this.count; i += 1) {
      let from = this.starts[i] as number;
      const end = this.ends[i] as number;
      while (other < others.count && (others.ends[other] as number) <= from) other += 1;
      for (let j = other; j < others.count && (others.starts[j] as number) < end; j += 1) {
        const start = others.starts[j] as number;
        if (start > from) left.push(from, start);
        from = others.ends[j] as number;
      }
      if (from < end) left.push(from, end);
    }
    return left;
  }
}

function doubled(from: Float64Array): Float64Array {
  const to = new Float64Array(Math.max(64, from.length * 2));
  to.set(from);
  return to;
}
