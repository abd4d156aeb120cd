import { ComputeManagementClient } from '@azure/arm-compute';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accessOf } from '../../../src/sandbox/azure/access-of.ts';
import { SUBSCRIPTION_ID, seedEstate } from '../../../src/sandbox/azure/seed-estate.ts';
import { RESTORE_CLIENT_ID, SNAPSHOT_CLIENT_ID } from '../../../src/sandbox/azure/token.ts';
import {
  type Answer,
  DISK_PATH,
  DISK_VERSION,
  GROUP_PATH,
  OWN_PATH,
  type Run,
  SNAPSHOT_PATH,
  snapshotBody,
  startRun,
} from './start.ts';

const SUBSCRIPTION = `/subscriptions/${SUBSCRIPTION_ID}`;
const MACHINE = `${GROUP_PATH}/providers/Microsoft.Compute/virtualMachines/Web-1`;
const IN_APP = `${GROUP_PATH}/providers/Microsoft.Compute/snapshots`;
const DESCENDANTS = '/providers/Microsoft.Management/managementGroups/contoso/descendants?api-version=2020-05-01';
const LOCKS = `${OWN_PATH}/providers/Microsoft.Authorization/locks`;

let run: Run;
beforeEach(async () => {
  run = await startRun();
  seedEstate(run.sandbox.state, { managementGroups: [{ name: 'contoso' }] });
  await run.arm('PUT', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/data`));
});
afterEach(() => run.close());

const tokenOf = (clientId: string) =>
  run.sandbox.state.authority.issue({ audience: 'https://management.azure.com', clientId }).token;

function as(clientId: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const version = path.includes('?') ? '' : `?${DISK_VERSION}`;
  return run.arm(method, `${path}${version}`, body, { authorization: `Bearer ${tokenOf(clientId)}` });
}

const DISK = {
  location: 'westeurope',
  properties: { creationData: { createOption: 'Copy', sourceResourceId: `${SNAPSHOT_PATH}/s1` } },
};

describe('the snapshot identity', () => {
  type Row = [name: string, method: string, path: string, body: unknown, status: number];
  const rows: Row[] = [
    ['reads disks', 'GET', `${SUBSCRIPTION}/providers/Microsoft.Compute/disks`, undefined, 200],
    ['reads machines', 'GET', `${MACHINE}?api-version=2026-04-01`, undefined, 200],
    ['sees what lies below a management group', 'GET', DESCENDANTS, undefined, 200],
    ['reads locks', 'GET', `${LOCKS}?api-version=2020-05-01`, undefined, 200],
    ['makes none', 'PUT', `${LOCKS}/l?api-version=2020-05-01`, { properties: { level: 'ReadOnly' } }, 403],
    ['takes snapshots in its group', 'PUT', `${SNAPSHOT_PATH}/s2`, snapshotBody(`${DISK_PATH}/data`), 202],
    ['not in others', 'PUT', `${IN_APP}/s2`, snapshotBody(`${DISK_PATH}/data`), 403],
    ['opens snapshots', 'POST', `${SNAPSHOT_PATH}/s1/beginGetAccess`, { access: 'Read', durationInSeconds: 9 }, 202],
    ['deletes snapshots', 'DELETE', `${SNAPSHOT_PATH}/s1`, undefined, 202],
    ['not what is not there elsewhere', 'DELETE', `${IN_APP}/none`, undefined, 403],
    ['makes no disks', 'PUT', `${DISK_PATH}/new`, DISK, 403],
    ['deletes no disks', 'DELETE', `${DISK_PATH}/loose`, undefined, 403],
    ['deletes no machines', 'DELETE', `${MACHINE}?api-version=2026-04-01`, undefined, 403],
    ['protects no snapshots for ever', 'POST', `${SNAPSHOT_PATH}/s1/updateImmutabilityPolicyLock`, {}, 403],
  ];
  it.each(rows)('%s', async (_name, method, path, body, status) => {
    expect((await as(SNAPSHOT_CLIENT_ID, method, path, body)).status).toBe(status);
  });
});

describe('the restore identity', () => {
  type Row = [name: string, method: string, path: string, body: unknown, status: number];
  const rows: Row[] = [
    ['reads snapshots', 'GET', SNAPSHOT_PATH, undefined, 200],
    ['sees no management group', 'GET', DESCENDANTS, undefined, 403],
    ['deletes none', 'DELETE', `${SNAPSHOT_PATH}/s1`, undefined, 403],
    ['makes disks of them', 'PUT', `${DISK_PATH}/new`, DISK, 202],
    ['deletes disks', 'DELETE', `${DISK_PATH}/loose`, undefined, 202],
    ['stops machines', 'POST', `${MACHINE}/deallocate?api-version=2026-04-01`, undefined, 202],
    ['lists sizes', 'GET', `${SUBSCRIPTION}/providers/Microsoft.Compute/skus?api-version=2021-07-01`, undefined, 200],
    [
      'sees quotas',
      'GET',
      `${SUBSCRIPTION}/providers/Microsoft.Compute/locations/westeurope/usages?api-version=2026-04-01`,
      undefined,
      200,
    ],
    [
      'reads no security rules',
      'GET',
      `${GROUP_PATH}/providers/Microsoft.Network/networkSecurityGroups?api-version=2024-05-01`,
      undefined,
      403,
    ],
    [
      'makes no networks',
      'PUT',
      `${GROUP_PATH}/providers/Microsoft.Network/virtualNetworks/n?api-version=2024-05-01`,
      { location: 'westeurope' },
      403,
    ],
    ['does not power them off', 'POST', `${MACHINE}/powerOff?api-version=2026-04-01`, undefined, 403],
    ['removes no group', 'DELETE', `${GROUP_PATH}?api-version=2021-04-01`, undefined, 403],
  ];
  it.each(rows)('%s', async (_name, method, path, body, status) => {
    expect((await as(RESTORE_CLIENT_ID, method, path, body)).status).toBe(status);
  });
});

describe('roles', () => {
  it('refuse in the words of Azure, as the SDK reads them', async () => {
    const client = new ComputeManagementClient(
      { getToken: async () => ({ token: tokenOf(SNAPSHOT_CLIENT_ID), expiresOnTimestamp: Date.now() + 3_600_000 }) },
      SUBSCRIPTION_ID,
      { endpoint: run.sandbox.armUrl, tlsOptions: { ca: run.ca }, retryOptions: { maxRetries: 0 } },
    );
    await expect(client.disks.delete('App-RG', 'loose')).rejects.toMatchObject({
      statusCode: 403,
      code: 'AuthorizationFailed',
      message: expect.stringMatching(
        /^The client '2222.*' with object id '.*' does not have authorization to perform action 'Microsoft.Compute\/disks\/delete' over scope '.*\/disks\/loose' or the scope is invalid\. If access was recently granted, please refresh your credentials\.$/,
      ),
    });
  });

  it('refuse a source that the caller may not open', async () => {
    const all = { clientId: SNAPSHOT_CLIENT_ID, role: 'Snapshot keeper', scope: OWN_PATH };
    await run.admin('POST', '/sandbox/roles', { assignments: [all], replace: true });
    const answer = await as(SNAPSHOT_CLIENT_ID, 'PUT', `${SNAPSHOT_PATH}/s2`, snapshotBody(`${DISK_PATH}/data`));
    expect([answer.status, answer.body.error.code]).toEqual([403, 'LinkedAuthorizationFailed']);
    expect(answer.body.error.message).toContain('Microsoft.Compute/disks/beginGetAccess/action');
  });

  it('are given and taken by the admin; definitions too', async () => {
    await run.admin('POST', '/sandbox/roles', {
      definitions: [{ name: 'Sweeper', actions: ['Microsoft.Compute/disks/delete'] }],
      assignments: [{ clientId: SNAPSHOT_CLIENT_ID, role: 'sweeper', scope: `${DISK_PATH}/loose` }],
    });
    expect((await as(SNAPSHOT_CLIENT_ID, 'DELETE', `${DISK_PATH}/os`)).status).toBe(403);
    expect((await as(SNAPSHOT_CLIENT_ID, 'DELETE', `${DISK_PATH}/LOOSE`)).status).toBe(202);
    await run.admin('DELETE', '/sandbox/roles');
    expect((await as(SNAPSHOT_CLIENT_ID, 'DELETE', `${DISK_PATH}/loose`)).status).toBe(403);
    const wrong = { assignments: [{ clientId: 'x', role: 'King', scope: '/' }], replace: true };
    expect((await run.admin('POST', '/sandbox/roles', wrong)).status).toBe(400);
    expect((await as('x', 'DELETE', `${DISK_PATH}/loose`)).status).toBe(204);
  });

  it('show the subscriptions in which one has a role', async () => {
    const other = '00000000-0000-4000-8000-000000000002';
    await run.admin('POST', '/sandbox/estate', { subscriptions: [{ id: other }] });
    const one = { clientId: 'x', role: 'Reader', scope: `/subscriptions/${other}/resourceGroups/a` };
    await run.admin('POST', '/sandbox/roles', { assignments: [one] });
    const ids = async (clientId: string) =>
      (await as(clientId, 'GET', '/subscriptions?api-version=2022-12-01')).body.value.map(
        (each: { subscriptionId: string }) => each.subscriptionId,
      );
    expect(await ids('x')).toEqual([other]);
    expect(await ids('y')).toEqual([SUBSCRIPTION_ID, other]);
    expect((await as('x', 'GET', `${SUBSCRIPTION}?api-version=2022-12-01`)).status).toBe(403);
    expect((await as('x', 'GET', `/subscriptions/${other}?api-version=2022-12-01`)).status).toBe(200);
  });

  it('also hold for the bytes, where a token is asked for', async () => {
    await run.arm('PATCH', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`, {
      properties: { dataAccessAuthMode: 'AzureActiveDirectory' },
    });
    const begun = await run.arm('POST', `${SNAPSHOT_PATH}/s1/beginGetAccess?${DISK_VERSION}`, {
      access: 'Read',
      durationInSeconds: 60,
    });
    const url: string = (await run.arm('GET', begun.headers.get('location') ?? '')).body.accessSAS;
    const status = async (clientId: string) => {
      const { token } = run.sandbox.state.authority.issue({ audience: 'https://disk.azure.com/', clientId });
      return (await run.arm('HEAD', url, undefined, { authorization: `Bearer ${token}` })).status;
    };
    expect(await status(SNAPSHOT_CLIENT_ID)).toBe(200);
    await run.admin('POST', '/sandbox/roles', { assignments: [{ clientId: 'x', role: 'Owner', scope: '/' }] });
    expect(await status('x')).toBe(403);
  });
});

