import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { followBlocks } from '../../src/retain/block-lives.ts';
import { edgeBytes, weighChain } from '../../src/retain/chain-bytes.ts';
import { BLOCK, extentsOf, storedBytes } from './chains.ts';

const chainArb = (maxLength: number) =>
  fc.integer({ min: 1, max: 24 }).chain((blocks) =>
    fc.array(
      fc
        .array(fc.constantFrom('w', 'w', 'c', '.', '.', '.'), { minLength: blocks, maxLength: blocks })
        .map((touches) => touches.join('')),
      { minLength: 1, maxLength },
    ),
  );

const keptArb = fc
  .infiniteStream(fc.boolean())
  .map((stream) => (count: number) => Uint8Array.from({ length: count }, () => (stream.next().value ? 1 : 0)));

describe('the bytes of a chain', () => {
  it('are what its snapshots show, each content stored once, before and after deletions', () => {
    fc.assert(
      fc.property(chainArb(12), keptArb, fc.boolean(), (chain, keep, join) => {
        const kept = keep(chain.length);
        const lives = followBlocks(chain.map((touches) => extentsOf(touches, join)));
        const { before, after } = weighChain(lives, kept);
        expect(before).toBe(storedBytes(chain, () => true));
        expect(after).toBe(storedBytes(chain, (at) => kept[at] === 1));
      }),
      { numRuns: 300 },
    );
  });

  it('are freed deletion by deletion, oldest first, and sum to before less after', () => {
    fc.assert(
      fc.property(chainArb(10), keptArb, (chain, keep) => {
        const kept = keep(chain.length);
        const { before, after, freedBytes } = weighChain(
          followBlocks(chain.map((touches) => extentsOf(touches))),
          kept,
        );
        const gone = new Set<number>();
        for (const [snapshot, freed] of freedBytes.entries()) {
          if (kept[snapshot] === 1) expect(freed).toBe(0);
          else {
            const standing = storedBytes(chain, (at) => !gone.has(at));
            gone.add(snapshot);
            expect(freed).toBe(standing - storedBytes(chain, (at) => !gone.has(at)));
          }
        }
        expect(freedBytes.reduce((sum, bytes) => sum + bytes, 0)).toBe(before - after);
      }),
    );
  });

  it('are the sum of the edges along the kept snapshots, whichever are left', () => {
    fc.assert(
      fc.property(chainArb(12), keptArb, keptArb, (chain, stay, keep) => {
        const lives = followBlocks(chain.map((touches) => extentsOf(touches)));
        const nodes = [...stay(chain.length).entries()].filter(([, is]) => is === 1).map(([at]) => at);
        const edges = edgeBytes(lives, Int32Array.from(nodes));
        const kept = keep(nodes.length);
        let sum = 0;
        let last = 0;
        for (const [at, is] of kept.entries()) {
          if (is !== 1) continue;
          sum += edges[last * (nodes.length + 1) + at + 1] ?? Number.NaN;
          last = at + 1;
        }
        expect(sum).toBe(storedBytes(chain, (at) => kept[nodes.indexOf(at)] === 1));
      }),
      { numRuns: 300 },
    );
  });

  it('are the same in chains longer than Azure’s, and on disks beyond 2^32 blocks', () => {
    const chain = Array.from({ length: 1_100 }, (_, at) => ['w....', '.w...', '.cw..', '...w.'][at % 4] as string);
    const far = 2 ** 45;
    const lives = followBlocks(
      chain.map((touches) => {
        const { written, cleared } = extentsOf(touches);
        return { written: written.map(moved), cleared: cleared.map(moved) };
      }),
    );
    function moved(value: number, at: number): number {
      return at % 2 === 0 ? value * 4_096 + far : value;
    }
    const kept = Uint8Array.from(chain, (_, at) => (at % 3 === 0 ? 1 : 0));
    const { before, after } = weighChain(lives, kept);
    expect(before).toBe(storedBytes(chain, () => true));
    expect(after).toBe(storedBytes(chain, (at) => at % 3 === 0));
  });

  it('follow clears and writes that touch in one snapshot', () => {
    const chain = [
      { written: Float64Array.of(0, 4 * BLOCK), cleared: new Float64Array(0) },
      { written: Float64Array.of(BLOCK, BLOCK), cleared: Float64Array.of(0, BLOCK, 2 * BLOCK, BLOCK) },
    ];
    const { before, after, freedBytes } = weighChain(followBlocks(chain), Uint8Array.of(0, 1));
    expect({ before, after, freed: [...freedBytes] }).toEqual({
      before: 5 * BLOCK,
      after: 2 * BLOCK,
      freed: [3 * BLOCK, 0],
    });
  });
});
