import { type Contents, PAGE_BYTES } from './contents.ts';
import { ExtentMap } from './extent-map.ts';
import { ExtentRun } from './extent-run.ts';
import type { History, Moment } from './history.ts';
import { type ChangedRange, Listing } from './listing.ts';
import { RangeList } from './range-list.ts';
import { type ByteRange, pagesTouched, readBytes, toByteRanges } from './read-pages.ts';

/** Two snapshots between which no difference can be told. */
export class NotComparableError extends Error {
  override readonly name = 'NotComparableError';
  readonly reason: 'not incremental' | 'other family' | 'previous is newer';

  constructor(reason: NotComparableError['reason']) {
    super(`no difference between these snapshots: ${reason}`);
    this.reason = reason;
  }
}

type Kept =
  | { kind: 'incremental'; history: History; moment: Moment; familyId: string }
  | { kind: 'full'; contents: Contents; extents: ExtentMap; usedPages: number };

/** What a volume held at one moment. Made by `VolumeBytes.snapshot`. */
export class SnapshotBytes {
  readonly sizeBytes: number;
  /** Shared by all incremental snapshots of one volume; null for a full snapshot. */
  readonly familyId: string | null;
  readonly #kept: Kept;
  #removed = false;

  private constructor(kept: Kept, sizeBytes: number) {
    this.#kept = kept;
    this.sizeBytes = sizeBytes;
    this.familyId = kept.kind === 'incremental' ? kept.familyId : null;
  }

  static incremental(history: History, sizeBytes: number, familyId: string): SnapshotBytes {
    return new SnapshotBytes(
      { kind: 'incremental', history, moment: history.keepMoment(sizeBytes), familyId },
      sizeBytes,
    );
  }

  static full(history: History, sizeBytes: number): SnapshotBytes {
    const run = history.extents(null, 0, sizeBytes / PAGE_BYTES);
    const extents = new ExtentMap();
    for (let i = 0; i < run.count; i += 1)
      extents.insert(run.starts[i] as number, run.lengths[i] as number, run.ops[i] as number);
    extents.compact();
    return new SnapshotBytes(
      { kind: 'full', contents: history.contents, extents, usedPages: history.usedPages },
      sizeBytes,
    );
  }

  /** What is billed for this snapshot now: its own account with what removed neighbours left to it; for a full one all it holds. Bytes. */
  storedBytes(): number {
    this.#assertKept();
    return (this.#kept.kind === 'incremental' ? this.#kept.moment.storedPages : this.#kept.usedPages) * PAGE_BYTES;
  }

  /** All bytes allocated at this moment. */
  usedBytes(): number {
    return (this.#kept.kind === 'incremental' ? this.#kept.moment.usedPages : this.#kept.usedPages) * PAGE_BYTES;
  }

  read(offset: number, length: number): Uint8Array {
    const span = pagesTouched(offset, length, this.sizeBytes);
    return readBytes(this.contents, this.extents(span.start, span.end), span, offset, length);
  }

  /** The allocated ranges that the given one touches, cut to whole pages; sorted, neighbours merged. */
  allocated(offset: number, length: number): ByteRange[] {
    const span = pagesTouched(offset, length, this.sizeBytes);
    return toByteRanges(RangeList.fromRun(this.extents(span.start, span.end)));
  }

  /**
   * The true difference from an earlier snapshot of the family, neighbour or not: pages whose last change after it was a write, and
   * (`cleared`) pages allocated then and not now. Sorted; touching ranges of one kind merged.
   *
   * Errors: NotComparableError.
   */
  changedSince(previous: SnapshotBytes, offset: number, length: number): ChangedRange[] {
    return this.listing(previous, offset, length).slice(0, Number.POSITIVE_INFINITY).ranges;
  }

  /** The same, or without a previous snapshot what is allocated, to be gone through in parts. Errors: NotComparableError. */
  listing(previous: SnapshotBytes | null, offset: number, length: number): Listing {
    const span = pagesTouched(offset, length, this.sizeBytes);
    if (previous === null) return new Listing(RangeList.fromRun(this.extents(span.start, span.end)), new RangeList(0));
    this.#assertKept();
    previous.#assertKept();
    const earlier = previous.#kept;
    const later = this.#kept;
    if (earlier.kind === 'full' || later.kind === 'full') throw new NotComparableError('not incremental');
    if (earlier.history !== later.history) throw new NotComparableError('other family');
    const changes = later.history.changes(earlier.moment, later.moment, span.start, span.end);
    if (changes === 'earlier is newer') throw new NotComparableError('previous is newer');
    return new Listing(changes.written, changes.cleared);
  }

  /** Removes the snapshot, in any order: what the next one, or the volume, still needs is merged into it. */
  remove(): void {
    this.#assertKept();
    this.#removed = true;
    if (this.#kept.kind === 'incremental') this.#kept.history.forget(this.#kept.moment);
  }

  /** The last write number that an incremental snapshot has seen; null for a full one. Orders the snapshots of one chain and of its copies. */
  get cut(): number | null {
    this.#assertKept();
    return this.#kept.kind === 'incremental' ? this.#kept.moment.cut : null;
  }

  /** For volumes made from this snapshot: what lies behind its pages. */
  get contents(): Contents {
    return this.#kept.kind === 'incremental' ? this.#kept.history.contents : this.#kept.contents;
  }

  /** Units: pages. */
  extents(start: number, end: number): ExtentRun {
    this.#assertKept();
    if (this.#kept.kind === 'incremental') return this.#kept.history.extents(this.#kept.moment, start, end);
    const run = new ExtentRun();
    this.#kept.extents.collect(run, start, end, 0, Number.POSITIVE_INFINITY);
    return run;
  }

  #assertKept(): void {
    if (this.#removed) throw new Error('this snapshot has been removed');
  }
}
