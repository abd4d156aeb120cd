import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../../../src/build.ts';
import { type Sandbox, startSandbox } from '../../../src/sandbox/azure/server.ts';
import { type Azurite, startAzurite } from '../../../src/sandbox/azurite.ts';
import { makeCertificate } from '../../../src/sandbox/certificate.ts';
import { APP, runHost, SECRET } from './run-host.ts';

const START = Date.parse('2026-03-01T00:00:00Z');
const MINUTE = 60_000;
const HOUR = 3_600_000;

let azurite: Azurite;
let certificatePath: string;
let sandbox: Sandbox;
let host: Awaited<ReturnType<typeof runHost>>;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-host-'));
  const certificate = await makeCertificate(folder);
  ({ certificatePath } = certificate);
  const [cert, key] = await Promise.all([certificatePath, certificate.keyPath].map((path) => readFile(path, 'utf8')));
  [azurite, sandbox] = await Promise.all([
    startAzurite(certificate),
    startSandbox({ cert: cert ?? '', key: key ?? '', secret: SECRET, startMs: START }),
  ]);
  await buildApp({ entry: join(APP, 'src/main.ts'), folder: join(APP, 'dist') });
  host = await runHost({ clockUrl: sandbox.adminUrl, azurite, certificatePath });
});

afterAll(async () => {
  await host?.stop();
  await sandbox?.close();
  await azurite?.stop();
});

describe('http', () => {
  test('a route gets its parameters, query, address and the caller', async () => {
    const answer = await host.call('/api/whoami/a%20b?q=1');
    expect(await answer.json()).toMatchObject({
      id: 'a b',
      query: '1',
      url: `${host.url}/api/whoami/a%20b?q=1`,
      user: 'Zo%C3%AB',
      principal: {
        auth_typ: 'aad',
        role_typ: 'roles',
        claims: expect.arrayContaining([
          { typ: 'roles', val: 'Holdfast.Reader' },
          { typ: 'name', val: 'Zoë' },
        ]),
      },
    });
    expect(answer.headers.get('x-ms-invocation-id')).toBeNull();
  });

  test('an answer is streamed as it is made', async () => {
    const answer = await host.call('/api/drip');
    expect(answer.headers.get('set-cookie')).toContain('a=1');
    const times: number[] = [];
    let text = '';
    for await (const chunk of answer.body ?? []) {
      times.push(performance.now());
      text += Buffer.from(chunk).toString();
    }
    expect(text).toBe('onetwothree');
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(150);
  });

  test('a large body goes in and out unchanged', async () => {
    const sent = Buffer.alloc(20_000_000, 'abcdefghij');
    const answer = await host.call('/api/echo', { method: 'PUT', body: sent });
    expect(Buffer.from(await answer.arrayBuffer()).equals(sent)).toBe(true);
  });

  test.each([
    ['a handler that throws', 'GET', '/api/fail', 500],
    ['a handler that gives nothing', 'POST', '/api/nothing', 204],
    ['an unknown path', 'GET', '/api/unknown', 404],
    ['a method that no route has', 'DELETE', '/api/fail', 404],
    ['a literal before a parameter', 'GET', '/api/WhoAmI/special', 200],
  ])('%s', async (_, method, path, status) => {
    expect((await host.call(path, { method })).status).toBe(status);
  });

  test('a caller who goes away leaves the host at work', async () => {
    const stop = new AbortController();
    const answer = await host.call('/api/drip', { signal: stop.signal });
    await answer.body?.getReader().read();
    stop.abort();
    await host.drain();
    expect((await host.call('/api/health')).status).toBe(200);
  });
});

