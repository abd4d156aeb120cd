import { beforeAll, describe, expect, it } from 'vitest';
import type { Advice } from '../../src/advice/advice.ts';
import { hasAdvice, readAdvice } from '../../src/advice/advice-book.ts';
import { type AdviceDeps, adviseToday } from '../../src/advice/find-advice.ts';
import { AppError } from '../../src/base/errors.ts';
import { DAY_MS, utcDay } from '../../src/base/time.ts';
import { comparePolicies } from '../../src/retain/compare-policies.ts';
import { DisksWorld, disksPolicy } from '../simulation/disks-world.ts';

const life = new DisksWorld(3);
const tags = { owner: 'owner', costCentre: 'costCentre' };

/** The advice of so many days later, on the books as they stand. */
async function adviseAfter(days: number, more: Partial<AdviceDeps> = {}): Promise<Advice> {
  const now = life.world.now() + days * DAY_MS;
  await adviseToday({ ...life.world.app, ...more }, tags, now);
  const advice = await readAdvice(life.world.store, now);
  if (!advice) throw new Error('there is no advice');
  return advice;
}

beforeAll(async () => {
  await life.save(disksPolicy({ retention: { keepLast: 9, graceHours: 24 } }));
  await life.play(9.4);
});

describe('adviseToday', () => {
  it('weighs each change of a policy as the preview of that change does', async () => {
    const { world } = life;
    const advice = await adviseAfter(0);
    expect(advice).toMatchObject({ chains: 3, orphans: { count: 0, storedBytes: 0 }, unseenSubscriptions: [] });
    const stored = await world.app.policies.get('plain');
    if (!stored) throw new Error('there is no policy');
    const { policy } = stored;
    const changed = { ...policy, retention: { ...policy.retention, keepLast: 4 } };
    const effect = await comparePolicies(world.app, {
      policyName: 'plain',
      current: policy,
      changed,
      now: world.now(),
    });
    expect(effect.freesBytes).toBeGreaterThan(0);
    expect(advice.reclaimable).toEqual([
      {
        policy: 'plain',
        change: { path: '$.retention.keepLast', from: 9, to: 4 },
        points: effect.deletes,
        freesBytes: effect.freesBytes,
        microUnitsPerMonth: expect.any(Number),
        ...{ sources: 3, ofSources: 3, unmeasured: 0 },
      },
    ]);
    const saves = (effect.monthlyCost?.before ?? 0) - (effect.monthlyCost?.after ?? 0);
    expect(Math.abs((advice.reclaimable[0]?.microUnitsPerMonth ?? 0) / 1e6 - saves)).toBeLessThan(3e-6);
  });

  it('works once a day, and weighs changes once a week', async () => {
    const { world } = life;
    expect(await adviseToday(world.app, tags, world.now() + 1_000)).toBe(false);
    expect(await hasAdvice(world.store, utcDay(world.now() + DAY_MS))).toBe(false);
    expect((await adviseAfter(1)).reclaimableAt).toBe(world.now());
    expect((await adviseAfter(8)).reclaimableAt).toBe(world.now() + 8 * DAY_MS);
  });

  it('names the chain of a disk that is gone, with what becomes of it', async () => {
    const lost = life.diskIds[0] ?? '';
    life.lose(lost);
    const { orphans } = await adviseAfter(9);
    expect(orphans.count).toBe(1);
    expect(orphans.listed[0]).toMatchObject({ diskName: 'disk-0', policies: ['plain'], verdict: 'kept-by-policy' });
    expect(orphans.listed[0]?.storedBytes).toBe(orphans.storedBytes);
    const bill = life.world.azure.bill().reduce((sum, { snapshots }) => sum + snapshots.length, 0);
    expect(orphans.listed[0]?.points).toBe(bill / 3);
  });

  it('never calls a disk made anew under the same name the old one', async () => {
    life.world.azure.addDisk({
      ...{ subscriptionId: (life.diskIds[0] ?? '').split('/')[2] ?? '', resourceGroup: 'rg-shop', name: 'disk-0' },
      tags: {},
    });
    expect((await adviseAfter(10)).orphans.count).toBe(1);
  });

  it('calls nothing an orphan where the disks cannot be listed, and says so', async () => {
    const estate = {
      listDisks: async () => {
        throw new AppError('azure-denied', 'no right to list');
      },
    };
    const advice = await adviseAfter(11, { estate });
    expect([advice.orphans.count, advice.unseenSubscriptions.length]).toEqual([0, 1]);
  });

  it('keeps five weeks', async () => {
    await adviseAfter(60);
    const rows = life.world.store.dump().advice ?? [];
    expect(rows.map(({ rowKey }) => rowKey)).toEqual([utcDay(life.world.now() + 60 * DAY_MS)]);
  });
});
