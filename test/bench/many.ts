import { playBuckets } from './bench-buckets.ts';
import { playMany } from './bench-many.ts';
import type { Figure } from './run.ts';

const DISKS_PER_SUBSCRIPTION = 500;
const SUBSCRIPTIONS = 20;
/** The whole size takes minutes of a quiet machine: fewer subscriptions of the same size have the same buckets to wait for. */
const SUBSCRIPTIONS_PLAYED = process.env.HOLDFAST_BENCH_FULL === '1' ? SUBSCRIPTIONS : 4;
const INSTANCES = 4;
const APART_SECONDS = 4;

/**
 * Ten thousand disks in twenty subscriptions that are due at one moment: by the product's limiter on the sandbox's buckets at full size, and by the built app on
 * the whole sandbox with four of the subscriptions (`HOLDFAST_BENCH_FULL=1`: all twenty).
 */
export async function run(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const instances of [1, INSTANCES]) {
    const wave = {
      subscriptions: SUBSCRIPTIONS,
      disksPerSubscription: DISKS_PER_SUBSCRIPTION,
      instances,
      apartSeconds: APART_SECONDS,
    };
    const { seconds, allowedSeconds, calls, refused, storageCalls } = await playBuckets(wave);
    const named = (what: string) =>
      `gate and buckets, 10,000 disks, ${instances === 1 ? 'one instance' : `${instances} instances, ${APART_SECONDS} s apart`}: ${what}`;
    const isOne = instances === 1;
    figures.push(
      { name: named('last PUT'), value: seconds, unit: 's (virtual)' },
      {
        name: named('x what the buckets allow'),
        value: seconds / allowedSeconds,
        unit: '',
        ...(isOne ? { target: '<= 1.05' } : {}),
      },
      { name: named('answered 429'), value: (refused / calls) * 100, unit: '%', target: '< 1' },
      { name: named('storage calls for sharing limits'), value: storageCalls, unit: 'calls' },
    );
  }
  const size = { subscriptions: SUBSCRIPTIONS_PLAYED, disksPerSubscription: DISKS_PER_SUBSCRIPTION };
  const played = await playMany(size);
  const disks = (size.subscriptions * size.disksPerSubscription).toLocaleString('en-US');
  const named = (what: string) => `built app, ${disks} disks in ${size.subscriptions} subscriptions: ${what}`;
  return [
    ...figures,
    { name: named('snapshot PUTs'), value: played.puts, unit: 'calls', target: disks },
    { name: named('last PUT after the slot'), value: played.seconds, unit: 's (virtual)' },
    {
      name: named('x what the buckets allow'),
      value: played.seconds / played.allowedSeconds,
      unit: '',
      target: '<= 1.05',
    },
    { name: named('answered 429'), value: (played.throttled / played.armCalls) * 100, unit: '%', target: '< 1' },
    { name: named('calls of Azure'), value: played.armCalls, unit: 'calls' },
    { name: named('pages of lists'), value: played.lists, unit: 'calls' },
    { name: named('played in'), value: played.realSeconds, unit: 's' },
    {
      name: 'a minute with nothing due: timer, tick, storage and clock',
      value: played.idleTickMs,
      unit: 'ms',
      target: '< 50',
    },
  ];
}
