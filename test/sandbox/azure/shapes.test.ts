import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkType, DISK_TYPES, havePublishedTypes, resourceType } from '../types/published-types.ts';
import { DISK_PATH, DISK_VERSION, type Run, SNAPSHOT_PATH, startRun } from './start.ts';

describe.skipIf(!havePublishedTypes)('snapshots in their rarer states are of the published shape', () => {
  let run: Run;
  const put = (name: string, location: string, creationData: Record<string, unknown>) =>
    run.arm('PUT', `${SNAPSHOT_PATH}/${name}?${DISK_VERSION}`, {
      location,
      properties: { creationData, incremental: true },
    });

  beforeAll(async () => {
    run = await startRun();
    await run.admin('POST', '/sandbox/estate', {
      disks: [
        { resourceGroup: 'App-RG', name: 'fast', region: 'westeurope', sizeGiB: 8, sku: 'PremiumV2_LRS', zones: ['1'] },
      ],
    });
    const source = (id: string) => ({ createOption: 'Copy', sourceResourceId: id });
    await put('pending', 'westeurope', { ...source(`${DISK_PATH}/fast`), instantAccessDurationMinutes: 60 });
    for (const [name, disk] of [
      ['gone', 'data'],
      ['stays', 'loose'],
    ]) {
      await put(`${name}-source`, 'westeurope', source(`${DISK_PATH}/${disk}`));
      await put(`${name}-copy`, 'northeurope', {
        createOption: 'CopyStart',
        sourceResourceId: `${SNAPSHOT_PATH}/${name}-source`,
        provisionedBandwidthCopySpeed: 'Enhanced',
      });
    }
    await run.arm('DELETE', `${SNAPSHOT_PATH}/gone-source?${DISK_VERSION}`);
    await run.arm('POST', `${SNAPSHOT_PATH}/stays-source/updateImmutabilityPolicy?${DISK_VERSION}`, {
      type: 'Unlocked',
      immutabilityDurationDays: 1,
    });
  });
  afterAll(() => run.close());

  it.each([
    ['pending, with instant access', 'pending', { snapshotAccessState: 'InstantAccess' }],
    ['under copy', 'stays-copy', { completionPercent: 0, snapshotAccessState: 'Pending' }],
    ['a copy that failed', 'gone-copy', { copyCompletionError: { errorCode: 'CopySourceNotFound' } }],
    ['immutable', 'stays-source', { immutabilityPolicy: { type: 'Unlocked', isPolicyExpired: false } }],
  ])('%s', async (_name, name, properties) => {
    const { body } = await run.arm('GET', `${SNAPSHOT_PATH}/${name}?${DISK_VERSION}`);
    expect(body.properties).toMatchObject(properties);
    expect(checkType(resourceType(DISK_TYPES, 'Microsoft.Compute/snapshots'), body, 'answer')).toEqual([]);
  });
});
