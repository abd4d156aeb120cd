import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { MINUTE_MS } from '../../src/base/time.ts';
import { finishDrill } from '../../src/drill/finish-drill.ts';
import { lastProofs } from '../../src/drill/last-proofs.ts';
import { runPoisoned } from '../../src/functions/dispatch.ts';
import { savePolicy } from '../../src/protect/save-policy.ts';
import type { AzureCall } from '../memory/memory-world.ts';
import { RestoreWorld as World } from '../restore/restore-world.ts';
import { goldDocument } from '../support/memory-app.ts';
import {
  type DrillKind,
  drillsOf,
  inventoryOf,
  leftovers,
  orderDrill,
  type Prepare,
  runDrill,
  settle,
} from './drill-world.ts';

const kinds: readonly DrillKind[] = ['disk', 'vm', 'files'];

const checksOf: Readonly<Record<DrillKind, readonly (readonly [string, string, string])[]>> = {
  disk: [
    ['bytes', 'passed', '2.25 MiB in 3 ranges are equal, 1 of them by lot'],
    ['file-system', 'skipped', 'cannot be read here: p0 unknown (no file system that Holdfast knows)'],
  ],
  vm: [['boot', 'passed', 'it runs, its agent says nothing']],
  files: [
    ['bytes', 'passed', '3 files restored; 3 of them, 9.78 KiB, are equal'],
    ['files', 'passed', 'restored: /p1/var/www/index.html'],
  ],
};

describe('a drill that its policy asks for', () => {
  it.each(kinds)('%s: passes, and leaves its evidence and nothing else', async (kind) => {
    const { world, drill, left } = await runDrill(kind);
    expect([drill.state, drill.reason, left]).toEqual(['passed', null, []]);
    expect(drill.checks.map(({ name, result, detail }) => [name, result, detail])).toEqual(checksOf[kind]);
    expect(drill.steps.map(({ name }) => name)).toEqual(['pick', 'restore', 'check', 'remove']);
    expect(drill.steps.every(({ finishedAt }) => finishedAt !== null)).toBe(true);
    expect(drill.restoreSteps.length).toBeGreaterThan(2);
    const restore = await world.app.restores.get(drill.restoreId ?? '');
    expect([restore?.restore.state, restore?.restore.drill]).toEqual(['removed', drill.id]);
    const [proof, ...others] = await Array.fromAsync(lastProofs(world.store));
    expect(others).toEqual([]);
    expect(proof).toMatchObject({ policy: 'gold', sourceName: 'web', drillId: drill.id, result: 'passed', kind });
    expect([proof?.at, proof?.lastPassedAt]).toEqual([drill.finishedAt, drill.finishedAt]);
    // How long the restore took, not how long it took to look.
    const tookMs = (restore?.restore.steps.at(-1)?.finishedAt ?? NaN) - (drill.steps[1]?.startedAt ?? NaN);
    expect(proof?.secondsByStep.restore).toBe(tookMs / 1_000);
    const actions = Object.entries(world.store.dump())
      .filter(([name]) => name.startsWith('audit'))
      .flatMap(([, rows]) => rows.map(({ cells }) => String(cells.action)))
      .filter((action) => action.startsWith('drill'));
    expect(actions).toEqual(['drill.start', 'drill.end']);
  });
});

describe('a drill whose process is killed', () => {
  it.each(kinds)('%s: before every call that changes anything, and so after every one, ends passed', async (kind) => {
    const { world } = await runDrill(kind);
    const wrong: string[] = [];
    for (let call = 1; call <= world.calls; call += 1) {
      const { drill, left } = await runDrill(kind, call);
      if (drill.state !== 'passed' || left.length > 0)
        wrong.push(`${call}: ${drill.state} ${JSON.stringify(drill.reason)} ${left.join('; ')}`);
    }
    expect(wrong).toEqual([]);
  });

  it('while what failed is removed, ends failed and removed', async () => {
    const { world } = await runDrill('disk', null, spoil);
    const wrong: string[] = [];
    for (let call = Math.floor(world.calls / 2); call <= world.calls; call += 1) {
      const { drill, left } = await runDrill('disk', call, spoil);
      if (drill.reason?.code !== 'check-failed' || left.length > 0)
        wrong.push(`${call}: ${JSON.stringify(drill.reason)} ${left.join('; ')}`);
    }
    expect(wrong).toEqual([]);
  });
});

/** Somebody writes to each disk that is made, before it is looked at. */
const spoil: Prepare = (world) => {
  world.azure.hooks = {
    ...world.azure.hooks,
    after: ({ operation, target }) => {
      if (operation === 'createDisk') world.azure.write(target, 0, 65_536);
    },
  };
};

