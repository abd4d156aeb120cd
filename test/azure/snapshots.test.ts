import { describe, expect, it } from 'vitest';
import { createSnapshots } from '../../src/azure/snapshots.ts';
import {
  createFakeArm,
  DISK_ID,
  type FakeAnswer,
  inOrder,
  refusal,
  SNAPSHOT_ID,
  SUBSCRIPTION,
} from '../support/fake-arm.ts';

const REQUEST = {
  subscriptionId: SUBSCRIPTION,
  resourceGroup: 'rg',
  name: 's1',
  region: 'westeurope',
  diskId: DISK_ID,
  sku: 'Standard_ZRS',
  tags: { holdfast: '1' },
  networkAccess: 'deny',
} as const;

function snapshotBody(properties: object): object {
  return {
    id: SNAPSHOT_ID,
    name: 's1',
    location: 'westeurope',
    sku: { name: 'Standard_ZRS' },
    properties: {
      timeCreated: '2026-03-01T02:00:00Z',
      provisioningState: 'Succeeded',
      creationData: { createOption: 'Copy' },
      ...properties,
    },
  };
}

const ACCEPTED: FakeAnswer = {
  status: 202,
  headers: { location: 'https://arm.example/subscriptions/x/operations/1', 'retry-after': '2' },
  body: snapshotBody({ provisioningState: 'Updating' }),
};

