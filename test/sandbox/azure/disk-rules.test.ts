import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Estate } from '../../../src/sandbox/azure/estate.ts';
import { DISK_PATH, DISK_VERSION, GROUP_PATH, MIB, type Run, SMALL, SNAPSHOT_PATH, startRun } from './start.ts';

const QUICK = { updateIntervalInMs: 1 };
const MINUTE_MS = 60_000;
const ESTATE: Estate = {
  ...SMALL,
  disks: [
    ...(SMALL.disks ?? []),
    {
      resourceGroup: 'App-RG',
      name: 'fast',
      region: 'westeurope',
      sizeGiB: 64,
      sku: 'PremiumV2_LRS',
      zones: ['1'],
      allocatedBytes: 20 * MIB,
    },
    {
      resourceGroup: 'App-RG',
      name: 'fast-512',
      region: 'westeurope',
      sizeGiB: 64,
      sku: 'UltraSSD_LRS',
      zones: ['1'],
      logicalSectorSize: 512,
    },
    { resourceGroup: 'App-RG', name: 'big', region: 'westeurope', sizeGiB: 4_000 },
  ],
};

let run: Run;
beforeEach(async () => {
  run = await startRun({ estate: ESTATE });
  run.sandbox.state.settings.copyMiBPerSecond = 1;
  run.sandbox.state.settings.copyLeastMs = 10_000;
});
afterEach(() => run.close());

const take = (name: string, disk: string, more: Record<string, unknown> = {}, incremental = true) =>
  run.client.snapshots.createOrUpdate(
    'holdfast',
    name,
    {
      location: 'westeurope',
      incremental,
      creationData: { createOption: 'Copy', sourceResourceId: `${DISK_PATH}/${disk}`, ...more },
    },
    QUICK,
  );
const read = (name: string) => run.client.snapshots.get('holdfast', name);
const pass = (advanceMs: number) => run.admin('POST', '/sandbox/clock', { advanceMs });
const restore = (name: string, snapshot: string, sku: string, more: Record<string, unknown> = {}) =>
  run.client.disks.createOrUpdate(
    'App-RG',
    name,
    {
      location: 'westeurope',
      zones: ['1'],
      sku: { name: sku },
      creationData: { createOption: 'Copy', sourceResourceId: `${SNAPSHOT_PATH}/${snapshot}` },
      ...more,
    },
    QUICK,
  );
const refused = (statusCode: number, message: RegExp) => ({ statusCode, message: expect.stringMatching(message) });

describe('snapshots of Premium SSD v2 and Ultra disks', () => {
  it('are pending until their bytes are there', async () => {
    const taken = await take('s1', 'fast');
    expect(taken).toMatchObject({
      provisioningState: 'Succeeded',
      completionPercent: 0,
      snapshotAccessState: 'Pending',
    });
    await expect(restore('r', 's1', 'PremiumV2_LRS')).rejects.toMatchObject(refused(409, /not ready/));
    await pass(10_000);
    expect((await read('s1')).completionPercent).toBe(50);
    await pass(10_000);
    expect(await read('s1')).toMatchObject({ completionPercent: 100, snapshotAccessState: 'Available' });
    expect((await restore('r', 's1', 'PremiumV2_LRS')).creationData?.logicalSectorSize).toBe(4096);
  });

  it('are incremental, three at a time', async () => {
    await expect(take('full', 'fast', {}, false)).rejects.toMatchObject(refused(400, /incremental/));
    for (const name of ['a', 'b', 'c']) await take(name, 'fast');
    await expect(take('d', 'fast')).rejects.toMatchObject(refused(409, /being completed/));
    await take('other', 'fast-512');
    await pass(20_000);
    await take('d', 'fast');
  });

  it('with instant access restore at once, at the size of their source', async () => {
    await take('s1', 'fast', { instantAccessDurationMinutes: 60 });
    expect((await read('s1')).snapshotAccessState).toBe('InstantAccess');
    await expect(restore('r', 's1', 'PremiumV2_LRS', { diskSizeGB: 128 })).rejects.toMatchObject(
      refused(400, /larger/),
    );
    await restore('r', 's1', 'PremiumV2_LRS');
    await pass(20_000);
    expect((await read('s1')).snapshotAccessState).toBe('AvailableWithInstantAccess');
    await pass(60 * MINUTE_MS);
    expect((await read('s1')).snapshotAccessState).toBe('Available');
    await expect(take('s2', 'fast', { instantAccessDurationMinutes: 30 })).rejects.toMatchObject({ statusCode: 400 });
    await expect(take('s3', 'data', { instantAccessDurationMinutes: 60 })).rejects.toMatchObject({ statusCode: 400 });
  });

  it('of 4096-byte sectors become such disks only, and are no VHD', async () => {
    await take('s4', 'fast');
    await take('s5', 'fast-512');
    await pass(60_000);
    await expect(restore('r4', 's4', 'Premium_LRS')).rejects.toMatchObject(refused(400, /4096/));
    await restore('r5', 's5', 'Premium_LRS');
    const grant = (name: string, more = {}) =>
      run.arm('POST', `${SNAPSHOT_PATH}/${name}/beginGetAccess?${DISK_VERSION}`, {
        access: 'Read',
        durationInSeconds: 60,
        ...more,
      });
    expect((await grant('s4', { fileFormat: 'VHD' })).status).toBe(400);
    const vhdx = await grant('s4', { fileFormat: 'VHDX' });
    expect(vhdx.status).toBe(202);
    const { accessSAS } = (await run.arm('GET', vhdx.headers.get('location') ?? '')).body;
    expect((await run.arm('GET', `${accessSAS}&comp=pagelist`, undefined, { authorization: '' })).status).toBe(409);
    expect((await run.arm('GET', accessSAS, undefined, { authorization: '' })).status).toBe(501);
    expect((await grant('s5')).status).toBe(202);
  });

  it('fail while they are pending when their disk is resized or goes', async () => {
    await take('s1', 'fast');
    await run.client.disks.update('App-RG', 'fast', { diskSizeGB: 128 }, QUICK);
    expect((await read('s1')).provisioningState).toBe('Failed');
    await take('s2', 'fast');
    await run.client.disks.delete('App-RG', 'fast', QUICK);
    expect((await read('s2')).provisioningState).toBe('Failed');
    expect((await run.admin('GET', '/sandbox/bill')).body.totalBytes).toBe(0);
  });
});