const refuse =
  (
    operation: AzureCall['operation'],
    code: 'conflict' | 'azure-denied' | 'azure-unavailable',
    times = Infinity,
  ): Prepare =>
  (world) => {
    let left = times;
    world.disturb({
      before: (call) => {
        if (call.operation !== operation || left <= 0) return;
        left -= 1;
        throw new AppError(code, 'Azure refuses', { azureCode: 'QuotaExceeded' });
      },
    });
  };

const ending =
  (operation: AzureCall['operation'], how: 'fails' | 'never'): Prepare =>
  (world) =>
    world.disturb({ ending: (call) => (call.operation === operation ? how : 'succeeds') });

const dropSnapshots: Prepare = (world) => {
  for (const { snapshotId } of world.point.snapshots) world.azure.removeSnapshot(snapshotId);
};

describe('a drill that meets trouble fails for a reason, and what it made is removed', () => {
  it.each<{ name: string; kind: DrillKind; code: string; prepare: Prepare }>([
    { name: 'other bytes on the disk', kind: 'disk', code: 'check-failed', prepare: spoil },
    { name: 'a quota', kind: 'disk', code: 'quota-exceeded', prepare: refuse('createDisk', 'conflict') },
    { name: 'a disk that fails', kind: 'disk', code: 'operation-failed', prepare: ending('createDisk', 'fails') },
    { name: 'a machine that fails', kind: 'vm', code: 'operation-failed', prepare: ending('createMachine', 'fails') },
    { name: 'a machine that hangs', kind: 'vm', code: 'timed-out', prepare: ending('createMachine', 'never') },
    { name: 'a snapshot that is gone', kind: 'disk', code: 'infeasible', prepare: dropSnapshots },
    { name: 'no access to the disk', kind: 'disk', code: 'azure-denied', prepare: refuse('openDisk', 'azure-denied') },
    {
      name: 'a subnet that is gone',
      kind: 'vm',
      code: 'infeasible',
      prepare: (world) => world.azure.network.subnets.clear(),
    },
  ])('$name', async ({ kind, code, prepare }) => {
    const { world, drill, left } = await runDrill(kind, null, prepare);
    expect([drill.state, drill.reason?.code, left]).toEqual(['failed', code, []]);
    expect(drill.leftBehind).toEqual([]);
    const [proof] = await Array.fromAsync(lastProofs(world.store));
    expect([proof?.result, proof?.lastPassedAt, proof?.reason]).toEqual(['failed', null, drill.reason?.message]);
  });

  it.each<{ name: string; prepare: Prepare }>([
    { name: 'the disk cannot be closed at first', prepare: refuse('closeDisk', 'azure-unavailable', 3) },
    { name: 'the snapshot cannot be closed at first', prepare: refuse('close', 'azure-unavailable', 2) },
    { name: 'the disk cannot be deleted at first', prepare: refuse('deleteDisk', 'azure-unavailable', 7) },
    { name: 'the bytes cannot be read at first', prepare: refuse('readBytes', 'azure-unavailable', 2) },
  ])('$name: it goes on', async ({ prepare }) => {
    const { drill, left } = await runDrill('disk', null, prepare);
    expect([drill.state, drill.reason, left]).toEqual(['passed', null, []]);
  });
});

it('a drill that fails is told at once, one that passes as news, each a single time', async () => {
  const poster = { post: async () => ({ kind: 'delivered' }) as const };
  const reveal = () => ({ url: 'https://hooks.example/', signingKey: null });
  const rest = { name: 'ops', kind: 'json', networks: [], http: false, reveal } as const;
  const targets = [{ ...rest, topics: ['drill'], from: 'info' } as const];
  for (const [prepare, word] of [
    [spoil, 'critical'],
    [() => {}, 'info'],
  ] as const) {
    const { world, drill } = await runDrill('disk', null, prepare);
    const stored = await world.app.drills.get(drill.id);
    if (!stored) throw new Error('there is no drill');
    const deps = { ...world.app, webhooks: { targets, poster } };
    await finishDrill(deps, stored);
    await finishDrill(deps, stored);
    const rows = (world.store.dump().outbox ?? []).map(({ cells }) => JSON.stringify(cells));
    expect([rows.length, rows[0]]).toEqual([1, expect.stringContaining(word)]);
    expect(rows[0]).toContain('The drill of web has');
  }
});

