import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DISK_PATH, DISK_VERSION, MIB, type Run, SNAPSHOT_PATH, startRun } from './start.ts';

const QUICK = { updateIntervalInMs: 1 };
const DATA = `${DISK_PATH}/data`;

let run: Run;
beforeEach(async () => {
  run = await startRun();
  run.sandbox.state.settings.copyMiBPerSecond = 1;
  run.sandbox.state.settings.copyLeastMs = 10_000;
});
afterEach(() => run.close());

const take = (name: string, disk = 'data') =>
  run.client.snapshots.createOrUpdate(
    'holdfast',
    name,
    {
      location: 'westeurope',
      sku: { name: 'Standard_ZRS' },
      incremental: true,
      creationData: {
        createOption: 'Copy',
        sourceResourceId: `${DISK_PATH}/${disk}`,
      },
    },
    QUICK,
  );

const copy = (source: string, name: string, more: Record<string, unknown> = {}) =>
  run.client.snapshots.createOrUpdate(
    'holdfast',
    name,
    {
      location: 'northeurope',
      sku: { name: 'Standard_ZRS' },
      incremental: true,
      creationData: {
        createOption: 'CopyStart',
        sourceResourceId: `${SNAPSHOT_PATH}/${source}`,
        ...more,
      },
    },
    QUICK,
  );

const pass = (ms: number) => run.admin('POST', '/sandbox/clock', { advanceMs: ms });
const read = (name: string) => run.client.snapshots.get('holdfast', name);
const write = (offset: number, length: number) =>
  run.admin('POST', '/sandbox/estate/write', {
    diskId: DATA,
    offset,
    seededLength: length,
  });
const storedOf = async (name: string): Promise<number> => {
  const { chains } = (await run.admin('GET', '/sandbox/bill')).body as {
    chains: { snapshots: { name: string; storedBytes: number }[] }[];
  };
  return chains.flatMap((each) => each.snapshots).find((each) => each.name === name)?.storedBytes ?? -1;
};

