import type { Clock } from '../base/clock.ts';
import type { EpochMs } from '../base/time.ts';

/** How ARM counts a request: POST counts as a write. */
export type ArmCharge = 'reads' | 'writes' | 'deletes';

/**
 * ARM's token buckets of one principal in one subscription: burst and refill.
 *
 * Units:  requests; requests a second.
 * Source: https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling (05/28/2025).
 */
export const ARM_BUCKETS: Readonly<Record<ArmCharge, { readonly capacity: number; readonly refillPerSecond: number }>> = {
  reads: { capacity: 250, refillPerSecond: 25 },
  writes: { capacity: 200, refillPerSecond: 10 },
  deletes: { capacity: 200, refillPerSecond: 10 },
};

interface Bucket {
  tokens: number;
  refilledAt: EpochMs;
  /** ARM has said that it takes nothing before this moment. */
  closedUntil: EpochMs;
  /** Requests sent whose answer has not come: Azure may not have counted them yet. */
  inFlight: number;
  readonly waiting: Waiter[];
}

interface Waiter {
  readonly grant: () => void;
  readonly fail: (error: unknown) => void;
}

/** What an answer told about the bucket. */
export interface RateNews {
  /** Requests that Azure says are left. */
  readonly remaining?: number | undefined;
  /** Azure has refused for this bucket and named a wait. Units: ms. */
  readonly closedForMs?: number | undefined;
}

/** Lets requests out at the rate that ARM takes them. Each `acquire` is answered by one `release`. */
export interface RateLimiter {
  acquire(subscriptionId: string, charge: ArmCharge): Promise<void>;
  release(subscriptionId: string, charge: ArmCharge, news: RateNews): void;
}

/**
 * Makes token buckets per subscription and kind of call, first come first served.
 *
 * Shape:  starts from ARM's documented numbers, believes ARM's headers where they say less, and never where they say more than the refill allows.
 *         One wait of the clock lets out all who have a token by then, at most a second's worth: a wave does not wake up as one herd, nor turn the clock for each.
 * Errors: rejects with the clock's own error where its wait fails.
 * Safety: instances do not share memory: each thinks the bucket its own, and learns of the others through the headers alone.
 */
export function createRateLimiter(clock: Clock): RateLimiter {
  const buckets = new Map<string, Bucket>();
  const bucketOf = (subscriptionId: string, charge: ArmCharge): Bucket => {
    const key = `${subscriptionId.toLowerCase()}|${charge}`;
    let bucket = buckets.get(key);
    if (!bucket) {
      const tokens = ARM_BUCKETS[charge].capacity;
      bucket = { tokens, refilledAt: clock.now(), closedUntil: 0, inFlight: 0, waiting: [] };
      buckets.set(key, bucket);
    }
    return bucket;
  };
  return {
    acquire: async (subscriptionId, charge) => {
      const bucket = bucketOf(subscriptionId, charge);
      if (bucket.waiting.length === 0 && take(bucket, charge, clock.now())) return;
      const turn = new Promise<void>((grant, fail) => bucket.waiting.push({ grant, fail }));
      if (bucket.waiting.length === 1) void serve(bucket, charge, clock);
      await turn;
    },
    release: (subscriptionId, charge, { remaining, closedForMs }) => {
      const bucket = bucketOf(subscriptionId, charge);
      bucket.inFlight -= 1;
      if (remaining !== undefined) bucket.tokens = Math.min(bucket.tokens, remaining - bucket.inFlight);
      if (closedForMs !== undefined) bucket.closedUntil = Math.max(bucket.closedUntil, clock.now() + closedForMs);
    },
  };
}

function take(bucket: Bucket, charge: ArmCharge, now: EpochMs): boolean {
  const { capacity, refillPerSecond } = ARM_BUCKETS[charge];
  bucket.tokens = Math.min(capacity, bucket.tokens + ((now - bucket.refilledAt) / 1_000) * refillPerSecond);
  bucket.refilledAt = now;
  if (now < bucket.closedUntil || bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  bucket.inFlight += 1;
  return true;
}

/** Serves those who wait, in order, until none is left. One of these runs for a bucket at a time. */
async function serve(bucket: Bucket, charge: ArmCharge, clock: Clock): Promise<void> {
  try {
    while (bucket.waiting.length > 0) {
      while (bucket.waiting.length > 0 && take(bucket, charge, clock.now())) bucket.waiting.shift()?.grant();
      if (bucket.waiting.length > 0) await clock.wait(untilNext(bucket, charge, clock.now()));
    }
  } catch (error) {
    for (const waiter of bucket.waiting.splice(0)) waiter.fail(error);
  }
}

function untilNext(bucket: Bucket, charge: ArmCharge, now: EpochMs): number {
  const { refillPerSecond } = ARM_BUCKETS[charge];
  const wanted = Math.min(bucket.waiting.length, refillPerSecond);
  const refillMs = ((wanted - bucket.tokens) / refillPerSecond) * 1_000;
  return Math.max(1, Math.ceil(refillMs), bucket.closedUntil - now);
}
