import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GIB } from '../../src/base/bytes.ts';
import { type BilledChain, decideDifference, type EstimatedChain } from '../../src/cost/decide-difference.ts';
import { dailyCostMicroUnits } from '../../src/cost/price.ts';

const MARCH = { daysInMonth: 31, lagging: false };
const price = 50_000;

function estimate(gib: number, changes: Partial<EstimatedChain> = {}): EstimatedChain {
  const storedBytes = Math.round(gib * GIB);
  return {
    storedBytes,
    microUnits: dailyCostMicroUnits(storedBytes, { microUnitsPerGiBMonth: price }, 31),
    unmeasuredPoints: 0,
    unpricedBytes: 0,
    microUnitsPerGiBMonth: price,
    ...changes,
  };
}

function billed(gib: number, perGiB = price, rows = 1): BilledChain {
  const quantity = gib / 31;
  return { rows, quantity, microUnits: Math.round(quantity * perGiB) };
}

describe('why a bill and an estimate differ', () => {
  const cases: readonly {
    name: string;
    estimate: EstimatedChain | null;
    billed: BilledChain | null;
    lagging?: boolean;
    codes: readonly string[];
  }[] = [
    { name: 'they agree', estimate: estimate(10), billed: billed(10), codes: [] },
    { name: 'nothing and nothing', estimate: estimate(0), billed: null, codes: [] },
    {
      name: 'rows were rounded one by one',
      estimate: estimate(10),
      billed: { ...billed(10, price, 8), microUnits: billed(10).microUnits + 4 },
      codes: ['rounding'],
    },
    { name: 'a lower price was agreed', estimate: estimate(10), billed: billed(10, 40_000), codes: ['price'] },
    { name: 'another size is billed', estimate: estimate(10), billed: billed(12), codes: ['bytes'] },
    { name: 'price and size', estimate: estimate(10), billed: billed(12, 40_000), codes: ['price', 'bytes'] },
    {
      name: 'part of the day is not shown yet',
      estimate: estimate(10),
      billed: billed(8),
      lagging: true,
      codes: ['lag'],
    },
    {
      name: 'more is shown than was measured, early',
      estimate: estimate(10),
      billed: billed(12),
      lagging: true,
      codes: ['bytes'],
    },
    { name: 'nothing is shown yet', estimate: estimate(10), billed: null, lagging: true, codes: ['lag'] },
    { name: 'nothing is billed at all', estimate: estimate(10), billed: null, codes: ['not-billed'] },
    { name: 'too little to be billed', estimate: estimate(0.0006), billed: null, codes: ['rounding'] },
    { name: 'the ledger has no such chain', estimate: null, billed: billed(1), codes: ['no-estimate'] },
    {
      name: 'a point was not measured',
      estimate: estimate(10, { unmeasuredPoints: 1 }),
      billed: billed(12),
      codes: ['unmeasured'],
    },
    {
      name: 'a point was not measured, and yet less is billed',
      estimate: estimate(10, { unmeasuredPoints: 1 }),
      billed: billed(8),
      codes: ['bytes'],
    },
    {
      name: 'a price was missing',
      estimate: estimate(10, { microUnits: 0, microUnitsPerGiBMonth: null, unpricedBytes: 10 * GIB }),
      billed: billed(10),
      codes: ['unpriced'],
    },
  ];
  it.each(cases)('$name', ({ estimate: own, billed: bill, lagging = false, codes }) => {
    const parts = decideDifference(own, bill, { daysInMonth: 31, lagging });
    expect(parts.map(({ code }) => code)).toEqual(codes);
  });

  it('takes price and size apart', () => {
    const [ofPrice, ofBytes] = decideDifference(estimate(31), billed(62, 40_000), MARCH);
    expect([ofPrice?.microUnits, ofBytes?.microUnits]).toEqual([-20_000, 50_000]);
  });

  it('always adds up to the difference, without parts of nothing', () => {
    const amount = fc.integer({ min: 0, max: 1e9 });
    const estimates = fc.option(
      fc.record({
        storedBytes: amount,
        microUnits: amount,
        unmeasuredPoints: fc.integer({ min: 0, max: 2 }),
        unpricedBytes: fc.constantFrom(0, 0, 5),
        microUnitsPerGiBMonth: fc.option(fc.integer({ min: 1, max: 1e6 })),
      }),
    );
    const bills = fc.option(
      fc.record({
        rows: fc.integer({ min: 1, max: 500 }),
        quantity: fc.double({ min: 0, max: 1e6, noNaN: true }),
        microUnits: fc.integer({ min: -1e9, max: 1e9 }),
      }),
    );
    fc.assert(
      fc.property(estimates, bills, fc.boolean(), (own, bill, lagging) => {
        const parts = decideDifference(own, bill, { daysInMonth: 30, lagging });
        const sum = parts.reduce((total, { microUnits }) => total + microUnits, 0);
        expect(sum).toBe((bill?.microUnits ?? 0) - (own?.microUnits ?? 0));
        expect(parts.every(({ microUnits }) => Number.isSafeInteger(microUnits) && microUnits !== 0)).toBe(true);
        expect(new Set(parts.map(({ code }) => code)).size).toBe(parts.length);
      }),
    );
  });
});