describe('signing in', () => {
  const principal = { 'x-ms-client-principal': Buffer.from('{"claims":[]}').toString('base64') };

  test.each<[string, string, RequestInit, number]>([
    ['nobody', '/api/record', { headers: { authorization: '' } }, 401],
    ['a forged principal', '/api/record', { headers: { authorization: '', ...principal } }, 401],
    ['a token of another audience', '/api/record', { headers: { authorization: 'OTHER' } }, 401],
    ['a token that is none', '/api/record', { headers: { authorization: 'Bearer a.b.c' } }, 401],
    ['a browser', '/api/record', { headers: { authorization: '', accept: 'text/html' } }, 302],
    ['a browser that posts', '/api/send', { method: 'POST', headers: { authorization: '', accept: 'text/html' } }, 401],
    ['a browser with a bad token', '/api/record', { headers: { authorization: 'Bearer x', accept: 'text/html' } }, 401],
    ['nobody at an anonymous path', '/api/health', { headers: { authorization: '' } }, 200],
    ['nobody below an anonymous path', '/api/health/x', { headers: { authorization: '' } }, 401],
    ['nobody beside an anonymous path', '/api//health', { headers: { authorization: '' } }, 401],
    ['nobody at /.auth/me', '/.auth/me', { headers: { authorization: '' } }, 401],
  ])('%s', async (_, path, init, status) => {
    const headers = init.headers as Record<string, string>;
    if (headers.authorization === 'OTHER') headers.authorization = `Bearer ${host.token('https://storage.azure.com')}`;
    expect((await host.call(path, init)).status).toBe(status);
  });

  test('an anonymous path is told of nobody, whoever calls', async () => {
    expect(await (await host.call('/api/health', { headers: principal })).json()).toEqual({
      up: true,
      principal: null,
    });
  });

  test('a principal header beside a good token is replaced', async () => {
    const answer = await host.call('/api/whoami/x', {
      headers: { ...principal, 'x-ms-client-principal-name': 'root' },
    });
    expect(await answer.json()).toMatchObject({ user: 'Zo%C3%AB' });
  });

  test('the sign-in page gives a cookie that signs in, and leads back', async () => {
    const asked = await host.call('/api/whoami/x?a=1', { headers: { authorization: '', accept: 'text/html' } });
    const page = asked.headers.get('location') ?? '';
    expect(page).toBe('/.auth/login/aad?post_login_redirect_uri=%2Fapi%2Fwhoami%2Fx%3Fa%3D1');
    expect(await (await fetch(host.url + page)).text()).toContain('Holdfast.Finance');
    const body = new URLSearchParams([
      ['name', 'Ann'],
      ['role', 'Holdfast.Finance'],
      ['role', 'Invented'],
    ]);
    const signedIn = await fetch(host.url + page, { method: 'POST', body, redirect: 'manual' });
    expect(signedIn.headers.get('location')).toBe('/api/whoami/x?a=1');
    const set = signedIn.headers.get('set-cookie') ?? '';
    expect(set).toMatch(/HttpOnly; SameSite=Lax/);
    const cookie = set.split(';')[0] ?? '';
    const me = await fetch(`${host.url}/.auth/me`, { headers: { cookie } });
    const claims = ((await me.json()) as { user_claims: { typ: string; val: string }[] }[])[0]?.user_claims;
    expect(claims?.filter(({ typ }) => typ === 'roles')).toEqual([{ typ: 'roles', val: 'Holdfast.Finance' }]);
    // A cookie's token is no bearer token.
    const bearer = { authorization: `Bearer ${cookie.split('=')[1]}` };
    expect((await host.call('/api/record', { headers: bearer })).status).toBe(401);
    const out = await fetch(`${host.url}/.auth/logout`, { redirect: 'manual' });
    expect(out.headers.get('set-cookie')).toContain('Max-Age=0');
  });

  test('another site cannot sign somebody in', async () => {
    const init = {
      method: 'POST',
      body: new URLSearchParams({ name: 'x' }),
      headers: { origin: 'http://evil.example' },
    };
    expect((await fetch(`${host.url}/.auth/login/aad`, init)).status).toBe(403);
  });
});

describe('time', () => {
  test('steps are played: each due timer once, at its time', async () => {
    const before = await host.record();
    const { last } = await host.play(START + 2 * HOUR);
    expect(last).toMatchObject({ done: true, now: START + 2 * HOUR, steps: 24 });
    const runs = (await host.record()).slice(before.length);
    const ticks = runs.filter(({ timer }) => timer === 'tick');
    expect(ticks.map(({ at }) => at)).toEqual(
      Array.from({ length: 24 }, (_, index) => START + (index + 1) * 5 * MINUTE),
    );
    expect(runs.filter(({ timer }) => timer === 'hourly').map(({ at }) => at)).toEqual([
      START + HOUR,
      START + 2 * HOUR,
    ]);
    expect(ticks[1]).toMatchObject({
      isPastDue: false,
      status: { last: '2026-03-01T00:05:00.000Z', next: '2026-03-01T00:15:00.000Z' },
    });
  });

  test('a long step runs a timer once', async () => {
    const before = await host.record();
    await host.play(START + 4 * HOUR, 2 * HOUR);
    expect((await host.record()).slice(before.length).filter(({ timer }) => timer === 'tick')).toHaveLength(1);
  });

  test('on a frozen clock an http call that waits moves the clock', async () => {
    const now = sandbox.state.clock.now();
    const answers = await Promise.all(
      [60_000, 1_000, 90_000].map(async (ms) => (await host.call(`/api/wait?ms=${ms}`, { method: 'POST' })).json()),
    );
    expect(answers.map((answer) => (answer as { before: number }).before)).toEqual([now, now, now]);
    expect(sandbox.state.clock.now()).toBe(now + 90_000);
  });

  test('a clock that runs fires timers by itself', async () => {
    const before = await host.record();
    await sandbox.state.clock.change({ run: 600 });
    await expect
      .poll(async () => (await host.record()).slice(before.length).some(({ timer }) => timer === 'tick'), {
        timeout: 5_000,
      })
      .toBe(true);
    await sandbox.state.clock.change({ freeze: true });
    await host.drain();
  });

  test('an order that cannot be read is refused', async () => {
    expect((await host.play(Number.NaN)).status).toBe(400);
  });

  test('a page of another site cannot drive the host', async () => {
    const init = { method: 'POST', headers: { origin: 'http://evil.example' } };
    expect((await fetch(`${host.admin}/drain`, init)).status).toBe(403);
  });

  test('500 idle steps are cheap', async () => {
    const startedAt = performance.now();
    await host.play(sandbox.state.clock.now() + 500 * 5 * MINUTE);
    const stepMs = (performance.now() - startedAt) / 500;
    console.log(`an idle step: ${stepMs.toFixed(2)} ms`);
    expect(stepMs).toBeLessThan(40);
  });
});

