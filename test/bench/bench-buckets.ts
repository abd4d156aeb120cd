import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import { createArm } from '../../src/azure/arm-client.ts';
import { createRateLimiter } from '../../src/azure/rate-limiter.ts';
import { createSharedLimits } from '../../src/azure/shared-limits.ts';
import { inParallel } from '../../src/base/in-parallel.ts';
import { inTurns } from '../../src/protect/in-turns.ts';
import { chargeOf, Throttle } from '../../src/sandbox/azure/throttle.ts';
import { createMemoryStore } from '../memory/memory-store.ts';
import { createTestCredential } from '../support/credential.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

export interface BucketWave {
  readonly subscriptions: number;
  readonly disksPerSubscription: number;
  /** Processes that share no memory. */
  readonly instances: number;
  /** How long after each other the instances start, as they do when Azure scales out; all at once by default. Units: seconds. */
  readonly apartSeconds?: number;
  /** How often others, of another principal, write in each of the subscriptions. Units: requests a second. */
  readonly othersPerSecond?: number;
}

/** Units: seconds of the virtual clock; calls. */
export interface BucketWaveFigures {
  readonly seconds: number;
  /** What ARM's bucket of writes allows a principal: the burst is there at once, the rest comes at its refill. */
  readonly allowedSeconds: number;
  readonly calls: number;
  readonly refused: number;
  /** Requests of others, and how many of them Azure refused. */
  readonly others: number;
  readonly othersRefused: number;
  /** Calls that the table of limits took. */
  readonly storageCalls: number;
}

const ORIGIN = 'https://arm.example';
const DISKS_PER_MACHINE = 4;
/** Messages that an instance works on at a time: host.json, batchSize and newBatchThreshold together. */
const MESSAGES_AT_ONCE = 24;
const LATENCY_MS = 250;
const BURST = 200;
const REFILL_PER_SECOND = 10;
const GROUP = 'rg-holdfast-westeurope';

const idOf = (at: number) => `00000000-0000-4000-8000-${String(at + 1).padStart(12, '0')}`;

/**
 * A wave of snapshot PUTs by the product's own gate and limiter, against the sandbox's token buckets on a virtual clock: all of it but the wire, so that
 * ten thousand disks take a second or two.
 */
export async function playBuckets(wave: BucketWave): Promise<BucketWaveFigures> {
  const clock = createVirtualClock(0);
  const azure = new Throttle(true);
  const store = createMemoryStore();
  const count = { calls: 0, refused: 0, others: 0, othersRefused: 0, storage: 0 };
  let ended = false;
  const take = (subscriptionId: string, principalId: string, method: string) =>
    azure.take({
      nowMs: clock.now(),
      subscriptionId,
      principalId,
      charge: chargeOf(method),
      compute: { bucket: 'CreateUpdateSnapshots3Min', region: 'westeurope', machine: null },
    });
  const httpClient: HttpClient = {
    sendRequest: async (request) => {
      const subscriptionId = new URL(request.url).pathname.split('/')[2] ?? '';
      await clock.wait(LATENCY_MS / 2);
      const verdict = take(subscriptionId, 'holdfast', request.method);
      count.calls += 1;
      if (!verdict.passed) count.refused += 1;
      await clock.wait(LATENCY_MS / 2);
      const code = verdict.by === 'arm' ? 'SubscriptionRequestsThrottled' : 'OperationNotAllowed';
      return {
        request,
        status: verdict.passed ? 202 : 429,
        headers: createHttpHeaders({
          ...verdict.headers,
          ...(verdict.passed ? {} : { 'retry-after': String(verdict.retryAfterSeconds) }),
        }),
        bodyAsText: JSON.stringify(verdict.passed ? {} : { error: { code, message: '' } }),
      };
    },
  };
  const subscriptions = Array.from({ length: wave.subscriptions }, (_, at) => idOf(at));
  const machines = inTurns(
    subscriptions.flatMap((subscription) =>
      Array.from({ length: wave.disksPerSubscription / DISKS_PER_MACHINE }, (_, at) => ({ subscription, at })),
    ),
    ({ subscription }) => subscription,
  );
  const queue = [...machines].reverse();
  const runInstance = async (instance: number) => {
    const shared = createSharedLimits({
      store,
      clock,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      principal: 'snapshot',
      instance: String(instance),
    });
    const counted = {
      look: (subscription: string) => {
        count.storage += 1;
        return shared.look(subscription);
      },
      tell: (...asked: Parameters<typeof shared.tell>) =>
        shared.tell(asked[0], asked[1], (known) => {
          count.storage += 2;
          asked[2](known);
        }),
    };
    const arm = createArm({
      endpoint: ORIGIN,
      credential: createTestCredential(ORIGIN),
      clock,
      limiter: createRateLimiter(clock, counted),
      httpClient,
    });
    const put = (subscription: string, name: string) =>
      arm.send(
        'PUT',
        `/subscriptions/${subscription}/resourceGroups/${GROUP}/providers/Microsoft.Compute/snapshots/${name}?api-version=2025-01-02`,
        {},
      );
    const worker = async () => {
      for (let next = queue.pop(); next; next = queue.pop()) {
        const { subscription, at } = next;
        await inParallel([0, 1, 2, 3], DISKS_PER_MACHINE, (disk) => put(subscription, `s-${at}-${disk}`));
      }
    };
    await Promise.all(Array.from({ length: MESSAGES_AT_ONCE }, worker));
  };
  const runOthers = async () => {
    const every = 1_000 / (wave.othersPerSecond ?? 1);
    while (!ended) {
      await clock.wait(every);
      for (const subscription of subscriptions) {
        count.others += 1;
        // They share Compute's bucket of the subscription and not ARM's, which is each principal's own.
        if (!take(subscription, 'holdfast', 'GET').passed) count.othersRefused += 1;
      }
    }
  };
  const others = wave.othersPerSecond ? runOthers() : null;
  await Promise.all(
    Array.from({ length: wave.instances }, async (_, at) => {
      if (wave.apartSeconds) await clock.wait(at * wave.apartSeconds * 1_000);
      await runInstance(at);
    }),
  );
  const seconds = (clock.now() - LATENCY_MS) / 1_000;
  ended = true;
  await others;
  return {
    seconds,
    allowedSeconds: Math.max(0, wave.disksPerSubscription - BURST) / REFILL_PER_SECOND,
    calls: count.calls,
    refused: count.refused,
    others: count.others,
    othersRefused: count.othersRefused,
    storageCalls: count.storage,
  };
}