describe('a drill that somebody asks for', () => {
  const order = async (body: object, drills?: object) => {
    const world = await World.create(drills ? { drills } : {});
    const before = await inventoryOf(world);
    await orderDrill(world, body);
    const drill = await settle(world);
    return { world, drill, left: await leftovers(world, before) };
  };

  it.each<{ name: string; body: object; drills?: object; state: string; detail: RegExp; disk?: string }>([
    { name: 'of a policy without drills', body: {}, state: 'passed', detail: /bytes passed/ },
    { name: 'as the policy says', body: {}, drills: drillsOf.files, state: 'passed', detail: /files passed/ },
    { name: 'of disks of a name', body: { disk: '*-DATA' }, state: 'passed', detail: /bytes passed/, disk: 'web-data' },
    { name: 'of disks that nobody has', body: { disk: 'none*' }, state: 'failed', detail: /^$/ },
    {
      name: 'of another kind',
      body: { kind: 'disk' },
      drills: drillsOf.files,
      state: 'passed',
      detail: /bytes passed/,
    },
    {
      name: 'for a file that is not there',
      body: { check: { files: ['/p1/var/www/none', '/p1/var/www/img'] } },
      drills: drillsOf.files,
      state: 'failed',
      detail: /files failed not restored: \/p1\/var\/www\/none$/,
    },
    {
      name: 'for an agent that says nothing',
      body: { check: { boot: 'agent' } },
      drills: drillsOf.vm,
      state: 'failed',
      detail: /boot failed it runs, its agent says nothing/,
    },
    {
      name: 'for a folder that is not there',
      body: { kind: 'files', path: '/p1/none' },
      state: 'failed',
      detail: /^$/,
    },
    { name: 'of a source that the policy has not', body: { source: 'nobody' }, state: 'failed', detail: /^$/ },
    {
      name: 'with a group that is not there',
      body: { target: { resourceGroup: 'none' } },
      state: 'failed',
      detail: /^$/,
    },
  ])('$name', async ({ body, drills, state, detail, disk }) => {
    const { drill, left } = await order(body, drills);
    if (disk !== undefined) expect(drill.disk).toBe(disk);
    expect([drill.state, left]).toEqual([state, []]);
    expect(drill.checks.map((check) => `${check.name} ${check.result} ${check.detail}`).join('\n')).toMatch(detail);
    expect(drill.reason === null).toBe(state === 'passed');
  });

  it('of the schedule is left out while the one before still runs', async () => {
    const world = await World.create();
    const before = await inventoryOf(world);
    const save = (changes: Record<string, unknown>) =>
      savePolicy(world.app, { name: 'gold', body: goldDocument(changes), by: 'admin', force: false });
    await save({ drills: { cron: '* * * * *', check: { sampleMiB: 1 } } });
    for (let minutes = 0; minutes < 12; minutes += 1) await world.pass(MINUTE_MS);
    const drills = await world.app.drills.ofPolicy('gold', { before: null, limit: 100 });
    expect(drills.length).toBeGreaterThan(1);
    for (const [index, { createdAt }] of drills.slice(0, -1).entries())
      expect(drills[index + 1]?.finishedAt).toBeLessThanOrEqual(createdAt);
    await save({});
    await settle(world);
    expect(await leftovers(world, before)).toEqual([]);
  });

  it('waits for another one of the same source', async () => {
    const world = await World.create();
    const before = await inventoryOf(world);
    await orderDrill(world, {}, 'one');
    await orderDrill(world, {}, 'two');
    await settle(world);
    const drills = await world.app.drills.ofPolicy('gold', { before: null, limit: 10 });
    expect(drills.map(({ state }) => state)).toEqual(['passed', 'passed']);
    const [first, second] = [...drills].sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0));
    expect(second?.restoreSteps[0]?.startedAt).toBeGreaterThanOrEqual(first?.finishedAt ?? Infinity);
    expect(await leftovers(world, before)).toEqual([]);
  });

  it.each(['pick', 'check'] as const)(
    'whose messages are poisoned at the step %s fails, and is removed',
    async (step) => {
      const world = await World.create();
      const before = await inventoryOf(world);
      refuse('openDisk', 'azure-unavailable', 3)(world);
      const { id } = await orderDrill(world, {});
      for (let minutes = 0; step === 'check' && minutes < 10; minutes += 1) {
        if ((await world.app.drills.get(id))?.drill.step === step) break;
        await world.pass(MINUTE_MS);
      }
      expect((await world.app.drills.get(id))?.drill.step).toBe(step);
      await runPoisoned(world.app, 'restores', { v: 1, kind: 'drill', id, dueAt: 0 });
      const drill = await settle(world);
      expect([drill.reason?.code, await leftovers(world, before)]).toEqual(['poisoned', []]);
    },
  );

  it('is one drill, however often the same operation asks', async () => {
    const world = await World.create();
    const [one, two] = [await orderDrill(world, {}), await orderDrill(world, {})];
    expect(one.id).toBe(two.id);
    await settle(world);
    expect(await world.app.drills.ofPolicy('gold', { before: null, limit: 10 })).toHaveLength(1);
  });

  it('keeps its point from being deleted until it is over', async () => {
    const world = await World.create();
    const pinned = new Set<boolean>();
    world.disturb({
      before: ({ operation }) => {
        if (operation === 'readBytes' || operation === 'deleteDisk')
          pinned.add((world.store.dump().inuse ?? []).length > 0);
      },
    });
    await orderDrill(world, {});
    await settle(world);
    expect([...pinned]).toEqual([true]);
  });
});
