/** The unit in which bytes are tracked: a page blob's page. Source: learn.microsoft.com/rest/api/storageservices/get-page-ranges. */
export const PAGE_BYTES = 512;
const PAGE_WORDS = PAGE_BYTES / 4;
/** Write numbers are handed out in groups of this many, so that the seed behind a write is a look-up in a short table. */
const GROUP_WRITES = 1_024;
const WRITE_NUMBER_MAX = 2 ** 32 - 1;

/** Hands out a volume's write numbers, each greater than the one before. */
export type Writer = {
  /** The number last handed out; at first the greatest that any volume of the line had then. */
  last(): number;
  next(): number;
};

/**
 * What the writes of a volume, and of all volumes made from its snapshots, put on their pages.
 *
 * A seeded write keeps nothing: its pages are computed from seed, write number and page when they are read, each page by itself.
 * Literal bytes (a file's image, bytes given by a caller) are kept as long as any volume of the line lives.
 */
export class Contents {
  /** By group of write numbers: the seed of the volume that wrote, and how many writes it had made before. */
  readonly #seeds: number[] = [0];
  readonly #writesBefore: number[] = [0];
  readonly #literals = new Map<number, { startPage: number; bytes: Uint8Array }>();

  writer(seed: number): Writer {
    let last = this.#seeds.length * GROUP_WRITES - 1;
    let written = 0;
    return {
      last: () => last,
      next: () => {
        if (written % GROUP_WRITES === 0) last = this.#newGroup(seed, written);
        else last += 1;
        written += 1;
        return last;
      },
    };
  }

  /** Keeps the bytes of a literal write; the array must not change afterwards. */
  keep(op: number, startPage: number, bytes: Uint8Array): void {
    this.#literals.set(op, { startPage, bytes });
  }

  /** Puts `pages` pages of a write, from page `page` on, into `words` at `at`. */
  fill(words: Uint32Array, at: number, page: number, pages: number, op: number): void {
    const literal = this.#literals.get(op);
    if (literal !== undefined) {
      const from = (page - literal.startPage) * PAGE_BYTES;
      const target = new Uint8Array(words.buffer, words.byteOffset + at * 4, pages * PAGE_BYTES);
      target.set(literal.bytes.subarray(from, from + pages * PAGE_BYTES));
      return;
    }
    const group = Math.floor(op / GROUP_WRITES);
    const seed = this.#seeds[group] ?? 0;
    // One after another, not side by side: seed 1, write 2 must not be seed 2, write 1.
    const key = mix(
      mix(mix(seed) + Math.floor(seed / 2 ** 32)) + (this.#writesBefore[group] ?? 0) + (op % GROUP_WRITES),
    );
    for (let i = 0; i < pages; i += 1) fillPage(words, at + i * PAGE_WORDS, key, page + i);
  }

  #newGroup(seed: number, writesBefore: number): number {
    const first = this.#seeds.length * GROUP_WRITES;
    if (first + GROUP_WRITES > WRITE_NUMBER_MAX) throw new Error('too many writes on one line of disks');
    this.#seeds.push(seed);
    this.#writesBefore.push(writesBefore);
    return first;
  }
}

/** Two xorshift32 sequences side by side: the two do not wait for each other, and 64 bits of state keep pages apart. */
function fillPage(words: Uint32Array, at: number, key: number, page: number): void {
  const low = mix(key ^ (page | 0));
  let x = low | 1;
  let y = mix(low ^ Math.imul(Math.floor(page / 2 ** 32) + 1, 0x9e3779b1) ^ Math.imul(key, 0x85ebca6b)) | 1;
  for (let i = at; i < at + PAGE_WORDS; i += 2) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    y ^= y << 13;
    y ^= y >>> 17;
    y ^= y << 5;
    words[i] = x;
    words[i + 1] = y;
  }
}

/** Spreads the low 32 bits of a number over 32 bits. Source: the finaliser of MurmurHash3 (public domain). */
export function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
