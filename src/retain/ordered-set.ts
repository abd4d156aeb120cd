/**
 * A set of whole numbers below a bound that finds the neighbours of a number in a few steps: bits, with a summary bit per word above them, and so on.
 * The two lowest levels, which hold all of a chain in Azure, are walked without a loop: this runs millions of times a chain.
 */
export class OrderedSet {
  readonly #bound: number;
  readonly #bits: Int32Array;
  readonly #words: Int32Array;
  /** Summaries of summaries, for sets beyond 1,024. */
  readonly #above: readonly Int32Array[];
  #size = 0;

  constructor(bound: number) {
    this.#bound = bound;
    const levels: Int32Array[] = [];
    let words = bound;
    do {
      words = Math.max(1, Math.ceil(words / 32));
      levels.push(new Int32Array(words));
    } while (words > 1 || levels.length < 2);
    const [bits, summary, ...above] = levels;
    this.#bits = bits as Int32Array;
    this.#words = summary as Int32Array;
    this.#above = above;
  }

  has(value: number): boolean {
    return ((this.#bits[value >>> 5] as number) & (1 << (value & 31))) !== 0;
  }

  add(value: number): void {
    this.#size += 1;
    const word = value >>> 5;
    const old = this.#bits[word] as number;
    this.#bits[word] = old | (1 << (value & 31));
    if (old !== 0) return;
    const summary = this.#words[word >>> 5] as number;
    this.#words[word >>> 5] = summary | (1 << (word & 31));
    if (summary === 0 && this.#above.length > 0) this.#mark(word >>> 5, true);
  }

  delete(value: number): void {
    this.#size -= 1;
    const word = value >>> 5;
    const left = (this.#bits[word] as number) & ~(1 << (value & 31));
    this.#bits[word] = left;
    if (left !== 0) return;
    const summary = (this.#words[word >>> 5] as number) & ~(1 << (word & 31));
    this.#words[word >>> 5] = summary;
    if (summary === 0 && this.#above.length > 0) this.#mark(word >>> 5, false);
  }

  /** The largest member below a value; -1 where there is none. */
  before(value: number): number {
    if (this.#size === 0) return -1;
    const word = value >>> 5;
    const own = (this.#bits[word] as number) & ((1 << (value & 31)) - 1);
    if (own !== 0) return word * 32 + 31 - Math.clz32(own);
    const summary = (this.#words[word >>> 5] as number) & ((1 << (word & 31)) - 1);
    if (summary !== 0) return this.#highest((word >>> 5) * 32 + 31 - Math.clz32(summary));
    return this.#above.length === 0 ? -1 : this.#farBefore(word >>> 5);
  }

  /** The smallest member above a value; the bound where there is none. */
  after(value: number): number {
    if (this.#size === 0) return this.#bound;
    const word = value >>> 5;
    // Two shifts, as a shift by 32 would be none.
    const own = (this.#bits[word] as number) & ((-1 << (value & 31)) << 1);
    if (own !== 0) return word * 32 + lowestBit(own);
    const summary = (this.#words[word >>> 5] as number) & ((-1 << (word & 31)) << 1);
    if (summary !== 0) return this.#lowest((word >>> 5) * 32 + lowestBit(summary));
    return this.#above.length === 0 ? this.#bound : this.#farAfter(word >>> 5);
  }

  #highest(word: number): number {
    return word * 32 + 31 - Math.clz32(this.#bits[word] as number);
  }

  #lowest(word: number): number {
    return word * 32 + lowestBit(this.#bits[word] as number);
  }

  /** Marks in the upper levels whether a word of the second has members. */
  #mark(index: number, has: boolean): void {
    let at = index;
    for (const level of this.#above) {
      const old = level[at >>> 5] as number;
      const changed = has ? old | (1 << (at & 31)) : old & ~(1 << (at & 31));
      level[at >>> 5] = changed;
      if (has ? old !== 0 : changed !== 0) return;
      at >>>= 5;
    }
  }

  #farBefore(index: number): number {
    let at = index;
    for (let depth = 0; depth < this.#above.length; depth += 1) {
      const bits = ((this.#above[depth] as Int32Array)[at >>> 5] as number) & ((1 << (at & 31)) - 1);
      at >>>= 5;
      if (bits === 0) continue;
      at = at * 32 + 31 - Math.clz32(bits);
      while (depth > 0) {
        depth -= 1;
        at = at * 32 + 31 - Math.clz32((this.#above[depth] as Int32Array)[at] as number);
      }
      return this.#highest(at * 32 + 31 - Math.clz32(this.#words[at] as number));
    }
    return -1;
  }

  #farAfter(index: number): number {
    let at = index;
    for (let depth = 0; depth < this.#above.length; depth += 1) {
      const bits = ((this.#above[depth] as Int32Array)[at >>> 5] as number) & ((-1 << (at & 31)) << 1);
      at >>>= 5;
      if (bits === 0) continue;
      at = at * 32 + lowestBit(bits);
      while (depth > 0) {
        depth -= 1;
        at = at * 32 + lowestBit((this.#above[depth] as Int32Array)[at] as number);
      }
      return this.#lowest(at * 32 + lowestBit(this.#words[at] as number));
    }
    return this.#bound;
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
