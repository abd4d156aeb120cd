import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host, LocalAzure } from '../../src/sandbox/play/local-azure.ts';
import { playTime, STEP_MS } from '../../src/sandbox/play/play-time.ts';
import type { Summary } from '../../src/sandbox/play/summary.ts';
import { cast, closely, startWorld } from '../e2e/small-world.ts';
import { type ProcessUse, readUse, watchChildren } from './bench-process.ts';
import type { Figure } from './run.ts';

const DAYS = 30;
const ROOT = join(import.meta.dirname, '../..');
const COUNTS_PATH = join(tmpdir(), `holdfast-counts-${process.pid}.json`);
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Ten steps between the hourly timers: nothing but the ticks of each minute. */
const IDLE_FROM_MS = 25 * MINUTE_MS;
const IDLE_STEPS = 10;
const QUIET_HOURS = 20;

/** A month of the demo estate as `npm start` plays it, and what a step costs in which nothing is due. */
export async function run(): Promise<readonly Figure[]> {
  return [...(await playMonth()), ...(await playIdle())];
}

async function playMonth(): Promise<readonly Figure[]> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['src/sandbox/start.ts', '--days', String(DAYS), '--exit', '--json'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const children = watchChildren(child.pid ?? 0);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  const uses = children.stop();
  if (code !== 0) throw new Error(`npm start ended with ${code}: ${output.slice(-2_000)}`);
  const { seconds, points, snapshots } = JSON.parse(output) as Summary;
  const parts = [
    ['the app in its host', 'host/main.ts'],
    ['the sandbox Azure', 'azure/main.ts'],
    ['Azurite', 'azurite.js'],
  ] as const;
  return [
    {
      name: 'from the start to the first recovery point',
      value: seconds.toFirstPoint ?? Number.NaN,
      unit: 's',
      target: '< 15',
    },
    {
      name: `${DAYS} days of the demo estate, all in all`,
      value: (performance.now() - startedAt) / 1_000,
      unit: 's',
      target: '< 120',
    },
    { name: 'points taken', value: points.taken, unit: '', target: String(points.slotsExpected) },
    { name: 'snapshots taken', value: snapshots.taken, unit: '', target: String(snapshots.expected) },
    ...parts.flatMap(([what, file]) =>
      useFigures(
        what,
        uses.filter(({ command }) => command.includes(file)),
      ),
    ),
  ];
}

/** The busiest process of a kind: the others are parents that have only started it. */
function useFigures(what: string, uses: readonly ProcessUse[]): readonly Figure[] {
  const use = uses.toSorted((a, b) => b.cpuSeconds - a.cpuSeconds)[0];
  if (!use) return [];
  return [
    { name: `processor time of ${what}`, value: use.cpuSeconds, unit: 's' },
    { name: `peak memory of ${what}`, value: use.peakBytes / 2 ** 20, unit: 'MiB' },
  ];
}

async function playIdle(): Promise<readonly Figure[]> {
  const world = await startWorld();
  try {
    const host = await world.startHost({
      NODE_OPTIONS: `--import ${join(import.meta.dirname, 'bench-count.ts')}`,
      BENCH_COUNTS_PATH: COUNTS_PATH,
    });
    const app = await host.client('Holdfast.Admin');
    await world.azure.admin.ask('POST', '/sandbox/estate', cast.estate);
    // Due on the first of January alone: all the rest of the year is idle.
    const schedules = [{ name: 'yearly', cron: '0 0 1 1 *' }];
    await app.ask('PUT', `/api/policies/${closely.name}`, { ...closely, schedules });
    const { now } = await world.azure.admin.ask<{ now: number }>('GET', '/sandbox/clock');
    const from = Math.floor(now / HOUR_MS) * HOUR_MS + HOUR_MS + IDLE_FROM_MS;
    await playTime(host.adminUrl, { until: from });
    const before = await countStorage(world.azure, host);
    await playTime(host.adminUrl, { until: from + IDLE_STEPS * STEP_MS });
    const calls = (await countStorage(world.azure, host)) - before;
    const use = readUse(host.pid);
    const startedAt = performance.now();
    const { steps } = await playTime(host.adminUrl, { until: from + QUIET_HOURS * HOUR_MS });
    const realMs = performance.now() - startedAt;
    const after = readUse(host.pid);
    return [
      { name: 'storage calls of an idle tick', value: calls / IDLE_STEPS, unit: 'calls', target: '<= 3' },
      { name: 'an idle step, all processes', value: realMs / steps, unit: 'ms', target: '< 5' },
      ...(use && after
        ? [
            {
              name: 'an idle step, the app in its host',
              value: ((after.cpuSeconds - use.cpuSeconds) * 1_000) / steps,
              unit: 'ms of processor time',
            },
          ]
        : []),
    ];
  } finally {
    await world.stop();
    rmSync(COUNTS_PATH, { force: true });
  }
}

/** Calls of the app to tables, queues and blobs since its start. */
async function countStorage(azure: LocalAzure, host: Host): Promise<number> {
  rmSync(COUNTS_PATH, { force: true });
  process.kill(host.pid, 'SIGUSR2');
  while (!existsSync(COUNTS_PATH)) await sleep(20);
  await sleep(20);
  const counts = JSON.parse(readFileSync(COUNTS_PATH, 'utf8')) as Record<string, number>;
  const origins = Object.values(azure.storage).flatMap((uri) => (typeof uri === 'string' ? [new URL(uri).origin] : []));
  return origins.reduce((sum, origin) => sum + (counts[origin] ?? 0), 0);
}
