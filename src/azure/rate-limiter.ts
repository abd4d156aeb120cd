import type { Clock } from '../base/clock.ts';
import type { EpochMs } from '../base/time.ts';
import { createLearnedBuckets, LEFT_TO_OTHERS, type ProviderNews } from './learned-buckets.ts';
import { type KnownLimits, type Pressure, type SharedLimits, USER_STANDS_MS } from './shared-limits.ts';
import { type BucketSize, createTokenBucket, type TokenBucket } from './token-bucket.ts';

/** How ARM counts a request: POST counts as a write. */
export type ArmCharge = 'reads' | 'writes' | 'deletes';

/**
 * ARM's token buckets of one principal in one subscription; the tenant's are of the same sizes.
 *
 * Source: https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling (05/28/2025).
 */
export const ARM_BUCKETS: Readonly<Record<ArmCharge, BucketSize>> = {
  reads: { capacity: 250, refillPerSecond: 25 },
  writes: { capacity: 200, refillPerSecond: 10 },
  deletes: { capacity: 200, refillPerSecond: 10 },
};

/** All principals of a subscription together have so many times the bucket of one. Source: as ARM_BUCKETS. */
const ALL_PRINCIPALS = 15;

/** With no more than these parts of a bucket left it matters who else draws from it, and instances tell each other: see `Pressure`. */
const HALF = 0.5;
const LITTLE = 0.25;

/** A refusal halves what an instance takes of the refill: others must be there that it has not heard of. One wave of refusals counts once. */
const PART_AFTER_REFUSAL = 0.5;

/** So long a refusal is remembered where nobody tells of other instances. */
const SLOWED_MS = 10_000;

/** What a request is, as far as its limits go. */
export interface LimitedRequest {
  /** Empty for requests of the tenant. */
  readonly subscriptionId: string;
  readonly charge: ArmCharge;
  /**
   * The resource group, or empty: Compute has its buckets by region, which no path names. Groups stand for regions, as those of our snapshots have one each; where
   * several lie in one region, each learns from its own answers what is left.
   */
  readonly place: string;
  /** Method and kind of resource: requests of one kind fall under the same buckets of their provider. */
  readonly kind: string;
}

/** What an answer told about limits. */
export interface RateNews extends ProviderNews {
  /** Requests that ARM says are left of our principal's bucket. */
  readonly remaining?: number | undefined;
  /** Requests that ARM says are left of the bucket of all principals. */
  readonly remainingOfAll?: number | undefined;
  /** ARM has refused for the subscription's bucket. Units: ms. */
  readonly closedForMs?: number | undefined;
}

/** Says when a request may go out. */
export interface RateLimiter {
  /** Resolves when the request may go; what it gives back is called once with what the answer told. */
  acquire(request: LimitedRequest): Promise<(news: RateNews) => void>;
}

interface ArmBucket {
  readonly bucket: TokenBucket;
  /** Instances that draw on it, as far as is known, and until when that stands. */
  users: number;
  usersUntil: EpochMs;
}

/**
 * Limits requests by ARM's documented buckets and by those of the providers that answers tell of.
 *
 * Shape:  ARM's start from the documented numbers and believe its headers where they say less. A provider's is unpublished: its size is the most that was
 *         ever seen left in it, its refill that size over the minutes in its name (`CreateUpdateDisks3Min`), and each answer sets it right.
 * Safety: instances share no memory. Headers tell each what is left now; how many draw on the refill, and what is closed, they tell each other through
 *         `shared`, and until they know, a refusal halves what one takes.
 */
