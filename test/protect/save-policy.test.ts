import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../src/base/time.ts';
import { runTick } from '../../src/functions/run-tick.ts';
import { deletePolicy, savePolicy } from '../../src/protect/save-policy.ts';
import { addShop, createMemoryApp, goldDocument, type MemoryApp, START, SUBSCRIPTION } from '../support/memory-app.ts';

let memory: MemoryApp;
beforeEach(() => {
  memory = createMemoryApp();
  addShop(memory);
});

const save = (body: unknown, more: { force?: boolean; ifMatch?: string | null } = {}) =>
  savePolicy(memory.app, { name: 'gold', body, by: 'admin', force: false, ...more });

describe('savePolicy', () => {
  it('saves, mirrors and wakes the schedules', async () => {
    const saved = await save(goldDocument());
    expect(saved).toMatchObject({ kind: 'created', document: { name: 'gold', timeZone: 'UTC', onDelete: 'keep' } });
    expect(await memory.app.store.blobs('policies').read('gold.json')).not.toBeNull();
    expect((await memory.app.states.list())[0]).toMatchObject({ policy: 'gold', nextDueAt: START });
    expect(await save(goldDocument())).toMatchObject({ kind: 'unchanged' });
  });

  it.each([
    { name: 'an unknown zone', body: goldDocument({ timeZone: 'Europe/Wien' }), path: '$.timeZone' },
    { name: 'another name than in the address', body: goldDocument({ name: 'silver' }), path: '$.name' },
    {
      name: 'a selector that matches nothing',
      body: goldDocument({
        select: {
          scopes: [`/subscriptions/${SUBSCRIPTION}`],
          kinds: ['disk'],
          include: [{ tag: 'tier', equals: 'none' }],
        },
      }),
      path: '$.select',
    },
    {
      name: 'a missing resource group',
      body: goldDocument({ snapshot: { resourceGroup: 'rg-nowhere' } }),
      path: '$.snapshot.resourceGroup',
    },
    {
      name: 'more than 500 snapshots of a disk',
      body: goldDocument({ retention: { keepLast: 600 } }),
      path: '$.retention',
    },
    { name: 'no document at all', body: [], path: '$' },
  ])('refuses $name, and writes nothing', async ({ body, path }) => {
    const saved = await save(body);
    expect(saved.kind === 'problems' ? saved.problems.map((problem) => problem.path) : saved).toContain(path);
    expect(await memory.app.policies.get('gold')).toBeNull();
    expect(await memory.app.states.list()).toEqual([]);
  });

  it('saves what matches nothing when it is forced, but never what collects too much', async () => {
    const nothing = goldDocument({
      select: {
        scopes: [`/subscriptions/${SUBSCRIPTION}`],
        kinds: ['disk'],
        include: [{ tag: 'tier', equals: 'none' }],
      },
    });
    expect((await save(nothing, { force: true })).kind).toBe('created');
    expect((await save(goldDocument({ retention: { keepLast: 600 } }), { force: true })).kind).toBe('problems');
  });

  it('keeps to If-Match', async () => {
    const first = await save(goldDocument(), { ifMatch: null });
    expect(first.kind).toBe('created');
    expect((await save(goldDocument({ enabled: false }), { ifMatch: null })).kind).toBe('changed');
    expect((await save(goldDocument({ enabled: false }), { ifMatch: 'older' })).kind).toBe('changed');
    const version = first.kind === 'created' ? first.version : '';
    expect((await save(goldDocument({ enabled: false }), { ifMatch: version })).kind).toBe('replaced');
  });

  it('makes up for nothing that was due while the policy was disabled', async () => {
    await save(goldDocument());
    await runTick(memory.app);
    await save(goldDocument({ enabled: false }));
    memory.setNow(START + 5 * HOUR_MS);
    expect((await runTick(memory.app)).points).toBe(0);
    await save(goldDocument());
    expect(await runTick(memory.app)).toMatchObject({ points: 0, missed: 0 });
    memory.setNow(START + 6 * HOUR_MS);
    expect((await runTick(memory.app)).points).toBe(1);
  });

  it('a deleted policy takes no more points, and can be made again', async () => {
    await save(goldDocument());
    await runTick(memory.app);
    expect(await deletePolicy(memory.app, { name: 'gold', by: 'admin', ifMatch: 'older' })).toMatchObject({
      kind: 'changed',
    });
    expect(await deletePolicy(memory.app, { name: 'gold', by: 'admin' })).toMatchObject({ kind: 'replaced' });
    expect(await deletePolicy(memory.app, { name: 'gold', by: 'admin' })).toBeNull();
    memory.setNow(START + HOUR_MS);
    expect((await runTick(memory.app)).points).toBe(0);
    expect((await save(goldDocument(), { ifMatch: null })).kind).toBe('created');
  });
});

describe('a policy of the last minute', () => {
  it('is read once for a whole wave, again after a minute, and at once after it was saved here', async () => {
    await save(goldDocument());
    let calls = 0;
    memory.store.hooks = {
      before: ({ name }) => {
        if (name === 'policies') calls += 1;
      },
    };
    const { policies } = memory.app;
    await Promise.all(Array.from({ length: 5 }, () => policies.getRecent('gold', START)));
    expect((await policies.getRecent('gold', START + 59_999))?.policy.name).toBe('gold');
    expect(calls).toBe(1);
    await policies.getRecent('gold', START + 60_000);
    expect(calls).toBe(2);
    memory.store.hooks = {};
    await save(goldDocument({ enabled: false }));
    expect((await policies.getRecent('gold', START + 60_001))?.policy.enabled).toBe(false);
  });

  it('is asked for again where storage did not answer', async () => {
    await save(goldDocument());
    memory.store.hooks = {
      before: () => {
        throw new Error('away');
      },
    };
    await expect(memory.app.policies.getRecent('gold', START)).rejects.toThrow('away');
    memory.store.hooks = {};
    expect((await memory.app.policies.getRecent('gold', START))?.policy.name).toBe('gold');
  });
});

describe('runTick', () => {
  it('plans a slot once, however often it ticks', async () => {
    await save(goldDocument());
    await runTick(memory.app);
    memory.setNow(START + HOUR_MS);
    expect((await runTick(memory.app)).points).toBe(1);
    expect((await runTick(memory.app)).points).toBe(0);
    memory.setNow(START + HOUR_MS - 1);
    expect((await runTick(memory.app)).points).toBe(0);
    expect(memory.store.dump().points).toHaveLength(1);
  });

  it('makes one storage call when nothing is due', async () => {
    await save(goldDocument());
    await runTick(memory.app);
    let calls = 0;
    memory.store.hooks = {
      before: () => {
        calls += 1;
      },
    };
    await runTick(memory.app);
    expect(calls).toBe(1);
  });

  it('stays due when the estate cannot be read, and says so', async () => {
    await save(goldDocument());
    await runTick(memory.app);
    memory.setNow(START + HOUR_MS);
    const { AppError } = await import('../../src/base/errors.ts');
    memory.azure.hooks = {
      before: () => {
        throw new AppError('azure-unavailable', 'down');
      },
    };
    expect(await runTick(memory.app)).toMatchObject({ points: 0, failedPolicies: ['gold'] });
    memory.azure.hooks = {};
    memory.setNow(START + HOUR_MS + 10 * 60_000);
    expect(await runTick(memory.app)).toMatchObject({ points: 1, missed: 0 });
  });
});
