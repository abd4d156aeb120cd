import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ARM_BUCKETS, type ArmCharge, createRateLimiter, type LimitedRequest } from '../../src/azure/rate-limiter.ts';
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

function request(charge: ArmCharge, subscriptionId = SUBSCRIPTION): LimitedRequest {
  return { subscriptionId, charge, place: 'own', kind: 'PUT microsoft.compute/snapshots/{}' };
}

/** Sends a wave through the limiter: when each went out, and in which order. */
async function wave(count: number, charge: ArmCharge, remaining?: (nth: number) => number | undefined) {
  const clock = createVirtualClock(0);
  const limiter = createRateLimiter(clock);
  const sentAt: number[] = [];
  const order: number[] = [];
  await Promise.all(
    [...Array(count).keys()].map(async (n) => {
      const release = await limiter.acquire(request(charge));
      sentAt.push(clock.now());
      order.push(n);
      release({ remaining: remaining?.(sentAt.length) });
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
    for (let n = 0; n < 200; n += 1) await limiter.acquire(request('writes', 'a'));
    await limiter.acquire(request('writes', 'b'));
    await limiter.acquire(request('reads', 'a'));
    await limiter.acquire(request('deletes', 'a'));
    expect(clock.now()).toBe(0);
    await limiter.acquire(request('writes', 'A'));
    expect(clock.now()).toBe(100);
  });

  it('believes Azure where it says that less is left', async () => {
    const clock = createVirtualClock(0);
    const limiter = createRateLimiter(clock);
    const release = await limiter.acquire(request('writes'));
    release({ remaining: 3 });
    for (let n = 0; n < 3; n += 1) await limiter.acquire(request('writes'));
    expect(clock.now()).toBe(0);
    await limiter.acquire(request('writes'));
    expect(clock.now()).toBe(100);
  });

  it('counts requests that are under way, which Azure has not counted yet', async () => {
    const clock = createVirtualClock(0);
    const limiter = createRateLimiter(clock);
    const releases = [];
    for (let n = 0; n < 4; n += 1) releases.push(await limiter.acquire(request('writes')));
    releases[0]?.({ remaining: 3 });
    await limiter.acquire(request('writes'));
    expect(clock.now()).toBe(100);
  });

  it('does not believe Azure where it says that more is left', async () => {
    const { sentAt } = await wave(400, 'writes', () => 12_000);
    expect(refusedByAzure(sentAt, 'writes')).toBe(0);
  });

  it('sends nothing while Azure has closed the bucket', async () => {
    const clock = createVirtualClock(0);
    const limiter = createRateLimiter(clock);
    const release = await limiter.acquire(request('deletes'));
    release({ remaining: 0, closedForMs: 17_000 });
    await Promise.all([1, 2, 3].map(() => limiter.acquire(request('deletes'))));
    expect(clock.now()).toBe(17_000);
  });

  it('learns a bucket of the provider from its header, and keeps within it', async () => {
    const clock = createVirtualClock(0);
    const limiter = createRateLimiter(clock);
    // Azure's side: 1,000 at once and as many in three minutes, as its name says; we know neither beforehand.
    const capacity = 1_000;
    const refillPerSecond = capacity / 180;
    let tokens = capacity;
    let at = 0;
    let refused = 0;
    let least = capacity;
    let left = 3_000;
    const worker = async () => {
      while (left > 0) {
        left -= 1;
        const release = await limiter.acquire(request('writes'));
        tokens = Math.min(capacity, tokens + ((clock.now() - at) / 1_000) * refillPerSecond);
        at = clock.now();
        if (tokens < 1) refused += 1;
        else tokens -= 1;
        least = Math.min(least, tokens);
        await clock.wait(50);
        release({ resources: [{ name: 'CreateUpdateSnapshots3Min', remaining: Math.floor(tokens) }] });
      }
    };
    await Promise.all([...Array(12)].map(worker));
    expect(refused).toBe(0);
    // A tenth is left to others: (3000 - 900) / 5.56 s is 378 s.
    expect(clock.now()).toBeGreaterThan(372_000);
    expect(clock.now()).toBeLessThan(385_000);
    expect(least).toBeGreaterThan(95);
  });

  it('takes the header of a provider for the truth, also where it says more', async () => {
    const clock = createVirtualClock(0);
    const limiter = createRateLimiter(clock);
    const told = (remaining: number) => ({ resources: [{ name: 'CreateUpdateSnapshots3Min', remaining }] });
    for (const remaining of [3, 100]) (await limiter.acquire(request('writes')))(told(remaining));
    for (let n = 0; n < 90; n += 1) await limiter.acquire(request('writes'));
    expect(clock.now()).toBe(0);
    await limiter.acquire(request('writes'));
    expect(clock.now()).toBeGreaterThan(0);
  });

  it('is not slowed down for long by a bucket that it first saw empty', async () => {
    const clock = createVirtualClock(0);
    const limiter = createRateLimiter(clock);
    const empty = { resources: [{ name: 'CreateUpdateSnapshots3Min', remaining: 0 }] };
    (await limiter.acquire(request('writes')))(empty);
    for (let n = 0; n < 3; n += 1) (await limiter.acquire(request('writes')))(empty);
    expect(clock.now()).toBeLessThanOrEqual(3_000);
  });

  it('fails those who wait when the clock fails, and serves those who come after', async () => {
    let broken = true;
    const inner = createVirtualClock(0);
    const clock = {
      now: inner.now,
      wait: (ms: number) => (broken ? Promise.reject(new Error('no clock')) : inner.wait(ms)),
    };
    const limiter = createRateLimiter(clock);
    for (let n = 0; n < 200; n += 1) await limiter.acquire(request('writes'));
    await expect(limiter.acquire(request('writes'))).rejects.toThrow('no clock');
    broken = false;
    await limiter.acquire(request('writes'));
  });

  it('never sends what Azure would refuse, whenever calls come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 9_000 }), count: fc.integer({ min: 1, max: 150 }) }), {
          maxLength: 8,
        }),
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
                  const release = await limiter.acquire(request(charge));
                  sentAt.push(clock.now());
                  release({});
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