export function createRateLimiter(clock: Clock, shared: SharedLimits | null = null): RateLimiter {
  const armBuckets = new Map<string, ArmBucket>();
  const learned = createLearnedBuckets(clock);
  const met = new Map<string, Promise<void>>();

  const armBucket = (subscription: string, charge: ArmCharge) => {
    const arm = getOrMake(armBuckets, `${subscription}|${charge}`, (): ArmBucket => {
      return { bucket: createTokenBucket(clock, ARM_BUCKETS[charge]), users: 1, usersUntil: 0 };
    });
    if (arm.usersUntil > 0 && clock.now() >= arm.usersUntil) forget(arm);
    return arm;
  };
  const forget = (arm: ArmBucket) => {
    Object.assign(arm, { users: 1, usersUntil: 0 });
    arm.bucket.setPart(1);
  };
  const slowDown = (arm: ArmBucket) => {
    arm.usersUntil = Math.max(arm.usersUntil, clock.now() + SLOWED_MS);
    arm.bucket.setPart(PART_AFTER_REFUSAL / arm.users);
  };
  const hear = (subscription: string, known: KnownLimits, joining = 0) => {
    for (const charge of Object.keys(ARM_BUCKETS) as ArmCharge[]) {
      const arm = armBucket(subscription, charge);
      const others = known.usersOf(charge);
      if (others === 0) continue;
      const users = others + joining;
      // Who joins while others empty a bucket does not begin with a burst.
      if (joining > 0) arm.bucket.limitTo((ARM_BUCKETS[charge].capacity * LITTLE) / users);
      Object.assign(arm, { users, usersUntil: clock.now() + USER_STANDS_MS });
      arm.bucket.setPart(1 / users);
    }
    for (const [bucket, until] of known.closed) {
      const key = `${subscription}|${bucket}`;
      armBuckets.get(key)?.bucket.closeUntil(until);
      learned.closeUntil(key, until);
    }
  };
  const meet = async (subscription: string, limits: SharedLimits) => {
    const known = await limits.look(subscription);
    if (known) hear(subscription, known, 1);
  };
  const tell = (subscription: string, bucket: string, pressure: Pressure, closedForMs?: number) => {
    const closedUntil = closedForMs === undefined ? null : clock.now() + closedForMs;
    shared?.tell(subscription, { bucket, pressure, closedUntil }, (known) => hear(subscription, known));
  };
  const releaseArm = (subscription: string, charge: ArmCharge, arm: ArmBucket, news: RateNews) => {
    const remaining = leftForUs(news, ARM_BUCKETS[charge]);
    arm.bucket.release({ remaining, closedForMs: news.closedForMs });
    if (news.closedForMs !== undefined) slowDown(arm);
    const left = (news.remaining ?? Number.POSITIVE_INFINITY) / ARM_BUCKETS[charge].capacity;
    if (news.closedForMs !== undefined) tell(subscription, charge, 'refused', news.closedForMs);
    else if (left <= LITTLE) tell(subscription, charge, 'little');
    else if (left <= HALF) tell(subscription, charge, 'half');
  };
  return {
    acquire: async ({ subscriptionId, charge, place, kind }) => {
      const subscription = subscriptionId.toLowerCase() || 'tenant';
      if (shared) await getOrMake(met, subscription, () => meet(subscription, shared));
      const arm = armBucket(subscription, charge);
      // ARM's token first: held while the provider's is waited for, it makes us slower and never faster than we may be.
      await arm.bucket.acquire();
      const release = await learned.acquire(`${subscription}|${place.toLowerCase()}`, kind);
      return (news) => {
        releaseArm(subscription, charge, arm, news);
        for (const { name, closedForMs } of release(news))
          tell(subscription, `${place.toLowerCase()}|${name}`, 'refused', closedForMs);
      };
    },
  };
}

/** What ARM's two buckets leave us of the next requests. */
function leftForUs({ remaining, remainingOfAll }: RateNews, { capacity }: BucketSize): number | undefined {
  if (remainingOfAll === undefined) return remaining;
  return Math.min(
    remaining ?? Number.POSITIVE_INFINITY,
    remainingOfAll - Math.floor(capacity * ALL_PRINCIPALS * LEFT_TO_OTHERS),
  );
}

function getOrMake<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
