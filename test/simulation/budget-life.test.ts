import { describe, expect, it } from 'vitest';
import { GIB } from '../../src/base/bytes.ts';
import { liveChains } from '../../src/cost/live-chains.ts';
import { runMessage } from '../../src/functions/dispatch.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import type { Point } from '../../src/protect/point.ts';
import { previewLive } from '../../src/retain/live-preview.ts';
import { DisksWorld, disksPolicy, HOUR_MS, PAGE, PAGES, START } from './disks-world.ts';
import { watchDeletions } from './oracle.ts';
import { CALM } from './world.ts';

/** Micro-units a month for so many full disks: the price in memory is 0.05 for a GiB. */
const full = (disks: number) => (disks * PAGES * PAGE * 50_000) / GIB;

function budgetPolicy(microUnits: number, changes: Readonly<Record<string, unknown>> = {}, budget: object = {}) {
  return disksPolicy({
    retention: { keepHourly: 400, minimum: 2, graceHours: 2, maxDeletePercent: 100 },
    budget: { amountPerMonth: Math.ceil(microUnits) / 1e6, currency: 'EUR', ...budget },
    ...changes,
  });
}

/** What the kept points of the policy would cost a month, by Azure's own account of their bytes, once all marks are carried out. */
function billAfterMarks(life: DisksWorld, points: readonly Point[]): number {
  for (const { mark, snapshots } of points)
    if (mark !== null) for (const { snapshotId } of snapshots) life.world.azure.removeSnapshot(snapshotId);
  return (life.world.azure.bill().reduce((sum, chain) => sum + chain.storedBytes, 0) * 50_000) / GIB;
}

const kept = (points: readonly Point[]) => points.filter(({ mark, state }) => mark === null && state === 'succeeded');

