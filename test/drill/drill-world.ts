import { HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import type { Drill } from '../../src/drill/drill-row.ts';
import { startDrill } from '../../src/drill/start-drill.ts';
import { DRILL_SUBNET, RestoreWorld } from '../restore/restore-world.ts';
import { SUBSCRIPTION } from '../support/memory-app.ts';

export type DrillKind = 'disk' | 'vm' | 'files';

/** Ten minutes past the hour at which the world's point was taken. */
const CRON = '10 13 * * *';

/** A policy's drills of each kind. */
export const drillsOf: Readonly<Record<DrillKind, object>> = {
  disk: { cron: CRON, kind: 'disk', check: { sampleMiB: 1 } },
  vm: { cron: CRON, kind: 'vm', target: { subnet: DRILL_SUBNET } },
  files: { cron: CRON, kind: 'files', path: '/p1/var/www', check: { files: ['/p1/var/www/index.html'] } },
};

/** What is done before the drill begins. */
export type Prepare = (world: RestoreWorld) => void;

/** A drill that its policy's schedule asks for, until it is over; the process may be killed before its nth changing call. */
export async function runDrill(kind: DrillKind, dieAt: number | null = null, prepare: Prepare = () => {}) {
  const world = await RestoreWorld.create({ drills: drillsOf[kind] });
  const before = await inventoryOf(world);
  prepare(world);
  world.arm(dieAt);
  await world.pass(10 * MINUTE_MS);
  const drill = await settle(world);
  return { world, drill, left: await leftovers(world, before) };
}

/** A drill that somebody asks for. */
export async function orderDrill(world: RestoreWorld, body: object, operationId = 'operation'): Promise<Drill> {
  const stored = await world.app.policies.get('gold');
  if (!stored) throw new Error('there is no policy');
  const started = await startDrill(world.app, stored.policy, {
    ...{ body, by: 'operator', operationId },
    at: world.now(),
  });
  if (!started.ok) throw new Error(JSON.stringify(started.problems));
  return started.value;
}

/** Runs messages and ticks until every drill of the policy is over, and nothing of them is on the agenda. */
export async function settle(world: RestoreWorld): Promise<Drill> {
  for (let minutes = 0; minutes < 4_000; minutes += 1) {
    await world.drain();
    const drills = await world.app.drills.ofPolicy('gold', { before: null, limit: 10 });
    // A restore's expiry stays on the agenda until it comes, and finds nothing to do then.
    const soon = await world.app.agenda.due(world.now() + HOUR_MS, 1_000);
    const open = soon.some(({ kind }) => kind === 'drill' || kind === 'restore');
    const [newest] = drills;
    if (newest && !open && drills.every(({ state }) => state !== 'running')) return newest;
    await world.pass(MINUTE_MS);
  }
  const drills = await world.app.drills.ofPolicy('gold', { before: null, limit: 10 });
  throw new Error(`the drill does not end: ${JSON.stringify(drills)} ${world.lines.slice(-10).join('\n')}`);
}

/** Everything in Azure that is no snapshot: what it is, and whose. */
export async function inventoryOf(world: RestoreWorld): Promise<readonly string[]> {
  const disks = await world.azure.estate.listDisks(SUBSCRIPTION);
  const machines = await world.azure.estate.listVirtualMachines(SUBSCRIPTION);
  const nics = [...world.azure.network.interfaces.values()];
  return [
    ...disks.map(({ id, attachedTo }) => `${id} of ${attachedTo ?? 'nobody'}`),
    ...machines.map(({ id, disks: attached }) => `${id} with ${attached.map(({ diskId }) => diskId).join(' ')}`),
    ...nics.map((nic) => `${nic.id} of ${nic.attachedTo ?? 'nobody'}`),
  ].sort();
}

const EMPTY_TABLES = ['drilling', 'inuse', 'restoreslots', 'madedisks', 'readings'];

/** What a drill has left beside its evidence: nothing, if all is well. */
export async function leftovers(world: RestoreWorld, before: readonly string[]): Promise<readonly string[]> {
  const after = await inventoryOf(world);
  const blobs = (await Array.fromAsync(world.store.blobs('restored-drills').list(''))).flat();
  const tables = world.store.dump();
  return [
    ...after.filter((each) => !before.includes(each)).map((each) => `left: ${each}`),
    ...before.filter((each) => !after.includes(each)).map((each) => `gone: ${each}`),
    ...world.azure.openSnapshots().map((id) => `open: ${id}`),
    ...blobs.map((name) => `blob: ${name}`),
    ...EMPTY_TABLES.flatMap((name) => ((tables[name] ?? []).length > 0 ? [`rows in ${name}`] : [])),
  ];
}
