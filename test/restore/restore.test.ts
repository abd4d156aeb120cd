import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import { runMessage } from '../../src/functions/dispatch.ts';
import { runTick } from '../../src/functions/run-tick.ts';
import type { Point } from '../../src/protect/point.ts';
import { savePolicy } from '../../src/protect/save-policy.ts';
import type { Restore } from '../../src/restore/restore.ts';
import { parseRestoreRequest } from '../../src/restore/restore-request.ts';
import { RestoreView } from '../../src/restore/show-restore.ts';
import { startRestore } from '../../src/restore/start-restore.ts';
import { cancelRestore } from '../../src/restore/undo-restore.ts';
import { addShop, createMemoryApp, goldDocument, type MemoryApp, START, SUBSCRIPTION } from '../support/memory-app.ts';

let memory: MemoryApp;
let point: Point;

async function drain(): Promise<void> {
  for (const queue of ['snapshots', 'meters', 'restores', 'prunes']) {
    for (const message of memory.store.take(queue)) await runMessage(memory.app, message);
  }
}

/** Takes one point of the shop's machine, for real. */
beforeEach(async () => {
  memory = createMemoryApp();
  addShop(memory);
  await savePolicy(memory.app, { name: 'gold', body: goldDocument(), by: 'admin', force: false });
  await runTick(memory.app);
  memory.setNow(START + HOUR_MS);
  await runTick(memory.app);
  await drain();
  memory.setNow(START + HOUR_MS + 2 * MINUTE_MS);
  await runTick(memory.app);
  await drain();
  const [entry] = await Array.fromAsync(memory.app.sources.ofPolicy('gold'));
  const [stored] = await Array.fromAsync(memory.app.catalogue.ofSource(entry?.source.key ?? ''));
  if (stored?.point.state !== 'succeeded') throw new Error(`the point is ${stored?.point.state}`);
  point = stored.point;
});

const request = (changes: object = {}) => ({
  kind: 'disk',
  point: point.id,
  target: { disk: 'web-data', name: 'back' },
  ...changes,
});
const start = (body: unknown, operationId = 'operation') =>
  startRestore(memory.app, { body, by: 'operator', operationId, at: memory.app.clock.now() });

async function begin(body: unknown): Promise<Restore> {
  const started = await start(body);
  if (!started.ok || started.value.kind !== 'started') throw new Error(JSON.stringify(started));
  const [restore] = started.value.restores;
  if (!restore) throw new Error('nothing was started');
  return restore;
}

const view = (restore: Restore) => new RestoreView(memory.app.store, memory.app.clock.now()).show(restore);

async function end(id: string): Promise<Restore> {
  await drain();
  const restore = (await memory.app.restores.get(id))?.restore;
  if (!restore) throw new Error('no row');
  return restore;
}