describe('a budget over days of hourly points', () => {
  it('keeps within the money, over both disks together, and leaves a ladder of ages', { timeout: 60_000 }, async () => {
    const life = new DisksWorld(2);
    const wrong = watchDeletions(life.world);
    const amount = full(2) * 2;
    await life.save(budgetPolicy(amount));
    await life.play(24 * 5);
    await life.sweep();
    const points = await life.points();
    expect(wrong).toEqual([]);
    expect(life.audited('point.delete').length).toBeGreaterThan(50);
    const hours = (point: Point) => ((point.takenAt ?? 0) - START) / HOUR_MS;
    for (const key of new Set(points.map(({ source }) => source.key))) {
      const ages = kept(points)
        .filter(({ source }) => source.key === key)
        .map((point) => 24 * 5 - hours(point));
      expect(Math.min(...ages)).toBeLessThan(1.5);
      // Not the newest hours alone: something of each part of the past.
      expect(ages.some((age) => age > 12 && age < 48)).toBe(true);
      expect(ages.some((age) => age > 60)).toBe(true);
      expect(ages.filter((age) => age < 24).length).toBeGreaterThan(ages.filter((age) => age > 96).length);
    }
    const [state] = await life.world.app.budgets.states();
    expect(state).toMatchObject({ policy: 'plain', group: '', fits: true, exceedsByMicroUnits: null });
    const bill = billAfterMarks(life, points);
    expect(bill).toBeLessThanOrEqual(amount + 1);
    // It does not throw away more than it must.
    expect(bill).toBeGreaterThan(amount * 0.8);
    expect(Math.abs(bill - (state?.costMicroUnits ?? 0))).toBeLessThan(2);
  });

  it('says so where what must stay exceeds it, and which change would fit', async () => {
    const life = new DisksWorld(1);
    await life.save(budgetPolicy(full(1) / 2));
    await life.play(7.6);
    await life.sweep();
    expect(kept(await life.points())).toHaveLength(2);
    const [state] = await life.world.app.budgets.states();
    expect(state?.fits).toBe(false);
    expect(state?.exceedsByMicroUnits).toBeGreaterThan(0);
    expect(state?.change).toMatchObject({ path: '$.budget.amountPerMonth' });
    expect(life.world.log.some((line) => line.includes('what the budget may not give up exceeds it'))).toBe(true);
  });

  it('covers each subscription and each tag by itself where it says so', async () => {
    const life = new DisksWorld(2);
    const { azure } = life.world;
    const tagged = azure.addDisk({
      subscriptionId: life.diskIds[0]?.split('/')[2] ?? '',
      resourceGroup: 'rg-shop',
      name: 'tagged',
      tags: { CostCentre: '4711' },
      sizeBytes: PAGES * PAGE,
    });
    life.diskIds = [...life.diskIds, tagged.id];
    azure.write(tagged.id, 0, PAGES * PAGE);
    await life.save(budgetPolicy(full(2) * 3, {}, { per: 'tag:costcentre' }));
    await life.play(12.6);
    const groups = (await life.world.app.budgets.states()).map(({ group }) => group).sort();
    expect(groups).toEqual(['', '4711']);
    await life.save(budgetPolicy(full(3) * 3, {}, { per: 'subscription' }));
    await life.sweep();
    expect((await life.world.app.budgets.states()).map(({ group }) => group)).toEqual([life.diskIds[0]?.split('/')[2]]);
    await life.save(disksPolicy());
    await life.sweep();
    expect(await life.world.app.budgets.states()).toEqual([]);
  });

  it('gives up nothing where a chain has snapshots of others, and says so', async () => {
    const life = new DisksWorld(1);
    await life.save(budgetPolicy(full(1) * 1.2));
    await life.play(3.6);
    const [point] = await life.points();
    const [snapshot] = point?.snapshots ?? [];
    // Somebody's own snapshot of the disk, in our group.
    const { azure } = life.world;
    const seen = await azure.snapshots.get(snapshot?.snapshotId ?? '');
    if (!seen || !snapshot) throw new Error('there is no snapshot');
    await azure.snapshots.start({ ...seen, name: 'by-hand', diskId: snapshot.diskId, tags: {}, networkAccess: 'deny' });
    await life.play(10);
    await life.sweep();
    expect((await life.points()).every(({ mark }) => mark === null)).toBe(true);
    expect((await life.world.app.budgets.states())[0]?.partialSources).toBe(1);
    for await (const { shared } of liveChains(life.world.app.chains)) expect(shared).toBe(true);
    expect(life.world.log.some((line) => line.includes('the budget gives up nothing of what cannot be weighed'))).toBe(
      true,
    );
  });

  it('keeps what is not measured yet, and weighs what is older', async () => {
    const life = new DisksWorld(1);
    await life.save(budgetPolicy(full(1) * 1.15));
    await life.play(3.6);
    await life.play(6);
    const part = parsePolicy(budgetPolicy(full(1) * 1.15));
    if (!part.ok) throw new Error('not valid');
    const { app } = life.world;
    const [key = ''] = await chainKeys(life);
    const last = (await app.chains.nodes(key)).at(-1);
    if (!last) throw new Error('there is no chain');
    await app.chains.change(key, [{ ...last, writtenBytes: null, base: null }]);
    const { preview, freedById } = await previewLive(app, {
      policyName: 'plain',
      part: part.value,
      now: life.world.now(),
    });
    expect(preview.budgetGroups[0]?.partial[0]?.because).toBe('not measured');
    // What nobody has measured is reckoned with, and never as nothing.
    expect(preview.budgetGroups[0]?.uncertainMicroUnits).toBeGreaterThan(0);
    expect(freedById.has(last.pointId)).toBe(false);
    expect(preview.storedBytes).toBeNull();
  });
});

async function chainKeys(life: DisksWorld): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of life.world.app.chains.heads()) keys.push(key);
  return keys;
}

/** A world with a point that the budget has given up, its grace not over. */
async function withLoss(): Promise<{ life: DisksWorld; point: Point; due: number }> {
  const life = new DisksWorld(1);
  await life.save(
    budgetPolicy(full(1) * 1.3, { retention: { keepHourly: 400, graceHours: 4, maxDeletePercent: 100 } }),
  );
  await life.play(8);
  await life.sweep();
  const point = (await life.points()).find(({ mark }) => mark?.because === 'budget');
  if (!point?.mark) throw new Error('the budget has given up nothing');
  return { life, point, due: point.mark.deleteAfter };
}

