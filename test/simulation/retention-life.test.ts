import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import { comparePolicies } from '../../src/retain/compare-policies.ts';
import { previewLive } from '../../src/retain/live-preview.ts';
import { unmarkPoint } from '../../src/retain/marks.ts';
import { listMarked } from '../../src/retain/recycle.ts';
import { DisksWorld, disksPolicy } from './disks-world.ts';

function policyOf(document: object) {
  const parsed = parsePolicy(document);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

/** All rows but what reading prices remembers for the day. */
function rowsOf(life: DisksWorld): unknown {
  const { prices: _, ...rest } = life.world.store.dump();
  // A table that was only asked for is none.
  return Object.fromEntries(Object.entries(rest).filter(([, rows]) => rows.length > 0));
}

describe('a steady state', () => {
  it('that deletes a quarter of its points each day runs on without an approval', async () => {
    const life = new DisksWorld(14);
    const daily = { schedules: [{ name: 'daily', cron: '30 2 * * *' }] };
    await life.save(disksPolicy({ ...daily, retention: { keepDaily: 3, graceHours: 1 } }));
    await life.play(24 * 9);
    expect(await life.world.app.approvals.list()).toEqual([]);
    expect(life.audited('sweep.stop')).toEqual([]);
    expect(life.audited('point.delete').length).toBeGreaterThan(14 * 4);
    expect((await life.points()).length).toBeLessThanOrEqual(14 * 4);
  });
});

describe('renaming a schedule', () => {
  it('orphans nothing: older points are pruned by the same rules', async () => {
    const life = new DisksWorld(2);
    await life.save(disksPolicy());
    await life.play(6);
    const before = (await life.points()).map(({ id }) => id);
    await life.save(disksPolicy({ schedules: [{ name: 'each-hour', cron: '30 * * * *' }] }));
    await life.play(14);
    const after = await life.points();
    expect(before.length).toBeGreaterThanOrEqual(10);
    for (const id of before) expect(after.some((point) => point.id === id)).toBe(false);
    expect(new Set(after.flatMap(({ schedules }) => schedules))).toEqual(new Set(['each-hour']));
    // No slot was taken twice or left out by the change.
    const slots = after.map(({ slot, source }) => `${source.key} ${slot}`);
    expect(new Set(slots).size).toBe(slots.length);
  });
});

describe('a sweep that would delete too much', () => {
  it('stops, asks, and goes on with the approval for what was shown, once', async () => {
    const life = new DisksWorld(15);
    const cautious = (keepLast: number) =>
      disksPolicy({ retention: { keepLast, graceHours: 1, maxDeletePercent: 20 } });
    await life.save(cautious(10));
    await life.play(11);
    const { app } = life.world;
    await life.save(cautious(2));
    await life.sweep();
    const [asked] = await app.approvals.list();
    expect(asked).toMatchObject({ policy: 'plain', approvedBy: null });
    expect((await life.points()).filter(({ mark }) => mark !== null).length).toBeLessThan(asked?.deletes ?? 0);
    expect(await app.approvals.approve('plain', (asked?.deletes ?? 0) + 1, 'admin')).toBe('changed');
    expect(await app.approvals.approve('plain', asked?.deletes ?? 0, 'admin')).toBe('done');
    await life.sweep();
    expect(await app.approvals.list()).toEqual([]);
    expect((await life.points()).filter(({ mark }) => mark === null)).toHaveLength(30);
  });
});

describe('the preview of the live estate', () => {
  it('says what the next sweep does, with the bytes that Azure then frees, and writes nothing', async () => {
    const life = new DisksWorld(3);
    await life.save(disksPolicy({ retention: { keepLast: 50, graceHours: 1, maxDeletePercent: 100 } }));
    await life.play(12.4);
    const changed = policyOf(
      disksPolicy({ retention: { keepLast: 2, keepHourly: 4, graceHours: 1, maxDeletePercent: 100 } }),
    );
    const rows = rowsOf(life);
    const now = life.world.now();
    const { preview, freedById } = await previewLive(life.world.app, { policyName: 'plain', part: changed, now });
    expect(rowsOf(life)).toEqual(rows);
    const bill = () => life.world.azure.bill().reduce((sum, chain) => sum + chain.storedBytes, 0);
    const before = bill();
    expect(preview.storedBytes?.before).toBe(before);
    expect(preview.sources.map(({ name }) => name).sort()).toEqual(['disk-0', 'disk-1', 'disk-2']);
    expect(preview.verdicts).toHaveLength(preview.points);
    const freed = preview.verdicts.flatMap(({ because }) => because.flatMap(({ freedBytes }) => freedBytes ?? []));
    expect(freed.reduce((sum, bytes) => sum + bytes, 0)).toBe(before - (preview.storedBytes?.after ?? 0));
    expect(preview.monthlyCost?.currency).toBe('EUR');

    await life.save(disksPolicy({ retention: { keepLast: 2, keepHourly: 4, graceHours: 1, maxDeletePercent: 100 } }));
    await life.sweep();
    const marked = (await life.points()).filter(({ mark }) => mark !== null).map(({ id }) => id);
    expect(new Set(marked)).toEqual(new Set(freedById.keys()));
    for (const id of marked)
      for (const { snapshotId } of (await life.pointOf(id))?.snapshots ?? [])
        life.world.azure.removeSnapshot(snapshotId);
    expect(bill()).toBe(preview.storedBytes?.after);
  });

  it('shows one source alone, and says where it knows nothing', async () => {
    const life = new DisksWorld(2);
    await life.save(disksPolicy());
    await life.play(6.4);
    const [first] = await life.points();
    const part = policyOf(disksPolicy());
    const now = life.world.now();
    const source = first?.source.key ?? '';
    const one = (await previewLive(life.world.app, { policyName: 'plain', part, now, source })).preview;
    expect(new Set(one.verdicts.map((verdict) => verdict.source))).toEqual(new Set([source]));
    const none = (await previewLive(life.world.app, { policyName: 'plain', part, now, source: 'other' })).preview;
    expect([none.points, none.verdicts.length]).toEqual([0, 0]);
    life.world.azure.setPrice('westeurope', null);
    await life.world.store.dropTable('prices');
    const unpriced = (await previewLive(life.world.app, { policyName: 'plain', part, now })).preview;
    expect([unpriced.monthlyCost, typeof unpriced.storedBytes?.after]).toEqual([null, 'number']);
  });
});

describe('a dry run', () => {
  it('tells what a change deletes beyond what goes anyway, and what that frees', async () => {
    const life = new DisksWorld(2);
    const wide = policyOf(disksPolicy({ retention: { keepLast: 9 } }));
    await life.save(disksPolicy({ retention: { keepLast: 9 } }));
    await life.play(9.4);
    const now = life.world.now();
    const rows = rowsOf(life);
    const narrow = policyOf(disksPolicy({ retention: { keepLast: 4 } }));
    const compare = (current: typeof wide | null, changed: typeof wide) =>
      comparePolicies(life.world.app, { policyName: 'plain', current, changed, now });
    const effect = await compare(wide, narrow);
    expect(effect.deletes).toBe(10);
    expect(effect.deleted).toHaveLength(10);
    expect(effect.keeps).toBe(0);
    expect(effect.freesBytes).toBeGreaterThan(0);
    expect((effect.storedBytes?.before ?? 0) - (effect.storedBytes?.after ?? 0)).toBe(effect.freesBytes);
    expect((await compare(narrow, wide)).keeps).toBe(10);
    expect((await compare(wide, wide)).deletes).toBe(0);
    expect(rowsOf(life)).toEqual(rows);
  });
});

describe('the recycle view', () => {
  it('lists what is marked, why, until when and what it frees; unmarked it is gone from it', async () => {
    const life = new DisksWorld(2);
    await life.save(disksPolicy({ retention: { keepLast: 3, graceHours: 24, maxDeletePercent: 100 } }));
    await life.play(8.4);
    await life.sweep();
    const { app } = life.world;
    const marked = (await life.points()).filter(({ mark }) => mark !== null);
    const page = await listMarked(app, null);
    expect(new Set(page.points.map(({ id }) => id))).toEqual(new Set(marked.map(({ id }) => id)));
    expect(page.points.every(({ because }) => because === 'unkept')).toBe(true);
    expect(page.points.map(({ deleteAfter }) => deleteAfter)).toEqual(
      page.points.map(({ deleteAfter }) => deleteAfter).sort(),
    );
    const before = life.world.azure.bill().reduce((sum, chain) => sum + chain.storedBytes, 0);
    for (const { snapshots } of marked)
      for (const { snapshotId } of snapshots) life.world.azure.removeSnapshot(snapshotId);
    const after = life.world.azure.bill().reduce((sum, chain) => sum + chain.storedBytes, 0);
    expect(page.freesBytes).toBe(before - after);
    const [first] = page.points;
    await unmarkPoint(app, first?.id ?? '', { actor: 'operator', because: 'asked for' });
    expect((await listMarked(app, null)).points).toHaveLength(marked.length - 1);
  });
});
