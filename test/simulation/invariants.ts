import { formatIso, HOUR_MS } from '../../src/base/time.ts';
import { chainKey } from '../../src/cost/chains.ts';
import { TAG_POLICY } from '../../src/protect/plan-point.ts';
import type { Point } from '../../src/protect/point.ts';
import { type Estate, SUBSCRIPTION, slotRules } from './estate.ts';
import { START, type World } from './world.ts';

/** How the policies of the estate want the network of their snapshots. */
const networkAccessOf: Readonly<Record<string, string>> = { gold: 'deny', bronze: 'allow' };

/** Everything the catalogue holds. */
export async function allPoints(world: World): Promise<readonly Point[]> {
  const points: Point[] = [];
  for (const { policy } of await world.app.policies.list()) {
    for await (const { source } of world.app.sources.ofPolicy(policy.name)) {
      for await (const { point } of world.app.catalogue.ofSource(source.key))
        if (point.policy === policy.name) points.push(point);
    }
  }
  return points;
}

/** Slots of a policy that are due after a moment and at or before another. */
function slotsOf(policy: keyof typeof slotRules, after: number, upTo: number): readonly number[] {
  const { everyMs, offsetMs } = slotRules[policy];
  const slots: number[] = [];
  for (let slot = Math.ceil((after + 1 - offsetMs) / everyMs) * everyMs + offsetMs; slot <= upTo; slot += everyMs)
    slots.push(slot);
  return slots;
}

/** What is wrong with the world after it has had time to settle: nothing, if all goes well. */
export async function findFaults(world: World, estate: Estate): Promise<readonly string[]> {
  const faults: string[] = [];
  const points = await allPoints(world);
  faults.push(...(await slotFaults(world, estate, points)));
  faults.push(...(await chainFaults(world, points)));
  faults.push(...(await restFaults(world, points)));
  return faults;
}

async function slotFaults(world: World, estate: Estate, points: readonly Point[]): Promise<readonly string[]> {
  const faults: string[] = [];
  const deleted = new Set<string>();
  const gaps = new Set<string>();
  const dump = world.store.dump();
  for (const [table, rows] of Object.entries(dump)) {
    if (table.startsWith('audit'))
      for (const { cells } of rows)
        if (cells.action === 'point.delete' || cells.action === 'point.lost') deleted.add(String(cells.target));
    if (table === 'gaps') for (const { cells } of rows) gaps.add(`${String(cells.policy)} ${Number(cells.slot)}`);
  }
  const known = new Map(points.map((point) => [point.id, point]));
  const { pointId } = await import('../../src/schedule/point-names.ts');
  for (const policy of ['gold', 'bronze'] as const) {
    for await (const { source } of world.app.sources.ofPolicy(policy)) {
      const stays = estate.machines.includes(source.id) || source.id === estate.singleDisk;
      if (!stays) continue;
      for (const slot of slotsOf(policy, START, world.now() - HOUR_MS)) {
        const id = pointId({ sourceKey: source.key, policy, slot });
        const taken = known.has(id) || deleted.has(id);
        const missed = gaps.has(`${policy} ${slot}`);
        if (!taken && !missed)
          faults.push(`${policy} ${source.name} has no point at ${formatIso(slot)}, and no word of it`);
      }
    }
  }
  return faults;
}

async function chainFaults(world: World, points: readonly Point[]): Promise<readonly string[]> {
  const faults: string[] = [];
  const billed = new Map(
    world.azure
      .bill()
      .flatMap((chain) =>
        chain.snapshots.map((snapshot) => [snapshot.id.toLowerCase(), snapshot.storedBytes] as const),
      ),
  );
  const seen = new Set<string>();
  const chains = new Set(points.flatMap((point) => point.snapshots.map((snapshot) => chainKey(snapshot.diskUniqueId))));
  for (const key of chains) {
    for (const node of await world.app.chains.nodes(key)) {
      seen.add(node.snapshotId.toLowerCase());
      const bytes = billed.get(node.snapshotId.toLowerCase());
      if (bytes === undefined) faults.push(`the books know ${node.snapshotId}, Azure does not`);
      else if (bytes !== node.writtenBytes)
        faults.push(`${node.snapshotId} stores ${bytes} bytes in Azure, ${node.writtenBytes} in the books`);
    }
  }
  const young = new Set(
    points
      .filter((point) => world.now() - point.plannedAt < HOUR_MS)
      .flatMap((point) => point.snapshots.map(({ snapshotId }) => snapshotId.toLowerCase())),
  );
  for (const id of billed.keys()) if (!seen.has(id) && !young.has(id)) faults.push(`Azure has ${id}, the books do not`);
  return faults;
}

async function restFaults(world: World, points: readonly Point[]): Promise<readonly string[]> {
  const faults: string[] = [];
  const open = world.azure.openSnapshots();
  if (open.length > 0) faults.push(`access is still granted to ${open.join(', ')}`);
  const listed = (await world.azure.snapshots.list(SUBSCRIPTION, 'rg-holdfast-westeurope')) ?? [];
  for (const snapshot of listed)
    if (snapshot.networkAccess !== networkAccessOf[snapshot.tags[TAG_POLICY] ?? ''])
      faults.push(`${snapshot.id} is not as its policy says: ${snapshot.networkAccess}`);
  for (const point of points)
    if (point.state === 'planned' || point.state === 'started' || point.state === 'deleting') {
      if (world.now() - point.slot > 3 * HOUR_MS)
        faults.push(`${point.id} is still ${point.state}: ${JSON.stringify(point.error)}`);
    }
  const overdue = await world.app.agenda.due(world.now() - HOUR_MS, 10);
  for (const item of overdue) faults.push(`overdue: ${item.kind} ${item.id}`);
  return faults;
}
