import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, parseZone, UTC, type ZoneId } from '../../src/base/time.ts';
import { offsetMs, offsetSpans } from '../../src/base/zone-offsets.ts';

const zones = [
  'Europe/Vienna',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Asia/Gaza',
  'Antarctica/Troll',
  'UTC',
].map((name) => parseZone(name) as ZoneId);

describe('offsetSpans', () => {
  test('a year in Vienna has three spans', () => {
    const spans = offsetSpans(Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1), zones[0] as ZoneId);
    expect(spans.map(({ to, offsetMs: offset }) => [new Date(to).toISOString(), offset / HOUR_MS])).toEqual([
      ['2026-03-29T01:00:00.000Z', 1],
      ['2026-10-25T01:00:00.000Z', 2],
      ['2027-01-01T00:00:00.000Z', 1],
    ]);
  });
  test('a change that is taken back within weeks is seen', () => {
    const casablanca = parseZone('Africa/Casablanca') as ZoneId;
    const spans = offsetSpans(Date.UTC(2026, 0, 5), Date.UTC(2026, 5, 1), casablanca);
    expect(spans.map((span) => span.offsetMs / MINUTE_MS)).toEqual([60, 0, 60]);
  });
  test('an empty stretch has none', () => expect(offsetSpans(5, 5, UTC)).toEqual([]));
  test('spans cover the stretch without gaps, neighbours differ, and each moment has the offset of its span', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: Date.UTC(2005, 0, 1), max: Date.UTC(2030, 0, 1) }),
        fc.integer({ min: 1, max: 200 * DAY_MS }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 5 }),
        (zone, from, length, shares) => {
          const spans = offsetSpans(from, from + length, zone);
          expect(spans[0]?.from).toBe(from);
          expect(spans.at(-1)?.to).toBe(from + length);
          for (const [index, span] of spans.slice(1).entries()) {
            expect(span.from).toBe(spans[index]?.to);
            expect(span.offsetMs).not.toBe(spans[index]?.offsetMs);
          }
          for (const share of shares) {
            const at = from + Math.floor(share * length);
            const span = spans.find((one) => one.from <= at && at < one.to);
            expect(span?.offsetMs).toBe(offsetMs(at, zone));
          }
          for (const span of spans) expect(offsetMs(span.to - 1, zone)).toBe(span.offsetMs);
        },
      ),
      { numRuns: 60 },
    );
  });
  test('changes of less than an hour are seen', () => {
    const spans = offsetSpans(Date.UTC(2026, 3, 1), Date.UTC(2026, 3, 30), zones[1] as ZoneId);
    expect(spans.map((span) => span.offsetMs / MINUTE_MS)).toEqual([660, 630]);
  });
});