describe('a point that the budget gave up', () => {
  const deleteAt = async (life: DisksWorld, point: Point, at: number) => {
    const { app } = life.world;
    await runMessage(
      { ...app, clock: { ...app.clock, now: () => at } },
      { v: 1, kind: 'delete', id: point.id, dueAt: at },
    );
    return (await life.pointOf(point.id))?.state;
  };

  it('is deleted after its grace by the last plan', async () => {
    const { life, point, due } = await withLoss();
    expect(await deleteAt(life, point, due)).toBe('deleting');
  });

  it('stays where the policy has changed since', async () => {
    const { life, point, due } = await withLoss();
    await life.save(
      budgetPolicy(full(1) * 1.31, { retention: { keepHourly: 400, graceHours: 4, maxDeletePercent: 100 } }),
    );
    expect(await deleteAt(life, point, due)).toBe('succeeded');
    expect((await life.pointOf(point.id))?.mark).toBeNull();
  });

  it('stays where the plan is older than two sweeps', async () => {
    const { life, point, due } = await withLoss();
    expect(await deleteAt(life, point, due + 20 * HOUR_MS)).toBe('succeeded');
  });

  it('stays where no plan gives it up any more', async () => {
    const { life, point, due } = await withLoss();
    await life.world.app.budgets.replacePlan('plain', [], { at: life.world.now(), version: 'x' });
    expect(await deleteAt(life, point, due)).toBe('succeeded');
  });

  it.each(['older', 'newer'] as const)(
    'stays where the point that the plan counted on is gone: the %s one',
    async (side) => {
      const { life, point, due } = await withLoss();
      const loss = await life.world.app.budgets.lossOf('plain', point.id);
      const neighbour = loss?.[side];
      if (!neighbour) throw new Error('it has no such neighbour');
      await life.world.app.catalogue.update(neighbour, (other) => ({ ...other, state: 'failed' }));
      expect(await deleteAt(life, point, due)).toBe('succeeded');
    },
  );

  it('stays where its tag in Azure holds it, whatever the plan says', async () => {
    const { life, point, due } = await withLoss();
    const snapshotId = point.snapshots[0]?.snapshotId ?? '';
    const seen = await life.world.azure.snapshots.get(snapshotId);
    await life.world.azure.snapshots.setTags(snapshotId, { ...seen?.tags, 'holdfast-hold': 'forever audit' });
    expect(await deleteAt(life, point, due)).toBe('succeeded');
  });

  it('stays where it has become a floor', async () => {
    const { life, point, due } = await withLoss();
    for (const other of await life.points()) {
      if ((other.takenAt ?? 0) > (point.takenAt ?? 0))
        await life.world.app.catalogue.update(other.id, (each) => ({ ...each, state: 'failed' }));
    }
    expect(await deleteAt(life, point, due)).toBe('succeeded');
  });
});

describe('a budget in bad weather', () => {
  it.each(Array.from({ length: 12 }, (_, seed) => seed))(
    'seed %i: deletes nothing wrong, and comes to its money',
    async (seed) => {
      const life = new DisksWorld(2, seed);
      const { world } = life;
      const wrong = watchDeletions(world);
      const amount = full(2) * 1.6;
      await life.save(budgetPolicy(amount));
      await life.play(6);
      world.weather = {
        ...CALM,
        storageFault: 0.004,
        azureFault: 0.02,
        crash: 0.002,
        duplicate: 0.05,
        brokenOperation: 0.01,
      };
      await life.play(30);
      world.weather = CALM;
      await life.play(20);
      await life.sweep();
      expect(wrong).toEqual([]);
      const points = await life.points();
      const spans = [...new Set(points.map(({ source }) => source.key))].map((key) =>
        kept(points).filter(({ source }) => source.key === key),
      );
      // Each disk still has its newest points, and one from before the storm's end.
      for (const own of spans) {
        const ages = own.map(({ takenAt }) => world.now() - (takenAt ?? 0));
        expect(Math.min(...ages)).toBeLessThan(2 * HOUR_MS);
        expect(Math.max(...ages)).toBeGreaterThan(20 * HOUR_MS);
      }
      expect(billAfterMarks(life, points)).toBeLessThanOrEqual(amount + 2);
    },
  );
});
