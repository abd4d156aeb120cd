import type { Writer } from './contents.ts';
import { PAGE_BYTES } from './contents.ts';
import { ExtentRun } from './extent-run.ts';
import { familyIdOf } from './family-id.ts';
import { History } from './history.ts';
import { SnapshotBytes } from './snapshot-bytes.ts';

/** A snapshot that cannot follow those copied before. */
export class CopyOrderError extends Error {
  override readonly name = 'CopyOrderError';
  readonly reason: 'not incremental' | 'older than one that was copied' | 'of another line of disks';

  constructor(reason: CopyOrderError['reason']) {
    super(`this snapshot cannot be copied: ${reason}`);
    this.reason = reason;
  }
}

/**
 * The copies of one chain in another region: a family of its own, in which the first copy holds everything and each later one what changed since
 * the copy before, also where the snapshots between, or that one itself, are gone.
 *
 * It shares the contents of the chain it follows, and its write numbers: so nothing is read or kept twice.
 */
export class SnapshotCopies {
  readonly #familyId: string;
  #history: History | null = null;
  #cut = 0;

  constructor(seed: number) {
    this.#familyId = familyIdOf(seed);
  }

  get familyId(): string {
    return this.#familyId;
  }

  /** Errors: CopyOrderError for a full snapshot, one taken before the last that was copied, or one of other contents. */
  copy(source: SnapshotBytes): SnapshotBytes {
    const cut = source.cut;
    if (cut === null) throw new CopyOrderError('not incremental');
    if (cut < this.#cut) throw new CopyOrderError('older than one that was copied');
    const wanted = source.extents(0, source.sizeBytes / PAGE_BYTES);
    if (this.#history === null) this.#history = new History(source.contents, this.#writer(), new ExtentRun());
    else if (this.#history.contents !== source.contents) throw new CopyOrderError('of another line of disks');
    this.#cut = cut;
    this.#history.become(wanted);
    return SnapshotBytes.incremental(this.#history, source.sizeBytes, this.#familyId);
  }

  /** The writes are those of the chain that is followed: none is made here. */
  #writer(): Writer {
    return {
      last: () => this.#cut,
      next: () => {
        throw new Error('a copy is not written to');
      },
    };
  }
}
