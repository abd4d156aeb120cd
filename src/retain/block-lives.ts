import { OrderedSet } from './ordered-set.ts';
import { BoundaryBuffer } from './sort-boundaries.ts';

/**
 * Ranges of a disk: offset, length, offset, length, and so on; ascending, without overlap, no length of zero.
 *
 * Units: bytes.
 */
export type Ranges = Float64Array;

/** What changed on a disk from one snapshot of its chain to the next one: the two lists do not overlap. */
export interface Extents {
  readonly written: Ranges;
  readonly cleared: Ranges;
}

/**
 * The bytes of a chain by the snapshots that show them: entry e says that `bytes[e]` were written for snapshot `from[e]` (the first that shows them)
 * and stand until snapshot `until[e]`, the first that no longer does (`snapshots` where they stand to the end). This is A[k][n] of the contract.
 *
 * Shape: snapshots are numbered from 0, the oldest; every pair occurs once, or several times where the chain is longer than Azure's.
 * Units: bytes.
 */
export interface BlockLives {
  readonly snapshots: number;
  readonly from: Int32Array;
  readonly until: Int32Array;
  readonly bytes: Float64Array;
}

/**
 * Follows every block of a disk through its writes and clears, at the granularity of the ranges themselves.
 * One sweep over the disk: at each offset the snapshots that wrote or cleared there stand in an ordered set, and only neighbours are paired.
 *
 * Shape: `chain[0]` is the oldest snapshot; what it shows counts as written.
 */
export function followBlocks(chain: readonly Extents[]): BlockLives {
  const sweep = new Sweep(chain.length);
  const cursor = chain.map(() => ({ write: 0, clear: 0 }));
  const buffer = new BoundaryBuffer();
  let from = 0;
  for (const to of windowEnds(chain)) {
    buffer.count = 0;
    for (let snapshot = 0; snapshot < chain.length; snapshot += 1) {
      collect(chain[snapshot] as Extents, cursor[snapshot] as Cursor, snapshot * 2, to, buffer);
    }
    buffer.sort(from);
    sweep.pass(buffer);
    from = to;
  }
  return sweep.lives.finish();
}

/** How far the two lists of one snapshot are read: an even number stands before a range's start, an odd one before its end. */
interface Cursor {
  write: number;
  clear: number;
}

/** Boundaries that a window holds on average: small enough to be sorted within the processor's caches. */
const WINDOW_BOUNDARIES = 16_384;

/** Cuts the disk into windows of about as many boundaries each, by a sample. */
function windowEnds(chain: readonly Extents[]): readonly number[] {
  const sample: number[] = [];
  let skipped = 0;
  for (const { written, cleared } of chain) {
    for (const ranges of [written, cleared]) {
      let at = (WINDOW_BOUNDARIES >> 3) - skipped;
      for (; at < ranges.length; at += WINDOW_BOUNDARIES >> 3) sample.push(ranges[at & ~1] as number);
      skipped = ranges.length - (at - (WINDOW_BOUNDARIES >> 3));
    }
  }
  sample.sort((a, b) => a - b);
  const ends = sample.filter((_, at) => at % 8 === 7);
  return [...ends, Number.POSITIVE_INFINITY];
}

/** Adds a snapshot's boundaries below `to`, in order. Where a range ends and the next one starts, the end comes first. The tag of a clear is one higher. */
function collect({ written, cleared }: Extents, cursor: Cursor, tag: number, to: number, buffer: BoundaryBuffer): void {
  let { write, clear } = cursor;
  let nextWrite = boundary(written, write);
  let nextClear = boundary(cleared, clear);
  while (nextWrite < to || nextClear < to) {
    if (nextWrite < nextClear || (nextWrite === nextClear && write % 2 === 1)) {
      buffer.add(nextWrite, tag);
      write += 1;
      nextWrite = boundary(written, write);
    } else {
      buffer.add(nextClear, tag + 1);
      clear += 1;
      nextClear = boundary(cleared, clear);
    }
  }
  cursor.write = write;
  cursor.clear = clear;
}

