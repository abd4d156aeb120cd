import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GIB } from '../../src/base/bytes.ts';
import { AppError } from '../../src/base/errors.ts';
import { DAY_MS } from '../../src/base/time.ts';
import type { Price } from '../../src/cost/ports.ts';
import { dailyCostMicroUnits, monthlyCostMicroUnits, redundancyOfSku } from '../../src/cost/price.ts';
import { openPriceBook, STALE_PRICE_DAYS } from '../../src/cost/price-book.ts';
import { roundToAddUp, shareOut } from '../../src/cost/share-out.ts';
import { createMemoryStore } from '../memory/memory-store.ts';
import { price, silent } from './ledger-bench.ts';

const perGiB = (microUnitsPerGiBMonth: number) => ({ microUnitsPerGiBMonth });

describe('cost of bytes', () => {
  const cases: readonly { name: string; bytes: number; price: number; days: number; month: number; day: number }[] = [
    { name: 'nothing', bytes: 0, price: 50_000, days: 30, month: 0, day: 0 },
    { name: '10 GiB in a month of 31 days', bytes: 10 * GIB, price: 50_000, days: 31, month: 500_000, day: 16_129 },
    { name: 'half a micro-unit goes up', bytes: GIB / 2, price: 1, days: 28, month: 1, day: 0 },
    { name: 'less than half goes down', bytes: GIB / 2 - 1, price: 1, days: 1, month: 0, day: 0 },
    {
      name: 'exact beyond 2^53',
      bytes: 2 ** 46 - 1,
      price: 999_999,
      days: 30,
      month: 65_535_934_464,
      day: 2_184_531_149,
    },
  ];
  it.each(cases)('$name', ({ bytes, price: micro, days, month, day }) => {
    expect(monthlyCostMicroUnits(bytes, perGiB(micro))).toBe(month);
    expect(dailyCostMicroUnits(bytes, perGiB(micro), days)).toBe(day);
  });
});

describe('redundancyOfSku', () => {
  const cases = [
    { sku: 'Standard_ZRS', redundancy: 'ZRS' },
    { sku: 'standard_lrs', redundancy: 'LRS' },
    { sku: 'Premium_LRS', redundancy: null },
    { sku: 'StandardSSD_ZRS', redundancy: null },
    { sku: '', redundancy: null },
  ];
  it.each(cases)('of $sku is $redundancy', ({ sku, redundancy }) => {
    expect(redundancyOfSku(sku)).toBe(redundancy);
  });
});

describe('shareOut', () => {
  const cases: readonly { name: string; amount: number; weights: readonly number[]; shares: readonly number[] }[] = [
    { name: 'by weight', amount: 100, weights: [1, 3], shares: [25, 75] },
    { name: 'the rest to the largest remainder', amount: 10, weights: [1, 2, 3], shares: [2, 3, 5] },
    { name: 'the rest to the earlier of equals', amount: 10, weights: [1, 1, 1], shares: [4, 3, 3] },
    { name: 'without weight to the first', amount: 7, weights: [0, 0], shares: [7, 0] },
    { name: 'a correction', amount: -10, weights: [1, 1, 1], shares: [-4, -3, -3] },
    { name: 'nobody', amount: 0, weights: [], shares: [] },
  ];
  it.each(cases)('$name', ({ amount, weights, shares }) => {
    expect(shareOut(amount, weights)).toEqual(shares);
  });

  it('always adds up, and never is off by one or more', () => {
    const weights = fc.array(fc.nat({ max: 2 ** 46 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 12), max: 10 ** 12 }), weights, (amount, list) => {
        const shares = shareOut(amount, list);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(amount);
        const total = list.reduce((sum, weight) => sum + weight, 0);
        if (total === 0) return;
        for (const [index, share] of shares.entries()) {
          expect(Math.abs(share - (amount * (list[index] ?? 0)) / total)).toBeLessThan(1.01);
        }
      }),
    );
  });

  it('rounds for display so that the shown add up to the shown total', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 10 ** 9 }), { maxLength: 30 }),
        fc.constantFrom(1, 100, 10_000),
        (list, unit) => {
          const shown = roundToAddUp(list, unit);
          const total = list.reduce((sum, amount) => sum + amount, 0);
          expect(shown.reduce((sum, step) => sum + step, 0)).toBe(Math.round(total / unit));
          for (const [index, step] of shown.entries())
            expect(Math.abs(step - (list[index] ?? 0) / unit)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

describe('price book', () => {
  const down = new AppError('azure-unavailable', 'no answer');
  const noon = Date.parse('2026-11-22T12:00:00Z');

  function bench() {
    const store = createMemoryStore();
    const asked: string[] = [];
    let answer: Price | null | Error = price;
    const source = {
      snapshotPrice: async (region: string, redundancy: string, currency: string) => {
        asked.push(`${region} ${redundancy} ${currency}`);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    };
    return {
      asked,
      says: (next: Price | null | Error) => {
        answer = next;
      },
      bookAt: (now: number) => openPriceBook({ store, source, log: silent }, 'EUR', now),
    };
  }

  it('asks once a day for each region, redundancy and currency', async () => {
    const { asked, bookAt } = bench();
    expect(await bookAt(noon).priceOf('westeurope', 'ZRS')).toEqual({ kind: 'known', price, asOf: '2026-11-22' });
    await bookAt(noon + 1).priceOf('WestEurope', 'ZRS');
    await bookAt(noon + DAY_MS).priceOf('westeurope', 'ZRS');
    expect(asked).toEqual(['westeurope ZRS EUR', 'westeurope ZRS EUR']);
  });

  it('asks once in one run, also at once', async () => {
    const { asked, bookAt } = bench();
    const book = bookAt(noon);
    await Promise.all([book.priceOf('westeurope', 'ZRS'), book.priceOf('westeurope', 'ZRS')]);
    expect(asked).toHaveLength(1);
  });

  it('tells a price that is not in the list as none, for the day', async () => {
    const { asked, says, bookAt } = bench();
    says(null);
    expect(await bookAt(noon).priceOf('westeurope', 'ZRS')).toEqual({ kind: 'none' });
    expect(await bookAt(noon + 1).priceOf('westeurope', 'ZRS')).toEqual({ kind: 'none' });
    expect(asked).toHaveLength(1);
    expect(await bookAt(noon).priceOf('westeurope', null)).toEqual({ kind: 'none' });
  });

  it('lets an earlier price stand in with its day, but not for ever', async () => {
    const { says, bookAt } = bench();
    await bookAt(noon).priceOf('westeurope', 'ZRS');
    says(down);
    const late = noon + STALE_PRICE_DAYS * DAY_MS;
    expect(await bookAt(late).priceOf('westeurope', 'ZRS')).toEqual({ kind: 'known', price, asOf: '2026-11-22' });
    expect(await bookAt(late + DAY_MS).priceOf('westeurope', 'ZRS')).toEqual({ kind: 'unavailable', error: down });
  });

  it('asks again after a failure', async () => {
    const { says, bookAt } = bench();
    says(down);
    expect(await bookAt(noon).priceOf('westeurope', 'ZRS')).toMatchObject({ kind: 'unavailable' });
    says(price);
    expect(await bookAt(noon + 1).priceOf('westeurope', 'ZRS')).toMatchObject({ kind: 'known' });
  });
});