describe('starting a snapshot', () => {
  it('sends exactly one PUT and does not poll', async () => {
    const fake = createFakeArm(inOrder(ACCEPTED));
    await createSnapshots(fake.arm).start(REQUEST);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(fake.calls()).toEqual(['PUT s1']);
    expect(fake.requests[0]?.body).toEqual({
      location: 'westeurope',
      sku: { name: 'Standard_ZRS' },
      tags: { holdfast: '1' },
      properties: {
        creationData: { createOption: 'Copy', sourceResourceId: DISK_ID },
        incremental: true,
        networkAccessPolicy: 'DenyAll',
        publicNetworkAccess: 'Disabled',
      },
    });
  });

  it('sends the same again after a lost answer', async () => {
    const fake = createFakeArm(inOrder('lost', ACCEPTED));
    await createSnapshots(fake.arm).start(REQUEST);
    expect(fake.calls()).toEqual(['PUT s1', 'PUT s1']);
    expect(fake.requests[1]?.body).toEqual(fake.requests[0]?.body);
  });

  it('tells that the disk or the group is gone', async () => {
    const fake = createFakeArm(inOrder(refusal(404, 'NotFound')));
    await expect(createSnapshots(fake.arm).start(REQUEST)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('reading snapshots', () => {
  it.each<[string, object, string]>([
    ['done', {}, 'succeeded'],
    ['under way', { provisioningState: 'Updating' }, 'pending'],
    ['in a state nobody knows', { provisioningState: 'Dreaming' }, 'pending'],
    ['without a state', { provisioningState: undefined }, 'pending'],
    ['not copied to the end', { completionPercent: 99.5 }, 'pending'],
    ['copied to the end', { completionPercent: 100 }, 'succeeded'],
    ['failed', { provisioningState: 'Failed' }, 'failed'],
    ['canceled', { provisioningState: 'Canceled' }, 'failed'],
    ['lost by its source', { copyCompletionError: { errorCode: 'CopySourceNotFound', errorMessage: '' } }, 'failed'],
  ])('%s', async (_, properties, state) => {
    const { arm } = createFakeArm(inOrder({ status: 200, body: snapshotBody(properties) }));
    expect((await createSnapshots(arm).get(SNAPSHOT_ID))?.state).toBe(state);
  });

  it.each<[string, object | undefined, boolean]>([
    ['none', undefined, false],
    ['one that holds', { immutabilityDurationDays: 7, isPolicyExpired: false }, true],
    ['one whose end is unknown', { immutabilityDurationDays: 7 }, true],
    ['one that has expired', { immutabilityDurationDays: 7, isPolicyExpired: true }, false],
  ])('with an immutability policy: %s', async (_, immutabilityPolicy, immutable) => {
    const { arm } = createFakeArm(inOrder({ status: 200, body: snapshotBody({ immutabilityPolicy }) }));
    expect((await createSnapshots(arm).get(SNAPSHOT_ID))?.immutable).toBe(immutable);
  });

  it.each([
    ['DenyAll', 'deny'],
    ['AllowPrivate', 'private'],
    ['AllowAll', 'allow'],
    [undefined, 'allow'],
  ])('open to the network by %s', async (networkAccessPolicy, networkAccess) => {
    const { arm } = createFakeArm(inOrder({ status: 200, body: snapshotBody({ networkAccessPolicy }) }));
    expect((await createSnapshots(arm).get(SNAPSHOT_ID))?.networkAccess).toBe(networkAccess);
  });

  it('is null for a snapshot or a group that is gone, and a failure for anything else', async () => {
    const gone = createSnapshots(createFakeArm(inOrder(refusal(404, 'ResourceGroupNotFound'))).arm);
    expect(await gone.get(SNAPSHOT_ID)).toBeNull();
    expect(await gone.list(SUBSCRIPTION, 'rg')).toBeNull();
    const denied = createSnapshots(createFakeArm(inOrder(refusal(403, 'AuthorizationFailed'))).arm);
    await expect(denied.list(SUBSCRIPTION, 'rg')).rejects.toMatchObject({ code: 'azure-denied' });
  });

  it('never gives a part of a list', async () => {
    const first = { status: 200, body: { value: [snapshotBody({})], nextLink: 'https://arm.example/next' } };
    const { arm } = createFakeArm(inOrder(first, refusal(400, 'Bad')));
    await expect(createSnapshots(arm).list(SUBSCRIPTION, 'rg')).rejects.toMatchObject({ code: 'azure-rejected' });
  });
});

describe('changing snapshots', () => {
  it('deletes without waiting, and takes one that is gone for deleted', async () => {
    const fake = createFakeArm(
      inOrder(
        { status: 202, headers: { location: 'https://arm.example/x' } },
        { status: 204 },
        refusal(404, 'ResourceGroupNotFound'),
      ),
    );
    const snapshots = createSnapshots(fake.arm);
    for (let n = 0; n < 3; n += 1) await snapshots.delete(SNAPSHOT_ID);
    expect(fake.calls()).toEqual(['DELETE s1', 'DELETE s1', 'DELETE s1']);
  });

  it('reports a lock and works around nothing', async () => {
    const fake = createFakeArm(inOrder(refusal(409, 'ScopeLocked')));
    await expect(createSnapshots(fake.arm).delete(SNAPSHOT_ID)).rejects.toMatchObject({ code: 'azure-locked' });
    expect(fake.requests).toHaveLength(1);
  });

  it('sets the whole set of tags', async () => {
    const fake = createFakeArm(inOrder(ACCEPTED));
    await createSnapshots(fake.arm).setTags(SNAPSHOT_ID, { a: '1' });
    expect(fake.requests.map(({ method, body }) => [method, body])).toEqual([['PATCH', { tags: { a: '1' } }]]);
  });

  it.each([DISK_ID, '/subscriptions/x', ''])('touches nothing but snapshots: %j', async (id) => {
    const fake = createFakeArm(inOrder({ status: 200 }));
    await expect((async () => createSnapshots(fake.arm).delete(id))()).rejects.toMatchObject({ code: 'bad-request' });
    expect(fake.requests).toEqual([]);
  });

  it('tells what is locked, the group and single resources, over all pages', async () => {
    const group = `/subscriptions/${SUBSCRIPTION}/resourceGroups/RG`;
    const lock = (scope: string) => ({
      id: `${scope}/providers/Microsoft.Authorization/locks/l`,
      properties: { level: 'CanNotDelete' },
    });
    const { arm } = createFakeArm(
      inOrder(
        { status: 200, body: { value: [lock(group)], nextLink: `https://arm.example${group}/more` } },
        { status: 200, body: { value: [lock(SNAPSHOT_ID)] } },
      ),
    );
    expect(await createSnapshots(arm).lockedResources(SUBSCRIPTION, 'RG')).toEqual([
      group.toLowerCase(),
      SNAPSHOT_ID.toLowerCase(),
    ]);
  });
});
