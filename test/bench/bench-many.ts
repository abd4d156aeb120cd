import type { Estate } from '../../src/sandbox/azure/estate.ts';
import type { PolicyDocument } from '../../src/sandbox/play/demo-policies.ts';
import { playTime } from '../../src/sandbox/play/play-time.ts';
import { HOUR_MS, START_MS, startWorld } from '../e2e/small-world.ts';

export interface ManyOptions {
  readonly subscriptions: number;
  readonly disksPerSubscription: number;
}

/** Units: seconds of the estate, but for `realSeconds` and `idleTickMs`. */
export interface ManyFigures {
  readonly puts: number;
  /** From the slot to the moment in which Azure took the last snapshot's PUT. */
  readonly seconds: number;
  /** What ARM's bucket of writes allows: each subscription's burst at once, the rest at its refill. */
  readonly allowedSeconds: number;
  readonly armCalls: number;
  readonly throttled: number;
  readonly lists: number;
  readonly realSeconds: number;
  /** The middle one of some played minutes with nothing due: timer, tick, storage and the clock. Units: ms, real. */
  readonly idleTickMs: number;
}

interface LoggedRequest {
  readonly at: number;
  readonly method: string;
  readonly route: string;
  readonly status: number;
}

const DISKS_PER_MACHINE = 4;
const MINUTE_MS = 60_000;
const IDLE_MINUTES = 20;
const WAVE_MINUTES_MAX = 30;
const REGION = 'westeurope';
const MANAGEMENT_GROUP = 'contoso';
const BURST = 200;
const REFILL_PER_SECOND = 10;

const idOf = (at: number) => `00000000-0000-4000-8000-1${String(at).padStart(11, '0')}`;

/** Plays one slot at which every disk below a management group is due: the built app on the sandbox with Azure's documented buckets. */
export async function playMany(options: ManyOptions): Promise<ManyFigures> {
  const world = await startWorld();
  try {
    const host = await world.startHost();
    const app = await host.client('Holdfast.Admin');
    await world.azure.admin.ask('POST', '/sandbox/estate', frame(options));
    for (let at = 0; at < options.subscriptions; at += 1)
      await world.azure.admin.ask('POST', '/sandbox/estate', estateOf(idOf(at), options.disksPerSubscription));
    await app.ask('PUT', `/api/policies/${policy.name}`, policy);
    const slot = (Math.floor(START_MS / HOUR_MS) + 2) * HOUR_MS;
    await playTime(host.adminUrl, { until: slot - (IDLE_MINUTES + 1) * MINUTE_MS, stepMs: 5 * MINUTE_MS });
    const idleMs: number[] = [];
    for (let minute = IDLE_MINUTES; minute > 0; minute -= 1) {
      const idleFrom = performance.now();
      await playTime(host.adminUrl, { until: slot - minute * MINUTE_MS, stepMs: MINUTE_MS });
      idleMs.push(performance.now() - idleFrom);
    }
    // The middle one: in some of these minutes other timers have their turn.
    const idleTickMs = idleMs.sort((a, b) => a - b)[IDLE_MINUTES / 2] ?? 0;

    await world.azure.admin.ask('POST', '/sandbox/counts/reset');
    const disks = options.subscriptions * options.disksPerSubscription;
    const from = performance.now();
    let now = slot - MINUTE_MS;
    let lastPut = 0;
    for (let minutes = 0; minutes < WAVE_MINUTES_MAX; minutes += 1) {
      ({ now } = await playTime(host.adminUrl, { until: now + MINUTE_MS, stepMs: MINUTE_MS }));
      const { requests } = await world.azure.admin.ask<{ requests: readonly LoggedRequest[] }>(
        'GET',
        '/sandbox/log?limit=2000',
      );
      const puts = requests.filter(({ method, route, status }) => isPut(`${method} ${route}`) && status < 300);
      lastPut = Math.max(lastPut, ...puts.map(({ at }) => at));
      if ((await readCounts()).puts >= disks) break;
    }
    const counts = await readCounts();
    return {
      ...counts,
      seconds: (lastPut - slot) / 1_000,
      allowedSeconds: Math.max(0, options.disksPerSubscription - BURST) / REFILL_PER_SECOND,
      realSeconds: (performance.now() - from) / 1_000,
      idleTickMs,
    };

    async function readCounts() {
      const { total, throttled, byRoute } = await world.azure.admin.ask<{
        total: number;
        throttled: number;
        byRoute: Record<string, number>;
      }>('GET', '/sandbox/counts');
      const sum = (match: (route: string) => boolean) =>
        Object.entries(byRoute).reduce((all, [route, times]) => (match(route) ? all + times : all), 0);
      const lists = sum((route) => /^GET .*\/(snapshots|disks|virtualMachines|descendants)$/.test(route));
      return { puts: sum(isPut) - throttled, armCalls: total, throttled, lists };
    }
  } finally {
    await world.stop();
  }
}

function isPut(route: string): boolean {
  return /^PUT .*\/snapshots\/\{[^/]+\}$/.test(route);
}

const policy: PolicyDocument = {
  name: 'many',
  timeZone: 'UTC',
  select: {
    scopes: [`/providers/Microsoft.Management/managementGroups/${MANAGEMENT_GROUP}`],
    kinds: ['virtualMachine'],
  },
  schedules: [{ name: 'hourly', cron: '0 */12 * * *' }],
  retention: { keepLast: 10, minimum: 1 },
  snapshot: { resourceGroup: 'rg-holdfast-{region}' },
};

function frame({ subscriptions }: ManyOptions): Estate {
  const ids = Array.from({ length: subscriptions }, (_, at) => idOf(at));
  return {
    subscriptions: ids.map((id) => ({ id })),
    managementGroups: [{ name: MANAGEMENT_GROUP, subscriptionIds: ids }],
  };
}

function estateOf(subscriptionId: string, disks: number): Estate {
  const group = { subscriptionId, resourceGroup: 'rg-wave', region: REGION };
  const machines = Array.from({ length: disks / DISKS_PER_MACHINE }, (_, at) => `vm-${at + 1}`);
  const nameOf = (machine: string, at: number) => `${machine}-disk-${at}`;
  return {
    resourceGroups: ['rg-wave', `rg-holdfast-${REGION}`].map((name) => ({ subscriptionId, name, region: REGION })),
    disks: machines.flatMap((machine) =>
      Array.from({ length: DISKS_PER_MACHINE }, (_, at) => ({
        ...group,
        name: nameOf(machine, at),
        sizeGiB: 32,
        allocatedBytes: 2 ** 20,
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