function boundary(ranges: Ranges, at: number): number {
  if (at >= ranges.length) return Number.POSITIVE_INFINITY;
  return at % 2 === 0 ? (ranges[at] as number) : (ranges[at - 1] as number) + (ranges[at] as number);
}

/** The state of the sweep at one offset: which snapshots wrote or cleared there, and since which offset each stands beside its present successor. */
class Sweep {
  readonly lives: LifeCounter;
  readonly #active: OrderedSet;
  readonly #since: Float64Array;
  readonly #clears: Uint8Array;

  constructor(snapshots: number) {
    this.lives = new LifeCounter(snapshots);
    this.#active = new OrderedSet(snapshots);
    this.#since = new Float64Array(snapshots);
    this.#clears = new Uint8Array(snapshots);
  }

  /** Passes sorted boundaries: at each one a range of its snapshot starts, or ends if it is open. Written out flat: it runs for every boundary of a disk. */
  pass({ offsets, tags, count }: BoundaryBuffer): void {
    const active = this.#active;
    const since = this.#since;
    const clears = this.#clears;
    const lives = this.lives;
    for (let at = 0; at < count; at += 1) {
      const offset = offsets[at] as number;
      const tag = tags[at] as number;
      const snapshot = tag >>> 1;
      const previous = active.before(snapshot);
      const next = active.after(snapshot);
      const ends = active.has(snapshot);
      // Up to here a snapshot's write was followed by that of its neighbour: count it, and start anew beside the next neighbour.
      if (previous >= 0) {
        if (clears[previous] === 0) lives.add(previous, ends ? snapshot : next, offset - (since[previous] as number));
        since[previous] = offset;
      }
      if (ends) {
        if (clears[snapshot] === 0) lives.add(snapshot, next, offset - (since[snapshot] as number));
        active.delete(snapshot);
      } else {
        since[snapshot] = offset;
        clears[snapshot] = tag & 1;
        active.add(snapshot);
      }
    }
  }
}

/** Chains up to this length are summed in a square; Azure allows 500. */
const SQUARE_LIMIT = 1024;

/** Sums bytes by (from, until). */
class LifeCounter {
  readonly #snapshots: number;
  readonly #square: Float64Array | null;
  #from = new Int32Array(1024);
  #until = new Int32Array(1024);
  #bytes = new Float64Array(1024);
  #count = 0;

  constructor(snapshots: number) {
    this.#snapshots = snapshots;
    this.#square = snapshots <= SQUARE_LIMIT ? new Float64Array(snapshots * (snapshots + 1)) : null;
  }

  add(from: number, until: number, bytes: number): void {
    if (this.#square) {
      const cell = from * (this.#snapshots + 1) + until;
      this.#square[cell] = (this.#square[cell] as number) + bytes;
    } else if (bytes > 0) this.#append(from, until, bytes);
  }

  finish(): BlockLives {
    const width = this.#snapshots + 1;
    for (let cell = 0; cell < (this.#square?.length ?? 0); cell += 1) {
      const bytes = (this.#square as Float64Array)[cell] as number;
      if (bytes > 0) this.#append(Math.floor(cell / width), cell % width, bytes);
    }
    return {
      snapshots: this.#snapshots,
      from: this.#from.slice(0, this.#count),
      until: this.#until.slice(0, this.#count),
      bytes: this.#bytes.slice(0, this.#count),
    };
  }

  #append(from: number, until: number, bytes: number): void {
    if (this.#count === this.#bytes.length) {
      const grown = this.#count * 2;
      const [oldFrom, oldUntil, oldBytes] = [this.#from, this.#until, this.#bytes];
      this.#from = new Int32Array(grown);
      this.#until = new Int32Array(grown);
      this.#bytes = new Float64Array(grown);
      this.#from.set(oldFrom);
      this.#until.set(oldUntil);
      this.#bytes.set(oldBytes);
    }
    this.#from[this.#count] = from;
    this.#until[this.#count] = until;
    this.#bytes[this.#count] = bytes;
    this.#count += 1;
  }
}
