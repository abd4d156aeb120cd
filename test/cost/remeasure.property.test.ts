import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Extents, mergeExtents, writtenBytes } from '../../src/cost/extents.ts';
import { RangeBuilder, type Ranges, subtract } from '../../src/cost/range-sets.ts';
import { type SnapshotBytes, VolumeBytes } from '../../src/sandbox/bytes/bytes.ts';

const PAGE = 4_096;
const PAGES = 64;

type Step =
  | { readonly kind: 'write' | 'clear'; readonly page: number; readonly pages: number }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'delete'; readonly pick: number };

const change = (kind: 'write' | 'clear') =>
  fc.record({ kind: fc.constant(kind), page: fc.nat(PAGES - 1), pages: fc.integer({ min: 1, max: 12 }) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: change('write') },
  { weight: 2, arbitrary: change('clear') },
  { weight: 4, arbitrary: fc.constant({ kind: 'snapshot' } as const) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), pick: fc.nat() }) },
);

/** What a measurement over the data plane tells of a snapshot against the one before it. */
function measure(snapshot: SnapshotBytes, before: SnapshotBytes | null): Extents {
  const size = snapshot.sizeBytes;
  if (before === null) return { written: pack(snapshot.allocated(0, size)), cleared: pack([]) };
  const changes = snapshot.changedSince(before, 0, size);
  return {
    written: pack(changes.filter(({ cleared }) => !cleared)),
    cleared: pack(changes.filter(({ cleared }) => cleared)),
  };
}

function pack(ranges: readonly { readonly offset: number; readonly length: number }[]): Ranges {
  const builder = new RangeBuilder();
  for (const { offset, length } of ranges) builder.add(offset, offset + length);
  return builder.build();
}

/** What lies in both. */
function common(a: Ranges, b: Ranges): Ranges {
  return subtract(a, subtract(a, b));
}

it('what is computed of the next point after deletions is what measuring it again tells, and what is billed', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const volume = new VolumeBytes({ sizeBytes: PAGES * PAGE, seed: 1 });
      const chain: { snapshot: SnapshotBytes; extents: Extents }[] = [];
      for (const each of steps) {
        if (each.kind === 'snapshot') {
          const snapshot = volume.snapshot({ incremental: true });
          chain.push({ snapshot, extents: measure(snapshot, chain.at(-1)?.snapshot ?? null) });
        } else if (each.kind === 'delete') {
          if (chain.length === 0) continue;
          const at = each.pick % chain.length;
          const [gone] = chain.splice(at, 1);
          const next = chain[at];
          gone?.snapshot.remove();
          if (gone && next) next.extents = mergeExtents(gone.extents, next.extents);
        } else {
          const length = Math.min(each.pages, PAGES - each.page) * PAGE;
          if (each.kind === 'write') volume.writeSeeded(each.page * PAGE, length);
          else volume.clear(each.page * PAGE, length);
        }
      }
      for (const [at, { snapshot, extents }] of chain.entries()) {
        const before = chain[at - 1]?.snapshot ?? null;
        const again = measure(snapshot, before);
        expect(extents.written).toEqual(again.written);
        expect(writtenBytes(extents)).toBe(snapshot.storedBytes());
        // What is computed may also name as cleared what the point before never held: that costs nothing.
        const held = before === null ? pack([]) : pack(before.allocated(0, before.sizeBytes));
        expect(common(extents.cleared, held)).toEqual(again.cleared);
      }
    }),
    { numRuns: 300 },
  );
});
