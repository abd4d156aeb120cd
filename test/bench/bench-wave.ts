import type { Estate } from '../../src/sandbox/azure/estate.ts';
import type { PolicyDocument } from '../../src/sandbox/play/demo-policies.ts';
import { listSources } from '../../src/sandbox/play/list-points.ts';
import type { Host, LocalAzure } from '../../src/sandbox/play/local-azure.ts';
import { playTime } from '../../src/sandbox/play/play-time.ts';
import { START_MS, SUBSCRIPTION, startWorld } from '../e2e/small-world.ts';
import { readUse } from './bench-process.ts';

/** What Azure was asked for in one wave: every due disk snapshotted, confirmed and metered. */
export interface WaveCalls {
  readonly puts: number;
  readonly listPages: number;
  /** ARM requests of metering, polls included, for each snapshot: opening, granting, looking at it, revoking, closing. */
  readonly meteringPerSnapshot: number;
  readonly rangeReads: number;
  /** Everything else of ARM: reads of single things, locks, tokens. */
  readonly others: number;
  readonly throttled: number;
  /** Grants that no revocation followed. */
  readonly grantsLeft: number;
  /** From the slot to the moment of the last point. Units: seconds of the estate. */
  readonly takenSeconds: number;
  /** From the slot until all were confirmed and metered, and nothing was left to do. Units: seconds of the estate. */
  readonly meteredSeconds: number;
  readonly realSeconds: number;
}

export interface WaveFigures {
  /** The first of each chain, then each against the one before it. */
  readonly waves: readonly WaveCalls[];
  readonly hostPeakBytes: number | null;
  readonly hostCpuSeconds: number | null;
  /** Invocations that failed and messages that were poisoned. */
  readonly failures: number;
}

/** V8 lets garbage lie as long as the machine has memory: it is told of as little as an instance of 512 MB has. */
const SMALL_INSTANCE = '--max-old-space-size=256 --max-semi-space-size=16';
const DISKS_PER_MACHINE = 4;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const WAVE_HOURS_APART = 3;
/** As fine as the app's timers tick in real time; they run on the minute and half a minute past it. */
const STEP_MS = 30_000;
/** A wave that is not done by then is not going to be. */
const WAVE_MINUTES_MAX = 120;
const REGION = 'westeurope';

/** Plays waves in which every disk of the estate is due at one moment, on the sandbox with Azure's documented buckets. */
export async function playWaves(disks: number): Promise<WaveFigures> {
  const world = await startWorld();
  try {
    const host = await world.startHost({ NODE_OPTIONS: SMALL_INSTANCE });
    const app = await host.client('Holdfast.Admin');
    await world.azure.admin.ask('POST', '/sandbox/estate', estateOf(disks));
    await app.ask('PUT', `/api/policies/${policy.name}`, policy);
    const waves: WaveCalls[] = [];
    const waveMs = WAVE_HOURS_APART * HOUR_MS;
    const first = (Math.floor(START_MS / waveMs) + 1) * waveMs;
    for (const slot of [first, first + waveMs]) waves.push(await playWave(world.azure, host, slot));
    const use = readUse(host.pid);
    const { invocations, poisoned } = await host.admin.ask<{
      invocations: Record<string, { failed: number }>;
      poisoned: number;
    }>('GET', '/status');
    const failed = Object.values(invocations).reduce((sum, count) => sum + count.failed, 0);
    return {
      waves,
      hostPeakBytes: use?.peakBytes ?? null,
      hostCpuSeconds: use?.cpuSeconds ?? null,
      failures: failed + poisoned,
    };
  } finally {
    await world.stop();
  }
}

