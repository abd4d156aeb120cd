import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, parseDuration, parseZone, UTC } from '../../src/base/time.ts';
import { planTimes, targetOf } from '../../src/watch/plan-times.ts';

const FROM = Date.UTC(2026, 2, 2);
const window = parseDuration('PT1H');
if (!window) throw new Error('a duration');
const of = (...crons: readonly string[]) =>
  crons.map((cron) => ({ cron, startWindow: window, jitter: null as typeof window | null }));

describe('the RPO target of schedules', () => {
  it.each([
    { name: 'hourly', crons: ['15 * * * *'], target: HOUR_MS },
    { name: 'every six hours', crons: ['0 */6 * * *'], target: 6 * HOUR_MS },
    { name: 'nightly', crons: ['30 2 * * *'], target: DAY_MS },
    { name: 'two schedules together', crons: ['30 2 * * *', '0 12 * * *'], target: 14.5 * HOUR_MS },
    { name: 'office hours: the weekend counts', crons: ['0 8-18 * * 1-5'], target: 62 * HOUR_MS },
    { name: 'a dense schedule', crons: ['*/5 * * * *'], target: 5 * MINUTE_MS },
    { name: 'a dense one with pauses', crons: ['*/5 8-18 * * 1-5'], target: 61 * HOUR_MS + 5 * MINUTE_MS },
    { name: 'monthly', crons: ['0 0 1 * *'], target: 31 * DAY_MS },
    { name: 'one slot in a leap year', crons: ['0 0 29 2 *'], target: null },
  ])('$name', ({ crons, target }) => {
    expect(targetOf(of(...crons), FROM)).toBe(target);
  });
});

describe('when points are expected', () => {
  const times = (now: number, savedAt = FROM, crons = of('0 2 * * *')) =>
    planTimes({ schedules: crons, timeZone: UTC, savedAt, targetMs: DAY_MS, now });
  const slot = FROM + 2 * HOUR_MS;

  it.each([
    { name: 'before the first slot', now: FROM + HOUR_MS, due: null, missed: null },
    { name: 'while its point may be under way', now: slot + 29 * MINUTE_MS, due: null, missed: null },
    { name: 'when it should be there', now: slot + 30 * MINUTE_MS, due: slot, missed: null },
    { name: 'when its start window is over too', now: slot + 90 * MINUTE_MS, due: slot, missed: slot },
    { name: 'the next day', now: slot + DAY_MS, due: slot, missed: slot },
  ])('$name', ({ now, due, missed }) => {
    expect(times(now)).toMatchObject({ dueAt: due, missedAt: missed });
  });

  it('judges no slot from before the policy was saved', () => {
    expect(times(slot + 5 * HOUR_MS, slot + HOUR_MS)).toMatchObject({ dueAt: null, missedAt: null });
  });

  it('waits for the jitter as well', () => {
    const late = of('0 2 * * *').map((schedule) => ({ ...schedule, jitter: window }));
    expect(times(slot + 60 * MINUTE_MS, FROM, late).dueAt).toBeNull();
    expect(times(slot + 90 * MINUTE_MS, FROM, late).dueAt).toBe(slot);
  });

  it('says when the next slot is judged: never a moment that has passed', () => {
    for (const now of [FROM, slot, slot + 29 * MINUTE_MS, slot + 30 * MINUTE_MS, slot + 5 * HOUR_MS])
      expect(times(now).nextVerdictAt).toBeGreaterThan(now);
    expect(times(slot).nextVerdictAt).toBe(slot + 30 * MINUTE_MS);
  });

  it('follows the zone in the night that has 25 hours', () => {
    const zone = parseZone('Europe/Vienna');
    if (!zone) throw new Error('a zone');
    const before = Date.UTC(2026, 9, 24, 0, 30);
    const found = planTimes({
      schedules: of('30 2 * * *'),
      timeZone: zone,
      savedAt: before - DAY_MS,
      targetMs: DAY_MS,
      now: before + DAY_MS + 20 * MINUTE_MS,
    });
    expect(found.dueAt).toBe(before);
  });
});
