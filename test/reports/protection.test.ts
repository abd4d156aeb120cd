import { beforeAll, describe, expect, it } from 'vitest';
import '../../src/functions/health.ts';
import '../../src/functions/protection.ts';
import { AppError } from '../../src/base/errors.ts';
import { routes } from '../../src/functions/http-entry.ts';
import { SUBSCRIPTION } from '../support/memory-app.ts';
import { WatchedLife } from '../watch/watched-life.ts';

const EVIL = '<script>alert(1)</script>';
let life: WatchedLife;

async function get(name: string, query = '') {
  const route = routes.find((each) => each.name === name);
  if (!route) throw new Error(`there is no route ${name}`);
  const answer = await route.handle({
    app: life.app,
    caller: { name: 'ann', roles: [] },
    params: {},
    query: new URLSearchParams(query),
    body: undefined,
    ifMatch: null,
    ifNoneMatch: null,
    header: () => null,
    operation: { id: 'operation', at: life.now() },
  });
  const text = String(answer.body ?? '');
  const headers = (answer.headers ?? {}) as Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked into as a client would
  const body: any = headers['content-type']?.includes('json') ? JSON.parse(text) : null;
  return { status: answer.status ?? 200, headers, text, body };
}

beforeAll(async () => {
  life = new WatchedLife();
  const { azure } = life.memory;
  azure.addDisk({ subscriptionId: SUBSCRIPTION, resourceGroup: 'rg-shop', name: EVIL });
  await life.save();
  await life.save({ name: 'off', enabled: false });
  await life.play(6);
  life.isUp = false;
  await life.play(30);
  life.isUp = true;
  azure.hooks = {
    before: ({ operation }) => {
      if (operation === 'startSnapshot') throw new AppError('azure-rejected', 'no');
    },
  };
  await life.play(2);
});

describe('GET reports/protection', () => {
  it('is for readers', () => {
    expect(routes.find(({ name }) => name === 'reports-protection')).toMatchObject({ method: 'GET', role: 'reader' });
  });

  it('says what is covered, what each source has and should have, and what was missed', async () => {
    const { body } = await get('reports-protection', 'days=3');
    expect(body.days).toEqual(['2026-03-01', '2026-03-02', '2026-03-03']);
    expect(body.coverage).toMatchObject({
      machines: { total: 1, covered: 1 },
      disks: { total: 3, covered: 2 },
      uncoveredMachines: { total: 0, first: [] },
      uncoveredDisks: { total: 1, first: [{ name: EVIL, resourceGroup: 'rg-shop', attachedTo: null }] },
    });
    expect(body.sources).toHaveLength(1);
    expect(body.sources[0]).toMatchObject({
      ...{ name: 'web', policy: 'gold', targetSeconds: 3_600, overTarget: true, lastProof: null },
      lastPointAt: '2026-03-01T18:00:00Z',
      rpoSeconds: 32 * 3_600,
      achievedSeconds: [6 * 3_600, 30 * 3_600, 32 * 3_600],
    });
    expect(body.policies).toMatchObject([
      { name: 'gold', enabled: true, sources: 1, over: 1 },
      { name: 'off', enabled: false, sources: 0, over: 0 },
    ]);
    expect(body.missedSlotsTotal).toBeGreaterThan(25);
    expect(body.missedSlots[0]).toMatchObject({ policy: 'gold', schedule: 'hourly', because: 'catchUp' });
    expect(body.conditions.map(({ kind }: { kind: string }) => kind)).toContain('rpo-over-target');
  });

  it('is a page that needs nothing else, with everything escaped', async () => {
    const { text, headers } = await get('reports-protection', 'format=html');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(text).not.toContain('<script');
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).not.toMatch(/(?:src|href)="/);
    expect(text).toContain('Sources are older than their target');
    expect(text).toContain('made up for by a later point');
    expect(text).toContain('never');
  });

  it('still answers where the estate cannot be read', async () => {
    const { hooks } = life.memory.azure;
    life.memory.azure.hooks = {
      before: ({ operation }) => {
        if (operation === 'listDisks') throw new AppError('throttled', 'no');
      },
    };
    expect((await get('reports-protection')).body.coverage).toEqual({ error: 'throttled' });
    expect((await get('reports-protection', 'format=html')).text).toContain('could not be read (throttled)');
    life.memory.azure.hooks = hooks;
  });

  it.each([
    ['days=0', '$.days'],
    ['days=36', '$.days'],
    ['days=x', '$.days'],
    ['format=pdf', '$.format'],
    ['groupBy=vm', '$.groupBy'],
  ])('refuses %s', async (query, path) => {
    const { status, body } = await get('reports-protection', query);
    expect(status).toBe(400);
    expect(body.problems.map((problem: { path: string }) => problem.path)).toEqual([path]);
  });
});

describe('GET health/details', () => {
  it('has the table of conditions and what is open', async () => {
    const { body } = await get('health-details');
    const open = body.conditions.map(({ kind }: { kind: string }) => kind);
    expect(open).toContain('rpo-over-target');
    expect(body.conditions[0]).toMatchObject({
      title: expect.any(String),
      todo: expect.any(String),
      openedAt: expect.any(String),
    });
    expect(body.watched).toHaveLength(12);
    expect(body.watched.find(({ kind }: { kind: string }) => kind === 'rpo-over-target')).toMatchObject({
      open: 1,
      severity: 1,
    });
    expect(body.drift.groups).toMatchObject([{ missing: 0, unknown: 0, locked: [] }]);
    expect(body.missedSlots[0]).toMatchObject({ policy: 'gold' });
  });
});
