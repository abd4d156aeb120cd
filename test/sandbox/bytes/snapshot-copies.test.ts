import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CopyOrderError,
  digest,
  type SnapshotBytes,
  SnapshotCopies,
  VolumeBytes,
} from '../../../src/sandbox/bytes/bytes.ts';

const PAGE = 512;
const PAGES = 64;
const SIZE = PAGES * PAGE;

const step = fc.record({
  kind: fc.constantFrom('write', 'write', 'literal', 'clear', 'snapshot', 'copy', 'remove source', 'remove copy'),
  page: fc.nat(PAGES - 1),
  pages: fc.integer({ min: 1, max: 12 }),
});

function change(volume: VolumeBytes, kind: string, page: number, pages: number): void {
  const length = Math.min(pages, PAGES - page) * PAGE;
  if (kind === 'write') volume.writeSeeded(page * PAGE, length);
  else if (kind === 'literal') volume.writeBytes(page * PAGE, new Uint8Array(length).fill(page + 1));
  else volume.clear(page * PAGE, length);
}

describe('copies of a chain', () => {
  it('hold what their snapshots hold, and store what changed since the copy before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const volume = new VolumeBytes({ sizeBytes: SIZE, seed: 3 });
        const copies = new SnapshotCopies(4);
        const taken: SnapshotBytes[] = [];
        const copied: { source: SnapshotBytes; copy: SnapshotBytes; kept: boolean }[] = [];
        for (const { kind, page, pages } of steps) {
          if (kind === 'snapshot') taken.push(volume.snapshot({ incremental: true }));
          else if (kind === 'copy') {
            const source = taken[page % Math.max(1, taken.length)];
            if (source === undefined) continue;
            const before = copied.at(-1);
            if (before?.kept && (source.cut ?? 0) < (before.copy.cut ?? 0)) continue;
            // Two with nothing written between them look alike: which is the older one, the caller must know.
            if (before !== undefined && taken.indexOf(source) < taken.indexOf(before.source)) continue;
            try {
              const copy = copies.copy(source);
              expect(digest(copy)).toBe(digest(source));
              expect(copy.usedBytes()).toBe(source.usedBytes());
              if (before?.kept && taken.includes(before.source)) {
                const changes = source.changedSince(before.source, 0, SIZE);
                expect(copy.changedSince(before.copy, 0, SIZE)).toEqual(changes);
                const written = changes.filter((each) => !each.cleared).reduce((sum, each) => sum + each.length, 0);
                expect(copy.storedBytes()).toBe(written);
              }
              if (copied.every((each) => !each.kept)) expect(copy.storedBytes()).toBe(source.usedBytes());
              copied.push({ source, copy, kept: true });
            } catch (error) {
              if (!(error instanceof CopyOrderError)) throw error;
            }
          } else if (kind === 'remove source') taken.splice(page % Math.max(1, taken.length), 1)[0]?.remove();
          else if (kind === 'remove copy') {
            const gone = copied[page % Math.max(1, copied.length)];
            if (gone?.kept !== true) continue;
            gone.copy.remove();
            gone.kept = false;
          } else change(volume, kind, page, pages);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('outlive the chain they came from', () => {
    const volume = new VolumeBytes({ sizeBytes: SIZE, seed: 1 });
    volume.writeSeeded(0, 8 * PAGE);
    const first = volume.snapshot({ incremental: true });
    const copies = new SnapshotCopies(2);
    const copyOfFirst = copies.copy(first);
    volume.writeSeeded(4 * PAGE, 2 * PAGE);
    volume.clear(0, PAGE);
    const second = volume.snapshot({ incremental: true });
    const expected = digest(second);
    first.remove();
    const copyOfSecond = copies.copy(second);
    second.remove();
    expect(copyOfFirst.familyId).toBe(copies.familyId);
    expect([copyOfFirst.storedBytes(), copyOfSecond.storedBytes()]).toEqual([8 * PAGE, 2 * PAGE]);
    copyOfFirst.remove();
    expect(digest(copyOfSecond)).toBe(expected);
    expect(copyOfSecond.storedBytes()).toBe(7 * PAGE);
  });

  it('are made in order, of incremental snapshots of one line', () => {
    const volume = new VolumeBytes({ sizeBytes: SIZE, seed: 1 });
    const other = new VolumeBytes({ sizeBytes: SIZE, seed: 2 });
    const first = volume.snapshot({ incremental: true });
    volume.writeSeeded(0, PAGE);
    const second = volume.snapshot({ incremental: true });
    const copies = new SnapshotCopies(2);
    copies.copy(second);
    expect(() => copies.copy(first)).toThrow('older');
    expect(() => copies.copy(volume.snapshot({ incremental: false }))).toThrow('not incremental');
    other.writeSeeded(0, PAGE);
    other.writeSeeded(0, PAGE);
    expect(() => copies.copy(other.snapshot({ incremental: true }))).toThrow('other');
  });
});
