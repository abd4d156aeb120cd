import { beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { chainKey } from '../../src/cost/cost.ts';
import { readBooks } from '../../src/watch/read-books.ts';
import { watchOver } from '../../src/watch/watch.ts';
import { notePoison } from '../../src/work/poison.ts';
import { SUBSCRIPTION } from '../support/memory-app.ts';
import { WatchedLife } from './watched-life.ts';

const GROUP = 'rg-holdfast-westeurope';
let life: WatchedLife;

beforeEach(async () => {
  life = new WatchedLife();
  await life.save();
  await life.play(3);
});

/** Every condition is told once when it opens and once when it has cleared. */
function expectToldTwice(title: string): void {
  const about = life.told.filter((line) => line.includes(title));
  expect(about).toHaveLength(2);
  expect(about[0]).toMatch(/^(?:critical|warning) /);
  expect(about[1]).toMatch(/^resolved Cleared: /);
}

describe('conditions in the life of an app', () => {
  it('says nothing while all is well, sends zeros, and asks for little', async () => {
    expect(await life.open()).toEqual([]);
    expect(life.told).toEqual([]);
    expect(life.metrics).toHaveLength(12);
    expect([...(life.metrics.at(-1)?.values() ?? [])]).toEqual(Array.from({ length: 12 }, () => 0));
  });

  it('missed slots and RPO: Azure refuses snapshots for some hours', async () => {
    life.memory.azure.hooks = {
      before: ({ operation }) => {
        if (operation === 'startSnapshot') throw new AppError('azure-rejected', 'no');
      },
    };
    await life.play(3);
    expect(await life.open()).toEqual(['missed-slots web', 'rpo-over-target web']);
    expect(life.metrics.at(-1)?.get('holdfast-rpo-over-target')).toBe(1);
    life.memory.azure.hooks = {};
    await life.play(2.5);
    expect(await life.open()).toEqual([]);
    expectToldTwice('Slots were missed: web');
    expectToldTwice('Sources are older than their target: web');
    expect(life.metrics.at(-1)?.get('holdfast-rpo-over-target')).toBe(0);
  });

  it('missed slots: the app is down, and a policy does not catch up', async () => {
    await life.save({ schedules: [{ name: 'hourly', cron: '0 * * * *', catchUp: 'none' }] });
    life.isUp = false;
    await life.play(5);
    life.isUp = true;
    await life.play(0.5);
    expect(await life.open('missed-slots')).toContain('missed-slots gold');
    await life.play(26);
    expect(await life.open()).toEqual([]);
    expectToldTwice('Slots were missed');
  });

  it('a source that leaves its policy is no alarm', async () => {
    life.memory.azure.remove((await life.memory.app.estate.listVirtualMachines(SUBSCRIPTION))[0]?.id ?? '');
    for (const id of life.diskIds) life.memory.azure.remove(id);
    await life.play(6);
    expect(await life.open('rpo-over-target')).toEqual([]);
    expect(await life.open('missed-slots')).toEqual([]);
  });

  it('never ran: a policy matches nothing, until it does', async () => {
    await life.save({
      name: 'empty',
      select: { scopes: [`/subscriptions/${SUBSCRIPTION}`], kinds: ['disk'], include: [{ tag: 'no', exists: true }] },
    });
    await life.play(3);
    expect(await life.open()).toEqual(['never-ran empty']);
    await life.save({ name: 'empty', select: { scopes: [`/subscriptions/${SUBSCRIPTION}`], kinds: ['disk'] } });
    await life.play(3);
    expect(await life.open()).toEqual([]);
    expectToldTwice('A policy never ran: empty');
  });

  it('paused too long: a policy is off for more than a week, and enabled again', async () => {
    await life.save({ enabled: false });
    await life.play(6 * 24);
    expect(await life.open()).toEqual([]);
    await life.play(26);
    expect(await life.open()).toEqual(['paused-too-long gold']);
    await life.save();
    await life.play(2);
    expect(await life.open()).toEqual([]);
    expectToldTwice('A policy is paused for long: gold');
  });

  it('poison messages clear by themselves', async () => {
    await notePoison(life.app, 'prunes', { kind: 'x' });
    await life.play(1.25);
    expect(await life.open()).toEqual(['poison-messages prunes']);
    await life.play(25);
    expect(await life.open()).toEqual([]);
    expectToldTwice('Work failed again and again: prunes');
  });

  it('drift: snapshots deleted by others, found at the look at the books or at a sweep', async () => {
    const listed = (await life.app.snapshots.list(SUBSCRIPTION, GROUP)) ?? [];
    for (const { id } of listed) life.memory.azure.removeSnapshot(id);
    await life.play(7);
    const open = await life.open('drift');
    expect(open.length).toBeGreaterThan(0);
    await life.play(32);
    expect(await life.open()).toEqual([]);
    expect(life.told.filter((line) => line.includes('Catalogue and Azure disagree')).length).toBe(2 * open.length);
  });

  it('drift: a snapshot with our tag that the catalogue does not know', async () => {
    const [one] = (await life.app.snapshots.list(SUBSCRIPTION, GROUP)) ?? [];
    await life.app.snapshots.start({
      subscriptionId: SUBSCRIPTION,
      resourceGroup: GROUP,
      name: 'hf-stranger',
      region: 'westeurope',
      diskId: life.diskIds[0] ?? '',
      sku: 'Standard_ZRS',
      tags: one?.tags ?? {},
      networkAccess: 'deny',
    });
    await life.play(13);
    expect(await life.open()).toEqual([`drift ${GROUP}`]);
    life.memory.azure.removeSnapshot(
      `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}/providers/Microsoft.Compute/snapshots/hf-stranger`,
    );
    await life.play(7);
    expect(await life.open()).toEqual([]);
    expectToldTwice('Catalogue and Azure disagree');
  });

  it('lock conflicts: a lock on the group of snapshots, until it is taken off', async () => {
    const scope = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}`;
    life.memory.azure.lock(scope);
    await life.play(7);
    expect(await life.open()).toEqual([`lock-conflicts ${GROUP}`]);
    life.memory.azure.unlock(scope);
    await life.play(7);
    expect(await life.open('lock-conflicts')).toEqual([]);
    expectToldTwice('Locks stand in the way');
  });

  it('lock conflicts: Azure refuses a deletion whose grace has ended', async () => {
    await life.save({ retention: { keepLast: 3, graceHours: 1 } });
    await life.play(9.25);
    const scope = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}`;
    life.memory.azure.lock(scope);
    await life.play(2);
    life.memory.azure.unlock(scope);
    expect(await life.open('lock-conflicts')).toContain('lock-conflicts gold');
    await life.play(26);
    expect(await life.open()).toEqual([]);
    expectToldTwice('Locks stand in the way: gold');
  });

  it('metering fails for hours, and works again', async () => {
    life.memory.azure.hooks = {
      before: ({ operation }) => {
        if (operation === 'open') throw new AppError('azure-denied', 'no');
      },
    };
    await life.play(14);
    expect(await life.open()).toEqual(['metering-failed web-data', 'metering-failed web-os'].sort());
    life.memory.azure.hooks = {};
    await life.play(14);
    expect(await life.open()).toEqual([]);
    expectToldTwice('Used size cannot be measured');
  });

  it('headroom: a disk has 450 snapshots, and fewer again', async () => {
    const [disk] = await life.app.estate.listDisks(SUBSCRIPTION);
    const key = chainKey(disk?.uniqueId ?? '');
    const table = life.app.store.table('chains');
    const [row] = (await Array.fromAsync(table.list({ partitionKey: key }))).flat();
    const extra = Array.from({ length: 450 }, (_, at) => `${row?.rowKey}.${at}`);
    await table.write(
      key,
      extra.map((rowKey) => ({ kind: 'insert', rowKey, cells: { ...row?.cells, state: 'deleting' } })),
    );
    await life.play(7);
    expect(await life.open('snapshot-headroom')).toHaveLength(1);
    await table.write(
      key,
      extra.map((rowKey) => ({ kind: 'delete', rowKey })),
    );
    await life.play(7);
    expect(await life.open('snapshot-headroom')).toEqual([]);
    expectToldTwice('A disk nears 500 snapshots');
  });

  it('a budget that its floors exceed, and one that fits again', async () => {
    await life.save({ budget: { amountPerMonth: 0.000001, currency: 'EUR', floors: ['keepLast'] } });
    await life.play(8);
    expect(await life.open()).toEqual([expect.stringMatching(/^budget-burn gold/)]);
    await life.save({ budget: { amountPerMonth: 100, currency: 'EUR' } });
    await life.play(8);
    expect(await life.open()).toEqual([]);
    expectToldTwice('A budget will not hold');
  });

  it('a stopped sweep, until somebody says yes', async () => {
    await life.app.approvals.ask('gold', { points: 100, takenSince: 0, deletes: 60 }, life.now());
    await life.play(1.25);
    expect(await life.open()).toEqual(['sweep-stopped gold']);
    await life.app.approvals.approve('gold', 60, 'admin');
    await life.play(1.25);
    expect(await life.open()).toEqual([]);
    expectToldTwice('A sweep waits for approval: gold');
  });

  it('messages that nobody takes', async () => {
    life.webhookIsUp = false;
    await notePoison(life.app, 'prunes', { kind: 'x' });
    await life.play(2 * 24 + 3);
    expect(await life.open()).toEqual(['undelivered-notices ops']);
    life.webhookIsUp = true;
    await life.play(2 * 24 + 2);
    expect(await life.open()).toEqual([]);
    expect(life.told.some((line) => line.startsWith('resolved Cleared: Messages were not delivered'))).toBe(true);
  });

  it('a stopped sweep that a later one makes needless', async () => {
    await life.app.approvals.ask('gold', { points: 100, takenSince: 0, deletes: 60 }, life.now());
    await life.play(1.25);
    expect(await life.open()).toEqual(['sweep-stopped gold']);
    await life.play(6);
    expect(await life.open()).toEqual([]);
  });

  it('flapping is told less and less', async () => {
    const approvals = life.app.store.table('approvals');
    for (let turn = 0; turn < 12; turn += 1) {
      await life.app.approvals.ask('gold', { points: 100, takenSince: 0, deletes: 60 }, life.now());
      await life.play(1);
      for await (const page of approvals.list({ partitionKey: 'approval' }))
        for (const { partitionKey, rowKey } of page) await approvals.delete({ partitionKey, rowKey });
      await life.play(3);
    }
    const opened = life.told.filter((line) => line.startsWith('warning A sweep waits'));
    expect(opened.length).toBeGreaterThan(1);
    expect(opened.length).toBeLessThan(6);
    await life.play(9);
    expect(await life.open()).toEqual([]);
  });
});

