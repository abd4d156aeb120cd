import { ARM_BUCKETS, ARM_GLOBAL_SHARE, COMPUTE_BUCKETS, type ComputeBucket, MACHINE_BUCKETS } from './limits.ts';

interface Bucket {
  tokens: number;
  atMs: number;
}

interface Limit {
  readonly name: string;
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/** How ARM counts a request. */
export type ArmCharge = keyof typeof ARM_BUCKETS;

/** Whether a request may pass, what the answer's headers say, and else which limit it met and how long to wait. */
export interface ThrottleVerdict {
  readonly passed: boolean;
  readonly headers: Record<string, string>;
  readonly retryAfterSeconds: number;
  readonly by: 'arm' | 'compute';
  readonly limit: string;
  readonly allowed: number;
}

/** ARM's charge of a method. Source: ARM request limits: POST counts as a write. */
export function chargeOf(method: string): ArmCharge {
  if (method === 'GET' || method === 'HEAD') return 'reads';
  return method === 'DELETE' ? 'deletes' : 'writes';
}

/**
 * The token buckets of ARM (of a principal in a subscription, and of all principals together) and of Microsoft.Compute (of a principal in a
 * subscription and region, over a short and a long window, and of one virtual machine).
 *
 * Units: the sandbox clock.
 */
export class Throttle {
  enabled: boolean;
  private readonly buckets = new Map<string, Bucket>();

  constructor(enabled: boolean) {
    this.enabled = enabled;
  }

  /** Takes one token of each bucket that the request falls under; of those of ARM or Compute only when all of them have one. */
  take(request: {
    nowMs: number;
    subscriptionId: string;
    principalId: string;
    charge: ArmCharge;
    compute: { bucket: ComputeBucket; region: string; machine: string | null } | null;
  }): ThrottleVerdict {
    const { nowMs, subscriptionId, principalId, charge } = request;
    const own = { name: charge, ...ARM_BUCKETS[charge] };
    const shared = {
      name: `global-${charge}`,
      capacity: own.capacity * ARM_GLOBAL_SHARE,
      refillPerSecond: own.refillPerSecond * ARM_GLOBAL_SHARE,
    };
    const arm = this.takeAll(nowMs, [
      [`${subscriptionId}|${principalId}|`, own],
      [`${subscriptionId}|`, shared],
    ]);
    // The tenant has buckets of the same sizes. Source: as ARM_BUCKETS.
    const scope = subscriptionId === '' ? 'tenant' : 'subscription';
    const headers: Record<string, string> = {
      [`x-ms-ratelimit-remaining-${scope}-${charge}`]: String(arm.remaining[0]),
      [`x-ms-ratelimit-remaining-${scope}-global-${charge}`]: String(arm.remaining[1]),
    };
    if (arm.met !== null) return refusal('arm', headers, arm.met, arm.waitSeconds);
    if (request.compute === null)
      return { passed: true, headers, retryAfterSeconds: 0, by: 'arm', limit: '', allowed: 0 };
    const { bucket, region, machine } = request.compute;
    const place = `${subscriptionId}|${principalId}|${region}|`;
    const limits: [string, Limit][] = COMPUTE_BUCKETS[bucket].map((limit) => [place, limit]);
    const ofMachine = machine === null ? undefined : MACHINE_BUCKETS[bucket];
    if (ofMachine !== undefined) limits.push([`${machine}|`, ofMachine]);
    const compute = this.takeAll(nowMs, limits);
    const shown = limits.map(([, limit], index) => `Microsoft.Compute/${limit.name};${compute.remaining[index]}`);
    headers['x-ms-ratelimit-remaining-resource'] = shown.join(',');
    headers['x-ms-request-charge'] = '1';
    if (compute.met !== null) return refusal('compute', headers, compute.met, compute.waitSeconds);
    return { passed: true, headers, retryAfterSeconds: 0, by: 'compute', limit: '', allowed: 0 };
  }

  private takeAll(
    nowMs: number,
    limits: readonly (readonly [string, Limit])[],
  ): { remaining: number[]; met: Limit | null; waitSeconds: number } {
    if (!this.enabled) return { remaining: limits.map(([, limit]) => limit.capacity), met: null, waitSeconds: 0 };
    const buckets = limits.map(([key, limit]) => this.filled(`${key}${limit.name}`, limit, nowMs));
    let met: Limit | null = null;
    let waitSeconds = 0;
    for (const [index, bucket] of buckets.entries()) {
      const limit = limits[index]?.[1];
      if (bucket.tokens >= 1 || limit === undefined) continue;
      const seconds = Math.max(1, Math.ceil((1 - bucket.tokens) / limit.refillPerSecond));
      if (seconds > waitSeconds) [met, waitSeconds] = [limit, seconds];
    }
    if (met === null) for (const bucket of buckets) bucket.tokens -= 1;
    return { remaining: buckets.map((bucket) => Math.max(0, Math.floor(bucket.tokens))), met, waitSeconds };
  }

  private filled(key: string, limit: Limit, nowMs: number): Bucket {
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      bucket = { tokens: limit.capacity, atMs: nowMs };
      this.buckets.set(key, bucket);
    }
    bucket.tokens = Math.min(limit.capacity, bucket.tokens + ((nowMs - bucket.atMs) / 1_000) * limit.refillPerSecond);
    bucket.atMs = nowMs;
    return bucket;
  }
}

function refusal(
  by: 'arm' | 'compute',
  headers: Record<string, string>,
  met: Limit,
  retryAfterSeconds: number,
): ThrottleVerdict {
  return { passed: false, headers, retryAfterSeconds, by, limit: met.name, allowed: met.capacity };
}
