import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { havePublishedTypes, PublishedTypes } from './published-types.ts';
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

describe.skipIf(!havePublishedTypes)('answers are of the published shape', () => {
  let run: Run;
  const disks = havePublishedTypes ? new PublishedTypes('compute.2026-03-02.types.json') : null;
  const machines = havePublishedTypes ? new PublishedTypes('compute.2026-04-01.types.json') : null;
  const MACHINES = `${GROUP_PATH}/providers/Microsoft.Compute/virtualMachines`;

  beforeAll(async () => {
    run = await startRun();
    await run.arm('PUT', `${SNAPSHOT_PATH}/plain?${DISK_VERSION}`, snapshotBody(`${DISK_PATH}/data`));
    await run.arm('PUT', `${SNAPSHOT_PATH}/os?${DISK_VERSION}`, {
      ...snapshotBody(`${DISK_PATH}/os`, {
        incremental: false,
        networkAccessPolicy: 'AllowAll',
        dataAccessAuthMode: 'None',
      }),
      sku: { name: 'Premium_LRS' },
    });
    await run.arm('POST', `${SNAPSHOT_PATH}/plain/beginGetAccess?${DISK_VERSION}`, {
      access: 'Read',
      durationInSeconds: 60,
    });
    await run.arm('PUT', `${DISK_PATH}/copy?${DISK_VERSION}`, {
      location: 'westeurope',
      zones: ['1'],
      properties: {
        creationData: {
          createOption: 'Copy',
          sourceResourceId: `${SNAPSHOT_PATH}/os`,
        },
      },
    });
  });
  afterAll(() => run.close());

  it.each([
    ['disks', () => disks, 'Microsoft.Compute/disks', `${DISK_PATH}?${DISK_VERSION}`, 4],
    ['snapshots', () => disks, 'Microsoft.Compute/snapshots', `${SNAPSHOT_PATH}?${DISK_VERSION}`, 2],
    ['machines', () => machines, 'Microsoft.Compute/virtualMachines', `${MACHINES}?api-version=2026-04-01`, 1],
  ])('%s', async (_name, types, resource, path, count) => {
    const { value } = (await run.arm('GET', path)).body as {
      value: unknown[];
    };
    expect(value).toHaveLength(count);
    for (const each of value) expect(types()?.check(resource, each, 'answer')).toEqual([]);
  });

  it('a machine with its instance view', async () => {
    const { body } = await run.arm('GET', `${MACHINES}/Web-1?$expand=instanceView&api-version=2026-04-01`);
    expect(machines?.check('Microsoft.Compute/virtualMachines', body, 'answer')).toEqual([]);
  });

  it('what is accepted is of the published shape too', async () => {
    const body = snapshotBody(`${DISK_PATH}/data`, {
      networkAccessPolicy: 'DenyAll',
      publicNetworkAccess: 'Disabled',
    });
    expect(disks?.check('Microsoft.Compute/snapshots', body, 'request')).toEqual([]);
    const wrong = snapshotBody(`${DISK_PATH}/data`, { magic: true });
    expect(disks?.check('Microsoft.Compute/snapshots', wrong, 'request')).toEqual([
      'Microsoft.Compute/snapshots.properties.magic: is not published',
    ]);
    expect(
      (await run.arm('PUT', `${OWN_PATH}/providers/Microsoft.Compute/snapshots/w?${DISK_VERSION}`, wrong)).status,
    ).toBe(400);
  });
});
