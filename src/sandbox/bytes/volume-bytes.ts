import { Contents, PAGE_BYTES } from './contents.ts';
import type { ExtentRun } from './extent-run.ts';
import { familyIdOf } from './family-id.ts';
import { History } from './history.ts';
import { RangeList } from './range-list.ts';
import { readImage } from './read-image.ts';
import { type ByteRange, pagesTouched, readBytes, toByteRanges, wholePages } from './read-pages.ts';
import { SnapshotBytes } from './snapshot-bytes.ts';

/**
 * What a disk holds when it is made: nothing; pages of seeded content; or a raw image file, `.gz` allowed, of which only the blocks that
 * are not zero are allocated.
 */
export type BytesSource =
  | { kind: 'empty' }
  | { kind: 'seeded'; allocated: readonly ByteRange[] }
  | { kind: 'image'; path: string };

/**
 * The bytes of a disk: sparse, up to petabytes of address space, copy on write.
 *
 * Units:  bytes; changes are aligned to 512. Errors: RangeError outside the disk or not aligned.
 */
export class VolumeBytes {
  readonly #history: History;
  readonly #familyId: string;
  #sizeBytes: number;

  constructor(options: {
    sizeBytes: number;
    seed: number;
    source?: BytesSource;
    inherited?: { contents: Contents; extents: ExtentRun };
  }) {
    assertSize(options.sizeBytes);
    this.#sizeBytes = options.sizeBytes;
    const contents = options.inherited?.contents ?? new Contents();
    this.#history = new History(contents, contents.writer(options.seed), options.inherited?.extents ?? null);
    this.#familyId = familyIdOf(options.seed);
    this.#fillFrom(options.source ?? { kind: 'empty' });
  }

  /** A disk with the bytes of a snapshot; independent of it: either may change or go without the other. */
  static fromSnapshot(snapshot: SnapshotBytes, sizeBytes: number, seed: number): VolumeBytes {
    if (sizeBytes < snapshot.sizeBytes) throw new RangeError('a disk cannot be smaller than its snapshot');
    const extents = snapshot.extents(0, snapshot.sizeBytes / PAGE_BYTES);
    return new VolumeBytes({ sizeBytes, seed, inherited: { contents: snapshot.contents, extents } });
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  grow(sizeBytes: number): void {
    assertSize(sizeBytes);
    if (sizeBytes < this.#sizeBytes) throw new RangeError('a disk cannot shrink');
    this.#sizeBytes = sizeBytes;
  }

  /** Writes content that is derived from the seed and the number of this write, and made only when it is read. */
  writeSeeded(offset: number, length: number): void {
    const span = wholePages(offset, length, this.#sizeBytes);
    if (span.end > span.start) this.#history.write(span.start, span.end);
  }

  writeBytes(offset: number, bytes: Uint8Array): void {
    const span = wholePages(offset, bytes.length, this.#sizeBytes);
    if (span.end > span.start)
      this.#history.contents.keep(this.#history.write(span.start, span.end), span.start, bytes.slice());
  }

  /** Frees a range, as TRIM does: it reads as zero and is no longer allocated. */
  clear(offset: number, length: number): void {
    const span = wholePages(offset, length, this.#sizeBytes);
    if (span.end > span.start) this.#history.clear(span.start, span.end);
  }

  read(offset: number, length: number): Uint8Array {
    const span = pagesTouched(offset, length, this.#sizeBytes);
    return readBytes(this.#history.contents, this.#history.extents(null, span.start, span.end), span, offset, length);
  }

  /** As `SnapshotBytes.allocated`. */
  allocated(offset: number, length: number): ByteRange[] {
    const span = pagesTouched(offset, length, this.#sizeBytes);
    return toByteRanges(RangeList.fromRun(this.#history.extents(null, span.start, span.end)));
  }

  snapshot(options: { incremental: boolean }): SnapshotBytes {
    if (options.incremental) return SnapshotBytes.incremental(this.#history, this.#sizeBytes, this.#familyId);
    return SnapshotBytes.full(this.#history, this.#sizeBytes);
  }

  /** All bytes allocated now. */
  usedBytes(): number {
    return this.#history.usedPages * PAGE_BYTES;
  }

  #fillFrom(source: BytesSource): void {
    if (source.kind === 'seeded') {
      let op: number | undefined;
      for (const range of source.allocated) {
        const span = wholePages(range.offset, range.length, this.#sizeBytes);
        if (span.end > span.start) op = this.#history.write(span.start, span.end, op);
      }
    } else if (source.kind === 'image') {
      for (const piece of readImage(source.path)) this.writeBytes(piece.offset, piece.bytes);
    }
  }
}

function assertSize(sizeBytes: number): void {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0 || sizeBytes % PAGE_BYTES !== 0) {
    throw new RangeError(`a disk's size is a multiple of ${PAGE_BYTES} bytes, not ${sizeBytes}`);
  }
}
