import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketKey, periods } from '../../src/base/time.ts';
import { offsetMs } from '../../src/base/zone-offsets.ts';
import { bucketNumber, bucketText } from '../../src/retain/buckets.ts';
import { ZoneOffsets, zoneOffsets } from '../../src/retain/zone-offsets.ts';
import { zone } from './retentions.ts';

const zones = ['UTC', 'Europe/Vienna', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia', 'Africa/Casablanca'];
const from = Date.UTC(2005, 0, 1);
const to = Date.UTC(2040, 0, 1);
const zoneArb = fc.constantFrom(...zones).map(zone);
const instantArb = fc.oneof(
  fc.integer({ min: from, max: to }),
  fc.integer({ min: 0, max: 33 }).chain((year) => {
    // New Year and its weeks, where years, weeks and days disagree most.
    const newYear = Date.UTC(2006 + year, 0, 1);
    return fc.integer({ min: newYear - 9 * 86_400_000, max: newYear + 9 * 86_400_000 });
  }),
);

describe('buckets', () => {
  it('read as the calendar library writes them', () => {
    fc.assert(
      fc.property(instantArb, zoneArb, (instant, zoneId) => {
        const offset = zoneOffsets(zoneId).at(instant);
        for (const period of periods) {
          expect(bucketText(period, instant + offset, offset)).toBe(bucketKey(instant, period, zoneId));
        }
      }),
      { numRuns: 800 },
    );
  });

  it('share a number exactly where they share a text', () => {
    const near = fc.tuple(instantArb, fc.integer({ min: 0, max: 400 * 86_400_000 }), fc.integer({ min: 1, max: 4 }));
    fc.assert(
      fc.property(near, zoneArb, ([instant, apart, scale], zoneId) => {
        const other = instant + Math.floor(apart / 10 ** (2 * (scale - 1)));
        const offsets = zoneOffsets(zoneId);
        const [a, b] = [offsets.at(instant), offsets.at(other)];
        for (const period of periods) {
          const sameNumber = bucketNumber(period, instant + a, a) === bucketNumber(period, other + b, b);
          expect(sameNumber).toBe(bucketKey(instant, period, zoneId) === bucketKey(other, period, zoneId));
        }
      }),
      { numRuns: 800 },
    );
  });
});

describe('ZoneOffsets', () => {
  it('answers as the calendar library, whatever was asked before', () => {
    fc.assert(
      fc.property(
        zoneArb,
        fc.array(fc.integer({ min: from, max: to }), { minLength: 1, maxLength: 20 }),
        (id, asked) => {
          const offsets = new ZoneOffsets(id);
          for (const instant of asked) expect(offsets.at(instant)).toBe(offsetMs(instant, id));
        },
      ),
      { numRuns: 20 },
    );
  });

  it.each([
    { name: 'spring in Vienna', zone: 'Europe/Vienna', change: '2026-03-29T01:00:00Z', before: 60, after: 120 },
    {
      name: 'autumn on Lord Howe',
      zone: 'Australia/Lord_Howe',
      change: '2026-04-04T15:00:00Z',
      before: 660,
      after: 630,
    },
    {
      name: 'the skipped day of Samoa',
      zone: 'Pacific/Apia',
      change: '2011-12-30T10:00:00Z',
      before: -600,
      after: 840,
    },
  ])('finds the millisecond of $name', ({ zone: name, change, before, after }) => {
    const offsets = new ZoneOffsets(zone(name));
    const at = Date.parse(change);
    expect(offsets.at(at - 1)).toBe(before * 60_000);
    expect(offsets.at(at)).toBe(after * 60_000);
  });
});
