import { AnonymousCredential, PageBlobClient, type StoragePipelineOptions } from '@azure/storage-blob';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DISK_PATH, GIB, type Run, START_MS, startRun } from './start.ts';

const WINDOW = { updateIntervalInMs: 1 };

describe('the real @azure/arm-compute', () => {
  let run: Run;
  beforeEach(async () => {
    run = await startRun();
  });
  afterEach(() => run.close());

  const take = (name: string, diskName = 'data') =>
    run.client.snapshots.createOrUpdate(
      'holdfast',
      name,
      {
        location: 'westeurope',
        sku: { name: 'Standard_ZRS' },
        incremental: true,
        creationData: { createOption: 'Copy', sourceResourceId: `${DISK_PATH}/${diskName}` },
        tags: { managedBy: 'holdfast' },
      },
      WINDOW,
    );

  it('creates, reads, lists, patches and deletes snapshots', async () => {
    const created = await take('s1');
    expect(created).toMatchObject({ name: 's1', provisioningState: 'Succeeded', incremental: true, diskSizeGB: 32 });
    expect(created.id).toBe((await run.client.snapshots.get('HOLDFAST', 'S1')).id);
    const disk = await run.client.disks.get('App-RG', 'data');
    expect(created.creationData?.sourceUniqueId).toBe(disk.uniqueId);
    expect(created.incrementalSnapshotFamilyId).toBeTruthy();
    const patched = await run.client.snapshots.update(
      'holdfast',
      's1',
      { tags: { a: 'b' }, networkAccessPolicy: 'DenyAll' },
      WINDOW,
    );
    expect(patched).toMatchObject({ tags: { a: 'b' }, networkAccessPolicy: 'DenyAll' });
    await take('s2');
    const names: (string | undefined)[] = [];
    for await (const each of run.client.snapshots.list()) names.push(each.name);
    expect(names).toEqual(['s1', 's2']);
    await run.client.snapshots.delete('holdfast', 's1', WINDOW);
    await expect(run.client.snapshots.get('holdfast', 's1')).rejects.toMatchObject({
      statusCode: 404,
      code: 'ResourceNotFound',
    });
    await run.client.snapshots.delete('holdfast', 'never-was', WINDOW);
  });

  it('sends one PUT with submitted(), and finishes when the clock has moved', async () => {
    run.sandbox.state.settings.snapshotMs = 10_000;
    const poller = take('s1');
    await poller.submitted();
    expect((await run.client.snapshots.get('holdfast', 's1')).provisioningState).toBe('Updating');
    await run.admin('POST', '/sandbox/clock', { advanceMs: 10_000 });
    const snapshot = await run.client.snapshots.get('holdfast', 's1');
    expect(snapshot.provisioningState).toBe('Succeeded');
    expect(snapshot.timeCreated?.getTime()).toBe(START_MS);
    const counts = (await run.admin('GET', '/sandbox/counts')).body.byRoute as Record<string, number>;
    expect(Object.entries(counts).filter(([route]) => route.startsWith('PUT'))).toHaveLength(1);
  });

  it('pages lists by nextLink', async () => {
    run.sandbox.state.settings.pageSize = 2;
    for (const name of ['a', 'b', 'c', 'd', 'e']) await take(name);
    const pages: number[] = [];
    for await (const page of run.client.snapshots.listByResourceGroup('holdfast').byPage()) pages.push(page.length);
    expect(pages).toEqual([2, 2, 1]);
  });

  it('grants access, reads page ranges and their difference, and revokes it', async () => {
    await take('s1');
    await run.admin('POST', '/sandbox/estate/write', { diskId: `${DISK_PATH}/data`, offset: GIB, seededLength: 8192 });
    await take('s2');
    const [one, two] = await Promise.all(
      ['s1', 's2'].map((name) =>
        run.client.snapshots.grantAccess('holdfast', name, { access: 'Read', durationInSeconds: 3600 }, WINDOW),
      ),
    );
    expect((await run.client.snapshots.get('holdfast', 's1')).diskState).toBe('ActiveSAS');
    const options: StoragePipelineOptions & { tlsOptions: { ca: string } } = { tlsOptions: { ca: run.ca } };
    const blob = new PageBlobClient(two?.accessSAS ?? '', new AnonymousCredential(), options);
    expect((await blob.getProperties()).contentLength).toBeGreaterThanOrEqual(32 * GIB);
    const diff = await blob.getPageRangesDiffForManagedDisks(0, 32 * GIB, one?.accessSAS ?? '');
    expect(diff.pageRange).toEqual([{ offset: GIB, count: 8191 }]);
    const read = await blob.downloadToBuffer(GIB, 8192);
    const truth = await run.admin('GET', `/sandbox/estate/read?id=${DISK_PATH}/data&offset=${GIB}&length=8192`);
    expect(read.equals(truth.body as Buffer)).toBe(true);
    await expect(run.client.snapshots.delete('holdfast', 's1', WINDOW)).rejects.toMatchObject({ statusCode: 409 });
    await run.client.snapshots.revokeAccess('holdfast', 's2', WINDOW);
    await expect(blob.getProperties()).rejects.toMatchObject({ statusCode: 403 });
  });

  it('restores a disk from a snapshot with the same bytes', async () => {
    await take('s1');
    const created = await run.client.disks.createOrUpdate(
      'App-RG',
      'restored',
      {
        location: 'westeurope',
        sku: { name: 'Premium_LRS' },
        diskSizeGB: 64,
        creationData: {
          createOption: 'Copy',
          sourceResourceId: (await run.client.snapshots.get('holdfast', 's1')).id ?? '',
        },
      },
      WINDOW,
    );
    expect(created).toMatchObject({ name: 'restored', diskSizeGB: 64, diskState: 'Unattached' });
    const digests = await Promise.all(
      [`${DISK_PATH}/restored`, `${DISK_PATH}/data`].map((id) => run.admin('GET', `/sandbox/estate/digest?id=${id}`)),
    );
    expect(digests[0]?.body.digest).toBe(digests[1]?.body.digest);
  });

  it('reads, stops, starts, creates and deletes virtual machines', async () => {
    const machine = await run.client.virtualMachines.get('App-RG', 'web-1', { expand: 'instanceView' });
    expect(machine.storageProfile?.dataDisks?.[0]).toMatchObject({ lun: 0, name: 'data' });
    expect(machine.instanceView?.statuses?.[1]?.code).toBe('PowerState/running');
    await run.client.virtualMachines.deallocate('App-RG', 'Web-1', WINDOW);
    expect((await run.client.disks.get('App-RG', 'os')).diskState).toBe('Reserved');
    await run.client.virtualMachines.start('App-RG', 'Web-1', WINDOW);
    expect((await run.client.virtualMachines.instanceView('App-RG', 'Web-1')).statuses?.[1]?.code).toBe(
      'PowerState/running',
    );
    await expect(run.client.disks.delete('App-RG', 'data', WINDOW)).rejects.toMatchObject({ statusCode: 409 });
    await run.client.virtualMachines.delete('App-RG', 'Web-1', WINDOW);
    expect((await run.client.disks.get('App-RG', 'data')).diskState).toBe('Unattached');
    const again = await run.client.virtualMachines.createOrUpdate(
      'App-RG',
      'Web-2',
      {
        location: 'westeurope',
        hardwareProfile: { vmSize: 'Standard_D2s_v5' },
        storageProfile: {
          osDisk: { createOption: 'Attach', osType: 'Linux', managedDisk: { id: `${DISK_PATH}/os` } },
          dataDisks: [{ lun: 1, createOption: 'Attach', managedDisk: { id: `${DISK_PATH}/data` } }],
        },
        networkProfile: { networkInterfaces: [{ id: machine.networkProfile?.networkInterfaces?.[0]?.id ?? '' }] },
      },
      WINDOW,
    );
    expect(again).toMatchObject({ name: 'Web-2', provisioningState: 'Succeeded' });
    expect((await run.client.disks.get('App-RG', 'os')).managedBy).toBe(again.id);
  });

  it('fails a poller whose operation failed', async () => {
    await run.admin('POST', '/sandbox/faults', { method: 'PUT', path: '/snapshots/', action: 'failed-operation' });
    await expect(take('s1')).rejects.toThrow();
    expect((await run.client.snapshots.get('holdfast', 's1')).provisioningState).toBe('Failed');
  });
});
