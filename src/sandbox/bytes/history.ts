import type { Contents, Writer } from './contents.ts';
import { ExtentMap } from './extent-map.ts';
import { ExtentRun } from './extent-run.ts';
import { RangeList } from './range-list.ts';
import { CLEARED_OP, differenceOf } from './run-difference.ts';

/** One kept incremental snapshot of a volume. */
export type Moment = {
  /** The last write number that this moment has seen. */
  readonly cut: number;
  /** What this moment had and lost before the next kept moment: extents with write numbers up to `cut`. */
  readonly lostAfter: ExtentMap;
  /** Pages that the moment before does not hold in this form: what is billed for this one. */
  storedPages: number;
  readonly usedPages: number;
  readonly sizeBytes: number;
};

/**
 * The states of one volume through time: what it holds now, and what each kept moment held.
 *
 * Every version of a page is kept once: in `now` while it is the newest, then, if a moment still shows it, in `lostAfter` of the newest
 * moment that does. Write numbers only grow, so a version's number tells since when it is there, its place tells until when:
 *   state of moment m          = what `now` and `lostAfter` of m and all later moments hold with a number up to m's cut
 *   written from a to b, at b  = the same for b, with numbers above a's cut
 *   lost from a to b           = `lostAfter` of a and of the moments between, with numbers up to a's cut
 * All three are disjoint by themselves, so reading a state, a difference or an account is one pass without any merging of layers.
 */
export class History {
  readonly #contents: Contents;
  readonly #writer: Writer;
  readonly #now = new ExtentMap();
  /** Oldest first. */
  readonly #moments: Moment[] = [];
  #usedPages = 0;
  /** Of the pages held now, those that no moment shows in this form: what the next moment will be billed for. */
  #pendingPages = 0;

  constructor(contents: Contents, writer: Writer, inherited: ExtentRun | null) {
    this.#contents = contents;
    this.#writer = writer;
    if (inherited === null) return;
    for (let i = 0; i < inherited.count; i += 1) {
      this.#now.insert(inherited.starts[i] as number, inherited.lengths[i] as number, inherited.ops[i] as number);
      this.#usedPages += inherited.lengths[i] as number;
    }
    this.#now.compact();
    this.#pendingPages = this.#usedPages;
  }

  get contents(): Contents {
    return this.#contents;
  }

  get usedPages(): number {
    return this.#usedPages;
  }

  /** One write over [start, end); answers its number. Ranges of one write may be given one after another with the same number. */
  write(start: number, end: number, op: number = this.#writer.next()): number {
    this.clear(start, end);
    this.#now.insert(start, end - start, op);
    this.#usedPages += end - start;
    this.#pendingPages += end - start;
    return op;
  }

  clear(start: number, end: number): void {
    const newest = this.#moments.at(-1);
    this.#now.remove(start, end, (from, length, op) => {
      this.#usedPages -= length;
      if (newest !== undefined && op <= newest.cut) newest.lostAfter.insert(from, length, op);
      else this.#pendingPages -= length;
    });
  }

  /** Writes and clears what brings the volume to `wanted`, whose writes are of the same contents: pages that are right already stay untouched. */
  become(wanted: ExtentRun): void {
    const pieces = differenceOf(this.extents(null, 0, Number.POSITIVE_INFINITY), wanted);
    for (let i = 0; i < pieces.count; i += 1) {
      const start = pieces.starts[i] as number;
      const end = start + (pieces.lengths[i] as number);
      const op = pieces.ops[i] as number;
      if (op === CLEARED_OP) this.clear(start, end);
      else this.write(start, end, op);
    }
  }

  keepMoment(sizeBytes: number): Moment {
    this.#moments.at(-1)?.lostAfter.compact();
    const moment = {
      cut: this.#writer.last(),
      lostAfter: new ExtentMap(),
      storedPages: this.#pendingPages,
      usedPages: this.#usedPages,
      sizeBytes,
    };
    this.#pendingPages = 0;
    this.#moments.push(moment);
    return moment;
  }

  /** Forgets a moment. What the next one (or the volume) still needs of its account moves there; what only it showed is gone. */
  forget(moment: Moment): void {
    const at = this.#indexOf(moment);
    const before = this.#moments[at - 1];
    const next = this.#moments[at + 1];
    const lost = new ExtentRun();
    moment.lostAfter.collect(lost, 0, Number.POSITIVE_INFINITY, 0, moment.cut);
    let gonePages = 0;
    for (let i = 0; i < lost.count; i += 1) {
      const op = lost.ops[i] as number;
      const length = lost.lengths[i] as number;
      if (before !== undefined && op <= before.cut) before.lostAfter.insert(lost.starts[i] as number, length, op);
      else gonePages += length;
    }
    const movedPages = moment.storedPages - gonePages;
    if (next === undefined) {
      this.#pendingPages += movedPages;
    } else {
      next.storedPages += movedPages;
      before?.lostAfter.compact();
    }
    this.#moments.splice(at, 1);
  }

  /** The extents of a state in [start, end), in order: of a moment, or with null of the volume now. */
  extents(moment: Moment | null, start: number, end: number): ExtentRun {
    return this.#visible(moment, start, end, 0);
  }

  /** What differs at `later` from `earlier` in [start, end), or why that cannot be said. */
  changes(
    earlier: Moment,
    later: Moment,
    start: number,
    end: number,
  ): { written: RangeList; cleared: RangeList } | 'earlier is newer' {
    const from = this.#indexOf(earlier);
    const to = this.#indexOf(later);
    if (from > to) return 'earlier is newer';
    const written = RangeList.fromRun(this.#visible(later, start, end, earlier.cut));
    const lost = new ExtentRun();
    for (let at = from; at < to; at += 1) this.#moments[at]?.lostAfter.collect(lost, start, end, 0, earlier.cut);
    return { written, cleared: RangeList.fromRun(lost.sort()).without(written) };
  }

  /** True while the moment is kept in this history. */
  has(moment: Moment): boolean {
    return this.#moments.includes(moment);
  }

  #visible(moment: Moment | null, start: number, end: number, above: number): ExtentRun {
    const run = new ExtentRun();
    if (moment === null) {
      this.#now.collect(run, start, end, above, Number.POSITIVE_INFINITY);
      return run;
    }
    this.#now.collect(run, start, end, above, moment.cut);
    for (let at = this.#indexOf(moment); at < this.#moments.length; at += 1) {
      this.#moments[at]?.lostAfter.collect(run, start, end, above, moment.cut);
    }
    return run.sort();
  }

  #indexOf(moment: Moment): number {
    const at = this.#moments.indexOf(moment);
    if (at < 0) throw new Error('this snapshot has been removed');
    return at;
  }
}
