import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SUBSCRIPTION_ID } from '../../../src/sandbox/azure/seed-estate.ts';
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

const SUBSCRIPTION = `/subscriptions/${SUBSCRIPTION_ID}`;
const DISK = { location: 'westeurope', properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 } };
const COPY = { createOption: 'Copy', sourceResourceId: `${DISK_PATH}/data` };

let run: Run;
beforeEach(async () => {
  run = await startRun();
});
afterEach(() => run.close());

describe('an error of Azure', () => {
  type Row = [name: string, method: string, path: string, body: unknown, status: number, code: string];
  const rows: Row[] = [
    ['unknown snapshot', 'GET', `${SNAPSHOT_PATH}/x?${DISK_VERSION}`, undefined, 404, 'ResourceNotFound'],
    [
      'unknown group',
      'GET',
      `${SUBSCRIPTION}/resourceGroups/no?api-version=2021-04-01`,
      undefined,
      404,
      'ResourceGroupNotFound',
    ],
    [
      'unknown group of a disk',
      'GET',
      `${SUBSCRIPTION}/resourceGroups/no/providers/Microsoft.Compute/disks/x?${DISK_VERSION}`,
      undefined,
      404,
      'ResourceGroupNotFound',
    ],
    [
      'unknown subscription',
      'GET',
      `/subscriptions/no/providers/Microsoft.Compute/disks?${DISK_VERSION}`,
      undefined,
      404,
      'SubscriptionNotFound',
    ],
    ['no api version', 'GET', `${DISK_PATH}/data`, undefined, 400, 'MissingApiVersionParameter'],
    [
      'wrong api version',
      'GET',
      `${DISK_PATH}/data?api-version=1999-01-01`,
      undefined,
      400,
      'NoRegisteredProviderFound',
    ],
    [
      'a provider that is not there',
      'GET',
      `${GROUP_PATH}/providers/Microsoft.Sql/servers/x?api-version=2021-01-01`,
      undefined,
      501,
      'NotSupportedBySandbox',
    ],
    ['a method that is not there', 'POST', `${DISK_PATH}/data?${DISK_VERSION}`, {}, 501, 'NotSupportedBySandbox'],
    ['broken JSON', 'PUT', `${DISK_PATH}/x?${DISK_VERSION}`, '{', 400, 'InvalidRequestContent'],
    ['no location', 'PUT', `${DISK_PATH}/x?${DISK_VERSION}`, { properties: DISK.properties }, 400, 'LocationRequired'],
    ['a name too long', 'PUT', `${DISK_PATH}/${'x'.repeat(81)}?${DISK_VERSION}`, DISK, 400, 'InvalidParameter'],
    [
      'a property that is not there',
      'PUT',
      `${DISK_PATH}/x?${DISK_VERSION}`,
      { ...DISK, properties: { ...DISK.properties, magic: 1 } },
      400,
      'BadRequest',
    ],
    [
      'no size',
      'PUT',
      `${DISK_PATH}/x?${DISK_VERSION}`,
      { location: 'westeurope', properties: { creationData: { createOption: 'Empty' } } },
      400,
      'InvalidParameter',
    ],
    [
      '51 tags',
      'PUT',
      `${DISK_PATH}/x?${DISK_VERSION}`,
      { ...DISK, tags: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`t${at}`, ''])) },
      400,
      'InvalidTagsCount',
    ],
    [
      'a tag value too long',
      'PUT',
      `${DISK_PATH}/x?${DISK_VERSION}`,
      { ...DISK, tags: { a: 'x'.repeat(257) } },
      400,
      'InvalidTagValueLength',
    ],
    [
      'a tag name with a slash',
      'PUT',
      `${DISK_PATH}/x?${DISK_VERSION}`,
      { ...DISK, tags: { 'a/b': '' } },
      400,
      'InvalidTagNameCharacters',
    ],
    [
      'an import',
      'PUT',
      `${DISK_PATH}/x?${DISK_VERSION}`,
      { location: 'westeurope', properties: { creationData: { createOption: 'Import' } } },
      501,
      'NotSupportedBySandbox',
    ],
    [
      'a disk in another region',
      'PUT',
      `${DISK_PATH}/data?${DISK_VERSION}`,
      { ...DISK, location: 'eastus' },
      409,
      'InvalidResourceLocation',
    ],
    [
      'a disk smaller than its source',
      'PUT',
      `${DISK_PATH}/x?${DISK_VERSION}`,
      { location: 'westeurope', properties: { creationData: COPY, diskSizeGB: 8 } },
      400,
      'InvalidParameter',
    ],
    [
      'a disk that shrinks',
      'PATCH',
      `${DISK_PATH}/data?${DISK_VERSION}`,
      { properties: { diskSizeGB: 8 } },
      409,
      'OperationNotAllowed',
    ],
    ['an attached disk removed', 'DELETE', `${DISK_PATH}/data?${DISK_VERSION}`, undefined, 409, 'OperationNotAllowed'],
    [
      'access to a disk of a running machine',
      'POST',
      `${DISK_PATH}/data/beginGetAccess?${DISK_VERSION}`,
      { access: 'Read', durationInSeconds: 60 },
      409,
      'OperationNotAllowed',
    ],
    [
      'a snapshot of nothing',
      'PUT',
      `${SNAPSHOT_PATH}/x?${DISK_VERSION}`,
      snapshotBody(`${DISK_PATH}/none`),
      404,
      'NotFound',
    ],
    [
      'a snapshot elsewhere',
      'PUT',
      `${SNAPSHOT_PATH}/x?${DISK_VERSION}`,
      { ...snapshotBody(`${DISK_PATH}/data`), location: 'northeurope' },
      400,
      'BadRequest',
    ],
    [
      'an incremental on premium',
      'PUT',
      `${SNAPSHOT_PATH}/x?${DISK_VERSION}`,
      { ...snapshotBody(`${DISK_PATH}/data`), sku: { name: 'Premium_LRS' } },
      400,
      'InvalidParameter',
    ],
  ];
  it.each(rows)('%s', async (_name, method, path, body, status, code) => {
    const answer = await run.arm(method, path, body);
    expect([answer.status, answer.body.error?.code]).toEqual([status, code]);
    expect(answer.body.error.message.length).toBeGreaterThan(10);
    expect(answer.headers.get('x-ms-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('says who may not enter', async () => {
    const path = `${DISK_PATH}/data?${DISK_VERSION}`;
    const authority = run.sandbox.state.authority;
    const token = (audience: string, seconds: number) =>
      `Bearer ${authority.issue({ audience, clientId: 'x', seconds }).token}`;
    const codeOf = async (authorization: string) => {
      const answer = await run.arm('GET', path, undefined, { authorization });
      return [answer.status, answer.body.error.code];
    };
    expect(await codeOf('')).toEqual([401, 'InvalidAuthenticationToken']);
    expect(await codeOf('Bearer a.b.c')).toEqual([401, 'InvalidAuthenticationToken']);
    expect(await codeOf(token('https://storage.azure.com', 60))).toEqual([401, 'InvalidAuthenticationTokenAudience']);
    expect(await codeOf(token('https://management.azure.com', -60))).toEqual([401, 'ExpiredAuthenticationToken']);
    expect(await codeOf(`${token('https://management.azure.com', 60)}x`)).toEqual([401, 'InvalidAuthenticationToken']);
    expect(
      (await run.arm('GET', path, undefined, { authorization: token('https://management.azure.com/', 60) })).status,
    ).toBe(200);
  });
});

