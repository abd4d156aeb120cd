import type { Clock } from '../base/clock.ts';
import type { EpochMs } from '../base/time.ts';
import { type BucketNews, type BucketSize, createTokenBucket, type TokenBucket } from './token-bucket.ts';

/**
 * The part of a bucket that is left to others: Compute's buckets, and ARM's of all principals together, are those of whoever works in the subscription.
 * A tenth is some hundred calls of a usual bucket: a deployment or a person at the portal still passes in the middle of a wave, which takes the longer by no more than
 * the tenth takes to refill. ARM's bucket of our own principal is used to its end: nobody else has it.
 */
export const LEFT_TO_OTHERS = 0.1;

/**
 * The least that a provider's bucket is taken to refill, in requests a second: one that is nearly empty when it is first seen would look tiny, and
 * being too bold only costs a 429 that says how long to wait.
 */
const LEARNED_REFILL_MIN_PER_SECOND = 1;

/** A provider's own bucket, as its header names it. */
interface ResourceBucket {
  readonly name: string;
  readonly remaining: number;
}

/** What an answer told about its provider's limits. */
export interface ProviderNews {
  readonly resources?: readonly ResourceBucket[];
  /** The provider has refused. Units: ms. */
  readonly resourcesClosedForMs?: number | undefined;
}

/** A bucket that an answer has told to be closed. Units: ms. */
interface ClosedBucket {
  readonly name: string;
  readonly closedForMs: number;
}

/** The buckets of providers, as far as answers have told of them. */
export interface LearnedBuckets {
  /**
   * Resolves when no bucket that such requests are known to fall under forbids one more. What it gives back is called once with what the answer told, and
   * says what is closed now.
   */
  acquire(place: string, kind: string): Promise<(news: ProviderNews) => readonly ClosedBucket[]>;
  /** `key`: the place and the bucket's name. */
  closeUntil(key: string, moment: EpochMs): void;
}

interface LearnedBucket {
  readonly bucket: TokenBucket;
  capacity: number;
}

/**
 * Learns the token buckets of providers, which no document names, from the headers of their answers.
 *
 * Shape:  a bucket's size is the most that was ever seen left in it, its refill that size over the minutes in its name (`CreateUpdateDisks3Min`), and each
 *         answer sets right what is left.
 */
export function createLearnedBuckets(clock: Clock): LearnedBuckets {
  const byKey = new Map<string, LearnedBucket>();
  const namesByKind = new Map<string, readonly string[]>();

  const learn = (key: string, { name, remaining }: ResourceBucket) => {
    const capacity = Math.max(1, remaining + 1);
    const known = byKey.get(key);
    if (!known) byKey.set(key, { capacity, bucket: createTokenBucket(clock, sizeOf(name, capacity)) });
    else if (capacity > known.capacity) {
      known.capacity = capacity;
      known.bucket.resize(sizeOf(name, capacity));
    }
  };
  return {
    acquire: async (place, kind) => {
      const held = (namesByKind.get(`${place}|${kind}`) ?? []).flatMap((name) => {
        const known = byKey.get(`${place}|${name}`);
        return known ? [{ name, known }] : [];
      });
      for (const { known } of held) await known.bucket.acquire();
      return (news) => {
        const { resources = [] } = news;
        for (const resource of resources) learn(`${place}|${resource.name}`, resource);
        const closed = held.flatMap(({ name, known }) => {
          const told = newsOf(name, known.capacity, news);
          known.bucket.release(told, true);
          return told.closedForMs === undefined ? [] : [{ name, closedForMs: told.closedForMs }];
        });
        const names = resources.map(({ name }) => name);
        if (names.length > 0) namesByKind.set(`${place}|${kind}`, names);
        return closed;
      };
    },
    closeUntil: (key, moment) => byKey.get(key)?.bucket.closeUntil(moment),
  };
}

function newsOf(name: string, capacity: number, { resources, resourcesClosedForMs }: ProviderNews): BucketNews {
  const remaining = resources?.find((resource) => resource.name === name)?.remaining;
  return {
    remaining: remaining === undefined ? undefined : remaining - othersOf(capacity),
    closedForMs: remaining === undefined || remaining > 0 ? undefined : resourcesClosedForMs,
  };
}

function othersOf(capacity: number): number {
  return Math.floor(capacity * LEFT_TO_OTHERS);
}

/** Our part of a provider's bucket: others have the rest of its burst, and whatever of its refill they use. */
function sizeOf(name: string, capacity: number): BucketSize {
  const minutes = Number(/(\d+)Min$/.exec(name)?.[1] ?? 1);
  const refillPerSecond = Math.max(LEARNED_REFILL_MIN_PER_SECOND, capacity / (Math.max(1, minutes) * 60));
  return { capacity: capacity - othersOf(capacity), refillPerSecond };
}