describe('a look', () => {
  const calls = async (run: () => Promise<unknown>): Promise<readonly string[]> => {
    const seen: string[] = [];
    life.memory.store.hooks = { before: ({ operation, name }) => void seen.push(`${operation} ${name}`) };
    await run();
    life.memory.store.hooks = {};
    return seen;
  };

  it('asks storage for nothing while all is known to be well, and for little where a slot is judged', async () => {
    await life.play(0.25);
    life.memory.setNow(life.now() + 1);
    expect(await calls(() => life.watch())).toEqual([]);
    life.memory.setNow(life.now() + 1_800_000);
    const full = await calls(() => life.watch());
    expect(full.length, full.join('; ')).toBeLessThanOrEqual(9);
    expect(full).not.toContain('scan chains');
  });

  it('that breaks off anywhere tells everything once, later', async () => {
    await life.play(0.25);
    await notePoison(life.app, 'prunes', { kind: 'x' });
    const due = life.now() + 1_800_000;
    for (let at = 0; ; at += 1) {
      life.memory.setNow(due + at);
      let left = at;
      life.memory.store.hooks = {
        before: ({ operation, name }) => {
          left -= 1;
          if (left < 0) throw new AppError('storage-unavailable', `${operation} ${name}`);
        },
      };
      const ended = await life.watch().catch(() => 'broken');
      life.memory.store.hooks = {};
      if (ended !== 'broken') break;
      expect(at).toBeLessThan(100);
    }
    await life.drain();
    await life.play(0.5);
    expect(await life.open()).toEqual(['poison-messages prunes']);
    expect(life.told).toEqual(['warning Work failed again and again: prunes']);
  });

  it('fails for no metric that cannot be sent', async () => {
    const metrics = { send: () => Promise.reject(new AppError('azure-unavailable', 'no')) };
    await expect(watchOver({ ...life.app, metrics })).resolves.toEqual({ open: 0 });
    expect(life.memory.lines).toContain('warn metrics could not be sent');
  });

  it('keeps what it knew of a group that cannot be listed', async () => {
    const listed = (await life.app.snapshots.list(SUBSCRIPTION, GROUP)) ?? [];
    life.memory.azure.removeSnapshot(listed[0]?.id ?? '');
    const { chains, catalogue, remover, clock, log } = life.app;
    const deps = { chains, catalogue, remover, clock, log };
    const before = await readBooks(deps, null, []);
    expect(before.groups).toMatchObject([{ missing: 1, unknown: 0 }]);
    const blind = { ...remover, list: () => Promise.reject(new AppError('throttled', 'no')) };
    expect((await readBooks({ ...deps, remover: blind }, before, [])).groups).toEqual(before.groups);
  });
});
