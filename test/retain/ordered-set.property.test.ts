import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OrderedSet } from '../../src/retain/ordered-set.ts';

it.each([1, 31, 32, 33, 500, 1_024, 1_025, 40_000, 2_000_000])(
  'an ordered set below %i finds the neighbours of any number',
  (bound) => {
    const value = fc.oneof(
      fc.integer({ min: 0, max: bound - 1 }),
      fc.integer({ min: 0, max: Math.min(bound, 70) - 1 }),
    );
    const step = fc.record({ value, asked: value });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const set = new OrderedSet(bound);
        const members = new Set<number>();
        for (const { value: toggled, asked } of steps) {
          expect(set.has(toggled)).toBe(members.has(toggled));
          if (members.delete(toggled)) set.delete(toggled);
          else {
            members.add(toggled);
            set.add(toggled);
          }
          expect(set.before(asked)).toBe(Math.max(-1, ...[...members].filter((member) => member < asked)));
          expect(set.after(asked)).toBe(Math.min(bound, ...[...members].filter((member) => member > asked)));
        }
      }),
      { numRuns: 60 },
    );
  },
);
