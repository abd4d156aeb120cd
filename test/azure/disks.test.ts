import { describe, expect, it } from 'vitest';
import { createDiskMaker } from '../../src/azure/disks.ts';
import { GIB } from '../../src/base/bytes.ts';
import {
  createFakeArm,
  DISK_ID,
  type FakeAnswer,
  inOrder,
  refusal,
  SNAPSHOT_ID,
  SUBSCRIPTION,
} from '../support/fake-arm.ts';

const OPERATION = 'https://arm.example/subscriptions/x/operations/1';
const REQUEST = {
  subscriptionId: SUBSCRIPTION,
  resourceGroup: 'rg',
  name: 'd1',
  region: 'westeurope',
  snapshotId: SNAPSHOT_ID,
  sku: 'Premium_LRS',
  zone: null,
  sizeGiB: 64,
  diskEncryptionSetId: null,
  tags: { restore: 'r1' },
};

describe('creating a disk', () => {
  it.each<[string, FakeAnswer, string | null]>([
    [
      'the status document',
      { status: 202, headers: { 'azure-asyncoperation': OPERATION, location: `${OPERATION}?m` } },
      OPERATION,
    ],
    ['the place of the result', { status: 202, headers: { location: OPERATION } }, OPERATION],
    ['nothing where Azure is done', { status: 200, body: { id: DISK_ID } }, null],
  ])('sends one PUT and gives back %s', async (_, answer, url) => {
    const fake = createFakeArm(inOrder(answer));
    expect(await createDiskMaker(fake.arm).createDisk(REQUEST)).toBe(url);
    expect(fake.calls()).toEqual(['PUT d1']);
    expect(fake.requests[0]?.body).toEqual({
      location: 'westeurope',
      sku: { name: 'Premium_LRS' },
      tags: { restore: 'r1' },
      properties: {
        creationData: { createOption: 'Copy', sourceResourceId: SNAPSHOT_ID },
        diskSizeGB: 64,
        networkAccessPolicy: 'DenyAll',
        publicNetworkAccess: 'Disabled',
      },
    });
  });

  it('gives what may boot what a machine needs to know of its system, as the snapshot has it', async () => {
    const properties = { osType: 'Linux', hyperVGeneration: 'V2', securityProfile: { securityType: 'TrustedLaunch' } };
    const fake = createFakeArm(
      inOrder({ status: 200, body: { id: SNAPSHOT_ID, properties } }, { status: 200, body: {} }),
    );
    await createDiskMaker(fake.arm).createDisk({ ...REQUEST, mayBoot: true });
    expect(fake.calls()).toEqual(['GET s1', 'PUT d1']);
    expect(fake.requests[1]?.body).toMatchObject({ properties });
  });

  it('names zone and encryption set where they are asked for', async () => {
    const fake = createFakeArm(inOrder({ status: 200, body: {} }));
    await createDiskMaker(fake.arm).createDisk({ ...REQUEST, zone: '2', diskEncryptionSetId: '/des' });
    expect(fake.requests[0]?.body).toMatchObject({
      zones: ['2'],
      properties: { encryption: { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId: '/des' } },
    });
  });
});

describe('an operation', () => {
  it.each<[string, FakeAnswer, object]>([
    [
      'runs',
      { status: 200, headers: { 'retry-after': '5' }, body: { status: 'InProgress', percentComplete: 40 } },
      { kind: 'running', retryAfterMs: 5_000, percent: 40 },
    ],
    ['runs, by its place', { status: 202 }, { kind: 'running', retryAfterMs: 2_000, percent: null }],
    ['is done', { status: 200, body: { status: 'Succeeded' } }, { kind: 'succeeded' }],
    ['is done, by its place', { status: 200, body: { id: DISK_ID } }, { kind: 'succeeded' }],
    ['is done without a word', { status: 204 }, { kind: 'succeeded' }],
    [
      'has failed',
      { status: 200, body: { status: 'Failed', error: { code: 'NoSpace', message: 'm' } } },
      { kind: 'failed', code: 'NoSpace', message: 'm' },
    ],
    ['was canceled', { status: 200, body: { status: 'Canceled' } }, { kind: 'failed', code: 'Canceled', message: '' }],
    [
      'has failed, by its place',
      refusal(409, 'OperationFailed', 'm'),
      { kind: 'failed', code: 'OperationFailed', message: 'm' },
    ],
  ])('%s', async (_, answer, state) => {
    const fake = createFakeArm(inOrder(answer));
    expect(await createDiskMaker(fake.arm).operation(OPERATION)).toEqual(state);
    expect(fake.requests).toHaveLength(1);
  });

  it('is not asked for elsewhere', async () => {
    const fake = createFakeArm(inOrder({ status: 200 }));
    const asked = createDiskMaker(fake.arm).operation('https://evil.example/operations/1');
    await expect(asked).rejects.toMatchObject({ code: 'azure-rejected' });
    expect(fake.requests).toEqual([]);
  });
});

describe('reading and deleting a disk', () => {
  it('reads it, and null for one that is gone', async () => {
    const body = {
      id: DISK_ID,
      tags: { restore: 'r1' },
      managedBy: '/vm',
      sku: { name: 'Premium_LRS' },
      zones: ['2'],
      properties: { uniqueId: 'u', diskSizeGB: 64, provisioningState: 'Updating' },
    };
    const { arm } = createFakeArm(inOrder({ status: 200, body }, refusal(404, 'ResourceNotFound')));
    const disks = createDiskMaker(arm);
    expect(await disks.getDisk(SUBSCRIPTION, 'rg', 'd1')).toEqual({
      id: DISK_ID,
      uniqueId: 'u',
      tags: { restore: 'r1' },
      state: 'pending',
      sizeBytes: 64 * GIB,
      sku: 'Premium_LRS',
      zone: '2',
      diskEncryptionSetId: null,
      attachedTo: '/vm',
    });
    expect(await disks.getDisk(SUBSCRIPTION, 'rg', 'd1')).toBeNull();
  });

  it('deletes without waiting, and takes one that is gone for deleted', async () => {
    const fake = createFakeArm(
      inOrder({ status: 202, headers: { location: OPERATION } }, refusal(404, 'ResourceNotFound')),
    );
    const disks = createDiskMaker(fake.arm);
    expect(await disks.deleteDisk(SUBSCRIPTION, 'rg', 'd1')).toBe(OPERATION);
    expect(await disks.deleteDisk(SUBSCRIPTION, 'rg', 'd1')).toBeNull();
    expect(fake.requests).toHaveLength(2);
  });
});