describe('ids', () => {
  it('are found in any case and shown as they were created', async () => {
    const answer = await run.arm('GET', `${DISK_PATH.toLowerCase()}/DATA?${DISK_VERSION}`);
    expect(answer.body.id).toBe(`${DISK_PATH}/data`);
    const lower = await run.arm('GET', `${SUBSCRIPTION}/resourcegroups/app-rg?api-version=2021-04-01`);
    expect(lower.body).toMatchObject({ name: 'App-RG', location: 'westeurope' });
  });
});

describe('long-running operations', () => {
  it('answer 202, then by both ways until they end', async () => {
    run.sandbox.state.settings.snapshotMs = 10_000;
    const put = await run.arm('PUT', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/data`));
    expect(put.status).toBe(202);
    expect(put.body.properties.provisioningState).toBe('Updating');
    const asyncUrl = put.headers.get('azure-asyncoperation') ?? '';
    const location = put.headers.get('location') ?? '';
    expect((await run.arm('GET', asyncUrl)).body.status).toBe('InProgress');
    expect((await run.arm('GET', location)).status).toBe(202);
    await run.admin('POST', '/sandbox/clock', { advanceMs: 9_999 });
    expect((await run.arm('GET', asyncUrl)).body.status).toBe('InProgress');
    await run.admin('POST', '/sandbox/clock', { advanceMs: 1 });
    expect((await run.arm('GET', asyncUrl)).body).toMatchObject({
      status: 'Succeeded',
      endTime: '2026-03-01T00:00:10.000Z',
    });
    expect((await run.arm('GET', location)).body.name).toBe('s1');
  });

  it('keep the bytes of the moment of the PUT, also when it is sent again', async () => {
    await run.arm('PUT', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/loose`));
    const id = `${SNAPSHOT_PATH}/s1`;
    const before = await run.admin('GET', `/sandbox/estate/digest?id=${id}`);
    await run.admin('POST', '/sandbox/estate/write', { diskId: `${DISK_PATH}/loose`, offset: 0, seededLength: 4096 });
    const again = await run.arm('PUT', `${id}?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/loose`));
    expect(again.status).toBe(202);
    expect((await run.admin('GET', `/sandbox/estate/digest?id=${id}`)).body).toEqual(before.body);
    const other = await run.arm('PUT', `${id}?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/data`));
    expect([other.status, other.body.error.code]).toEqual([409, 'PropertyChangeNotAllowed']);
  });
});

