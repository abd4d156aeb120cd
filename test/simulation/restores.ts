import { cancelRestore, startRestore } from '../../src/restore/start-restore.ts';
import { SUBSCRIPTION } from './estate.ts';
import { allPoints } from './invariants.ts';
import type { World } from './world.ts';

interface Ordered {
  readonly id: string;
  readonly snapshotId: string;
  readonly pages: ReadonlyMap<number, number>;
  readonly name: string;
}

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
    const body = { kind: 'disk', point: point.id, target: { disk: snapshot.diskName, name } };
    const at = world.now() + index;
    let id: string | null = null;
    for (let attempt = 0; attempt < 20 && id === null; attempt += 1) {
      await world.invoke('restores-start', async (app) => {
        const started = await startRestore(app, { body, by: 'operator', operationId: `operation-${index}`, at });
        if (started.ok && started.value.kind === 'started') id = started.value.restore.id;
      });
    }
    if (id === null) continue;
    ordered.push({ id, snapshotId: snapshot.snapshotId, pages: world.azure.contentOf(snapshot.snapshotId), name });
    if (index === count - 1) await world.invoke('restores-cancel', (app) => cancelRestore(app, id ?? '', 'operator'));
  }
  return ordered;
}

/** A restore ends done, with the bytes of its point, or undone, with nothing left. */
export async function restoreFaults(world: World, ordered: readonly Ordered[]): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { id, pages, name } of ordered) {
    const restore = (await world.app.restores.get(id))?.restore;
    const disk = await world.azure.disks.getDisk(SUBSCRIPTION, 'rg-shop', name);
    if (restore?.state === 'succeeded') {
      if (!disk) faults.push(`${name} is restored and not there`);
      else if (JSON.stringify([...world.azure.contentOf(disk.id)]) !== JSON.stringify([...pages]))
        faults.push(`${name} does not hold the bytes of its point`);
    } else if (restore?.state === 'failed' || restore?.state === 'cancelled') {
      if (disk) faults.push(`${name} was undone and is still there`);
    } else faults.push(`the restore ${name} is ${restore?.state ?? 'gone'} at the end`);
  }
  const inUse = world.store.dump().inuse ?? [];
  if (inUse.length > 0) faults.push(`points are still in use: ${inUse.map((row) => row.partitionKey).join(', ')}`);
  return faults;
}
