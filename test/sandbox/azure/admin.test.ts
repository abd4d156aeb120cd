import { ManagedIdentityCredential } from '@azure/identity';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { SUBSCRIPTION_ID } from '../../../src/sandbox/azure/seed-estate.ts';
import { RESTORE_CLIENT_ID, SNAPSHOT_CLIENT_ID, TENANT_ID } from '../../../src/sandbox/azure/token.ts';
import {
  ask,
  DISK_PATH,
  DISK_VERSION,
  GROUP_PATH,
  type Run,
  SNAPSHOT_PATH,
  START_MS,
  snapshotBody,
  startRun,
} from './start.ts';

let run: Run;
beforeEach(async () => {
  run = await startRun({ throttled: true });
});
afterEach(() => run.close());

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

describe('the clock', () => {
  const change = (body: unknown) => run.admin('POST', '/sandbox/clock', body);
  const now = async () => (await run.admin('GET', '/sandbox/clock')).body;

  it('is frozen at the start, moves by hand and never back', async () => {
    expect(await now()).toMatchObject({ now: START_MS, mode: 'frozen', rate: 1, waits: { count: 0, next: null } });
    expect((await change({ advanceMs: 500 })).body.now).toBe(START_MS + 500);
    expect((await change({ to: START_MS + 100 })).body.now).toBe(START_MS + 500);
    expect((await change({ to: START_MS + 900 })).body.now).toBe(START_MS + 900);
    expect((await change({ advanceMs: -1 })).status).toBe(400);
    expect((await change({})).status).toBe(400);
  });

  it('runs at a rate and releases waits by itself', async () => {
    await change({ run: 1_000 });
    const started = performance.now();
    const waited = await run.admin('POST', '/sandbox/clock/waits', { until: START_MS + 60_000 });
    expect(waited.body.now).toBeGreaterThanOrEqual(START_MS + 60_000);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect((await change({ freeze: true })).body.mode).toBe('frozen');
  });

  it('holds waits until their moment, names the earliest, and takes them back', async () => {
    const first = run.admin('POST', '/sandbox/clock/waits', { until: START_MS + 1_000 });
    const aborted = new AbortController();
    const second = fetch(`${run.sandbox.adminUrl}/sandbox/clock/waits`, {
      method: 'POST',
      body: JSON.stringify({ until: START_MS + 10 }),
      signal: aborted.signal,
    }).catch(() => 'gone');
    await expect.poll(async () => (await now()).waits).toEqual({ count: 2, next: START_MS + 10 });
    aborted.abort();
    expect(await second).toBe('gone');
    await expect.poll(async () => (await now()).waits).toEqual({ count: 1, next: START_MS + 1_000 });
    await change({ advanceMs: 1_000 });
    expect((await first).body).toEqual({ now: START_MS + 1_000 });
  });

  it('answers a change only when every follower has acknowledged it', async () => {
    const follow = (after: number) => run.admin('GET', `/sandbox/clock?follower=a&after=${after}`);
    const { version } = (await follow(0)).body;
    const hears = follow(version);
    await new Promise((resolve) => setTimeout(resolve, 50));
    let changed = false;
    const moved = change({ advanceMs: 1_000 }).then(() => {
      changed = true;
    });
    const heard = (await hears).body;
    expect(heard).toMatchObject({ now: START_MS + 1_000, version: version + 1 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(changed).toBe(false);
    const next = follow(heard.version);
    await moved;
    const last = change({ freeze: true }).catch(() => null);
    expect((await next).body.version).toBe(heard.version + 1);
    run.sandbox.state.clock.close();
    await last;
  });

  it('forgets a follower whose connection closes', async () => {
    const aborted = new AbortController();
    const { version } = await now();
    const gone = fetch(`${run.sandbox.adminUrl}/sandbox/clock?follower=b&after=${version}`, {
      signal: aborted.signal,
    }).catch(() => 'gone');
    await new Promise((resolve) => setTimeout(resolve, 100));
    aborted.abort();
    await gone;
    await new Promise((resolve) => setTimeout(resolve, 50));
    const started = performance.now();
    await change({ advanceMs: 1 });
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('token buckets', () => {
  it('let a burst of 250 reads pass, then refill by the sandbox clock', async () => {
    const read = () => run.arm('GET', `${DISK_PATH}/data?${DISK_VERSION}`);
    const first = await read();
    expect(first.headers.get('x-ms-ratelimit-remaining-subscription-reads')).toBe('249');
    expect(first.headers.get('x-ms-ratelimit-remaining-resource')).toMatch(/^Microsoft.Compute\/LowCostGet;\d+$/);
    for (let at = 1; at < 250; at += 1) expect((await read()).status).toBe(200);
    const throttled = await read();
    expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([429, '1']);
    await run.admin('POST', '/sandbox/clock', { advanceMs: 1_000 });
    const after = await Promise.all(Array.from({ length: 26 }, read));
    expect(after.filter((each) => each.status === 429)).toHaveLength(1);
    expect((await run.admin('GET', '/sandbox/counts')).body.throttled).toBe(2);
  });

  it('are of a principal each', async () => {
    for (let at = 0; at < 251; at += 1) await run.arm('GET', `${DISK_PATH}/data?${DISK_VERSION}`);
    const { token } = (
      await run.admin('POST', '/sandbox/token', { audience: 'https://management.azure.com', name: 'other' })
    ).body;
    const other = await run.arm('GET', `${DISK_PATH}/data?${DISK_VERSION}`, undefined, {
      authorization: `Bearer ${token}`,
    });
    expect(other.status).toBe(200);
  });
});

describe('faults', () => {
  const order = (rule: unknown) => run.admin('POST', '/sandbox/faults', rule);
  const put = (name: string) =>
    run.arm('PUT', `${SNAPSHOT_PATH}/${name}?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/data`));
  const read = (name: string) => run.arm('GET', `${SNAPSHOT_PATH}/${name}?${DISK_VERSION}`);

  it('an answer, at the nth request only', async () => {
    await order({
      method: 'GET',
      path: '/disks/data',
      nth: 2,
      action: { status: 429, code: 'TooManyRequests', retryAfterSeconds: 9 },
    });
    const statuses = [];
    for (let at = 0; at < 3; at += 1) statuses.push((await run.arm('GET', `${DISK_PATH}/data?${DISK_VERSION}`)).status);
    expect(statuses).toEqual([200, 429, 200]);
    const log = (await run.admin('GET', '/sandbox/log?limit=2')).body.requests;
    expect(log[1]).toMatchObject({ status: 429, code: 'TooManyRequests', fault: 'answer' });
    expect((await run.admin('GET', '/sandbox/faults')).body.faults[0]).toMatchObject({ seen: 3, injected: 1 });
  });

  it('a lost answer: the work is done, the client never hears', async () => {
    await order({ method: 'PUT', times: 1, action: 'lost-answer' });
    await expect(put('s1')).rejects.toThrow();
    expect((await read('s1')).status).toBe(200);
  });

  it('a lost request: nothing is done', async () => {
    await order({ method: 'PUT', times: 1, action: 'lost-request' });
    await expect(put('s1')).rejects.toThrow();
    expect((await read('s1')).status).toBe(404);
  });

  it('an operation that never ends, one that fails, one that is slow', async () => {
    await order([
      { path: '/snapshots/stuck', method: 'PUT', action: 'stuck-operation' },
      { path: '/snapshots/failed', method: 'PUT', action: { failedOperation: 'DiskNotFound' } },
      { path: '/snapshots/slow', method: 'PUT', action: { slowOperationSeconds: 3_600 } },
    ]);
    const failed = (await Promise.all(['stuck', 'failed', 'slow'].map(put)))[1];
    await run.admin('POST', '/sandbox/clock', { advanceMs: 600_000 });
    const states = async () =>
      Promise.all(
        ['stuck', 'failed', 'slow'].map(async (name) => (await read(name)).body.properties.provisioningState),
      );
    expect(await states()).toEqual(['Updating', 'Failed', 'Updating']);
    const status = await run.arm('GET', failed?.headers.get('azure-asyncoperation') ?? '');
    expect(status.body).toMatchObject({ status: 'Failed', error: { code: 'DiskNotFound' } });
    await run.admin('POST', '/sandbox/clock', { advanceMs: 3_000_000 });
    expect(await states()).toEqual(['Updating', 'Failed', 'Succeeded']);
    expect((await run.admin('GET', '/sandbox/bill')).body.chains[0].snapshots).toHaveLength(2);
    await run.admin('DELETE', '/sandbox/faults');
    expect((await put('failed')).status).toBe(202);
    await run.admin('POST', '/sandbox/clock', { advanceMs: 10_000 });
    expect((await read('failed')).body.properties.provisioningState).toBe('Succeeded');
  });

  it('a stale list: without what is new, with what is gone', async () => {
    await put('old');
    await run.admin('POST', '/sandbox/clock', { advanceMs: 120_000 });
    await put('new');
    await run.arm('DELETE', `${SNAPSHOT_PATH}/old?${DISK_VERSION}`);
    await order({ path: '/snapshots', method: 'GET', times: 1, action: 'stale-list' });
    const names = async () =>
      (await run.arm('GET', `${SNAPSHOT_PATH}?${DISK_VERSION}`)).body.value.map((each: { name: string }) => each.name);
    expect(await names()).toEqual(['old']);
    expect(await names()).toEqual(['new']);
  });

  it('by probability and seed: the same each time', async () => {
    const strikes = async () => {
      await run.admin('DELETE', '/sandbox/faults');
      await order({ path: '/disks', probability: 0.5, seed: 7, action: { status: 503, code: 'Busy' } });
      const statuses = [];
      for (let at = 0; at < 20; at += 1)
        statuses.push((await run.arm('GET', `${DISK_PATH}/data?${DISK_VERSION}`)).status);
      return statuses;
    };
    const first = await strikes();
    expect(new Set(first)).toEqual(new Set([200, 503]));
    expect(await strikes()).toEqual(first);
  });

  it.each([
    ['no action', {}],
    ['an unknown word', { action: 'explode' }],
    ['a good status', { action: { status: 200, code: 'x' } }],
    ['a broken pattern', { path: '/(/', action: 'lost-answer' }],
    ['a probability of 2', { probability: 2, action: 'lost-answer' }],
  ])('refuses %s', async (_name, rule) => {
    expect((await order(rule)).status).toBe(400);
  });
});

describe('tokens', () => {
  it('of the managed identity endpoint, through the real @azure/identity', async () => {
    const before = { ...process.env };
    process.env.IDENTITY_ENDPOINT = `${run.sandbox.adminUrl}/msi/token`;
    process.env.IDENTITY_HEADER = 'secret';
    onTestFinished(() => {
      for (const name of ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER']) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    });
    const credential = new ManagedIdentityCredential({ clientId: RESTORE_CLIENT_ID });
    const token = await credential.getToken('https://storage.azure.com/.default');
    expect(claimsOf(token.token)).toMatchObject({
      aud: 'https://storage.azure.com',
      appid: RESTORE_CLIENT_ID,
      tid: TENANT_ID,
      iss: `https://sts.windows.net/${TENANT_ID}/`,
    });
    expect(token.expiresOnTimestamp).toBeGreaterThan(Date.now());
  });

  it('in the older form that the Azure CLI uses', async () => {
    const path = '/msi/token?resource=https://management.azure.com/&api-version=2017-09-01';
    const answer = await ask(run.sandbox.adminUrl, null, 'GET', path, undefined, { secret: 'x' });
    expect(answer.body.expires_on).toMatch(/^\d+$/);
    expect(claimsOf(answer.body.access_token).xms_mirid).toContain('userAssignedIdentities');
    expect((await ask(run.sandbox.adminUrl, null, 'GET', path, undefined, {})).status).toBe(401);
    const unknown = await ask(run.sandbox.adminUrl, null, 'GET', `${path}&clientid=nobody`, undefined, { secret: 'x' });
    expect(unknown.status).toBe(400);
  });

  it('of the authority, found by its metadata', async () => {
    const metadata = await ask(
      run.sandbox.armUrl,
      run.ca,
      'GET',
      '/metadata/endpoints?api-version=2015-01-01',
      undefined,
      {},
    );
    expect(metadata.body.authentication.loginEndpoint).toBe(`${run.sandbox.armUrl}/adfs`);
    const found = await ask(run.sandbox.armUrl, run.ca, 'GET', '/adfs/.well-known/openid-configuration', undefined, {});
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: SNAPSHOT_CLIENT_ID,
      client_secret: 'x',
      scope: `${run.sandbox.armUrl}/.default`,
    });
    const token = await ask('', run.ca, 'POST', found.body.token_endpoint, form.toString(), {});
    expect(token.body.token_type).toBe('Bearer');
    const answer = await run.arm('GET', '/subscriptions?api-version=2019-11-01', undefined, {
      authorization: `Bearer ${token.body.access_token}`,
    });
    expect(answer.body.value[0].subscriptionId).toBe(SUBSCRIPTION_ID);
  });
});

describe('the estate', () => {
  it.each([
    ['a wrong shape', { disks: [{ name: 'x' }], planets: [] }, 400],
    ['a group that is not there', { disks: [{ resourceGroup: 'no', name: 'x', region: 'r', sizeGiB: 1 }] }, 404],
    [
      'a disk that is there',
      { disks: [{ resourceGroup: 'App-RG', name: 'data', region: 'westeurope', sizeGiB: 1 }] },
      409,
    ],
    [
      'a machine of a disk that is not there',
      { virtualMachines: [{ resourceGroup: 'App-RG', name: 'x', region: 'westeurope', osDisk: 'no' }] },
      404,
    ],
  ])('refuses %s', async (_name, estate, status) => {
    expect((await run.admin('POST', '/sandbox/estate', estate)).status).toBe(status);
  });

  it('reads what was written, and refuses what lies outside', async () => {
    const id = `${DISK_PATH}/loose`;
    const bytes = Buffer.alloc(512, 'holdfast');
    const write = (body: object) => run.admin('POST', '/sandbox/estate/write', { diskId: id, ...body });
    expect((await write({ offset: 1024, base64: bytes.toString('base64') })).body.usedBytes).toBe(512);
    const read = await run.admin('GET', `/sandbox/estate/read?id=${id}&offset=1024&length=512`);
    expect((read.body as Buffer).equals(bytes)).toBe(true);
    expect((await write({ offset: 2 ** 31, seededLength: 512 })).status).toBe(400);
    expect((await write({ offset: 0 })).status).toBe(400);
    expect((await run.admin('GET', `/sandbox/estate/read?id=${id}&offset=-1&length=512`)).status).toBe(400);
    expect((await run.admin('GET', `/sandbox/estate/read?id=${id}x`)).status).toBe(404);
  });
});

describe('the admin endpoint', () => {
  it.each([
    ['a host name of somebody else', { host: 'evil.example' }],
    ['a page of another site', { origin: 'https://evil.example' }],
  ])('is closed to %s', async (_name, headers) => {
    expect((await ask(run.sandbox.adminUrl, null, 'GET', '/sandbox/clock', undefined, headers)).status).toBe(403);
  });
});

describe('the page', () => {
  it('shows what exists, escaped', async () => {
    await run.arm('PUT', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/data`));
    await run.arm('PATCH', `${GROUP_PATH}/providers/Microsoft.Compute/virtualMachines/Web-1?api-version=2026-04-01`, {
      tags: { owner: '<script>alert(1)</script>' },
    });
    const page = (await run.admin('GET', '/')).body.toString() as string;
    expect(page).toContain('<rect');
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toContain('<script');
  });

  it('and the log show neither token nor signature', async () => {
    await run.arm('PUT', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/data`));
    await run.admin('POST', '/sandbox/clock', { advanceMs: 20_000 });
    const granted = await run.arm('POST', `${SNAPSHOT_PATH}/s1/beginGetAccess?${DISK_VERSION}`, {
      access: 'Read',
      durationInSeconds: 60,
    });
    const url = new URL((await run.arm('GET', granted.headers.get('location') ?? '')).body.accessSAS);
    await run.arm('HEAD', url.href);
    const shown =
      JSON.stringify((await run.admin('GET', '/sandbox/log')).body) + (await run.admin('GET', '/')).body.toString();
    expect(shown).toContain('/md/…/abcd');
    for (const secret of [url.pathname.split('/')[2] ?? '-', url.searchParams.get('sig') ?? '-', 'Bearer'])
      expect(shown).not.toContain(secret);
  });
});
