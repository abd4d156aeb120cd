const DIGIT_BITS = 10;
const DIGITS = 1 << DIGIT_BITS;

/**
 * Boundaries of ranges with a tag each, collected and then sorted by offset; those at equal offsets stay in the order in which they were added.
 * A radix sort over the bits that differ at all: disks are written in pages and windows are small, so two passes do. Meant to be reused, so that it
 * stays in the processor's caches.
 */
export class BoundaryBuffer {
  count = 0;
  offsets = new Float64Array(4096);
  tags = new Int32Array(4096);
  #spareOffsets = new Float64Array(4096);
  #spareTags = new Int32Array(4096);
  readonly #places = new Int32Array(DIGITS);

  add(offset: number, tag: number): void {
    if (this.count === this.offsets.length) this.#grow();
    this.offsets[this.count] = offset;
    this.tags[this.count] = tag;
    this.count += 1;
  }

  /** Sorts what was added. `from` is a lower bound of the offsets. */
  sort(from: number): void {
    const { low, high } = usedBits(this.offsets, this.count, from);
    for (let bit = low; bit < high; bit += DIGIT_BITS) this.#pass(from, 2 ** -bit);
  }

  /** One stable pass. Exact: the scale is a power of two, and `&` drops the fraction and all bits above. */
  #pass(from: number, scale: number): void {
    const { offsets, tags, count } = this;
    const places = this.#places.fill(0);
    for (let at = 0; at < count; at += 1) {
      const digit = (((offsets[at] as number) - from) * scale) & (DIGITS - 1);
      places[digit] = (places[digit] as number) + 1;
    }
    let sum = 0;
    for (let digit = 0; digit < DIGITS; digit += 1) {
      const size = places[digit] as number;
      places[digit] = sum;
      sum += size;
    }
    const [toOffsets, toTags] = [this.#spareOffsets, this.#spareTags];
    for (let at = 0; at < count; at += 1) {
      const offset = offsets[at] as number;
      const digit = ((offset - from) * scale) & (DIGITS - 1);
      const place = places[digit] as number;
      places[digit] = place + 1;
      toOffsets[place] = offset;
      toTags[place] = tags[at] as number;
    }
    [this.offsets, this.tags, this.#spareOffsets, this.#spareTags] = [toOffsets, toTags, offsets, tags];
  }

  #grow(): void {
    const size = this.count * 2;
    const { offsets, tags } = this;
    this.offsets = new Float64Array(size);
    this.tags = new Int32Array(size);
    this.offsets.set(offsets);
    this.tags.set(tags);
    this.#spareOffsets = new Float64Array(size);
    this.#spareTags = new Int32Array(size);
  }
}

/** The lowest bit set in any distance from `from`, and one above the highest. */
function usedBits(offsets: Float64Array, count: number, from: number): { low: number; high: number } {
  let lowWord = 0;
  let highWord = 0;
  for (let at = 0; at < count; at += 1) {
    const distance = (offsets[at] as number) - from;
    lowWord |= distance;
    highWord |= distance / 2 ** 32;
  }
  const low = lowWord !== 0 ? 31 - Math.clz32(lowWord & -lowWord) : 63 - Math.clz32(highWord & -highWord);
  const high = highWord !== 0 ? 64 - Math.clz32(highWord) : 32 - Math.clz32(lowWord);
  return { low, high };
}
