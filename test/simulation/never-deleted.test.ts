import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { runMessage } from '../../src/functions/dispatch.ts';
import type { Point } from '../../src/protect/point.ts';
import { holdPoint } from '../../src/retain/marks.ts';
import { DisksWorld, disksPolicy, HOUR_MS } from './disks-world.ts';
import { SNAPSHOT_GROUP, SUBSCRIPTION } from './estate.ts';

/** A world with a marked point whose grace has not ended. */
async function withMark(): Promise<{ life: DisksWorld; point: Point; snapshotId: string }> {
  const life = new DisksWorld(2);
  await life.save(disksPolicy());
  await life.play(8);
  await life.sweep();
  const point = (await life.points()).find(({ mark }) => mark !== null);
  const snapshotId = point?.snapshots[0]?.snapshotId;
  if (!point || snapshotId === undefined) throw new Error('nothing was marked');
  return { life, point, snapshotId };
}

const group = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${SNAPSHOT_GROUP}`;

/** What happens between the mark and the deletion, and forbids it. `lifted` ends it: then the point goes after all. */
const faults: readonly {
  readonly name: string;
  readonly strike: (life: DisksWorld, point: Point, snapshotId: string) => unknown;
  readonly lift?: (life: DisksWorld, point: Point, snapshotId: string) => unknown;
}[] = [
  {
    name: 'it is held',
    strike: ({ world }, { id }) => holdPoint(world.app, id, { reason: 'audit', until: null, by: 'operator' }),
  },
  {
    name: 'it is held for some hours',
    strike: ({ world }, { id }) =>
      holdPoint(world.app, id, { reason: 'audit', until: world.now() + 8 * HOUR_MS, by: 'operator' }),
    lift: () => undefined,
  },
  {
    name: 'its tag in Azure says held, its row does not know',
    strike: async ({ world }, _, snapshotId) => {
      const seen = await world.azure.snapshots.get(snapshotId);
      await world.azure.snapshots.setTags(snapshotId, { ...seen?.tags, 'holdfast-hold': 'forever audit' });
    },
  },
  {
    name: 'its hold tag cannot be read',
    strike: async ({ world }, _, snapshotId) => {
      const seen = await world.azure.snapshots.get(snapshotId);
      await world.azure.snapshots.setTags(snapshotId, { ...seen?.tags, 'holdfast-hold': '???' });
    },
  },
  {
    name: 'its snapshot is locked',
    strike: ({ world }, _, snapshotId) => world.azure.lock(snapshotId),
    lift: ({ world }, _, snapshotId) => world.azure.unlock(snapshotId),
  },
  {
    name: 'its resource group is locked',
    strike: ({ world }) => world.azure.lock(group),
    lift: ({ world }) => world.azure.unlock(group),
  },
  {
    name: 'an immutability policy covers it',
    strike: ({ world }, _, snapshotId) => world.azure.setImmutable(snapshotId, true),
    lift: ({ world }, _, snapshotId) => world.azure.setImmutable(snapshotId, false),
  },
  {
    name: 'a restore reads from it',
    strike: ({ world }, { id }) => world.app.inUse.begin(id, 'restore-1'),
    lift: ({ world }, { id }) => world.app.inUse.end(id, 'restore-1'),
  },
  {
    name: 'what stands under its name does not carry its tag',
    strike: ({ world }, _, snapshotId) => world.azure.snapshots.setTags(snapshotId, { owner: 'somebody' }),
  },
  {
    name: 'its policy is disabled',
    strike: (life) => life.save({ ...disksPolicy(), ...{ enabled: false } }),
    lift: (life) => life.save(disksPolicy()),
  },
  { name: 'its policy is deleted and keeps', strike: (life) => life.save(disksPolicy(), 'deleted') },
  {
    name: 'its policy now keeps it',
    strike: (life) => life.save(disksPolicy({ retention: { keepLast: 100, graceHours: 2 } })),
  },
  {
    name: 'its snapshot cannot be read',
    strike: ({ world }) => {
      const { hooks } = world.azure;
      world.azure.hooks = {
        ...hooks,
        before: async (call) => {
          if (call.operation === 'getSnapshot') throw new AppError('azure-unavailable', 'Azure does not answer', {});
          await hooks.before?.(call);
        },
      };
    },
  },
  {
    name: 'no list of snapshots comes whole',
    strike: ({ world }) => {
      const { hooks } = world.azure;
      world.azure.hooks = {
        ...hooks,
        before: async (call) => {
          if (call.operation === 'getSnapshot' || call.operation === 'listSnapshots')
            throw new AppError('azure-unavailable', 'Azure does not answer', {});
          await hooks.before?.(call);
        },
      };
    },
  },
  {
    name: 'everything newer has been lost',
    strike: async (life, point) => {
      for (const other of await life.points()) {
        if (other.source.key === point.source.key && (other.takenAt ?? 0) > (point.takenAt ?? 0))
          for (const { snapshotId } of other.snapshots) life.world.azure.removeSnapshot(snapshotId);
      }
      life.lose(point.source.id);
      await life.sweep();
    },
  },
];

describe('a marked point stays where something has come between', () => {
  it('and goes where nothing has', async () => {
    const { life, point, snapshotId } = await withMark();
    await life.play(5);
    expect(await life.pointOf(point.id)).toBeNull();
    expect(life.has(snapshotId)).toBe(false);
  });

  it.each(faults)('$name', async ({ strike, lift }) => {
    const { life, point, snapshotId } = await withMark();
    await strike(life, point, snapshotId);
    await life.play(7);
    expect(life.has(snapshotId)).toBe(true);
    expect((await life.pointOf(point.id))?.state).toBe('succeeded');
    if (!lift) return;
    await lift(life, point, snapshotId);
    await life.play(16);
    expect(life.has(snapshotId)).toBe(false);
    expect(await life.pointOf(point.id)).toBeNull();
  });
});

describe('a clock that steps back', () => {
  it('deletes nothing before its time, and forgets nothing', async () => {
    const { life, point, snapshotId } = await withMark();
    const { app } = life.world;
    const due = point.mark?.deleteAfter ?? 0;
    // The message was sent by a clock that was ahead; the one that reads it is an hour behind.
    const behind = { ...app, clock: { ...app.clock, now: () => due - HOUR_MS } };
    await runMessage(behind, { v: 1, kind: 'delete', id: point.id, dueAt: due });
    expect(life.has(snapshotId)).toBe(true);
    await life.play(5);
    expect(life.has(snapshotId)).toBe(false);
  });

  it('keeps what is dated in the future', async () => {
    const { life } = await withMark();
    const { app } = life.world;
    const before = await life.points();
    const early = Math.min(...before.map(({ takenAt }) => takenAt ?? Number.POSITIVE_INFINITY)) - HOUR_MS;
    await runMessage(
      { ...app, clock: { ...app.clock, now: () => early } },
      { v: 1, kind: 'sweep', id: 'plain', dueAt: 0 },
    );
    for (const point of await life.points()) expect(point.mark).toBeNull();
  });
});

describe('nothing is marked while Azure or the books cannot be read', () => {
  it.each(['listSnapshots', 'lockedResources'] as const)('%s fails', async (operation) => {
    const life = new DisksWorld(2);
    await life.save(disksPolicy());
    await life.play(5.6);
    life.world.azure.hooks = {
      before: ({ operation: called }) => {
        if (called === operation) throw new AppError('azure-unavailable', 'Azure does not answer', {});
      },
    };
    await expect(life.sweep()).rejects.toThrow(AppError);
    expect((await life.points()).filter(({ mark }) => mark !== null)).toEqual([]);
  });

  it('a row of the catalogue is damaged', async () => {
    const life = new DisksWorld(1);
    await life.save(disksPolicy());
    await life.play(7);
    const [row] = life.world.store.dump().points ?? [];
    if (!row) throw new Error('there is no point');
    await life.world.store.table('points').put(row, { ...row.cells, point0: '{}' });
    await expect(life.sweep()).rejects.toThrow(AppError);
  });
});
