/**
 * A growable run of extents in three typed arrays: what a search in an extent map yields.
 *
 * Shape:  `count` extents, extent i covers pages `starts[i]` to `starts[i] + lengths[i]` and was written by `ops[i]`.
 * Units:  512-byte pages.
 */
export class ExtentRun {
  count = 0;
  starts = new Float64Array(64);
  lengths = new Uint32Array(64);
  ops = new Uint32Array(64);
  #ascending = true;
  #lastEnd = 0;

  /** Adds one extent at the end, in any order: `sort` puts them right. */
  push(start: number, length: number, op: number): void {
    if (this.count === this.starts.length) this.#enlarge();
    this.starts[this.count] = start;
    this.lengths[this.count] = length;
    this.ops[this.count] = op;
    this.count += 1;
    if (start < this.#lastEnd) this.#ascending = false;
    this.#lastEnd = start + length;
  }

  /** Sorts by start. The extents come as some ascending stretches, one a source, of very different lengths. */
  sort(): this {
    if (this.#ascending) return this;
    const spare = new ExtentRun();
    spare.#reserve(this.count);
    sortStretches(this, spare, this.#stretches());
    this.#ascending = true;
    return this;
  }

  #stretches(): number[] {
    const bounds = [0];
    const starts = this.starts;
    for (let i = 1; i < this.count; i += 1) {
      if ((starts[i] as number) < (starts[i - 1] as number)) bounds.push(i);
    }
    bounds.push(this.count);
    return bounds;
  }

  #enlarge(): void {
    this.#reserve(this.starts.length * 2);
  }

  #reserve(capacity: number): void {
    if (capacity <= this.starts.length) return;
    const starts = new Float64Array(capacity);
    starts.set(this.starts);
    this.starts = starts;
    const lengths = new Uint32Array(capacity);
    lengths.set(this.lengths);
    this.lengths = lengths;
    const ops = new Uint32Array(capacity);
    ops.set(this.ops);
    this.ops = ops;
  }
}

/** Merges what lies between the bounds, halved by extents and not by stretches: the long ones are gone through once or twice, not each time. */
function sortStretches(run: ExtentRun, spare: ExtentRun, bounds: readonly number[]): void {
  const low = bounds[0] ?? 0;
  const high = bounds.at(-1) ?? low;
  if (bounds.length <= 2) return;
  let split = 1;
  while (split < bounds.length - 2 && (bounds[split] as number) < (low + high) / 2) split += 1;
  sortStretches(run, spare, bounds.slice(0, split + 1));
  sortStretches(run, spare, bounds.slice(split));
  mergeStretches(run, spare, low, bounds[split] as number, high);
  run.starts.set(spare.starts.subarray(low, high), low);
  run.lengths.set(spare.lengths.subarray(low, high), low);
  run.ops.set(spare.ops.subarray(low, high), low);
}

function mergeStretches(from: ExtentRun, to: ExtentRun, low: number, middle: number, high: number): void {
  let a = low;
  let b = middle;
  for (let at = low; at < high; at += 1) {
    const takeA = a < middle && (b >= high || (from.starts[a] as number) < (from.starts[b] as number));
    const source = takeA ? a++ : b++;
    to.starts[at] = from.starts[source] as number;
    to.lengths[at] = from.lengths[source] as number;
    to.ops[at] = from.ops[source] as number;
  }
}