describe('queues', () => {
  const send = (job: object) => host.call('/api/send', { method: 'POST', body: JSON.stringify(job) });

  test('a message runs with its metadata', async () => {
    expect((await send({ kind: 'ok', name: 'first' })).status).toBe(202);
    await host.drain();
    const run = (await host.record()).find(({ job }) => (job as { name?: string } | undefined)?.name === 'first');
    expect(run).toMatchObject({
      dequeueCount: 1,
      id: 'string',
      insertionTime: expect.stringMatching(/^\d{4}-.*Z$/),
      queueTrigger: { kind: 'ok' },
    });
  });

  test('a message that fails comes back at once and ends in the poison queue', async () => {
    await send({ kind: 'fail' });
    const status = await host.drain();
    const runs = (await host.record()).filter(({ job }) => (job as { kind?: string } | undefined)?.kind === 'fail');
    expect(runs.map(({ queue, dequeueCount }) => [queue, dequeueCount])).toEqual([
      ['jobs', 1],
      ['jobs', 2],
      ['jobs', 3],
      ['jobs-poison', undefined],
    ]);
    expect(status.poisoned).toBe(1);
    expect(status.invocations.jobs).toMatchObject({ failed: 3 });
    expect(host.log.some((line) => line.includes('moved to jobs-poison'))).toBe(true);
  });

  test('many messages run side by side, each once', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => send({ kind: 'ok', name: `many-${index}` })));
    await host.drain();
    const names = (await host.record())
      .map(({ job }) => (job as { name?: string } | undefined)?.name ?? '')
      .filter((name) => name.startsWith('many-'));
    expect(new Set(names).size).toBe(20);
    expect(names).toHaveLength(20);
  });
});

describe('the process', () => {
  test('a wait inside a queue function moves the clock while steps are played', async () => {
    const other = await runHost({
      clockUrl: sandbox.adminUrl,
      azurite,
      certificatePath,
      env: { FIXTURE_SEND_HOURLY: 'yes' },
    });
    await host.stop();
    const start = (Math.floor(sandbox.state.clock.now() / HOUR) + 1) * HOUR;
    await other.play(start);
    const waited = (await other.record()).filter(({ queue }) => queue === 'waited');
    expect(waited.map(({ at }) => at)).toEqual([start + 90_000]);
    host = other;
  });

  test('a message whose host was killed runs again after its start', async () => {
    await host.call('/api/send', { method: 'POST', body: JSON.stringify({ kind: 'hang', name: 'killed' }) });
    await expect
      .poll(async () =>
        (await host.record()).some(({ job }) => (job as { name?: string } | undefined)?.name === 'killed'),
      )
      .toBe(true);
    host.child.kill('SIGKILL');
    await host.exited;
    host = await runHost({ clockUrl: sandbox.adminUrl, azurite, certificatePath });
    const again = async () =>
      (await host.record()).find(({ job }) => (job as { name?: string } | undefined)?.name === 'killed');
    await expect.poll(again, { timeout: 6_000, interval: 200 }).toMatchObject({ dequeueCount: 2 });
    host.child.kill('SIGKILL');
    await host.exited;
  }, 30_000);

  test('it ends in order with SIGTERM, and stdout carried the ready line alone', async () => {
    host = await runHost({ clockUrl: sandbox.adminUrl, azurite, certificatePath });
    host.child.kill('SIGTERM');
    expect(await host.exited).toBe(0);
    expect(host.log).toContain('the app ends');
    expect(host.stdout).toHaveLength(1);
  });
});