describe('disks', () => {
  type Row = [name: string, body: Record<string, unknown>, status: number];
  const empty = (diskSizeGB: number, creation = {}) => ({
    creationData: { createOption: 'Empty', ...creation },
    diskSizeGB,
  });
  const rows: Row[] = [
    ['v2 without a zone', { sku: { name: 'PremiumV2_LRS' }, properties: empty(8) }, 400],
    ['v2 in a zone', { sku: { name: 'PremiumV2_LRS' }, zones: ['2'], properties: empty(8) }, 202],
    ['ZRS in a zone', { sku: { name: 'Premium_ZRS' }, zones: ['1'], properties: empty(8) }, 400],
    ['a fourth zone', { sku: { name: 'Premium_LRS' }, zones: ['4'], properties: empty(8) }, 400],
    ['40 TiB of Premium SSD', { sku: { name: 'Premium_LRS' }, properties: empty(40_960) }, 400],
    ['40 TiB of Ultra', { sku: { name: 'UltraSSD_LRS' }, zones: ['1'], properties: empty(40_960) }, 202],
    [
      'performance plus on 512 GiB',
      { sku: { name: 'Premium_LRS' }, properties: empty(512, { performancePlus: true }) },
      400,
    ],
    [
      'performance plus on 513 GiB',
      { sku: { name: 'Premium_LRS' }, properties: empty(513, { performancePlus: true }) },
      202,
    ],
    [
      'performance plus on v2',
      { sku: { name: 'PremiumV2_LRS' }, zones: ['1'], properties: empty(600, { performancePlus: true }) },
      400,
    ],
    [
      '4 KiB sectors of Premium SSD',
      { sku: { name: 'Premium_LRS' }, properties: empty(8, { logicalSectorSize: 4096 }) },
      400,
    ],
    ['keys of a customer', { properties: { ...empty(8), encryption: { diskEncryptionSetId: '/des' } } }, 501],
    ['a network policy that there is not', { properties: { ...empty(8), networkAccessPolicy: 'Perhaps' } }, 400],
  ];
  it.each(rows)('%s', async (_name, body, status) => {
    expect((await run.arm('PUT', `${DISK_PATH}/x?${DISK_VERSION}`, { location: 'westeurope', ...body })).status).toBe(
      status,
    );
  });

  it('of a running machine keep their kind, OS disks their size, others may grow', async () => {
    const update = (name: string, body: Record<string, unknown>) =>
      run.client.disks.update('App-RG', name, body, QUICK);
    await expect(update('data', { sku: { name: 'StandardSSD_LRS' } })).rejects.toMatchObject({ statusCode: 409 });
    await expect(update('os', { diskSizeGB: 8 })).rejects.toMatchObject({ statusCode: 409 });
    await update('data', { diskSizeGB: 64 });
    await expect(update('data', { diskSizeGB: 5_000 })).rejects.toMatchObject({ statusCode: 409 });
    await run.client.virtualMachines.deallocate('App-RG', 'Web-1', QUICK);
    await update('data', { sku: { name: 'StandardSSD_LRS' } });
    expect((await update('os', { diskSizeGB: 8 })).diskSizeGB).toBe(8);
  });

  it('resized over 4 TiB cannot be compared with what was before', async () => {
    await take('before', 'big');
    await run.client.disks.update('App-RG', 'big', { diskSizeGB: 5_000 }, QUICK);
    await take('after', 'big');
    await take('later', 'big');
    const sas = async (name: string) =>
      (await run.client.snapshots.grantAccess('holdfast', name, { access: 'Read', durationInSeconds: 60 }, QUICK))
        .accessSAS ?? '';
    const [before, after, later] = await Promise.all(['before', 'after', 'later'].map(sas));
    const diff = (url = '', previous = '') =>
      run.arm('GET', `${url}&comp=pagelist`, undefined, {
        authorization: '',
        'x-ms-version': '2021-12-02',
        'x-ms-previous-snapshot-url': previous,
      });
    expect((await diff(after, before)).status).toBe(409);
    expect((await diff(later, after)).status).toBe(200);
  });
});

