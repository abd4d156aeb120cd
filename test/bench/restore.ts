import type { Estate } from '../../src/sandbox/azure/estate.ts';
import type { HttpClient } from '../../src/sandbox/play/http.ts';
import { listPoints, listSources } from '../../src/sandbox/play/list-points.ts';
import { playTime } from '../../src/sandbox/play/play-time.ts';
import { HOUR_MS, START_MS, SUBSCRIPTION, startWorld, type World } from '../e2e/small-world.ts';
import type { Figure } from './run.ts';

const MINUTE_MS = 60_000;
const STEP_MS = 30_000;
const REGION = 'westeurope';
const MACHINES = 25;
const DISKS_PER_MACHINE = 4;
const RESTORES = 200;
/** What Azure takes to make a disk, while many are made. Units: ms of the sandbox's clock. */
const DISK_MS = 20_000;
const ALONE = 5;
const MINUTES_MAX = 120;

interface Shown {
  readonly id: string;
  readonly state: string;
}

interface Counts {
  readonly total: number;
  readonly throttled: number;
  readonly byRoute: Readonly<Record<string, number>>;
}

/** Restores of disks on the sandbox: what one costs beside Azure's own time, and 200 that are ordered at once. */
export async function run(): Promise<readonly Figure[]> {
  const world = await startWorld();
  try {
    const host = await world.startHost();
    const app = await host.client('Holdfast.Admin');
    await world.azure.admin.ask('POST', '/sandbox/estate', estate());
    await app.ask('PUT', '/api/policies/bench', policy);
    const slot = (Math.floor(START_MS / HOUR_MS) + 1) * HOUR_MS;
    await playTime(host.adminUrl, { until: slot + 10 * MINUTE_MS, stepMs: STEP_MS });
    const points = await Promise.all((await listSources(app)).map(async ({ key }) => (await listPoints(app, key))[0]));
    const disks = points.flatMap((point) =>
      (point?.snapshots ?? []).map(({ disk }) => ({ point: point?.id ?? '', disk })),
    );
    const alone = await restoreAlone(world, app, disks[0] ?? { point: '', disk: '' });
    await world.azure.admin.ask('POST', '/sandbox/settings', { operationMs: DISK_MS });
    const many = await restoreMany(world, app, host.adminUrl, disks, slot + 10 * MINUTE_MS);
    return [...alone, ...many];
  } finally {
    await world.stop();
  }
}

async function countsOf(world: World): Promise<Counts> {
  return world.azure.admin.ask<Counts>('GET', '/sandbox/counts');
}

type Wanted = { readonly point: string; readonly disk: string };

async function order(app: HttpClient, { point, disk }: Wanted): Promise<string> {
  const begun = await app.send<Shown>('POST', '/api/restores', { kind: 'disk', point, target: { disk } });
  if (begun.status !== 202) throw new Error(`The restore was answered ${begun.status}: ${JSON.stringify(begun.body)}`);
  return begun.body.id;
}

/** One after another, where Azure's operations end at the first look: time and calls are all ours. The first warms the app up. */
async function restoreAlone(world: World, app: HttpClient, wanted: Wanted): Promise<readonly Figure[]> {
  const took: number[] = [];
  let calls = 0;
  for (let run = 0; run <= ALONE; run += 1) {
    await world.azure.admin.ask('POST', '/sandbox/counts/reset');
    const startedAt = performance.now();
    const id = await order(app, wanted);
    for (let state = 'running'; state !== 'succeeded'; ) {
      ({ state } = await app.ask<Shown>('GET', `/api/restores/${id}`));
      if (state === 'failed') throw new Error('A restore by itself failed');
      if (state !== 'succeeded') await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (run === 0) continue;
    took.push((performance.now() - startedAt) / 1_000);
    calls = Math.max(
      calls,
      Object.values((await countsOf(world)).byRoute).reduce((sum, count) => sum + count, 0),
    );
  }
  took.sort((a, b) => a - b);
  return [
    {
      name: 'one disk: beside what Azure takes, median',
      value: took[Math.floor(took.length / 2)] ?? 0,
      unit: 's',
      target: '< 1.5',
    },
    { name: 'one disk: calls of Azure', value: calls, unit: 'calls', target: '<= 6' },
  ];
}

async function restoreMany(
  world: World,
  app: HttpClient,
  adminUrl: string,
  disks: readonly Wanted[],
  from: number,
): Promise<readonly Figure[]> {
  await world.azure.admin.ask('POST', '/sandbox/counts/reset');
  const startedAt = performance.now();
  const ids = await Promise.all(
    Array.from({ length: RESTORES }, (_, at) => order(app, disks[at % disks.length] ?? { point: '', disk: '' })),
  );
  let now = from;
  let states: readonly string[] = [];
  for (const end = from + MINUTES_MAX * MINUTE_MS; now < end; ) {
    ({ now } = await playTime(adminUrl, { until: now + MINUTE_MS, stepMs: STEP_MS }));
    states = await Promise.all(ids.map(async (id) => (await app.ask<Shown>('GET', `/api/restores/${id}`)).state));
    if (states.every((state) => state !== 'queued' && state !== 'running' && state !== 'undoing')) break;
  }
  const { byRoute, throttled } = await countsOf(world);
  const puts = Object.entries(byRoute).reduce(
    (sum, [route, count]) => (/^PUT .*\/disks\//.test(route) ? sum + count : sum),
    0,
  );
  const all = Object.values(byRoute).reduce((sum, count) => sum + count, 0);
  const many = `${RESTORES} at once: `;
  return [
    {
      name: `${many}succeeded`,
      value: states.filter((state) => state === 'succeeded').length,
      unit: 'restores',
      target: String(RESTORES),
    },
    { name: `${many}disk PUTs`, value: puts, unit: 'calls', target: String(RESTORES) },
    { name: `${many}all calls of Azure`, value: all / RESTORES, unit: 'a restore' },
    { name: `${many}answered 429`, value: throttled, unit: 'calls', target: '0' },
    { name: `${many}until the last has ended`, value: (now - from) / MINUTE_MS, unit: 'min (virtual)' },
    { name: `${many}played in`, value: (performance.now() - startedAt) / 1_000, unit: 's' },
  ];
}

const policy = {
  name: 'bench',
  timeZone: 'UTC',
  select: { scopes: [`/subscriptions/${SUBSCRIPTION}`], kinds: ['virtualMachine'] },
  schedules: [{ name: 'bench', cron: '0 * * * *' }],
  retention: { keepLast: 10, minimum: 1 },
  snapshot: { resourceGroup: 'rg-holdfast-{region}' },
};

function estate(): Estate {
  const group = { resourceGroup: 'rg-bench', region: REGION };
  const machines = Array.from({ length: MACHINES }, (_, at) => `vm-${at + 1}`);
  const nameOf = (machine: string, at: number) => `${machine}-disk-${at}`;
  return {
    resourceGroups: ['rg-bench', `rg-holdfast-${REGION}`].map((name) => ({ name, region: REGION })),
    disks: machines.flatMap((machine) =>
      Array.from({ length: DISKS_PER_MACHINE }, (_, at) => ({
        ...group,
        name: nameOf(machine, at),
        sizeGiB: 32,
        allocatedBytes: 16 * 2 ** 20,
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
