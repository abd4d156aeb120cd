import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import type { Reason, RetentionPoint, Verdict } from '../../src/retain/verdict.ts';
import { decideRetention } from './decide-and-explain.ts';
import { oracle } from './oracle.ts';
import { retention, zone } from './retentions.ts';

const zones = ['UTC', 'Europe/Vienna', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia', 'Asia/Kathmandu'];
const now = Date.parse('2026-11-22T12:00:00Z');

const count = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant('all'));
const window = fc.constantFrom('P1D', 'P2D', 'PT6H', 'P1M', 'P1Y', 'P1M3DT2H', 'P2W');
const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined, freq: 2 });

const rulesArb = fc
  .record({
    keepLast: optional(count),
    keepHourly: optional(count),
    keepDaily: optional(count),
    keepWeekly: optional(count),
    keepMonthly: optional(count),
    keepYearly: optional(count),
    keepWithin: optional(window),
    keepWithinHourly: optional(window),
    keepWithinDaily: optional(window),
    keepWithinWeekly: optional(window),
    keepWithinMonthly: optional(window),
    keepWithinYearly: optional(window),
    maxAge: optional(fc.constantFrom('P2D', 'P30D', 'P400D')),
    minimum: fc.integer({ min: 1, max: 4 }),
  })
  .map((rules) => retention(rules));

/** Times that crowd: minutes and hours apart, days, months, some at the same moment, some in the future. */
const timeArb = fc.oneof(
  fc.integer({ min: -3, max: 40 }).map((hours) => now - hours * 30 * MINUTE_MS),
  fc.integer({ min: -2, max: 60 }).map((days) => now - days * DAY_MS),
  fc.integer({ min: 0, max: 1_500 }).map((days) => now - days * DAY_MS - 5 * HOUR_MS),
  fc.integer({ min: -2 * DAY_MS, max: 3 * 365 * DAY_MS }).map((age) => now - age),
);

const pointsArb = fc
  .array(
    fc.record({
      takenAt: timeArb,
      state: fc.constantFrom('succeeded', 'succeeded', 'succeeded', 'succeeded', 'pending', 'failed') as fc.Arbitrary<
        RetentionPoint['state']
      >,
      held: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
      immutable: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
    }),
    { maxLength: 40 },
  )
  .map((points) => points.map((point, index): RetentionPoint => ({ id: `p${index}`, ...point })));

const caseArb = fc.record({ points: pointsArb, rules: rulesArb, zoneName: fc.constantFrom(...zones) });

function spell(reason: Reason): string {
  return [reason.rule, reason.tier, reason.nth, reason.bucket].filter((part) => part !== undefined).join(' ');
}

const kept = (verdicts: readonly Verdict[]) => new Set(verdicts.filter((v) => v.action === 'keep').map((v) => v.id));

describe('decideRetention, for all points and policies', () => {
  it('says what the contract says, with every reason', () => {
    fc.assert(
      fc.property(caseArb, ({ points, rules, zoneName }) => {
        const expected = oracle(points, rules, zone(zoneName), now);
        for (const verdict of decideRetention(points, rules, zone(zoneName), now)) {
          const { keep, reasons } = expected.get(verdict.id) ?? { keep: false, reasons: [] };
          expect(verdict.action).toBe(keep ? 'keep' : 'delete');
          expect(verdict.because.map(spell).sort()).toEqual([...reasons].sort());
        }
      }),
      { numRuns: 400 },
    );
  });

  it('gives one verdict per point, newest first, equal times by id, whatever the order of the input', () => {
    fc.assert(
      fc.property(caseArb, fc.infiniteStream(fc.integer()), ({ points, rules, zoneName }, dice) => {
        const straight = decideRetention(points, rules, zone(zoneName), now);
        const shuffled = points
          .map((point) => ({ point, key: dice.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ point }) => point);
        expect(decideRetention(shuffled, rules, zone(zoneName), now)).toEqual(straight);
        const byId = new Map(points.map((point) => [point.id, point]));
        const times = straight.map(({ id }) => [-(byId.get(id)?.takenAt ?? 0), id] as const);
        expect(times).toEqual([...times].sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1)));
        expect(straight).toHaveLength(points.length);
      }),
    );
  });

  it('deletes nothing more when it decides again after the deletions', () => {
    fc.assert(
      fc.property(caseArb, ({ points, rules, zoneName }) => {
        const first = kept(decideRetention(points, rules, zone(zoneName), now));
        const left = points.filter(({ id }) => first.has(id));
        const second = kept(decideRetention(left, rules, zone(zoneName), now));
        expect(second).toEqual(first);
      }),
      { numRuns: 400 },
    );
  });

  it('never deletes a point that is held, immutable, unfinished or in the future', () => {
    fc.assert(
      fc.property(caseArb, ({ points, rules, zoneName }) => {
        const ids = kept(decideRetention(points, rules, zone(zoneName), now));
        for (const point of points) {
          const safe = point.held || point.immutable || point.state === 'pending' || point.takenAt > now;
          if (safe) expect(ids).toContain(point.id);
        }
      }),
    );
  });

  it('always keeps the newest `minimum` points that succeeded', () => {
    fc.assert(
      fc.property(caseArb, ({ points, rules, zoneName }) => {
        const ids = kept(decideRetention(points, rules, zone(zoneName), now));
        const good = points.filter((point) => point.state === 'succeeded' && point.takenAt <= now);
        expect(good.filter(({ id }) => ids.has(id)).length).toBeGreaterThanOrEqual(
          Math.min(rules.minimum, good.length),
        );
        const newest = good.reduce((max, { takenAt }) => Math.max(max, takenAt), Number.NEGATIVE_INFINITY);
        if (good.length > 0) expect(good.some(({ id, takenAt }) => takenAt === newest && ids.has(id))).toBe(true);
      }),
    );
  });

  it('keeps more, never less, with a rule more', () => {
    fc.assert(
      fc.property(caseArb, fc.integer({ min: 1, max: 9 }), ({ points, rules, zoneName }, daily) => {
        fc.pre(rules.keepDaily === null && (rules.keepLast !== null || rules.keepWithin !== null));
        const fewer = kept(decideRetention(points, rules, zone(zoneName), now));
        const more = kept(decideRetention(points, { ...rules, keepDaily: daily }, zone(zoneName), now));
        for (const id of fewer) expect(more).toContain(id);
      }),
    );
  });

  it('gives every deleted point exactly one reason, and every kept one at least one', () => {
    fc.assert(
      fc.property(caseArb, ({ points, rules, zoneName }) => {
        for (const { action, because } of decideRetention(points, rules, zone(zoneName), now)) {
          if (action === 'delete') expect(because).toHaveLength(1);
          else expect(because.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});
