import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digest, type SnapshotBytes, VolumeBytes } from '../../../src/sandbox/bytes/bytes.ts';
import { PerPageModel } from './per-page-model.ts';

const PAGE = 512;
const TIB = 2 ** 40;
const WINDOW_PAGES = 48;

type Step =
  | { kind: 'write' | 'literal' | 'clear'; page: number; pages: number }
  | { kind: 'snapshot' }
  | { kind: 'remove'; pick: number };

const change = fc.record({
  kind: fc.constantFrom('write' as const, 'write' as const, 'literal' as const, 'clear' as const),
  page: fc.nat(WINDOW_PAGES - 1),
  pages: fc.integer({ min: 1, max: 16 }),
});
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: change as fc.Arbitrary<Step> },
    { weight: 2, arbitrary: fc.constant<Step>({ kind: 'snapshot' }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('remove' as const), pick: fc.nat(1_000) }) as fc.Arbitrary<Step>,
    },
  ),
  { maxLength: 60 },
);

/** The disk and the model side by side; the window of pages in use starts at `base`. */
class Pair {
  readonly volume: VolumeBytes;
  readonly model = new PerPageModel();
  readonly snapshots: SnapshotBytes[] = [];
  readonly base: number;

  constructor(base: number) {
    this.base = base;
    this.volume = new VolumeBytes({ sizeBytes: base + WINDOW_PAGES * PAGE, seed: 7 });
  }

  do(step: Step): void {
    if (step.kind === 'snapshot') {
      this.snapshots.push(this.volume.snapshot({ incremental: true }));
      this.model.snapshot();
    } else if (step.kind === 'remove') {
      if (this.snapshots.length === 0) return;
      const index = step.pick % this.snapshots.length;
      this.snapshots.splice(index, 1)[0]?.remove();
      this.model.remove(index);
    } else {
      this.#change(step);
    }
  }

  #change(step: Extract<Step, { page: number }>): void {
    const pages = Math.min(step.pages, WINDOW_PAGES - step.page);
    const offset = this.base + step.page * PAGE;
    if (step.kind === 'clear') this.volume.clear(offset, pages * PAGE);
    else if (step.kind === 'write') this.volume.writeSeeded(offset, pages * PAGE);
    else this.volume.writeBytes(offset, new Uint8Array(pages * PAGE).fill(step.page + 1));
    for (let page = step.page; page < step.page + pages; page += 1) {
      if (step.kind === 'clear') this.model.clear(page);
      else this.model.write(page, hex(this.volume.read(this.base + page * PAGE, PAGE)));
    }
  }

  pagesOf(ranges: readonly { offset: number; length: number }[]): number[] {
    return ranges.flatMap((range) =>
      Array.from({ length: range.length / PAGE }, (_, i) => (range.offset - this.base) / PAGE + i),
    );
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function expectState(pair: Pair, state: VolumeBytes | SnapshotBytes, expected: Map<number, string>): void {
  expect(pair.pagesOf(state.allocated(0, state.sizeBytes))).toEqual([...expected.keys()].sort((a, b) => a - b));
  expect(state.usedBytes()).toBe(expected.size * PAGE);
  const bytes = state.read(pair.base, WINDOW_PAGES * PAGE);
  for (let page = 0; page < WINDOW_PAGES; page += 1) {
    expect(hex(bytes.subarray(page * PAGE, (page + 1) * PAGE))).toBe(expected.get(page) ?? '00'.repeat(PAGE));
  }
}

function expectSortedMerged(ranges: readonly { offset: number; length: number; cleared?: boolean }[]): void {
  for (let i = 1; i < ranges.length; i += 1) {
    const before = ranges[i - 1];
    const range = ranges[i];
    if (before === undefined || range === undefined) throw new Error('a hole in the list');
    const touching = before.offset + before.length === range.offset && before.cleared === range.cleared;
    expect(before.offset + before.length <= range.offset && !touching).toBe(true);
  }
}

describe.each([
  { name: 'at the start of a disk', base: 0 },
  { name: 'across 1 TiB', base: TIB - 24 * PAGE },
  { name: 'across 4 TiB', base: 4 * TIB - 8 * PAGE },
  { name: 'at the end of 32 TiB', base: 32 * TIB - WINDOW_PAGES * PAGE },
])('writes, clears, snapshots and removals in any order, $name', ({ base }) => {
  test('states, accounts and differences equal those of the per-page model', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const pair = new Pair(base);
        for (const step of list) pair.do(step);
        expectState(pair, pair.volume, pair.model.state);
        pair.snapshots.forEach((snapshot, index) => {
          expectState(pair, snapshot, pair.model.snapshots[index]?.state ?? new Map());
          expect(snapshot.storedBytes()).toBe(pair.model.storedPages(index) * PAGE);
          expectDifferences(pair, index);
        });
      }),
      { numRuns: 60 },
    );
  });

  test('the sum of what is written since the previous kept one is the sum that is billed', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const pair = new Pair(base);
        for (const step of list) pair.do(step);
        let written = 0;
        let billed = 0;
        pair.snapshots.forEach((snapshot, index) => {
          const previous = pair.snapshots[index - 1];
          const size = snapshot.sizeBytes;
          const ranges =
            previous === undefined
              ? snapshot.allocated(0, size)
              : snapshot.changedSince(previous, 0, size).filter((range) => !range.cleared);
          written += ranges.reduce((sum, range) => sum + range.length, 0);
          billed += snapshot.storedBytes();
        });
        expect(written).toBe(billed);
      }),
      { numRuns: 100 },
    );
  });
});

