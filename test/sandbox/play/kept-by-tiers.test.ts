import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keptByTiers, type SimpleRetention } from '../../../src/sandbox/play/kept-by-tiers.ts';
import { isoWeek } from '../../../src/sandbox/play/wall-clock.ts';
import { decideRetention } from '../../retain/decide-and-explain.ts';
import { point, retention, zone } from '../../retain/retentions.ts';

const HOUR_MS = 3_600_000;
const START = Date.parse('2026-03-01T00:00:00Z');

describe('the sandbox works out by itself what rules keep', () => {
  test('two days of three: the newest of each day, and nothing more', () => {
    const at = (text: string) => Date.parse(text);
    const points = ['2026-03-01T02:00Z', '2026-03-02T02:00Z', '2026-03-02T14:00Z', '2026-03-03T02:00Z'].map(at);
    const kept = keptByTiers(points, { keepDaily: 2 }, 'UTC', at('2026-03-03T12:00Z'));
    expect(kept).toEqual([at('2026-03-03T02:00Z'), at('2026-03-02T14:00Z')]);
  });

  test('the oldest stays while a tier has count left', () => {
    const points = [0, 1, 2].map((hour) => START + hour * HOUR_MS);
    expect(keptByTiers(points, { keepDaily: 5 }, 'UTC', START + 9 * HOUR_MS)).toEqual([points[2], points[0]]);
  });

  test('age wins over tiers, the floor over age', () => {
    const points = [0, 24, 48].map((hour) => START + hour * HOUR_MS);
    const rules = { keepDaily: 9, maxAgeDays: 1, minimum: 2 };
    expect(keptByTiers(points, rules, 'UTC', START + 1_000 * HOUR_MS)).toEqual([points[2], points[1]]);
  });

  test.each([
    ['2026-03-01', '2026-W09'],
    ['2026-01-01', '2026-W01'],
    ['2027-01-03', '2026-W53'],
    ['2024-12-30', '2025-W01'],
  ])('%s lies in week %s', (date, week) => {
    expect(isoWeek(date)).toBe(week);
  });

  test('it agrees with the product, which reckons in quite another way', () => {
    const count = fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined });
    const rules = fc.record({
      keepLast: count,
      keepHourly: count,
      keepDaily: fc.integer({ min: 1, max: 9 }),
      keepWeekly: count,
      keepMonthly: count,
      minimum: fc.integer({ min: 1, max: 3 }),
    });
    const maxAgeDays = fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined });
    const hours = fc.uniqueArray(fc.integer({ min: 0, max: 24 * 45 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        rules,
        maxAgeDays,
        hours,
        fc.constantFrom('UTC', 'Europe/Vienna', 'Asia/Kathmandu'),
        (tiers, age, at, timeZone) => {
          const given = Object.fromEntries(Object.entries(tiers).filter(([, value]) => value !== undefined));
          const simple: SimpleRetention = age === undefined ? given : { ...given, maxAgeDays: age };
          const moments = at.map((hour) => START + hour * HOUR_MS);
          // At noon: an age that ends in the hour which a spring night lacks is another question.
          const now = START + (46 * 24 + 12) * HOUR_MS;
          const points = moments.map((moment) => point(String(moment), moment));
          const document = retention({ ...given, maxAge: age === undefined ? undefined : `P${age}D` });
          const verdicts = decideRetention(points, document, zone(timeZone), now);
          const kept = verdicts.filter(({ action }) => action === 'keep').map(({ id }) => Number(id));
          expect(keptByTiers(moments, simple, timeZone, now)).toEqual(kept);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
