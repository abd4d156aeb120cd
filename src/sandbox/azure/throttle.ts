import { ARM_BUCKETS, COMPUTE_BUCKETS, type ComputeBucket } from './limits.ts';

interface Bucket {
  tokens: number;
  atMs: number;
}

/** How ARM counts a request. */
export type ArmCharge = keyof typeof ARM_BUCKETS;

/** Whether a request may pass, what the answer's headers say, and else how long to wait. */
export interface ThrottleVerdict {
  readonly passed: boolean;
  readonly headers: Record<string, string>;
  readonly retryAfterSeconds: number;
  readonly bucket: string;
}

/** ARM's charge of a method. Source: ARM request limits: POST counts as a write. */
export function chargeOf(method: string): ArmCharge {
  if (method === 'GET' || method === 'HEAD') return 'reads';
  return method === 'DELETE' ? 'deletes' : 'writes';
}

/**
 * The token buckets of ARM (per subscription and principal) and of Microsoft.Compute (per subscription and region).
 * Units: the sandbox clock.
 */
export class Throttle {
  enabled: boolean;
  private readonly buckets = new Map<string, Bucket>();

  constructor(enabled: boolean) {
    this.enabled = enabled;
  }

  /** Takes one token of each bucket that the request falls under. A refused request takes none of Compute's. */
  take(request: {
    nowMs: number;
    subscriptionId: string;
    principalId: string;
    charge: ArmCharge;
    compute: { bucket: ComputeBucket; region: string } | null;
  }): ThrottleVerdict {
    const arm = ARM_BUCKETS[request.charge];
    const armKey = `${request.subscriptionId}|${request.principalId}|${request.charge}`;
    const armTaken = this.takeOne(armKey, arm.capacity, arm.refillPerSecond, request.nowMs);
    const headers: Record<string, string> = {
      [`x-ms-ratelimit-remaining-subscription-${request.charge}`]: String(armTaken.remaining),
      [`x-ms-ratelimit-remaining-subscription-global-${request.charge}`]: String(armTaken.remaining * 15),
    };
    if (armTaken.waitSeconds > 0) {
      return { passed: false, headers, retryAfterSeconds: armTaken.waitSeconds, bucket: request.charge };
    }
    if (request.compute === null) return { passed: true, headers, retryAfterSeconds: 0, bucket: '' };
    const { bucket, region } = request.compute;
    const limit = COMPUTE_BUCKETS[bucket];
    const taken = this.takeOne(
      `${request.subscriptionId}|${region}|${bucket}`,
      limit.capacity,
      limit.refillPerSecond,
      request.nowMs,
    );
    headers['x-ms-ratelimit-remaining-resource'] = `Microsoft.Compute/${bucket};${taken.remaining}`;
    headers['x-ms-request-charge'] = '1';
    return { passed: taken.waitSeconds === 0, headers, retryAfterSeconds: taken.waitSeconds, bucket };
  }

  private takeOne(
    key: string,
    capacity: number,
    refillPerSecond: number,
    nowMs: number,
  ): { remaining: number; waitSeconds: number } {
    if (!this.enabled) return { remaining: capacity, waitSeconds: 0 };
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      bucket = { tokens: capacity, atMs: nowMs };
      this.buckets.set(key, bucket);
    }
    bucket.tokens = Math.min(capacity, bucket.tokens + ((nowMs - bucket.atMs) / 1_000) * refillPerSecond);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) {
      return { remaining: 0, waitSeconds: Math.max(1, Math.ceil((1 - bucket.tokens) / refillPerSecond)) };
    }
    bucket.tokens -= 1;
    return { remaining: Math.floor(bucket.tokens), waitSeconds: 0 };
  }
}