describe('the action of a request', () => {
  const S = '/subscriptions/s';
  const G = `${S}/resourceGroups/g`;
  const C = `${G}/providers/Microsoft.Compute`;
  it.each([
    ['GET', `${S}/providers/Microsoft.Compute/disks`, 'Microsoft.Compute/disks/read', S],
    ['GET', `${C}/disks`, 'Microsoft.Compute/disks/read', G],
    ['HEAD', `${C}/disks/d`, 'Microsoft.Compute/disks/read', `${C}/disks/d`],
    ['PATCH', `${C}/disks/d`, 'Microsoft.Compute/disks/write', `${C}/disks/d`],
    [
      'POST',
      `${C}/snapshots/s/beginGetAccess`,
      'Microsoft.Compute/snapshots/beginGetAccess/action',
      `${C}/snapshots/s`,
    ],
    [
      'GET',
      `${C}/virtualMachines/v/instanceView`,
      'Microsoft.Compute/virtualMachines/instanceView/read',
      `${C}/virtualMachines/v`,
    ],
    ['GET', G, 'Microsoft.Resources/subscriptions/resourceGroups/read', G],
    ['GET', `${S}/resourceGroups`, 'Microsoft.Resources/subscriptions/resourceGroups/read', S],
    ['GET', S, 'Microsoft.Resources/subscriptions/read', S],
    [
      'DELETE',
      `${C}/disks/d/providers/Microsoft.Authorization/locks/l`,
      'Microsoft.Authorization/locks/delete',
      `${C}/disks/d`,
    ],
    ['POST', `${S}/providers/Microsoft.CostManagement/query`, 'Microsoft.CostManagement/query/action', S],
    ['PATCH', `${G}/providers/Microsoft.Resources/tags/default`, 'Microsoft.Resources/tags/write', G],
  ])('%s %s', (method, path, action, scope) => {
    expect(accessOf(method, path)).toEqual({ action, scope });
  });

  it.each(['/tenants', '/subscriptions', `${S}/providers/Microsoft.Compute/locations/l/DiskOperations/o`])(
    'none for %s',
    (path) => expect(accessOf('GET', path)).toBeNull(),
  );
});
