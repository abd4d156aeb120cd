import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inTurns } from '../../src/protect/in-turns.ts';

const groupOf = (thing: string) => thing.charAt(0);

describe('inTurns', () => {
  it.each([
    { name: 'nothing', things: [], ordered: '' },
    { name: 'one group keeps its order', things: ['a1', 'a2', 'a3'], ordered: 'a1 a2 a3' },
    { name: 'groups take turns', things: ['a1', 'a2', 'b1', 'b2'], ordered: 'a1 b1 a2 b2' },
    { name: 'the longest goes on alone', things: ['a1', 'a2', 'a3', 'b1'], ordered: 'a1 b1 a2 a3' },
  ])('$name', ({ things, ordered }) => {
    expect(inTurns(things, groupOf).join(' ')).toBe(ordered);
  });

  it('never loses, doubles or reorders within a group', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat()).map((parts) => parts.join(''))),
        (things) => {
          const ordered = inTurns(things, groupOf);
          expect(ordered).toHaveLength(things.length);
          for (const group of ['a', 'b', 'c']) {
            const of = (list: readonly string[]) => list.filter((thing) => groupOf(thing) === group);
            expect(of(ordered)).toEqual(of(things));
          }
        },
      ),
    );
  });
});
