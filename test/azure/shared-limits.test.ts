import { beforeEach, describe, expect, it } from 'vitest';
import { type ArmCharge, createRateLimiter, type RateNews } from '../../src/azure/rate-limiter.ts';
import { createSharedLimits, type KnownLimits, type LearnedLimit } from '../../src/azure/shared-limits.ts';
import { AppError } from '../../src/base/errors.ts';
import type { Log } from '../../src/base/log.ts';
import { MINUTE_MS } from '../../src/base/time.ts';
import { playBuckets } from '../bench/bench-buckets.ts';
import { createMemoryStore, type MemoryStore } from '../memory/memory-store.ts';
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.ts';

const SUBSCRIPTION = 's';

let clock: VirtualClock;
let store: MemoryStore;
let lines: string[];
beforeEach(() => {
  clock = createVirtualClock(0);
  store = createMemoryStore();
  lines = [];
});
const log: Log = { info: () => {}, warn: (message) => void lines.push(message), error: () => {} };
const sharedBy = (instance: string, principal = 'snapshot') =>
  createSharedLimits({ store, clock, log, principal, instance });
const row = () => store.table('limits').get({ partitionKey: 'snapshot', rowKey: SUBSCRIPTION });
const few: LearnedLimit = { bucket: 'writes', pressure: 'little', closedUntil: null };
/** What the row says after it was told. */
const told = (instance: string, learned: LearnedLimit = few) =>
  new Promise<KnownLimits>((resolve) => sharedBy(instance).tell(SUBSCRIPTION, learned, resolve));
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('shared limits', () => {
  it('count the instances that tell of a bucket, each once, and not those of long ago', async () => {
    expect((await told('a')).usersOf('writes')).toBe(1);
    await told('b');
    expect((await told('a')).usersOf('writes')).toBe(2);
    expect((await told('a')).usersOf('reads')).toBe(0);
    await clock.wait(3 * MINUTE_MS);
    expect((await told('c')).usersOf('writes')).toBe(1);
  });

  it('tell of what is closed until it opens', async () => {
    await told('a', { bucket: 'writes', pressure: 'refused', closedUntil: 17_000 });
    expect([...(await told('b')).closed]).toEqual([['writes', 17_000]]);
    await clock.wait(17_000);
    expect([...(await told('b')).closed]).toEqual([]);
  });

  it('write once a minute for the same pressure, sooner for a greater one', async () => {
    const shared = sharedBy('a');
    let heard = 0;
    const tell = async (pressure: LearnedLimit['pressure']) => {
      shared.tell(SUBSCRIPTION, { ...few, pressure }, () => {
        heard += 1;
      });
      await settle();
    };
    for (const pressure of ['half', 'half', 'little', 'little', 'half', 'refused', 'refused'] as const)
      await tell(pressure);
    expect(heard).toBe(3);
    await clock.wait(10_000);
    await tell('little');
    await tell('refused');
    expect(heard).toBe(4);
    await clock.wait(MINUTE_MS);
    await tell('little');
    expect(heard).toBe(5);
  });

  it('of one principal say nothing of those of another', async () => {
    await told('a');
    const known = await new Promise<KnownLimits>((resolve) =>
      sharedBy('b', 'restore').tell(SUBSCRIPTION, few, resolve),
    );
    expect(known.usersOf('writes')).toBe(1);
  });

  it('lose nobody when instances write at the same moment', async () => {
    const all = await Promise.all(['a', 'b', 'c'].map((instance) => told(instance)));
    expect(Math.max(...all.map((known) => known.usersOf('writes')))).toBe(3);
  });

  it('are written anew where they cannot be read', async () => {
    await store.table('limits').put({ partitionKey: 'snapshot', rowKey: SUBSCRIPTION }, { document0: 'no json' });
    expect((await told('a')).usersOf('writes')).toBe(1);
    expect((await row())?.cells.document0).toContain('writes|a');
  });
});

