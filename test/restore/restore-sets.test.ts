import { expect, it } from 'vitest';
import { isFinished } from '../../src/restore/restore.ts';
import { readSet } from '../../src/restore/restore-sets.ts';
import { RESTORES_AT_ONCE } from '../../src/restore/restore-slots.ts';
import { startRestore } from '../../src/restore/start-restore.ts';
import { RestoreWorld } from './restore-world.ts';

const order = (world: RestoreWorld, body: object, operationId = 'operation') =>
  startRestore(world.app, { body, by: 'operator', operationId, at: world.now() });

it('a set is one request with a result for each source, and the same set when it is asked for again', async () => {
  const world = await RestoreWorld.create();
  const { id } = world.point;
  const body = {
    kind: 'disk',
    set: [
      { point: id, target: { disk: 'web-os', name: 'one' } },
      { point: id, target: { disk: 'web-data', name: 'web-os' } },
    ],
  };
  const [first, second] = [await order(world, body), await order(world, body)];
  if (!first.ok || first.value.kind !== 'started' || !first.value.set) throw new Error(JSON.stringify(first));
  expect(second).toMatchObject({ ok: true, value: { set: { id: first.value.set.id } } });
  const set = await readSet(world.store, first.value.set.id);
  const ended = [];
  for (const restoreId of set?.restoreIds ?? []) ended.push(await world.settle(restoreId));
  // The second wants a name that is taken: the first is done all the same.
  expect(ended.map(({ state, set: of }) => [state, of === set?.id])).toEqual([
    ['succeeded', true],
    ['failed', true],
  ]);
});

it('of a set with anything wrong in it nothing begins', async () => {
  const world = await RestoreWorld.create();
  const { id } = world.point;
  const body = {
    kind: 'disk',
    set: [
      { point: id, target: { disk: 'web-os' } },
      { point: id, target: { disk: 'none' } },
    ],
  };
  expect(await order(world, body)).toMatchObject({ ok: false, problems: [{ path: '$.set[1].target.disk' }] });
  expect(await world.app.restores.newest(10)).toEqual([]);
});

it('restores beyond the limit of a subscription wait in the line and are called one by one: none is lost', async () => {
  const world = await RestoreWorld.create();
  const wanted = RESTORES_AT_ONCE + 15;
  const target = (index: number) => ({ disk: index % 2 === 0 ? 'web-os' : 'web-data', name: `copy-${index}` });
  const ids: string[] = [];
  for (let index = 0; index < wanted; index += 1) {
    const started = await order(
      world,
      { kind: 'disk', point: world.point.id, target: target(index) },
      `operation-${index}`,
    );
    if (started.ok && started.value.kind === 'started') ids.push(started.value.restores[0]?.id ?? '');
  }
  let most = 0;
  world.store.hooks = {
    before: () => {
      const rows = world.store.dump().restoreslots ?? [];
      most = Math.max(most, rows.filter(({ rowKey }) => rowKey.startsWith('s|')).length);
    },
  };
  for (const id of ids) await world.settle(id);
  const restores = await world.app.restores.newest(100);
  expect(restores.filter((restore) => isFinished(restore) && restore.state === 'succeeded')).toHaveLength(wanted);
  expect(most).toBeLessThanOrEqual(RESTORES_AT_ONCE);
  expect(world.store.dump().restoreslots ?? []).toEqual([]);
});