describe('rules', () => {
  const put = (name: string, disk = 'loose', more = {}) =>
    run.arm('PUT', `${SNAPSHOT_PATH}/${name}?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/${disk}`, more));
  const grant = (name: string) =>
    run.arm('POST', `${SNAPSHOT_PATH}/${name}/beginGetAccess?${DISK_VERSION}`, {
      access: 'Read',
      durationInSeconds: 600,
    });

  it('seven incremental snapshots of a disk in five minutes', async () => {
    for (let at = 0; at < 7; at += 1) expect((await put(`s${at}`)).status).toBe(202);
    const eighth = await put('s7');
    expect([eighth.status, eighth.headers.get('retry-after')]).toEqual([429, '300']);
    await run.admin('POST', '/sandbox/clock', { advanceMs: 300_000 });
    expect((await put('s7')).status).toBe(202);
  });

  it('500 incremental snapshots of a disk, one less after each deletion', async () => {
    for (let at = 0; at < 500; at += 1) {
      if (at % 7 === 0) await run.sandbox.state.clock.change({ advanceMs: 300_000 });
      expect((await put(`s${at}`)).status).toBe(202);
    }
    await run.sandbox.state.clock.change({ advanceMs: 300_000 });
    expect((await put('more')).body.error.code).toBe('SnapshotsLimitReached');
    await run.arm('DELETE', `${SNAPSHOT_PATH}/s250?${DISK_VERSION}`);
    expect((await put('more')).status).toBe(202);
  });

  it('five signatures a family, until one ends or expires', async () => {
    for (let at = 0; at < 6; at += 1) await put(`s${at}`);
    for (let at = 0; at < 5; at += 1) expect((await grant(`s${at}`)).status).toBe(202);
    expect((await grant('s4')).status).toBe(202);
    expect((await grant('s5')).status).toBe(409);
    await run.arm('POST', `${SNAPSHOT_PATH}/s0/endGetAccess?${DISK_VERSION}`);
    expect((await grant('s5')).status).toBe(202);
    await run.admin('POST', '/sandbox/clock', { advanceMs: 601_000 });
    expect((await grant('s0')).status).toBe(202);
  });

  it('a signature keeps a snapshot from deletion; DenyAll keeps it from a signature', async () => {
    await put('s1');
    await put('closed', 'loose', { networkAccessPolicy: 'DenyAll' });
    await grant('s1');
    expect((await run.arm('DELETE', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`)).status).toBe(409);
    expect((await grant('closed')).status).toBe(409);
    await run.arm('PATCH', `${SNAPSHOT_PATH}/closed?${DISK_VERSION}`, {
      properties: { networkAccessPolicy: 'AllowAll' },
    });
    expect((await grant('closed')).status).toBe(202);
  });

  it('the data plane is closed while public access is off, and wants a token where told', async () => {
    await put('s1', 'loose', { publicNetworkAccess: 'Disabled' });
    const sas = await run.arm('GET', (await grant('s1')).headers.get('location') ?? '');
    const url: string = sas.body.accessSAS;
    const plain = { authorization: '' };
    expect((await run.arm('HEAD', url, undefined, plain)).status).toBe(403);
    await run.arm('PATCH', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`, { properties: { publicNetworkAccess: 'Enabled' } });
    expect((await run.arm('HEAD', url, undefined, plain)).status).toBe(200);
    await run.arm('PATCH', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`, {
      properties: { dataAccessAuthMode: 'AzureActiveDirectory' },
    });
    const challenged = await run.arm('HEAD', url, undefined, plain);
    expect(challenged.status).toBe(401);
    expect(challenged.headers.get('www-authenticate')).toContain('resource_id="https://disk.azure.com/"');
    const statusFor = async (audience: string) => {
      const { token } = run.sandbox.state.authority.issue({ audience, clientId: 'x' });
      return (await run.arm('HEAD', url, undefined, { authorization: `Bearer ${token}` })).status;
    };
    expect(await statusFor('https://disk.azure.com/')).toBe(200);
    // To the letter: without the slash at its end it is another audience.
    expect(await statusFor('https://disk.azure.com')).toBe(401);
    expect(await statusFor('https://management.azure.com/')).toBe(401);
    expect((await run.arm('HEAD', `${url}x`, undefined, plain)).status).toBe(403);
  });

  it('private access needs a way, and is closed to whoever does not stand there', async () => {
    const diskAccessId = `${SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Compute/diskAccesses/da`;
    expect((await put('s1', 'loose', { networkAccessPolicy: 'AllowPrivate' })).status).toBe(400);
    expect((await put('s1', 'loose', { networkAccessPolicy: 'AllowPrivate', diskAccessId: '/x' })).status).toBe(400);
    expect((await put('s1', 'loose', { networkAccessPolicy: 'AllowPrivate', diskAccessId })).status).toBe(202);
    const sas = await run.arm('GET', (await grant('s1')).headers.get('location') ?? '');
    const status = async () => (await run.arm('HEAD', sas.body.accessSAS, undefined, { authorization: '' })).status;
    expect(await status()).toBe(403);
    await run.admin('POST', '/sandbox/settings', { privateEndpoints: true });
    expect(await status()).toBe(200);
    expect((await run.admin('POST', '/sandbox/settings', { privateEndpoints: 1 })).status).toBe(400);
  });

  it('locks forbid deletion, read-only ones every change', async () => {
    await put('s1');
    const lock = `${OWN_PATH}/providers/Microsoft.Authorization/locks/keep?api-version=2016-09-01`;
    expect((await run.arm('PUT', lock, { properties: { level: 'CanNotDelete', notes: 'no' } })).status).toBe(201);
    const refused = await run.arm('DELETE', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`);
    expect([refused.status, refused.body.error.code]).toEqual([409, 'ScopeLocked']);
    expect((await run.arm('DELETE', `${SUBSCRIPTION}/resourceGroups/holdfast?api-version=2021-04-01`)).status).toBe(
      409,
    );
    expect((await run.arm('PATCH', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`, { tags: {} })).status).toBe(202);
    const other = `${SNAPSHOT_PATH}/s1/providers/Microsoft.Authorization/locks/ro?api-version=2016-09-01`;
    await run.arm('PUT', other, { properties: { level: 'ReadOnly' } });
    expect((await run.arm('PATCH', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`, { tags: {} })).status).toBe(409);
    expect(
      (await run.arm('GET', `${OWN_PATH}/providers/Microsoft.Authorization/locks?api-version=2016-09-01`)).body.value,
    ).toHaveLength(2);
    expect((await run.arm('DELETE', other)).status).toBe(200);
    expect((await run.arm('DELETE', lock)).status).toBe(200);
    expect((await run.arm('DELETE', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`)).status).toBe(202);
  });

  it('tags are merged, replaced and removed at any scope', async () => {
    const path = `${DISK_PATH}/loose/providers/Microsoft.Resources/tags/default?api-version=2021-04-01`;
    const merged = await run.arm('PATCH', path, { operation: 'Merge', properties: { tags: { a: '1' } } });
    expect(merged.body.properties.tags).toEqual({ Owner: 'Ops', a: '1' });
    await run.arm('PATCH', path, { operation: 'Delete', properties: { tags: { Owner: 'Ops' } } });
    expect((await run.arm('GET', `${DISK_PATH}/loose?${DISK_VERSION}`)).body.tags).toEqual({ a: '1' });
  });
});

describe('the workload', () => {
  it('writes as time passes, and the bill follows; a deallocated machine writes nothing', async () => {
    const take = (name: string) =>
      run.arm('PUT', `${SNAPSHOT_PATH}/${name}?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/data`));
    const day = () => run.admin('POST', '/sandbox/clock', { advanceMs: 86_400_000 });
    const stored = async () =>
      (await run.admin('GET', '/sandbox/bill')).body.chains[0].snapshots.map(
        (each: { storedBytes: number }) => each.storedBytes,
      );
    await take('s1');
    await day();
    await take('s2');
    const [first, second] = await stored();
    expect(first).toBe(16 * 2 ** 20);
    expect(second).toBeGreaterThan(2 ** 20);
    await run.arm(
      'POST',
      `${GROUP_PATH}/providers/Microsoft.Compute/virtualMachines/Web-1/deallocate?api-version=2026-04-01`,
    );
    await day();
    await take('s3');
    expect((await stored())[2]).toBe(0);
    await run.arm(
      'POST',
      `${GROUP_PATH}/providers/Microsoft.Compute/virtualMachines/Web-1/start?api-version=2026-04-01`,
    );
    await day();
    await take('s4');
    expect((await stored())[3]).toBeGreaterThan(2 ** 20);
  });
});

describe('what hangs together', () => {
  const machine = `${GROUP_PATH}/providers/Microsoft.Compute/virtualMachines/Web-1?api-version=2026-04-01`;
  const nic = `${GROUP_PATH}/providers/Microsoft.Network/networkInterfaces/Web-1-nic?api-version=2024-05-01`;

  it('a repeated PUT of a snapshot that is being made ends with it', async () => {
    run.sandbox.state.settings.snapshotMs = 10_000;
    const put = () => run.arm('PUT', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/data`));
    await put();
    await run.admin('POST', '/sandbox/clock', { advanceMs: 4_000 });
    const status = (await put()).headers.get('azure-asyncoperation') ?? '';
    await run.admin('POST', '/sandbox/clock', { advanceMs: 5_999 });
    expect((await run.arm('GET', status)).body.status).toBe('InProgress');
    await run.admin('POST', '/sandbox/clock', { advanceMs: 1 });
    expect((await run.arm('GET', status)).body.status).toBe('Succeeded');
  });

  it('a snapshot removed while it is being made stays away, also when its making fails', async () => {
    await run.admin('POST', '/sandbox/faults', { method: 'PUT', action: 'failed-operation' });
    run.sandbox.state.settings.snapshotMs = 10_000;
    await run.arm('PUT', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/data`));
    expect((await run.arm('DELETE', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`)).status).toBe(202);
    await run.admin('POST', '/sandbox/clock', { advanceMs: 20_000 });
    expect((await run.arm('GET', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`)).status).toBe(404);
    expect((await run.admin('GET', '/sandbox/bill')).body.totalBytes).toBe(0);
  });

  it('a network interface in use stays; a machine cannot take it from another', async () => {
    const read = await run.arm('GET', nic);
    expect(read.body.properties.virtualMachine.id).toBe(
      `${GROUP_PATH}/providers/Microsoft.Compute/virtualMachines/Web-1`,
    );
    expect((await run.arm('DELETE', nic)).body.error.code).toBe('NicInUse');
    const second = await run.arm('PUT', machine.replace('Web-1', 'Web-2'), {
      location: 'westeurope',
      properties: {
        hardwareProfile: { vmSize: 'Standard_B1s' },
        storageProfile: { osDisk: { createOption: 'Attach', managedDisk: { id: `${DISK_PATH}/loose` } } },
        networkProfile: { networkInterfaces: [{ id: read.body.id }] },
      },
    });
    expect(second.body.error.code).toBe('NetworkInterfaceInUse');
    expect((await run.arm('GET', `${DISK_PATH}/loose?${DISK_VERSION}`)).body.managedBy).toBeUndefined();
    await run.arm('DELETE', machine);
    expect((await run.arm('DELETE', nic)).status).toBe(202);
    expect((await run.arm('GET', nic)).status).toBe(404);
  });

  it('the OS disk is exchanged only while deallocated; data disks come and go', async () => {
    const swap = () =>
      run.arm('PATCH', machine, {
        properties: {
          storageProfile: { osDisk: { createOption: 'Attach', managedDisk: { id: `${DISK_PATH}/loose` } } },
        },
      });
    expect((await swap()).status).toBe(409);
    await run.arm('POST', machine.replace('?', '/deallocate?'));
    expect((await swap()).status).toBe(200);
    expect((await run.arm('GET', `${DISK_PATH}/os?${DISK_VERSION}`)).body.properties.diskState).toBe('Unattached');
    expect((await run.arm('GET', `${DISK_PATH}/loose?${DISK_VERSION}`)).body.properties.diskState).toBe('Reserved');
    await run.arm('POST', machine.replace('?', '/attachDetachDataDisks?'), {
      dataDisksToDetach: [{ diskId: `${DISK_PATH}/data` }],
      dataDisksToAttach: [{ diskId: `${DISK_PATH}/os` }],
    });
    expect((await run.arm('GET', machine)).body.properties.storageProfile.dataDisks).toMatchObject([
      { lun: 0, name: 'os' },
    ]);
    expect((await run.arm('GET', `${DISK_PATH}/data?${DISK_VERSION}`)).body.managedBy).toBeUndefined();
  });

  it('a group goes with everything in it', async () => {
    await run.arm('PUT', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/data`));
    const group = (name: string) => `${SUBSCRIPTION}/resourceGroups/${name}?api-version=2021-04-01`;
    expect((await run.arm('HEAD', group('app-rg'))).status).toBe(204);
    expect((await run.arm('DELETE', group('App-RG'))).status).toBe(202);
    expect((await run.arm('HEAD', group('App-RG'))).status).toBe(404);
    expect(
      (await run.arm('GET', `${SUBSCRIPTION}/providers/Microsoft.Compute/disks?${DISK_VERSION}`)).body.value,
    ).toEqual([]);
    expect((await run.arm('PUT', group('App-RG'), { location: 'westeurope' })).status).toBe(201);
    expect((await run.arm('GET', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`)).status).toBe(200);
  });

  it('a full snapshot, and a copy of a snapshot, are chains of their own', async () => {
    await run.arm('PUT', `${SNAPSHOT_PATH}/s1?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/data`));
    await run.arm('PUT', `${SNAPSHOT_PATH}/full?${DISK_VERSION}`, {
      ...snapshotBody(`${DISK_PATH}/data`, { incremental: false }),
      sku: { name: 'Standard_LRS' },
    });
    await run.arm('PUT', `${SNAPSHOT_PATH}/copy?${DISK_VERSION}`, snapshotBody(`${SNAPSHOT_PATH}/s1`));
    const { chains, totalBytes } = (await run.admin('GET', '/sandbox/bill')).body;
    expect(chains.map((each: { storedBytes: number }) => each.storedBytes)).toEqual([
      16 * 2 ** 20,
      16 * 2 ** 20,
      16 * 2 ** 20,
    ]);
    expect(totalBytes).toBe(48 * 2 ** 20);
    expect(new Set(chains.map((each: { familyId: string | null }) => each.familyId)).size).toBe(3);
  });
});
