import type { ExtentRun } from './extent-run.ts';

/** No extent crosses a multiple of this (1 TiB of pages), so that places and lengths inside a block fit 32 bits on a disk of any size. */
const SEGMENT_PAGES = 2 ** 31;
/** Places in the array that one extent takes: start (from the block's base), length, write number. */
const STRIDE = 3;
const BLOCK_EXTENTS_MAX = 1_024;
/** A block grows by this many extents at most: slack costs memory in every block, copying costs little. */
const BLOCK_GROWTH_MAX = 48;

/** Up to 1,024 extents of one segment in one typed array: 12 bytes an extent. */
type Block = { readonly base: number; extents: Uint32Array; count: number };

/** Told of each piece that a new write or clear takes away. */
export type OnRemoved = (start: number, length: number, op: number) => void;

/**
 * A sorted map of disjoint extents: which pages hold data, and which write put it there.
 *
 * Shape:  a list of blocks in ascending order, each a small sorted array; like the leaves of a B-tree with one level above.
 * Units:  512-byte pages; `op` is a write number (see `Contents`), never 0.
 */
export class ExtentMap {
  #blocks: Block[] = [];

  /** Takes everything in [start, end) out, cutting extents that reach over the edges. */
  remove(start: number, end: number, onRemoved: OnRemoved): void {
    let at = this.#blockAt(start);
    while (at < this.#blocks.length) {
      const block = this.#blocks[at] as Block;
      if (firstStart(block) >= end) return;
      removeFromBlock(block, Math.max(0, start - block.base), Math.min(SEGMENT_PAGES, end - block.base), onRemoved);
      if (block.count === 0) {
        this.#blocks.splice(at, 1);
      } else {
        this.#splitIfFull(at, block);
        at += 1;
      }
    }
  }

  /** Adds an extent where nothing is: the caller has removed what was there. */
  insert(start: number, length: number, op: number): void {
    for (let from = start; from < start + length; ) {
      const base = Math.floor(from / SEGMENT_PAGES) * SEGMENT_PAGES;
      const until = Math.min(start + length, base + SEGMENT_PAGES);
      this.#insertInSegment(base, from - base, until - from, op);
      from = until;
    }
  }

  /** Adds to `run` the extents in [start, end) whose write number is above `above` and at most `upTo`, clipped, in order. */
  collect(run: ExtentRun, start: number, end: number, above: number, upTo: number): void {
    for (let at = this.#blockAt(start); at < this.#blocks.length; at += 1) {
      const block = this.#blocks[at] as Block;
      if (firstStart(block) >= end) return;
      const { base, extents, count } = block;
      const from = Math.max(0, start - base);
      const until = Math.min(SEGMENT_PAGES, end - base);
      for (let i = firstEndingAfter(block, from) * STRIDE; i < count * STRIDE; i += STRIDE) {
        const first = extents[i] as number;
        if (first >= until) break;
        const op = extents[i + 2] as number;
        if (op <= above || op > upTo) continue;
        const clippedStart = Math.max(first, from);
        const last = first + (extents[i + 1] as number);
        run.push(base + clippedStart, Math.min(last, until) - clippedStart, op);
      }
    }
  }

  /** Gives back the room that was kept for growth: for a map that will not change often any more. */
  compact(): void {
    for (const block of this.#blocks) {
      if (block.extents.length > block.count * STRIDE) block.extents = block.extents.slice(0, block.count * STRIDE);
    }
  }

  /** The last block that starts at or before the page, else the first one. */
  #blockAt(page: number): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (firstStart(this.#blocks[middle] as Block) <= page) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #insertInSegment(base: number, start: number, length: number, op: number): void {
    let at = this.#blockAt(base + start);
    let block = this.#blocks[at];
    if (block?.base !== base) {
      // The block found lies in an earlier or a later segment: this extent is the first, or comes before the first, of its own.
      if (block !== undefined && block.base < base) at += 1;
      block = this.#blocks[at];
      if (block?.base !== base) {
        block = { base, extents: new Uint32Array(STRIDE * 4), count: 0 };
        this.#blocks.splice(at, 0, block);
      }
    }
    insertInBlock(block, firstEndingAfter(block, start), start, length, op);
    this.#splitIfFull(at, block);
  }

  #splitIfFull(at: number, block: Block): void {
    if (block.count < BLOCK_EXTENTS_MAX) return;
    // Extents that come in ascending order fill their blocks: only the last quarter goes into the new one.
    const kept = (BLOCK_EXTENTS_MAX * 3) / 4;
    const right: Block = {
      base: block.base,
      extents: block.extents.slice(kept * STRIDE, block.count * STRIDE),
      count: block.count - kept,
    };
    block.extents = block.extents.slice(0, kept * STRIDE);
    block.count = kept;
    this.#blocks.splice(at + 1, 0, right);
  }
}

function firstStart(block: Block): number {
  return block.base + (block.extents[0] as number);
}

/** Index of the first extent of the block that ends after the place, `count` when none does. */
function firstEndingAfter(block: Block, place: number): number {
  const extents = block.extents;
  let low = 0;
  let high = block.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((extents[middle * STRIDE] as number) + (extents[middle * STRIDE + 1] as number) <= place) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insertInBlock(block: Block, index: number, start: number, length: number, op: number): void {
  const used = block.count * STRIDE;
  if (used === block.extents.length) {
    const grown = new Uint32Array(used + STRIDE * Math.min(BLOCK_GROWTH_MAX, Math.max(4, block.count)));
    grown.set(block.extents);
    block.extents = grown;
  }
  const at = index * STRIDE;
  block.extents.copyWithin(at + STRIDE, at, used);
  block.extents[at] = start;
  block.extents[at + 1] = length;
  block.extents[at + 2] = op;
  block.count += 1;
}

/** Takes [start, end), counted from the block's base, out of one block. */
function removeFromBlock(block: Block, start: number, end: number, onRemoved: OnRemoved): void {
  const { base, extents } = block;
  let index = firstEndingAfter(block, start);
  const edge = index * STRIDE;
  const edgeStart = extents[edge] as number;
  if (index < block.count && edgeStart < start) {
    const edgeEnd = edgeStart + (extents[edge + 1] as number);
    const op = extents[edge + 2] as number;
    extents[edge + 1] = start - edgeStart;
    onRemoved(base + start, Math.min(edgeEnd, end) - start, op);
    index += 1;
    if (edgeEnd > end) {
      insertInBlock(block, index, end, edgeEnd - end, op);
      return;
    }
  }
  let gone = index;
  for (; gone < block.count; gone += 1) {
    const at = gone * STRIDE;
    const first = extents[at] as number;
    if (first >= end) break;
    const last = first + (extents[at + 1] as number);
    onRemoved(base + first, Math.min(last, end) - first, extents[at + 2] as number);
    if (last > end) {
      extents[at] = end;
      extents[at + 1] = last - end;
      break;
    }
  }
  if (gone === index) return;
  extents.copyWithin(index * STRIDE, gone * STRIDE, block.count * STRIDE);
  block.count -= gone - index;
}