describe('a restore of a disk', () => {
  it('makes a disk with the bytes of the point, and leaves nothing else', async () => {
    const begun = await begin(request());
    const target = { name: 'back', sku: 'Premium_LRS', sizeGiB: 1 };
    expect(await view(begun)).toMatchObject({ state: 'queued', target, step: 'check', percent: 0 });
    const done = await end(begun.id);
    expect(done).toMatchObject({ state: 'succeeded', error: null });
    expect(await view(done)).toMatchObject({ step: null, percent: 100 });
    expect(done.steps.map((step) => step.name)).toEqual(['check', 'create-disks', 'finish']);
    expect(done.steps.every((step) => step.finishedAt !== null)).toBe(true);
    const snapshot = point.snapshots.find(({ diskName }) => diskName === 'web-data');
    expect(memory.azure.contentOf(done.created[0]?.id ?? '')).toEqual(
      memory.azure.contentOf(snapshot?.snapshotId ?? ''),
    );
    expect(await memory.app.inUse.isInUse(point.id)).toBe(false);
    expect(await memory.app.agenda.all(10)).toEqual([]);
  });

  it('uses at most six calls of Azure', async () => {
    const before = memory.azure.calls.length;
    await end((await begin(request())).id);
    expect(memory.azure.calls.length - before).toBeLessThanOrEqual(6);
  });

  it('finds the newest point up to a moment', async () => {
    const key = point.source.key;
    expect(await start(request({ point: { source: key, at: new Date(START).toISOString() } }))).toMatchObject({
      ok: true,
      value: { kind: 'no-point' },
    });
    const begun = await begin(request({ point: { source: key, at: new Date(START + 2 * HOUR_MS).toISOString() } }));
    expect(begun.pointId).toBe(point.id);
  });

  it('is the same restore when it is asked for again', async () => {
    const first = await begin(request());
    const second = await begin(request());
    expect(second.id).toBe(first.id);
    await end(first.id);
    expect(memory.azure.calls.filter((call) => call.operation === 'createDisk')).toHaveLength(1);
  });

  it("never touches a disk of the same name that is somebody else's", async () => {
    const other = memory.azure.addDisk({ subscriptionId: SUBSCRIPTION, resourceGroup: 'rg-shop', name: 'back' });
    const failed = await end((await begin(request())).id);
    expect(failed).toMatchObject({
      state: 'failed',
      error: { code: 'infeasible', reasons: [{ path: '$.target.name' }] },
    });
    expect(memory.azure.calls.some((call) => call.operation === 'deleteDisk')).toBe(false);
    expect((await memory.azure.disks.getDisk(SUBSCRIPTION, 'rg-shop', 'back'))?.uniqueId).toBe(other.uniqueId);
  });

  it.each([
    { name: 'the creation fails', ending: 'fails' as const },
    { name: 'the snapshot is gone', ending: null },
  ])('is undone when $name', async ({ ending }) => {
    const begun = await begin(request());
    if (ending === null) for (const { snapshotId } of point.snapshots) memory.azure.removeSnapshot(snapshotId);
    else memory.azure.hooks = { ending: (call) => (call.operation === 'createDisk' ? ending : 'succeeds') };
    expect((await end(begun.id)).state).toBe('failed');
    expect(await memory.azure.disks.getDisk(SUBSCRIPTION, 'rg-shop', 'back')).toBeNull();
    expect(await memory.app.inUse.isInUse(point.id)).toBe(false);
  });

  it('is undone when it is cancelled', async () => {
    const begun = await begin(request());
    await cancelRestore(memory.app, begun.id, 'operator');
    expect((await end(begun.id)).state).toBe('cancelled');
    expect(await memory.azure.disks.getDisk(SUBSCRIPTION, 'rg-shop', 'back')).toBeNull();
  });
});

describe('the request', () => {
  it.each([
    { name: 'no body', body: undefined, path: '$' },
    { name: 'another kind', body: { kind: 'tape', point: 'p' }, path: '$.kind' },
    { name: 'an unknown field', body: { kind: 'disk', point: 'p', force: true }, path: '$.force' },
    {
      name: 'a moment that is none',
      body: { kind: 'disk', point: { source: 's', at: 'yesterday' } },
      path: '$.point.at',
    },
    {
      name: 'a name that Azure refuses',
      body: { kind: 'disk', point: 'p', target: { name: '../x' } },
      path: '$.target.name',
    },
  ])('refuses $name', ({ body, path }) => {
    const parsed = parseRestoreRequest(body);
    expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.path)).toContain(path);
  });

  it.each([
    { name: 'which disk, where there are two', target: {}, path: '$.target.disk' },
    { name: 'a size below the source', target: { disk: 'web-data', sizeGiB: 0.5 }, path: '$.target.sizeGiB' },
    {
      name: 'a zone for a zone-redundant disk',
      target: { disk: 'web-data', sku: 'Premium_ZRS', zone: '1' },
      path: '$.target.zone',
    },
    { name: 'no zone for Premium SSD v2', target: { disk: 'web-data', sku: 'PremiumV2_LRS' }, path: '$.target.zone' },
  ])('asks for $name', async ({ target, path }) => {
    const started = await start(request({ target }));
    expect(started.ok ? [] : started.problems.map((problem) => problem.path)).toContain(path);
  });
});