describe('a machine', () => {
  const NICS = `${GROUP_PATH}/providers/Microsoft.Network/networkInterfaces`;
  const create = async (more: {
    os?: string;
    data?: string[];
    zones?: string[];
    location?: string;
    nics?: string[];
  }): Promise<number> => {
    const subnet = { id: `${GROUP_PATH}/providers/Microsoft.Network/virtualNetworks/App-RG-vnet/subnets/default` };
    const nic = await run.arm('PUT', `${NICS}/n?api-version=2024-05-01`, {
      location: 'westeurope',
      properties: { ipConfigurations: [{ name: 'a', properties: { subnet } }] },
    });
    expect(nic.status).toBe(201);
    const disk = (name: string) => ({ createOption: 'Attach', managedDisk: { id: `${DISK_PATH}/${name}` } });
    const answer = await run.arm(
      'PUT',
      `${GROUP_PATH}/providers/Microsoft.Compute/virtualMachines/New?api-version=2026-04-01`,
      {
        location: more.location ?? 'westeurope',
        ...(more.zones === undefined ? {} : { zones: more.zones }),
        properties: {
          hardwareProfile: { vmSize: 'Standard_D2s_v5' },
          storageProfile: {
            osDisk: disk(more.os ?? 'loose'),
            dataDisks: (more.data ?? []).map((name, lun) => ({ lun, ...disk(name) })),
          },
          networkProfile: { networkInterfaces: (more.nics ?? [`${NICS}/n`]).map((id) => ({ id })) },
        },
      },
    );
    return answer.status;
  };

  it.each([
    ['is made of what fits', {}, 201],
    ['does not take a zonal disk without its zone', { data: ['fast'] }, 400],
    ['does not take a disk of the region into a zone', { zones: ['1'], data: ['fast'] }, 400],
    ['does not start from v2', { zones: ['1'], os: 'fast' }, 400],
    ['does not start from a disk of another machine', { os: 'os' }, 409],
    ['does not reach over regions', { location: 'northeurope' }, 400],
    ['needs a network interface', { nics: [] }, 400],
    ['needs one that is there', { nics: [`${NICS}/none`] }, 400],
  ])('%s', async (_name, more, status) => {
    expect(await create(more)).toBe(status);
  });

  it('changes its OS disk for one of the same system, also by PUT only while deallocated', async () => {
    await run.admin('POST', '/sandbox/estate', {
      disks: [
        { resourceGroup: 'App-RG', name: 'win', region: 'westeurope', sizeGiB: 4, osType: 'Windows' },
        { resourceGroup: 'App-RG', name: 'os2', region: 'westeurope', sizeGiB: 4, osType: 'Linux' },
      ],
    });
    const swap = (name: string) =>
      run.client.virtualMachines.update(
        'App-RG',
        'Web-1',
        { storageProfile: { osDisk: { createOption: 'Attach', name, managedDisk: { id: `${DISK_PATH}/${name}` } } } },
        QUICK,
      );
    await expect(swap('os2')).rejects.toMatchObject(refused(409, /deallocated/));
    await run.client.virtualMachines.deallocate('App-RG', 'Web-1', QUICK);
    await expect(swap('win')).rejects.toMatchObject(refused(409, /osType/));
    await expect(swap('data')).rejects.toMatchObject({ statusCode: 400 });
    await swap('os2');
    expect((await run.client.disks.get('App-RG', 'os')).diskState).toBe('Unattached');
    expect((await run.client.disks.get('App-RG', 'os2')).diskState).toBe('Reserved');
  });

  it('lets go of disks that it has, and of no others', async () => {
    const change = (body: Parameters<typeof run.client.virtualMachines.attachDetachDataDisks>[2]) =>
      run.client.virtualMachines.attachDetachDataDisks('App-RG', 'Web-1', body, QUICK);
    await expect(change({ dataDisksToDetach: [{ diskId: `${DISK_PATH}/loose` }] })).rejects.toMatchObject({
      statusCode: 400,
    });
    await expect(change({ dataDisksToAttach: [{ diskId: `${DISK_PATH}/loose`, lun: 0 }] })).rejects.toMatchObject({
      statusCode: 400,
    });
    await change({
      dataDisksToDetach: [{ diskId: `${DISK_PATH}/data` }],
      dataDisksToAttach: [{ diskId: `${DISK_PATH}/loose` }],
    });
    expect((await run.client.disks.get('App-RG', 'loose')).diskState).toBe('Attached');
    await run.client.disks.delete('App-RG', 'data', QUICK);
  });
});
