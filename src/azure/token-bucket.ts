import type { Clock } from '../base/clock.ts';
import type { EpochMs } from '../base/time.ts';

/** Burst and refill. Units: requests; requests a second. */
export interface BucketSize {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/** What an answer told about a bucket. */
export interface BucketNews {
  /** Requests that Azure says are left. */
  readonly remaining?: number | undefined;
  /** Azure has refused and named a wait. Units: ms. */
  readonly closedForMs?: number | undefined;
}

/** Lets requests out at a rate, first come first served. Each `acquire` that resolves is answered by one `release`. */
export interface TokenBucket {
  acquire(): Promise<void>;
  /** `exact`: Azure's count replaces ours; otherwise it is believed only where it says less. */
  release(news: BucketNews, exact?: boolean): void;
  resize(size: BucketSize): void;
  /** Uses this part of the refill from now on, as others use the rest. */
  setPart(part: number): void;
  /** Holds no more tokens than these now. */
  limitTo(tokens: number): void;
  /** Lets nothing out before this moment. */
  closeUntil(moment: EpochMs): void;
}

interface Waiter {
  readonly grant: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Makes a full token bucket.
 *
 * Shape:  one wait of the clock lets out all who have a token by then, at most a second's worth: a wave does not wake up as one herd, nor turn
 *         the clock for each.
 * Errors: rejects with the clock's own error where its wait fails.
 */
export function createTokenBucket(clock: Clock, initial: BucketSize): TokenBucket {
  let size = initial;
  let part = 1;
  let tokens = size.capacity;
  let refilledAt: EpochMs = clock.now();
  let closedUntil: EpochMs = 0;
  // Requests sent whose answer has not come: Azure may not have counted them yet.
  let inFlight = 0;
  const waiting: Waiter[] = [];

  const refill = () => {
    const now = clock.now();
    tokens = Math.min(size.capacity, tokens + ((now - refilledAt) / 1_000) * size.refillPerSecond * part);
    refilledAt = now;
  };
  const take = () => {
    refill();
    if (clock.now() < closedUntil || tokens < 1) return false;
    tokens -= 1;
    inFlight += 1;
    return true;
  };
  const untilNextMs = () => {
    const perSecond = size.refillPerSecond * part;
    const wanted = Math.min(waiting.length, Math.max(1, perSecond));
    const refillMs = ((wanted - tokens) / perSecond) * 1_000;
    return Math.max(1, Math.ceil(refillMs), closedUntil - clock.now());
  };
  /** Serves those who wait, in order, until none is left. One of these runs at a time. */
  const serve = async () => {
    try {
      while (waiting.length > 0) {
        while (waiting.length > 0 && take()) waiting.shift()?.grant();
        if (waiting.length > 0) await clock.wait(untilNextMs());
      }
    } catch (error) {
      for (const waiter of waiting.splice(0)) waiter.fail(error);
    }
  };
  return {
    acquire: async () => {
      if (waiting.length === 0 && take()) return;
      const turn = new Promise<void>((grant, fail) => waiting.push({ grant, fail }));
      if (waiting.length === 1) void serve();
      await turn;
    },
    release: ({ remaining, closedForMs }, exact = false) => {
      inFlight -= 1;
      refill();
      if (remaining !== undefined) {
        // Our part of what is left: also more than we thought, where others have not used theirs.
        if (part < 1) tokens = Math.min(size.capacity, remaining) * part - inFlight;
        else tokens = exact ? remaining - inFlight : Math.min(tokens, remaining - inFlight);
      }
      if (closedForMs !== undefined) closedUntil = Math.max(closedUntil, clock.now() + closedForMs);
    },
    resize: (next) => {
      size = next;
    },
    setPart: (next) => {
      refill();
      part = next;
    },
    limitTo: (most) => {
      refill();
      tokens = Math.min(tokens, most);
    },
    closeUntil: (moment) => {
      closedUntil = Math.max(closedUntil, moment);
    },
  };
}
