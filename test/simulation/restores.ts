import { diskIdOf } from '../../src/restore/restore.ts';
import { startRestore } from '../../src/restore/start-restore.ts';
import { cancelRestore } from '../../src/restore/undo-restore.ts';
import { SUBSCRIPTION } from './estate.ts';
import { allPoints } from './invariants.ts';
import type { World } from './world.ts';

interface Ordered {
  readonly id: string;
  readonly name: string;
  /** What each snapshot held that a disk is made of. */
  readonly pagesBySnapshot: ReadonlyMap<string, string>;
}

const pagesOf = (world: World, id: string) => JSON.stringify([...world.azure.contentOf(id)]);

/** Orders restores of points of chance, in the middle of the storm, and cancels one of them. A request that fails is made again, as a client would. */
export async function startRestores(world: World, count: number): Promise<readonly Ordered[]> {
  const points = (await allPoints(world)).filter((point) => point.state === 'succeeded' && point.mark === null);
  const present = points.filter((point) =>
    point.snapshots.every(({ snapshotId }) =>
      world.azure.bill().some((chain) => chain.snapshots.some(({ id }) => id === snapshotId)),
    ),
  );
  const ordered: Ordered[] = [];
  for (let index = 0; index < count && present.length > 0; index += 1) {
    const point = world.chance.pick(present);
    const snapshot = world.chance.pick(point.snapshots);
    const name = `restored-${index}`;
    // Every other one is a whole machine, where the point is one's.
    const asMachine = index % 2 === 1 && point.manifest !== undefined;
    const subnet = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${point.source.resourceGroup}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/default`;
    const body = asMachine
      ? { kind: 'vm', point: point.id, target: { name, subnet, tags: {} } }
      : { kind: 'disk', point: point.id, target: { disk: snapshot.diskName, name } };
    const at = world.now() + index;
    let id: string | null = null;
    for (let attempt = 0; attempt < 20 && id === null; attempt += 1) {
      await world.invoke('restores-start', async (app) => {
        const started = await startRestore(app, { body, by: 'operator', operationId: `operation-${index}`, at });
        if (started.ok && started.value.kind === 'started') id = started.value.restores[0]?.id ?? null;
      });
    }
    if (id === null) continue;
    const pagesBySnapshot = new Map(
      point.snapshots.map(({ snapshotId }) => [snapshotId, pagesOf(world, snapshotId)] as const),
    );
    ordered.push({ id, name, pagesBySnapshot });
    if (index === count - 1) await world.invoke('restores-cancel', (app) => cancelRestore(app, id ?? '', 'operator'));
  }
  return ordered;
}

/** A restore ends done, with the bytes of its point, or undone, with nothing left. */
export async function restoreFaults(world: World, ordered: readonly Ordered[]): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { id, name, pagesBySnapshot } of ordered) {
    const restore = (await world.app.restores.get(id))?.restore;
    const left = (restore?.created ?? []).filter((made) => isThere(world, made.id));
    if (restore?.state === 'succeeded') {
      if (left.length < restore.created.length) faults.push(`${name} is restored and not all there`);
      for (const disk of restore.disks)
        if (pagesOf(world, diskIdOf(disk)) !== pagesBySnapshot.get(disk.snapshotId))
          faults.push(`${disk.name} does not hold the bytes of its point`);
    } else if (restore?.state === 'failed' || restore?.state === 'cancelled') {
      if (left.length > 0) faults.push(`${name} was undone, and left ${left.map((made) => made.id).join(', ')}`);
    } else faults.push(`the restore ${name} is ${restore?.state ?? 'gone'} at the end`);
  }
  const inUse = world.store.dump().inuse ?? [];
  if (inUse.length > 0) faults.push(`points are still in use: ${inUse.map((row) => row.partitionKey).join(', ')}`);
  const places = world.store.dump().restoreslots ?? [];
  if (places.length > 0) faults.push(`places are still taken: ${places.map((row) => row.rowKey).join(', ')}`);
  return faults;
}

function isThere(world: World, id: string): boolean {
  const key = id.toLowerCase();
  if (world.azure.network.interfaces.has(key) || world.azure.network.states.has(key)) return true;
  try {
    world.azure.contentOf(id);
    return true;
  } catch {
    return false;
  }
}