describe('a limiter with shared limits', () => {
  const request = (charge: ArmCharge = 'writes') => ({ subscriptionId: SUBSCRIPTION, charge, place: '', kind: 'k' });
  const send = async (limiter: ReturnType<typeof createRateLimiter>, news: RateNews) => {
    (await limiter.acquire(request()))(news);
    await settle();
  };

  it('makes no storage call while half of the bucket is left', async () => {
    const limiter = createRateLimiter(clock, sharedBy('a'));
    await send(limiter, { remaining: 101, remainingOfAll: 2_900 });
    expect(await row()).toBeNull();
    await send(limiter, { remaining: 100, remainingOfAll: 2_900 });
    expect(await row()).not.toBeNull();
  });

  it('takes its part of what is left and of what comes back, and all of it again when the others are gone', async () => {
    await told('b');
    const limiter = createRateLimiter(clock, sharedBy('a'));
    await send(limiter, { remaining: 40 });
    await send(limiter, { remaining: 40 });
    for (let n = 0; n < 20; n += 1) await limiter.acquire(request());
    expect(clock.now()).toBe(0);
    await limiter.acquire(request());
    expect(clock.now()).toBe(200);
    await clock.wait(4 * MINUTE_MS);
    for (let n = 0; n < 200; n += 1) await limiter.acquire(request());
    const from = clock.now();
    await limiter.acquire(request());
    expect(clock.now() - from).toBe(100);
  });

  it('begins without a burst where others are emptying the bucket', async () => {
    await Promise.all(['b', 'c', 'd'].map((instance) => told(instance)));
    await told('d');
    const limiter = createRateLimiter(clock, sharedBy('a'));
    for (let n = 0; n < 12; n += 1) await limiter.acquire(request());
    expect(clock.now()).toBe(0);
    await limiter.acquire(request());
    expect(clock.now()).toBe(200);
  });

  it('goes on without the others where storage does not answer', async () => {
    store.hooks = {
      before: () => {
        throw new AppError('storage-unavailable', 'Storage does not answer');
      },
    };
    const limiter = createRateLimiter(clock, sharedBy('a'));
    await send(limiter, { remaining: 40 });
    await limiter.acquire(request());
    expect(lines).toHaveLength(2);
  });

  it('hears from another that a bucket is closed', async () => {
    await told('b', { bucket: 'writes', pressure: 'refused', closedUntil: 30_000 });
    const limiter = createRateLimiter(clock, sharedBy('a'));
    await send(limiter, { remaining: 90 });
    await limiter.acquire(request());
    expect(clock.now()).toBe(30_000);
  });

  it('leaves a tenth of what all principals have together', async () => {
    const limiter = createRateLimiter(clock);
    await send(limiter, { remaining: 199, remainingOfAll: 303 });
    for (let n = 0; n < 3; n += 1) await limiter.acquire(request());
    expect(clock.now()).toBe(0);
    await limiter.acquire(request());
    expect(clock.now()).toBe(100);
  });
});

describe('a wave over subscriptions, by the sandbox’s buckets', () => {
  it('ends within 1.05 x what the buckets allow, with nothing refused', async () => {
    const { seconds, allowedSeconds, calls, refused } = await playBuckets({
      subscriptions: 8,
      disksPerSubscription: 400,
      instances: 1,
    });
    expect(refused).toBe(0);
    expect(calls).toBe(3_200);
    expect(seconds).toBeLessThanOrEqual(allowedSeconds * 1.05);
    expect(seconds).toBeGreaterThanOrEqual(allowedSeconds);
  });

  it('is shared by instances that share no memory, with under 1 % refused', async () => {
    const { seconds, allowedSeconds, calls, refused } = await playBuckets({
      subscriptions: 20,
      disksPerSubscription: 300,
      instances: 3,
    });
    expect(refused / calls).toBeLessThan(0.01);
    expect(seconds).toBeLessThanOrEqual(allowedSeconds * 1.3);
  });

  it('leaves Compute’s bucket open to others of the subscription', async () => {
    const { others, othersRefused } = await playBuckets({
      subscriptions: 1,
      disksPerSubscription: 1_600,
      instances: 1,
      othersPerSecond: 2,
    });
    expect(others).toBeGreaterThan(100);
    expect(othersRefused).toBe(0);
  });
});
