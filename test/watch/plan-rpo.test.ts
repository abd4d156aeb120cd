import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/base/time.ts';
import { isWithin, lastDays, planRpo } from '../../src/watch/plan-rpo.ts';

const NOW = Date.UTC(2026, 2, 5, 12);
const days = lastDays(NOW, 5);
const at = (day: number, hour = 0) => Date.UTC(2026, 2, day, hour);

describe('achieved RPO by day', () => {
  it('is over the last UTC days, today last', () => {
    expect(days).toEqual(['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04', '2026-03-05']);
  });

  it.each([
    {
      name: 'nothing before the first point',
      gaps: [],
      since: null,
      last: null,
      achieved: [null, null, null, null, null],
    },
    {
      name: 'what ended on each day, and today what is running',
      gaps: [
        { day: '2026-03-02', gapMs: 6 * HOUR_MS },
        { day: '2026-03-03', gapMs: 7 * HOUR_MS },
        { day: '2026-03-04', gapMs: 6 * HOUR_MS },
      ],
      since: at(2, 1),
      last: at(4, 20),
      achieved: [null, 6, 7, 6, 16],
    },
    {
      name: 'a day without a point: what had passed by its end, at least',
      gaps: [{ day: '2026-03-04', gapMs: 60 * HOUR_MS }],
      since: at(1, 2),
      last: at(4, 12),
      achieved: [null, 12, 36, 60, 24],
    },
    {
      name: 'days since the last point: what had passed by their ends',
      gaps: [{ day: '2026-03-02', gapMs: 5 * HOUR_MS }],
      since: at(1, 2),
      last: at(2, 7),
      achieved: [null, 17, 41, 65, 77],
    },
  ])('$name', ({ gaps, since, last, achieved }) => {
    const found = planRpo({ gaps, protectedSince: since, lastPointAt: last }, days, NOW);
    expect(found.map((ms) => (ms === null ? null : ms / HOUR_MS))).toEqual(achieved);
  });

  it('allows for the time a point takes, and for the night that has 25 hours', () => {
    expect(isWithin(1.4 * HOUR_MS, HOUR_MS)).toBe(true);
    expect(isWithin(1.6 * HOUR_MS, HOUR_MS)).toBe(false);
    expect(isWithin(25.2 * HOUR_MS, DAY_MS)).toBe(true);
    expect(isWithin(26 * HOUR_MS, DAY_MS)).toBe(false);
  });
});