describe('a copy to another region', () => {
  it('grows with the clock, and can be used when it is done', async () => {
    await take('s1');
    const begun = await copy('s1', 'c1');
    expect(begun).toMatchObject({
      provisioningState: 'Succeeded',
      completionPercent: 0,
      location: 'northeurope',
    });
    await pass(8_000);
    expect((await read('c1')).completionPercent).toBe(50);
    await expect(
      run.client.snapshots.grantAccess('holdfast', 'c1', { access: 'Read', durationInSeconds: 60 }, QUICK),
    ).rejects.toMatchObject({ statusCode: 409 });
    await pass(7_999);
    expect((await read('c1')).completionPercent).toBe(99);
    await pass(1);
    expect((await read('c1')).completionPercent).toBe(100);
    const restored = await run.client.disks.createOrUpdate(
      'App-RG',
      'far',
      {
        location: 'northeurope',
        creationData: {
          createOption: 'Copy',
          sourceResourceId: begun.id ?? '',
        },
      },
      QUICK,
    );
    const digests = await Promise.all(
      [`${SNAPSHOT_PATH}/s1`, restored.id].map(
        async (id) => (await run.admin('GET', `/sandbox/estate/digest?id=${id}`)).body.digest,
      ),
    );
    expect(digests[0]).toBe(digests[1]);
  });

  it('is full at first, then a difference, in a family of its own', async () => {
    await take('s1');
    await write(0, 3 * MIB);
    await take('s2');
    await copy('s1', 'c1');
    await pass(60_000);
    await run.client.snapshots.delete('holdfast', 's1', QUICK);
    await copy('s2', 'c2');
    await pass(60_000);
    const [first, second, source] = await Promise.all(['c1', 'c2', 's2'].map(read));
    expect(first?.incrementalSnapshotFamilyId).toBe(second?.incrementalSnapshotFamilyId);
    expect(first?.incrementalSnapshotFamilyId).not.toBe(source?.incrementalSnapshotFamilyId);
    expect(second?.creationData?.sourceUniqueId).toBe(source?.uniqueId);
    expect(await storedOf('c1')).toBe(16 * MIB);
    expect(await storedOf('c2')).toBe(3 * MIB);
    expect((await run.admin('GET', `/sandbox/estate/digest?id=${SNAPSHOT_PATH}/c2`)).body.digest).toBe(
      (await run.admin('GET', `/sandbox/estate/digest?id=${SNAPSHOT_PATH}/s2`)).body.digest,
    );
  });

  it('goes four times as fast where asked', async () => {
    run.sandbox.state.settings.copyLeastMs = 0;
    await take('s1');
    await copy('s1', 'c1', { provisionedBandwidthCopySpeed: 'Enhanced' });
    await pass(2_000);
    expect((await read('c1')).completionPercent).toBe(50);
    await pass(2_000);
    expect((await read('c1')).completionPercent).toBe(100);
  });

  it('fails when its source goes, and leaves what comes next whole', async () => {
    await take('s1');
    await copy('s1', 'c1');
    await pass(4_000);
    await take('s2');
    await run.client.snapshots.delete('holdfast', 's1', QUICK);
    await pass(60_000);
    const failed = await read('c1');
    expect(failed.copyCompletionError?.errorCode).toBe('CopySourceNotFound');
    expect(failed.completionPercent).toBe(25);
    expect(await storedOf('c1')).toBe(-1);
    await expect(
      run.client.disks.createOrUpdate(
        'App-RG',
        'no',
        {
          location: 'northeurope',
          creationData: {
            createOption: 'Copy',
            sourceResourceId: failed.id ?? '',
          },
        },
        QUICK,
      ),
    ).rejects.toMatchObject({ statusCode: 409 });
    await copy('s2', 'c2');
    await pass(60_000);
    expect(await storedOf('c2')).toBe(16 * MIB);
    await run.client.snapshots.delete('holdfast', 'c1', QUICK);
    await run.client.snapshots.delete('holdfast', 'c2', QUICK);
    expect((await run.admin('GET', '/sandbox/bill')).body.chains).toHaveLength(1);
  });

  it('that is stuck does not end, and holds up the next', async () => {
    await take('s1');
    await run.admin('POST', '/sandbox/faults', { method: 'PUT', path: '/snapshots/c1', action: 'stuck-operation' });
    const body = {
      location: 'northeurope',
      properties: {
        creationData: { createOption: 'CopyStart', sourceResourceId: `${SNAPSHOT_PATH}/s1` },
        incremental: true,
      },
    };
    await run.arm('PUT', `${SNAPSHOT_PATH}/c1?${DISK_VERSION}`, body);
    await pass(3_600_000);
    expect((await read('c1')).completionPercent).toBe(99);
    expect((await run.arm('PUT', `${SNAPSHOT_PATH}/c2?${DISK_VERSION}`, body)).status).toBe(409);
    await run.client.snapshots.delete('holdfast', 'c1', QUICK);
    expect((await run.arm('PUT', `${SNAPSHOT_PATH}/c2?${DISK_VERSION}`, body)).status).toBe(202);
  });

  it('one of a disk at a time, in the order of creation', async () => {
    await take('s1');
    await take('s2');
    await copy('s2', 'c2');
    await expect(copy('s1', 'c1')).rejects.toMatchObject({
      statusCode: 409,
      message: expect.stringMatching(/being copied/),
    });
    await pass(60_000);
    await expect(copy('s1', 'c1')).rejects.toMatchObject({
      statusCode: 409,
      message: expect.stringMatching(/order of their creation/),
    });
    await take('other', 'loose');
    await copy('other', 'c3');
  });

  it.each([
    ['of a full snapshot', 's1', { incremental: false }, 400],
    ['inside a region', 's1', { location: 'westeurope' }, 400],
    ['of a disk', `${DATA}`, {}, 404],
    ['of nothing', 'none', {}, 404],
  ])('is refused %s', async (_name, source, more, status) => {
    await take('s1');
    const id = source.startsWith('/') ? source : `${SNAPSHOT_PATH}/${source}`;
    const { incremental = true, location = 'northeurope' } = more as {
      incremental?: boolean;
      location?: string;
    };
    const answer = await run.arm('PUT', `${SNAPSHOT_PATH}/c1?${DISK_VERSION}`, {
      location,
      properties: {
        creationData: { createOption: 'CopyStart', sourceResourceId: id },
        incremental,
      },
    });
    expect(answer.status).toBe(status);
  });

  it('a hundred into a region at a time', async () => {
    const disks = Array.from({ length: 101 }, (_, at) => ({
      resourceGroup: 'App-RG',
      name: `many-${at}`,
      region: 'westeurope',
      sizeGiB: 1,
    }));
    await run.admin('POST', '/sandbox/estate', { disks });
    const status: number[] = [];
    for (const { name } of disks) {
      await run.arm('PUT', `${SNAPSHOT_PATH}/${name}?${DISK_VERSION}`, {
        location: 'westeurope',
        properties: {
          creationData: {
            createOption: 'Copy',
            sourceResourceId: `${DISK_PATH}/${name}`,
          },
          incremental: true,
        },
      });
      const copied = await run.arm('PUT', `${SNAPSHOT_PATH}/c-${name}?${DISK_VERSION}`, {
        location: 'northeurope',
        properties: {
          creationData: {
            createOption: 'CopyStart',
            sourceResourceId: `${SNAPSHOT_PATH}/${name}`,
          },
          incremental: true,
        },
      });
      status.push(copied.status);
    }
    expect(status.slice(0, 100).every((each) => each === 202)).toBe(true);
    expect(status[100]).toBe(429);
  });
});
