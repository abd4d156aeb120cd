import { beforeAll, describe, expect, it } from 'vitest';
import '../../src/functions/policies.ts';
import '../../src/functions/preview.ts';
import '../../src/functions/recycle.ts';
import '../../src/functions/simulate.ts';
import { AppError } from '../../src/base/errors.ts';
import { routes } from '../../src/functions/http-entry.ts';
import { DisksWorld, disksPolicy } from '../simulation/disks-world.ts';

const life = new DisksWorld(2);
const EVIL = '<script>alert(1)</script>';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked into as a client would
  readonly body: any;
}

async function call(name: string, query = '', body?: unknown, policy = 'plain'): Promise<Answer> {
  const route = routes.find((each) => each.name === name);
  if (!route) throw new Error(`there is no route ${name}`);
  const answer = await route.handle({
    app: life.world.app,
    caller: { name: 'ann', roles: [] },
    params: { name: policy },
    query: new URLSearchParams(query),
    body,
    ifMatch: null,
    ifNoneMatch: null,
    header: () => null,
    operation: { id: 'operation', at: life.world.now() },
  });
  const text = String(answer.body ?? '');
  const headers = (answer.headers ?? {}) as Record<string, string>;
  const isJson = headers['content-type']?.includes('json') === true;
  return { status: answer.status ?? 200, headers, text, body: isJson ? JSON.parse(text) : null };
}

beforeAll(async () => {
  await life.save(disksPolicy({ retention: { keepLast: 9, graceHours: 24 } }));
  await life.play(9.4);
});

describe('who may call', () => {
  it.each([
    ['policies-preview', 'POST', 'reader'],
    ['policies-simulate', 'GET', 'reader'],
    ['recycle-list', 'GET', 'reader'],
    ['policies-put', 'PUT', 'admin'],
  ])('%s', (name, method, role) => {
    expect(routes.find((route) => route.name === name)).toMatchObject({ method, role });
  });
});

describe('POST policies/{name}/preview', () => {
  it('answers for the stored policy, for a whole document and for its deciding part', async () => {
    const stored = (await call('policies-preview')).body;
    expect([stored.points, stored.deletes, stored.next]).toEqual([18, 0, null]);
    expect(stored.sources.map((source: { name: string }) => source.name).sort()).toEqual(['disk-0', 'disk-1']);
    const whole = (await call('policies-preview', '', disksPolicy({ retention: { keepLast: 4 } }))).body;
    const part = (await call('policies-preview', '', { retention: { keepLast: 4 } })).body;
    expect([whole.deletes, part.deletes]).toEqual([10, 10]);
    expect(whole.verdicts).toEqual(part.verdicts);
    expect(whole.verdicts.at(-1).because[0].rule).toBe('unkept');
    expect(typeof whole.verdicts.at(-1).because[0].freedBytes).toBe('number');
  });

  it('holds a budget against the live points', async () => {
    const body = { retention: { keepLast: 9 }, budget: { amountPerMonth: 0.0005, currency: 'EUR' } };
    const answer = (await call('policies-preview', '', body)).body;
    expect(answer.budget).toMatchObject({ fits: true });
    expect(
      answer.verdicts.some((verdict: { because: { rule: string }[] }) => verdict.because[0]?.rule === 'budget'),
    ).toBe(true);
    expect(answer.monthlyCost.after).toBeLessThanOrEqual(0.0005);
  });

  it.each([
    ['a count of zero', { retention: { keepLast: 0 } }, '$.retention.keepLast'],
    [
      'another currency',
      { retention: { keepLast: 1 }, budget: { amountPerMonth: 1, currency: 'USD' } },
      '$.budget.currency',
    ],
    ['an unknown zone', { retention: { keepLast: 1 }, timeZone: 'Mars/Olympus' }, '$.timeZone'],
    ['no object', 7, '$'],
  ])('%s is a problem with its path', async (_, body, path) => {
    const answer = await call('policies-preview', '', body);
    expect(answer.status).toBe(400);
    expect(answer.body.problems.map((problem: { path: string }) => problem.path)).toContain(path);
  });

  it('knows what it does not know', async () => {
    await expect(call('policies-preview', '', undefined, 'other')).rejects.toThrow(AppError);
    await expect(call('policies-preview', 'source=other')).rejects.toThrow(AppError);
  });
});

describe('PUT policies/{name}?dryRun=true', () => {
  it('tells the effect and saves nothing', async () => {
    const before = await life.world.app.policies.get('plain');
    const answer = (await call('policies-put', 'dryRun=true', disksPolicy({ retention: { keepLast: 4 } }))).body;
    expect(answer).toMatchObject({ dryRun: true, points: 18, deletes: 10, keeps: 0 });
    expect(answer.freesBytes).toBeGreaterThan(0);
    expect(await life.world.app.policies.get('plain')).toEqual(before);
  });

  it('says what stands against it, as saving would', async () => {
    const wrong = disksPolicy({ budget: { amountPerMonth: 1, currency: 'USD' } });
    const dry = await call('policies-put', 'dryRun=true', wrong);
    const wet = await call('policies-put', '', wrong);
    expect([dry.status, wet.status]).toEqual([400, 400]);
    expect(dry.body.problems).toEqual(wet.body.problems);
    expect(dry.body.problems[0].path).toBe('$.budget.currency');
  });
});

describe('GET policies/{name}/simulate', () => {
  it('plays the measured change forward, as JSON', async () => {
    const { body } = await call('policies-simulate', 'days=30');
    expect(body.perDay).toHaveLength(30);
    expect(body.basis).toMatchObject({ disks: 2, measuredDisks: 2, given: false, assumedUsed: false });
    // Nine kept, and a day's worth in its grace.
    expect(body.perDay.at(-1).points).toBeGreaterThanOrEqual(9 + 24);
    expect(body.perDay.at(-1).storedBytes).toBeGreaterThan(body.basis.usedBytes);
    expect(body.perDay.at(-1).costPerMonth).toBeGreaterThan(0);
    const given = (await call('policies-simulate', 'days=30&changeGiB=0')).body;
    expect(given.perDay.at(-1).storedBytes).toBe(given.basis.usedBytes);
  });

  it('and as one page without a script', async () => {
    const { text, headers } = await call('policies-simulate', 'days=60&format=html');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(text).not.toMatch(/<script|href=|src=|url\(/);
    expect(text).toContain('What plain keeps, played over 60 days');
    expect(text.match(/<svg/g)?.length).toBeGreaterThan(6);
    expect(text).not.toContain('NaN');
  });

  it.each([
    ['days=0', '?days'],
    ['days=abc', '?days'],
    ['days=99999', '?days'],
    [`format=${EVIL}`, '?format'],
    ['changeGiB=-1', '?changeGiB'],
    ['changeGiB=', '?changeGiB'],
  ])('%s is a problem', async (query, path) => {
    const answer = await call('policies-simulate', query);
    expect([answer.status, answer.body.problems[0].path]).toEqual([400, path]);
  });
});

describe('GET recycle', () => {
  it('is empty where nothing is marked, and refuses a place that is none', async () => {
    expect((await call('recycle-list')).body).toMatchObject({ points: [], freesBytes: 0, next: null });
    expect((await call('recycle-list', `after=${EVIL}`)).status).toBe(400);
  });
});
