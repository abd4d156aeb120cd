/**
 * Byte ranges of a disk, packed.
 *
 * Shape:  `[start0, end0, start1, end1, …]`, end exclusive; sorted, no empty range, neighbours that touch are one.
 * Units:  bytes. Doubles rather than 32-bit page numbers: 2^32 pages of 512 bytes are 2 TiB, and disks reach 64 TiB.
 */
export type Ranges = Float64Array;

/** Collects ranges that come in order into packed ones, joining those that touch or overlap. */
export class RangeBuilder {
  #packed: Ranges;
  #used = 0;

  /** Room for that many ranges to begin with; it grows. */
  constructor(expected = 16) {
    this.#packed = new Float64Array(Math.max(1, expected) * 2);
  }

  /** Adds a range that starts at or after the start of the one before; an empty one adds nothing. */
  add(start: number, end: number): void {
    if (end <= start) return;
    const used = this.#used;
    if (used > 0 && start <= (this.#packed[used - 1] as number)) {
      if (end > (this.#packed[used - 1] as number)) this.#packed[used - 1] = end;
      return;
    }
    if (used === this.#packed.length) {
      const grown = new Float64Array(used * 2);
      grown.set(this.#packed);
      this.#packed = grown;
    }
    this.#packed[used] = start;
    this.#packed[used + 1] = end;
    this.#used = used + 2;
  }

  /** The ranges so far; nothing may be added afterwards. */
  build(): Ranges {
    return this.#used === this.#packed.length ? this.#packed : this.#packed.slice(0, this.#used);
  }
}

/** Bytes that ranges cover. */
export function rangeBytes(ranges: Ranges): number {
  let bytes = 0;
  for (let i = 0; i < ranges.length; i += 2) bytes += (ranges[i + 1] as number) - (ranges[i] as number);
  return bytes;
}

/** True where two packed sets share a byte. */
export function overlaps(a: Ranges, b: Ranges): boolean {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if ((a[i + 1] as number) <= (b[j] as number)) i += 2;
    else if ((b[j + 1] as number) <= (a[i] as number)) j += 2;
    else return true;
  }
  return false;
}

/** All bytes that lie in either set. */
export function unite(a: Ranges, b: Ranges): Ranges {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const builder = new RangeBuilder((a.length + b.length) / 2);
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (j >= b.length || (i < a.length && (a[i] as number) <= (b[j] as number))) {
      builder.add(a[i] as number, a[i + 1] as number);
      i += 2;
    } else {
      builder.add(b[j] as number, b[j + 1] as number);
      j += 2;
    }
  }
  return builder.build();
}

/** The bytes of the first set that do not lie in the second. */
export function subtract(from: Ranges, taken: Ranges): Ranges {
  if (from.length === 0 || taken.length === 0) return from;
  const builder = new RangeBuilder(from.length / 2);
  let j = 0;
  for (let i = 0; i < from.length; i += 2) {
    let start = from[i] as number;
    const end = from[i + 1] as number;
    while (j < taken.length && (taken[j + 1] as number) <= start) j += 2;
    // A taken range may reach over several of ours: look ahead without moving past it.
    for (let k = j; k < taken.length && (taken[k] as number) < end; k += 2) {
      builder.add(start, taken[k] as number);
      start = taken[k + 1] as number;
    }
    builder.add(start, end);
  }
  return builder.build();
}
