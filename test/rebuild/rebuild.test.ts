import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import { runMessage } from '../../src/functions/dispatch.ts';
import { runTick } from '../../src/functions/run-tick.ts';
import type { Point } from '../../src/protect/point.ts';
import { savePolicy } from '../../src/protect/save-policy.ts';
import { confirmRebuild, startRebuild } from '../../src/rebuild/start-rebuild.ts';
import { holdPoint } from '../../src/retain/marks.ts';
import { sweepPolicy } from '../../src/retain/sweep-policy.ts';
import { addShop, createMemoryApp, goldDocument, type MemoryApp, START, SUBSCRIPTION } from '../support/memory-app.ts';

const HOURS = 6;
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-holdfast-westeurope`;

let memory: MemoryApp;
let machineId: string;
let now: number;

async function pass(ms: number): Promise<void> {
  now += ms;
  memory.setNow(now);
  await runTick(memory.app);
  for (const queue of ['snapshots', 'meters', 'prunes', 'restores'])
    for (const message of memory.store.take(queue)) await runMessage(memory.app, message);
}

async function passHours(hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour += 1) {
    await pass(HOUR_MS - 10 * MINUTE_MS);
    for (let minutes = 0; minutes < 10; minutes += 2) await pass(2 * MINUTE_MS);
  }
}

/** Some minutes: what was started is confirmed and measured. */
async function settle(): Promise<void> {
  for (let minutes = 0; minutes < 16; minutes += 4) await pass(4 * MINUTE_MS);
}

async function allPoints(): Promise<readonly Point[]> {
  const points: Point[] = [];
  for await (const entry of memory.app.sources.ofPolicy('gold'))
    for await (const { point } of memory.app.catalogue.ofSource(entry.source.key)) points.push(point);
  return points;
}

async function loseTables(): Promise<void> {
  for (const name of Object.keys(memory.store.dump())) await memory.store.dropTable(name);
}

const rebuild = (id = 'first') => startRebuild(memory.app, { id, by: 'admin', groups: [] });

/** What of a point Azure can still tell. */
const told = ({ id, policy, slot, state, takenAt, skewMs, source, snapshots, manifest }: Point) => ({
  ...{ id, policy, slot, state, takenAt, skewMs, source, manifest },
  snapshots: [...snapshots].sort((a, b) => (a.snapshotId < b.snapshotId ? -1 : 1)),
});

beforeEach(async () => {
  memory = createMemoryApp();
  now = START;
  ({ machineId } = addShop(memory));
  await savePolicy(memory.app, { name: 'gold', body: goldDocument(), by: 'admin', force: false });
  await passHours(HOURS);
  await settle();
});

describe('a rebuild after the tables were lost', () => {
  it('brings back points, sources and policies as they were', async () => {
    const before = (await allPoints()).map(told);
    expect(before).toHaveLength(HOURS);
    await loseTables();
    expect(await allPoints()).toEqual([]);
    expect((await rebuild()).policiesRestored).toEqual(['gold']);
    await settle();
    expect((await allPoints()).map(told)).toEqual(before);
    const [entry] = await Array.fromAsync(memory.app.sources.ofPolicy('gold'));
    expect(entry?.protectedSince).toBe(Math.min(...before.map(({ takenAt }) => takenAt ?? 0)));
    const [head] = await Array.fromAsync(memory.app.chains.heads());
    const nodes = await memory.app.chains.nodes(head?.key ?? '');
    expect(nodes.map(({ writtenBytes }) => writtenBytes)).not.toContain(null);
    await passHours(1);
    expect(await allPoints()).toHaveLength(HOURS + 1);
  });

  it('brings a hold back from its tag', async () => {
    const [newest] = await allPoints();
    const hold = { reason: 'audit', until: now + 100 * HOUR_MS, by: 'auditor' };
    await holdPoint(memory.app, newest?.id ?? '', hold);
    await loseTables();
    await rebuild();
    await settle();
    const held = (await allPoints()).filter((point) => point.hold !== null);
    expect(held.map(({ id }) => id)).toEqual([newest?.id]);
    expect(held[0]?.hold).toMatchObject({ reason: 'audit', until: hold.until });
  });

  it('deletes nothing until it is confirmed, and then what no rule keeps', async () => {
    await loseTables();
    await rebuild();
    await settle();
    const sweep = async () => {
      await sweepPolicy(memory.app, 'gold');
      return (await allPoints()).filter((point) => point.mark !== null).length;
    };
    expect(await sweep()).toBe(0);
    await savePolicy(memory.app, {
      name: 'gold',
      body: goldDocument({ retention: { keepLast: 1 } }),
      by: 'admin',
      force: false,
    });
    expect(await sweep()).toBe(0);
    await confirmRebuild(memory.app, 'first', 'admin');
    expect(await sweep()).toBe(HOURS - 1);
  });

  it('names a machine that is gone as its snapshots remember it', async () => {
    const before = await allPoints();
    await loseTables();
    memory.azure.remove(machineId);
    await rebuild();
    await settle();
    const after = await allPoints();
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(after[0]?.source).toMatchObject({ kind: 'virtualMachine', name: 'web', resourceGroup: 'rg-shop' });
  });

  it('goes on after a crash at any call, and ends the same', async () => {
    const before = (await allPoints()).map(({ id }) => id);
    for (let survives = 0; survives < 30; survives += 1) {
      await loseTables();
      let calls = 0;
      memory.store.hooks = {
        before: () => {
          calls += 1;
          if (calls > survives) throw new Error('crash');
        },
      };
      await rebuild('again').catch(() => {});
      memory.store.hooks = {};
      await rebuild('again');
      await settle();
      expect((await allPoints()).map(({ id }) => id)).toEqual(expect.arrayContaining(before));
      expect(await memory.app.states.list()).toHaveLength(1);
    }
  });

  it.each([
    { name: 'another policy’s name', tag: 'holdfast-policy-name', value: 'silver' },
    { name: 'another source', tag: 'holdfast-source', value: 'x'.repeat(22) },
    { name: 'no readable point', tag: 'holdfast-point', value: 'mine' },
  ])('leaves out and names a snapshot with $name', async ({ tag, value }) => {
    const [newest] = await allPoints();
    for (const { snapshotId } of newest?.snapshots ?? []) {
      const snapshot = await memory.azure.snapshots.get(snapshotId);
      await memory.azure.snapshots.setTags(snapshotId, { ...snapshot?.tags, [tag]: value });
    }
    await loseTables();
    await rebuild();
    await settle();
    expect(await allPoints()).toHaveLength(HOURS - 1);
    const [group] = await memory.app.rebuilds.groups('first');
    expect(group).toMatchObject({ state: 'done', doubtCount: 1, doubts: [{ because: 'tags disagree' }] });
  });

  it('closes a snapshot that the loss of the tables has left open', async () => {
    const [newest] = await allPoints();
    const id = newest?.snapshots[0]?.snapshotId ?? '';
    await memory.app.access.open(id, 3_600);
    const network = async () => (await memory.azure.snapshots.get(id))?.network.policy;
    expect(await network()).not.toBe('DenyAll');
    await loseTables();
    await rebuild();
    await settle();
    expect(await network()).toBe('DenyAll');
  });

  it('takes back a point that lacks a snapshot, and says that it is not whole', async () => {
    const [newest] = await allPoints();
    memory.azure.removeSnapshot(newest?.snapshots[0]?.snapshotId ?? '');
    await loseTables();
    await rebuild();
    await settle();
    expect(await allPoints()).toHaveLength(HOURS);
    const [group] = await memory.app.rebuilds.groups('first');
    expect(group?.doubts).toEqual([{ id: newest?.id, because: 'not whole' }]);
  });
});

describe('startRebuild', () => {
  it('leaves alone what is there', async () => {
    const before = memory.store.dump().points;
    await rebuild();
    await settle();
    expect(memory.store.dump().points).toEqual(before);
  });

  it('is one rebuild, however often it is asked for', async () => {
    const first = await rebuild();
    await settle();
    expect(await rebuild()).toEqual(first);
    expect(await memory.app.rebuilds.groups('first')).toHaveLength(1);
  });

  it('asks for groups where no policy is left, and reads those that are named', async () => {
    await loseTables();
    await memory.store.blobs('policies').delete('gold.json');
    await expect(rebuild()).rejects.toMatchObject({ code: 'not-found' });
    const groups = [{ subscriptionId: SUBSCRIPTION, resourceGroup: GROUP.split('/').at(-1) ?? '' }];
    await startRebuild(memory.app, { id: 'named', by: 'admin', groups });
    await settle();
    expect((await memory.app.rebuilds.groups('named'))[0]).toMatchObject({ state: 'done', points: HOURS });
  });

  it('is not confirmed before every group was read', async () => {
    await rebuild();
    await expect(confirmRebuild(memory.app, 'first', 'admin')).rejects.toMatchObject({ code: 'conflict' });
    await expect(confirmRebuild(memory.app, 'none', 'admin')).rejects.toMatchObject({ code: 'not-found' });
  });
});
