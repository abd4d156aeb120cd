import type { Clock } from '../base/clock.ts';
import { type BucketNews, type BucketSize, createTokenBucket, type TokenBucket } from './token-bucket.ts';

/** How ARM counts a request: POST counts as a write. */
export type ArmCharge = 'reads' | 'writes' | 'deletes';

/**
 * ARM's token buckets of one principal in one subscription.
 *
 * Source: https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling (05/28/2025).
 */
export const ARM_BUCKETS: Readonly<Record<ArmCharge, BucketSize>> = {
  reads: { capacity: 250, refillPerSecond: 25 },
  writes: { capacity: 200, refillPerSecond: 10 },
  deletes: { capacity: 200, refillPerSecond: 10 },
};

/**
 * The least that a provider's bucket is taken to refill, in requests a second: one that is nearly empty when it is first seen would look tiny, and
 * being too bold only costs a 429 that says how long to wait.
 */
const LEARNED_REFILL_MIN_PER_SECOND = 1;

/** What a request is, as far as its limits go. */
export interface LimitedRequest {
  readonly subscriptionId: string;
  readonly charge: ArmCharge;
  /** Method and kind of resource: requests of one kind fall under the same buckets of their provider. */
  readonly kind: string;
}

/** A provider's own bucket, as its header names it. */
export interface ResourceBucket {
  readonly name: string;
  readonly remaining: number;
}

/** What an answer told about limits. */
export interface RateNews {
  /** Requests that ARM says are left of the subscription's bucket. */
  readonly remaining?: number | undefined;
  /** ARM has refused for the subscription's bucket. Units: ms. */
  readonly closedForMs?: number | undefined;
  readonly resources?: readonly ResourceBucket[];
  /** The provider has refused. Units: ms. */
  readonly resourcesClosedForMs?: number | undefined;
}

/** Says when a request may go out. */
export interface RateLimiter {
  /** Resolves when the request may go; what it gives back is called once with what the answer told. */
  acquire(request: LimitedRequest): Promise<(news: RateNews) => void>;
}

interface LearnedBucket {
  readonly bucket: TokenBucket;
  capacity: number;
}

/**
 * Limits requests by ARM's documented buckets and by those of the providers that answers tell of.
 *
 * Shape:  ARM's start from the documented numbers and believe its headers where they say less. A provider's is unpublished: its size is the most that was
 *         ever seen left in it, its refill that size over the minutes in its name (`CreateUpdateDisks3Min`), and each answer sets it right.
 * Safety: instances do not share memory: each thinks the buckets its own, and learns of the others through the headers alone.
 */
export function createRateLimiter(clock: Clock): RateLimiter {
  const armBuckets = new Map<string, TokenBucket>();
  const learned = new Map<string, LearnedBucket>();
  const namesByKind = new Map<string, readonly string[]>();

  const armBucket = (subscription: string, charge: ArmCharge) =>
    getOrMake(armBuckets, `${subscription}|${charge}`, () => createTokenBucket(clock, ARM_BUCKETS[charge]));
  const learn = (subscription: string, { name, remaining }: ResourceBucket) => {
    const capacity = Math.max(1, remaining + 1);
    const known = getOrMake(learned, `${subscription}|${name}`, () => ({
      capacity,
      bucket: createTokenBucket(clock, sizeOf(name, capacity)),
    }));
    if (capacity > known.capacity) {
      known.capacity = capacity;
      known.bucket.resize(sizeOf(name, capacity));
    }
  };
  return {
    acquire: async ({ subscriptionId, charge, kind }) => {
      const subscription = subscriptionId.toLowerCase();
      const kindKey = `${subscription}|${kind}`;
      const arm = armBucket(subscription, charge);
      const held = (namesByKind.get(kindKey) ?? []).flatMap((name) => {
        const found = learned.get(`${subscription}|${name}`);
        return found ? [{ name, bucket: found.bucket }] : [];
      });
      // ARM's token first: held while the provider's is waited for, it makes us slower and never faster than we may be.
      await arm.acquire();
      for (const { bucket } of held) await bucket.acquire();
      return (news) => {
        arm.release({ remaining: news.remaining, closedForMs: news.closedForMs });
        for (const { name, bucket } of held) bucket.release(newsOf(name, news), true);
        for (const resource of news.resources ?? []) learn(subscription, resource);
        if (news.resources && news.resources.length > 0) {
          namesByKind.set(
            kindKey,
            news.resources.map(({ name }) => name),
          );
        }
      };
    },
  };
}

function newsOf(name: string, { resources, resourcesClosedForMs }: RateNews): BucketNews {
  const remaining = resources?.find((resource) => resource.name === name)?.remaining;
  return { remaining, closedForMs: remaining === undefined || remaining > 0 ? undefined : resourcesClosedForMs };
}

function sizeOf(name: string, capacity: number): BucketSize {
  const minutes = Number(/(\d+)Min$/.exec(name)?.[1] ?? 1);
  const refillPerSecond = Math.max(LEARNED_REFILL_MIN_PER_SECOND, capacity / (Math.max(1, minutes) * 60));
  return { capacity, refillPerSecond };
}

function getOrMake<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