async function playWave(azure: LocalAzure, host: Host, slot: number): Promise<WaveCalls> {
  const app = await host.client('Holdfast.Reader');
  await playTime(host.adminUrl, { until: slot - STEP_MS, stepMs: STEP_MS });
  await azure.admin.ask('POST', '/sandbox/counts/reset');
  const startedAt = performance.now();
  let now = slot - STEP_MS;
  let takenAt: number | null = null;
  let calls = -1;
  // The wave is over when a minute after its last point was confirmed has asked Azure for nothing any more.
  for (const end = slot + WAVE_MINUTES_MAX * MINUTE_MS; now < end; ) {
    ({ now } = await playTime(host.adminUrl, { until: now + MINUTE_MS, stepMs: STEP_MS }));
    const { total } = await readCounts(azure);
    if (takenAt !== null && total === calls) break;
    calls = total;
    takenAt ??= await lastTakenAt(app, slot);
  }
  if (takenAt === null) throw new Error('The wave was not confirmed in time');
  const { byRoute, throttled } = await readCounts(azure);
  const count = (match: (route: string) => boolean) =>
    Object.entries(byRoute).reduce((sum, [route, times]) => (match(route) ? sum + times : sum), 0);
  const puts = count((route) => /^PUT .*\/snapshots\/\{[^/]+\}$/.test(route));
  const grants = count((route) => route.endsWith('/beginGetAccess'));
  const revokes = count((route) => route.endsWith('/endGetAccess'));
  const patches = count((route) => route.startsWith('PATCH ') && route.includes('/snapshots/'));
  const polls = count((route) => route.includes('Operations/'));
  const listPages = count((route) => /^GET .*\/(snapshots|disks|virtualMachines|resourcegroups)$/i.test(route));
  const rangeReads = count((route) => route.includes('/md'));
  const all = count(() => true);
  const metering = grants + revokes + patches + polls;
  return {
    puts,
    listPages,
    meteringPerSnapshot: metering / Math.max(1, puts),
    rangeReads,
    others: all - puts - listPages - metering - rangeReads,
    throttled,
    grantsLeft: grants - revokes,
    takenSeconds: (takenAt - slot) / 1_000,
    meteredSeconds: (now - MINUTE_MS - slot) / 1_000,
    realSeconds: (performance.now() - startedAt) / 1_000,
  };
}

/** The moment of the last point of a slot; null as long as a source has none that is confirmed. */
async function lastTakenAt(app: Parameters<typeof listSources>[0], slot: number): Promise<number | null> {
  const sources = (await listSources(app)) as readonly { lastPointAt?: string | null }[];
  const moments = sources.map(({ lastPointAt }) => (lastPointAt ? Date.parse(lastPointAt) : 0));
  return moments.length > 0 && moments.every((moment) => moment >= slot) ? Math.max(...moments) : null;
}

async function readCounts(azure: LocalAzure) {
  return azure.admin.ask<{ total: number; throttled: number; byRoute: Record<string, number> }>(
    'GET',
    '/sandbox/counts',
  );
}

const policy: PolicyDocument = {
  name: 'wave',
  timeZone: 'UTC',
  select: { scopes: [`/subscriptions/${SUBSCRIPTION}`], kinds: ['virtualMachine'] },
  schedules: [{ name: 'wave', cron: `0 */${WAVE_HOURS_APART} * * *` }],
  retention: { keepLast: 10, minimum: 1 },
  snapshot: { resourceGroup: 'rg-holdfast-{region}' },
};

function estateOf(disks: number): Estate {
  const group = { resourceGroup: 'rg-wave', region: REGION };
  const machines = Array.from({ length: Math.ceil(disks / DISKS_PER_MACHINE) }, (_, at) => `vm-${at + 1}`);
  const nameOf = (machine: string, at: number) => `${machine}-disk-${at}`;
  return {
    resourceGroups: ['rg-wave', `rg-holdfast-${REGION}`].map((name) => ({ name, region: REGION })),
    disks: machines.flatMap((machine) =>
      Array.from({ length: DISKS_PER_MACHINE }, (_, at) => ({
        ...group,
        name: nameOf(machine, at),
        sizeGiB: 128,
        allocatedBytes: 64 * 2 ** 20,
        workload: { bytesPerDay: 2 ** 26, writesPerDay: 100 },
      })),
    ),
    virtualMachines: machines.map((name) => ({
      ...group,
      name,
      osDisk: nameOf(name, 0),
      dataDisks: Array.from({ length: DISKS_PER_MACHINE - 1 }, (_, at) => ({ lun: at, disk: nameOf(name, at + 1) })),
    })),
  };
}