function expectDifferences(pair: Pair, later: number): void {
  const snapshot = pair.snapshots[later];
  for (let earlier = 0; earlier < later; earlier += 1) {
    const previous = pair.snapshots[earlier];
    if (snapshot === undefined || previous === undefined) throw new Error('no such snapshot');
    const ranges = snapshot.changedSince(previous, 0, snapshot.sizeBytes);
    expectSortedMerged(ranges);
    const pages = ranges.flatMap((range) => pair.pagesOf([range]).map((page) => ({ page, cleared: range.cleared })));
    expect(pages).toEqual(pair.model.changes(earlier, later));
  }
}

test('a difference over several moments is in order, whichever moment lost what first', () => {
  const pair = new Pair(0);
  pair.do({ kind: 'write', page: 0, pages: WINDOW_PAGES });
  for (const page of [40, 8, 20, 0]) {
    pair.do({ kind: 'snapshot' });
    pair.do({ kind: 'clear', page, pages: 2 });
  }
  pair.do({ kind: 'snapshot' });
  expectDifferences(pair, 4);
});

test('clones, full snapshots and their sources go their own ways', () => {
  fc.assert(
    fc.property(steps, steps, (before, after) => {
      const pair = new Pair(0);
      for (const step of before) pair.do(step);
      const incremental = pair.volume.snapshot({ incremental: true });
      pair.model.snapshot();
      pair.snapshots.push(incremental);
      const full = pair.volume.snapshot({ incremental: false });
      const clone = VolumeBytes.fromSnapshot(incremental, incremental.sizeBytes * 2, 8);
      const fromFull = VolumeBytes.fromSnapshot(full, full.sizeBytes, 9);
      const expected = pair.model.state;
      pair.model.state = new Map(expected);
      const digestThen = digest(pair.volume);
      for (const step of after) pair.do(step);
      for (const snapshot of pair.snapshots.splice(0)) snapshot.remove();
      expectState(pair, full, expected);
      expect([digest(full), digest(clone), digest(fromFull)]).toEqual([digestThen, digestThen, digestThen]);
      expect(full.storedBytes()).toBe(full.usedBytes());
      clone.writeSeeded(0, PAGE);
      expectState(pair, fromFull, expected);
      expect(clone.snapshot({ incremental: true }).storedBytes()).toBe(clone.usedBytes());
    }),
    { numRuns: 60 },
  );
});

test('thousands of ranges (blocks that split and empty) stay right', () => {
  const pages = 20_000;
  const volume = new VolumeBytes({ sizeBytes: 2 ** 50, seed: 1 });
  const states: { snapshot: SnapshotBytes; model: Int32Array }[] = [];
  const model = new Int32Array(pages);
  let state = 12_345;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let write = 1; write <= 30_000; write += 1) {
    const page = random(pages - 8);
    const count = 1 + random(3);
    if (random(4) === 0) volume.clear(page * PAGE, count * PAGE);
    else volume.writeSeeded(page * PAGE, count * PAGE);
    model.fill(0, page, page + count);
    if (volume.usedBytes() > 0 && volume.allocated(page * PAGE, PAGE).length > 0) model.fill(write, page, page + count);
    if (write % 7_000 === 0) {
      volume.clear(3_000 * PAGE, 9_000 * PAGE);
      model.fill(0, 3_000, 12_000);
    }
    if (write % 5_000 === 0) states.push({ snapshot: volume.snapshot({ incremental: true }), model: model.slice() });
  }
  states.splice(2, 1)[0]?.snapshot.remove();
  states.forEach(({ snapshot, model: then }, index) => {
    const bits = new Uint8Array(pages);
    for (const range of snapshot.allocated(0, snapshot.sizeBytes))
      bits.fill(1, range.offset / PAGE, (range.offset + range.length) / PAGE);
    expect(
      Buffer.compare(
        bits,
        Uint8Array.from(then, (write) => (write > 0 ? 1 : 0)),
      ),
    ).toBe(0);
    const previous = states[index - 1];
    if (previous === undefined) return;
    const changed = snapshot.changedSince(previous.snapshot, 0, snapshot.sizeBytes);
    const kinds = new Uint8Array(pages);
    for (const range of changed)
      kinds.fill(range.cleared ? 2 : 1, range.offset / PAGE, (range.offset + range.length) / PAGE);
    const expected = Uint8Array.from(then, (write, page) => {
      const before = previous.model[page] ?? 0;
      if (write > 0) return write === before ? 0 : 1;
      return before > 0 ? 2 : 0;
    });
    expect(Buffer.compare(kinds, expected)).toBe(0);
  });
});
