import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  DISK_PATH,
  DISK_VERSION,
  GROUP_PATH,
  OWN_PATH,
  type Run,
  SNAPSHOT_PATH,
  snapshotBody,
  startRun,
} from './start.ts';

const MACHINE = `${GROUP_PATH}/providers/Microsoft.Compute/virtualMachines/Web-1?api-version=2026-04-01`;
const NIC = `${GROUP_PATH}/providers/Microsoft.Network/networkInterfaces/Web-1-nic?api-version=2024-05-01`;
const RESOURCE = 'x-ms-ratelimit-remaining-resource';

let run: Run;
beforeEach(async () => {
  run = await startRun();
});
afterEach(() => run.close());

describe('buckets of Compute', () => {
  beforeEach(() => {
    run.sandbox.state.throttle.enabled = true;
  });
  const as = (clientId: string, method: string, path: string, body?: unknown) => {
    const { token } = run.sandbox.state.authority.issue({ audience: 'https://management.azure.com', clientId });
    return run.arm(method, path, body, { authorization: `Bearer ${token}` });
  };

  it('are of a principal, in two windows', async () => {
    const put = (clientId: string, name: string) =>
      as(clientId, 'PUT', `${SNAPSHOT_PATH}/${name}?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/data`));
    expect((await put('x', 's1')).headers.get(RESOURCE)).toBe(
      'Microsoft.Compute/CreateUpdateSnapshots3Min;999,Microsoft.Compute/CreateUpdateSnapshots30Min;7999',
    );
    expect((await put('x', 's2')).headers.get(RESOURCE)).toContain('3Min;998');
    expect((await put('y', 's3')).headers.get(RESOURCE)).toContain('3Min;999');
  });

  it('are also of a machine, and refuse in the words of Compute', async () => {
    for (let at = 0; at < 12; at += 1) expect((await as('x', 'PATCH', MACHINE, { tags: {} })).status).toBe(200);
    const refused = await as('y', 'PATCH', MACHINE, { tags: {} });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '15']);
    expect(refused.body.error).toMatchObject({
      code: 'OperationNotAllowed',
      details: [{ code: 'TooManyRequests', target: 'PutVMPerResource' }],
    });
    await run.admin('POST', '/sandbox/clock', { advanceMs: 15_000 });
    expect((await as('y', 'PATCH', MACHINE, { tags: {} })).status).toBe(200);
  });
});

describe('buckets of ARM', () => {
  it('are of a principal, and of all together', async () => {
    run.sandbox.state.throttle.enabled = true;
    const left = async (clientId: string) => {
      const { token } = run.sandbox.state.authority.issue({ audience: 'https://management.azure.com', clientId });
      const answer = await run.arm('GET', `${OWN_PATH}?api-version=2021-04-01`, undefined, {
        authorization: `Bearer ${token}`,
      });
      return ['', 'global-'].map((kind) => answer.headers.get(`x-ms-ratelimit-remaining-subscription-${kind}reads`));
    };
    expect(await left('x')).toEqual(['249', '3749']);
    expect(await left('y')).toEqual(['249', '3748']);
    expect(await left('x')).toEqual(['248', '3747']);
  });
});

describe('an ordered 429', () => {
  it.each([
    ['with Retry-After', { retryAfterSeconds: 7 }, '7'],
    ['without', {}, null],
  ])('%s', async (_name, more, retryAfter) => {
    const action = { status: 429, code: 'TooManyRequests', ...more };
    await run.admin('POST', '/sandbox/faults', { method: 'GET', path: '/disks/', times: 1, action });
    const answer = await run.arm('GET', `${DISK_PATH}/data?${DISK_VERSION}`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, retryAfter]);
  });
});

describe('conditional requests', () => {
  it.each([
    ['a machine', MACHINE, 'PATCH'],
    ['a network interface', NIC, 'PUT'],
  ])('of %s', async (_name, path, method) => {
    const { etag, location, properties } = (await run.arm('GET', path)).body;
    const change = (headers: Record<string, string>, tags: Record<string, string>) =>
      run.arm(method, path, method === 'PUT' ? { location, properties, tags } : { tags }, headers);
    expect((await change({ 'if-match': etag }, { a: '1' })).status).toBe(200);
    const stale = await change({ 'if-match': etag }, { a: '2' });
    expect([stale.status, stale.body.error.code]).toEqual([412, 'PreconditionFailed']);
    const read = (await run.arm('GET', path)).body;
    expect(read.tags).toEqual({ a: '1' });
    expect(read.etag).not.toBe(etag);
    expect((await change({ 'if-match': '*' }, { a: '3' })).status).toBe(200);
    expect((await change({ 'if-none-match': '*' }, { a: '4' })).status).toBe(412);
    expect((await change({ 'if-none-match': etag }, { a: '4' })).status).toBe(400);
  });

  it('of the SDK', async () => {
    const machine = await run.client.virtualMachines.get('App-RG', 'Web-1');
    const update = (ifMatch: string) =>
      run.client.virtualMachines.update('App-RG', 'Web-1', { tags: { a: 'b' } }, { ifMatch, updateIntervalInMs: 1 });
    await update(machine.etag ?? '');
    await expect(update(machine.etag ?? '')).rejects.toMatchObject({ statusCode: 412 });
  });
});
