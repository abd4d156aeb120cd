import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ARM_BUCKETS, type ArmCharge, createRateLimiter } from '../../src/azure/rate-limiter.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const SUBSCRIPTION = 's';

/** Azure's bucket, counted anew: what it would say to requests at these moments. */
function refusedByAzure(sentAt: readonly number[], charge: ArmCharge): number {
  const { capacity, refillPerSecond } = ARM_BUCKETS[charge];
  let tokens = capacity;
  let at = sentAt[0] ?? 0;
  let refused = 0;
  for (const now of sentAt) {
    tokens = Math.min(capacity, tokens + ((now - at) / 1_000) * refillPerSecond);
    at = now;
    // A request that is refused for less than a thousandth of a token is a rounding of ours.
    if (tokens < 0.999) refused += 1;
    else tokens -= 1;
  }
  return refused;
}

/** Sends a wave through the limiter: when each went out, and in which order. */
async function wave(count: number, charge: ArmCharge, remaining?: (nth: number) => number | undefined) {
  const clock = createVirtualClock(0);
  const limiter = createRateLimiter(clock);
  const sentAt: number[] = [];
  const order: number[] = [];
  await Promise.all(
    [...Array(count).keys()].map(async (n) => {
      await limiter.acquire(SUBSCRIPTION, charge);
      sentAt.push(clock.now());
      order.push(n);
      limiter.release(SUBSCRIPTION, charge, { remaining: remaining?.(sentAt.length) });
    }),
  );
  return { sentAt, order, clock };
}

describe('rate limiter', () => {
  it('lets a wave of 1,000 writes out in (1000 - 200) / 10 s, none of them refused', async () => {
    const { sentAt, order, clock } = await wave(1_000, 'writes');
    expect(refusedByAzure(sentAt, 'writes')).toBe(0);
    expect(sentAt.at(-1)).toBeGreaterThanOrEqual(80_000);
    expect(sentAt.at(-1)).toBeLessThan(81_000);
    expect(order).toEqual([...Array(1_000).keys()]);
    expect(clock.waitsMs.length).toBeLessThanOrEqual(81);
  });

  it('makes a single one wait for its own token only', async () => {
    const { sentAt } = await wave(201, 'writes');
    expect(sentAt.at(-1)).toBe(100);
  });

  it('keeps the buckets of subscriptions and of kinds of call apart', async () => {
    const clock = createVirtualClock(0);
    const limiter = createRateLimiter(clock);
    for (let n = 0; n < 200; n += 1) await limiter.acquire('a', 'writes');
    await limiter.acquire('b', 'writes');
    await limiter.acquire('a', 'reads');
    await limiter.acquire('a', 'deletes');
    expect(clock.now()).toBe(0);
    await limiter.acquire('A', 'writes');
    expect(clock.now()).toBe(100);
  });

  it('believes Azure where it says that less is left', async () => {
    const clock = createVirtualClock(0);
    const limiter = createRateLimiter(clock);
    await limiter.acquire(SUBSCRIPTION, 'writes');
    limiter.release(SUBSCRIPTION, 'writes', { remaining: 3 });
    for (let n = 0; n < 3; n += 1) await limiter.acquire(SUBSCRIPTION, 'writes');
    expect(clock.now()).toBe(0);
    await limiter.acquire(SUBSCRIPTION, 'writes');
    expect(clock.now()).toBe(100);
  });

  it('counts requests that are under way, which Azure has not counted yet', async () => {
    const clock = createVirtualClock(0);
    const limiter = createRateLimiter(clock);
    for (let n = 0; n < 4; n += 1) await limiter.acquire(SUBSCRIPTION, 'writes');
    limiter.release(SUBSCRIPTION, 'writes', { remaining: 3 });
    await limiter.acquire(SUBSCRIPTION, 'writes');
    expect(clock.now()).toBe(100);
  });

  it('does not believe Azure where it says that more is left', async () => {
    const { sentAt } = await wave(400, 'writes', () => 12_000);
    expect(refusedByAzure(sentAt, 'writes')).toBe(0);
  });

  it('sends nothing while Azure has closed the bucket', async () => {
    const clock = createVirtualClock(0);
    const limiter = createRateLimiter(clock);
    await limiter.acquire(SUBSCRIPTION, 'deletes');
    limiter.release(SUBSCRIPTION, 'deletes', { remaining: 0, closedForMs: 17_000 });
    await Promise.all([1, 2, 3].map(() => limiter.acquire(SUBSCRIPTION, 'deletes')));
    expect(clock.now()).toBe(17_000);
  });

  it('fails those who wait when the clock fails, and serves those who come after', async () => {
    let broken = true;
    const inner = createVirtualClock(0);
    const clock = { now: inner.now, wait: (ms: number) => (broken ? Promise.reject(new Error('no clock')) : inner.wait(ms)) };
    const limiter = createRateLimiter(clock);
    for (let n = 0; n < 200; n += 1) await limiter.acquire(SUBSCRIPTION, 'writes');
    await expect(limiter.acquire(SUBSCRIPTION, 'writes')).rejects.toThrow('no clock');
    broken = false;
    await limiter.acquire(SUBSCRIPTION, 'writes');
  });

  it('never sends what Azure would refuse, whenever calls come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 9_000 }), count: fc.integer({ min: 1, max: 150 }) }), { maxLength: 8 }),
        fc.constantFrom<ArmCharge>('reads', 'writes', 'deletes'),
        async (bursts, charge) => {
          const clock = createVirtualClock(0);
          const limiter = createRateLimiter(clock);
          const sentAt: number[] = [];
          await Promise.all(
            bursts.map(async ({ afterMs, count }) => {
              await clock.wait(afterMs);
              await Promise.all(
                [...Array(count)].map(async () => {
                  await limiter.acquire(SUBSCRIPTION, charge);
                  sentAt.push(clock.now());
                  limiter.release(SUBSCRIPTION, charge, {});
                }),
              );
            }),
          );
          expect(refusedByAzure(sentAt, charge)).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
  });
});
