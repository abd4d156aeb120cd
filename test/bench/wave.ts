import { playWaves } from './bench-wave.ts';
import type { Figure } from './run.ts';

const DISKS = 1_000;

/** A thousand disks that are due at one moment: what Azure is asked for, how long it takes under its documented limits, and what the app needs for it. */
export async function run(): Promise<readonly Figure[]> {
  const { waves, hostPeakBytes, hostCpuSeconds, failures } = await playWaves(DISKS);
  const figures = waves.flatMap((wave, at): Figure[] => {
    const which = at === 0 ? "first of each disk's chain" : 'against the point before';
    const named = (what: string) => `${which}: ${what}`;
    return [
      { name: named('snapshot PUTs'), value: wave.puts, unit: 'calls', target: '1,000' },
      { name: named('pages of lists'), value: wave.listPages, unit: 'calls' },
      { name: named('other calls of ARM'), value: wave.others, unit: 'calls', target: '<= 50' },
      {
        name: named('ARM calls of metering, polls included'),
        value: wave.meteringPerSnapshot,
        unit: 'a snapshot',
        target: at === 0 ? '<= 6' : '<= 12',
      },
      { name: named('answered 429'), value: wave.throttled, unit: 'calls', target: '0' },
      { name: named('grants not revoked'), value: wave.grantsLeft, unit: 'grants', target: '0' },
      { name: named('from the slot to the last point'), value: wave.takenSeconds, unit: 's (virtual)' },
      { name: named('from the slot to all confirmed and metered'), value: wave.meteredSeconds, unit: 's (virtual)' },
      { name: named('played in'), value: wave.realSeconds, unit: 's' },
    ];
  });
  if (hostPeakBytes !== null) {
    figures.push({ name: 'peak memory of app and host', value: hostPeakBytes / 2 ** 20, unit: 'MiB', target: '< 350' });
  }
  if (hostCpuSeconds !== null)
    figures.push({ name: 'processor time of app and host', value: hostCpuSeconds, unit: 's' });
  return [...figures, { name: 'failed invocations and poisoned messages', value: failures, unit: '', target: '0' }];
}
