const WORD_BITS = 32;

/** A set of whole numbers below a bound that finds the neighbours of a number in a few steps: bits, with a summary bit per word above them. */
export class OrderedSet {
  readonly #levels: Int32Array[] = [];
  readonly #bound: number;

  constructor(bound: number) {
    this.#bound = bound;
    let words = bound;
    do {
      words = Math.ceil(words / WORD_BITS);
      this.#levels.push(new Int32Array(Math.max(1, words)));
    } while (words > 1);
  }

  has(value: number): boolean {
    return (((this.#levels[0] as Int32Array)[value >>> 5] as number) & (1 << (value & 31))) !== 0;
  }

  add(value: number): void {
    let at = value;
    for (const level of this.#levels) {
      const word = at >>> 5;
      const old = level[word] as number;
      level[word] = old | (1 << (at & 31));
      if (old !== 0) return;
      at = word;
    }
  }

  delete(value: number): void {
    let at = value;
    for (const level of this.#levels) {
      const word = at >>> 5;
      const left = (level[word] as number) & ~(1 << (at & 31));
      level[word] = left;
      if (left !== 0) return;
      at = word;
    }
  }

  /** The largest member below a value; -1 where there is none. */
  before(value: number): number {
    let at = value;
    for (let depth = 0; depth < this.#levels.length; depth += 1) {
      const word = at >>> 5;
      const below = ((this.#levels[depth] as Int32Array)[word] ?? 0) & ((1 << (at & 31)) - 1);
      if (below !== 0) return this.#descend(depth, word, below, true);
      at = word;
    }
    return -1;
  }

  /** The smallest member above a value; the bound where there is none. */
  after(value: number): number {
    let at = value + 1;
    for (let depth = 0; depth < this.#levels.length; depth += 1) {
      const word = at >>> 5;
      const above = ((this.#levels[depth] as Int32Array)[word] ?? 0) & (-1 << (at & 31));
      if (above !== 0) return this.#descend(depth, word, above, false);
      at = word + 1;
    }
    return this.#bound;
  }

  #descend(from: number, word: number, bits: number, highest: boolean): number {
    let at = word * WORD_BITS + pick(bits, highest);
    for (let depth = from - 1; depth >= 0; depth -= 1) {
      at = at * WORD_BITS + pick((this.#levels[depth] as Int32Array)[at] as number, highest);
    }
    return at;
  }
}

function pick(bits: number, highest: boolean): number {
  return 31 - Math.clz32(highest ? bits : bits & -bits);
}
