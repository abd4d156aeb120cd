import { describe, expect, it } from 'vitest';
import { createSnapshotAccess } from '../../src/azure/snapshot-access.ts';
import {
  createFakeArm,
  type FakeAnswer,
  type FakeRequest,
  inOrder,
  refusal,
  SNAPSHOT_ID,
} from '../support/fake-arm.ts';

const OPERATION = 'https://arm.example/subscriptions/x/operations/1?monitor=true';
const PATCHED: FakeAnswer = { status: 202, headers: { location: OPERATION }, body: {} };
const GRANTING: FakeAnswer = { status: 202, headers: { location: OPERATION, 'retry-after': '2' } };
const GRANTED: FakeAnswer = { status: 200, body: { accessSAS: 'https://md.example/x?sig=s' } };
const DONE: FakeAnswer = { status: 202, headers: { location: OPERATION } };
const BUSY = refusal(409, 'OperationNotAllowed', 'The network access policy is DenyAll');

/** The state of the network that a PATCH asked for. */
function network(requests: readonly FakeRequest[]) {
  return requests.flatMap(({ method, body }) => {
    const { properties } = (body ?? {}) as { properties?: { networkAccessPolicy: string } };
    return method === 'PATCH' ? [properties?.networkAccessPolicy] : [];
  });
}

describe('opening a snapshot', () => {
  it('takes three calls where the operation ends by the first look', async () => {
    const fake = createFakeArm(inOrder(PATCHED, GRANTING, GRANTED));
    expect(await createSnapshotAccess(fake.arm).open(SNAPSHOT_ID, 3_600)).toBe('https://md.example/x?sig=s');
    expect(fake.calls()).toEqual(['PATCH s1', 'POST beginGetAccess', 'GET 1']);
    expect(fake.requests[0]?.body).toEqual({
      properties: { networkAccessPolicy: 'AllowAll', publicNetworkAccess: 'Enabled' },
    });
    expect(fake.requests[1]?.body).toEqual({ access: 'Read', durationInSeconds: 3_600 });
    expect(fake.clock.waitsMs).toEqual([2_000]);
  });

  it('takes two where Azure answers at once', async () => {
    const fake = createFakeArm(inOrder(PATCHED, GRANTED));
    expect(await createSnapshotAccess(fake.arm).open(SNAPSHOT_ID, 60)).toContain('sig=');
    expect(fake.requests).toHaveLength(2);
  });

  it('reads the status document where there is no other place', async () => {
    const granting: FakeAnswer = { status: 202, headers: { 'azure-asyncoperation': OPERATION } };
    const running: FakeAnswer = { status: 200, headers: { 'retry-after': '3' }, body: { status: 'InProgress' } };
    const ended: FakeAnswer = {
      status: 200,
      body: { status: 'Succeeded', properties: { output: { accessSAS: 'https://u' } } },
    };
    const fake = createFakeArm(inOrder(PATCHED, granting, running, ended));
    expect(await createSnapshotAccess(fake.arm).open(SNAPSHOT_ID, 60)).toBe('https://u');
    expect(fake.clock.waitsMs).toEqual([1_000, 3_000]);
  });

  it('waits for the PATCH to settle', async () => {
    const fake = createFakeArm(inOrder(PATCHED, BUSY, BUSY, GRANTED));
    await createSnapshotAccess(fake.arm).open(SNAPSHOT_ID, 60);
    expect(fake.clock.waitsMs).toEqual([1_000, 2_000]);
  });

  it.each<[string, readonly FakeAnswer[], string]>([
    [
      'five of the chain are open',
      [PATCHED, refusal(409, 'OperationNotAllowed', 'Access is granted to 5 snapshots'), DONE, PATCHED],
      'azure-locked',
    ],
    [
      'the grant fails',
      [PATCHED, GRANTING, { status: 200, body: { status: 'Failed' } }, DONE, PATCHED],
      'operation-failed',
    ],
    ['the right is missing', [PATCHED, refusal(403, 'AuthorizationFailed'), DONE, PATCHED], 'azure-denied'],
  ])('leaves nothing open where %s', async (_, answers, code) => {
    const fake = createFakeArm(inOrder(...answers));
    await expect(createSnapshotAccess(fake.arm).open(SNAPSHOT_ID, 60)).rejects.toMatchObject({ code });
    expect(fake.calls().slice(-2)).toEqual(['POST endGetAccess', 'PATCH s1']);
    expect(network(fake.requests)).toEqual(['AllowAll', 'DenyAll']);
  });

  it('gives an operation up that never ends', async () => {
    const fake = createFakeArm(({ method }) => (method === 'GET' ? { status: 202 } : GRANTING));
    await expect(createSnapshotAccess(fake.arm).open(SNAPSHOT_ID, 60)).rejects.toMatchObject({
      code: 'operation-failed',
    });
    expect(fake.calls().filter((call) => call.startsWith('GET'))).toHaveLength(30);
  });

  it('tells that the snapshot is gone', async () => {
    const fake = createFakeArm(inOrder(refusal(404, 'ResourceNotFound')));
    await expect(createSnapshotAccess(fake.arm).open(SNAPSHOT_ID, 60)).rejects.toMatchObject({ code: 'not-found' });
    expect(fake.requests).toHaveLength(1);
  });
});

describe('a snapshot whose network is not closed to everybody', () => {
  const DISK_ACCESS = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/diskAccesses/da';
  const OPEN = { policy: 'AllowAll', publicAccess: 'Enabled', diskAccessId: null } as const;
  const PRIVATE = { policy: 'AllowPrivate', publicAccess: 'Disabled', diskAccessId: DISK_ACCESS } as const;
  const SHUT = { policy: 'DenyAll', publicAccess: 'Enabled', diskAccessId: DISK_ACCESS } as const;
  const HALF = { policy: 'AllowAll', publicAccess: 'Disabled', diskAccessId: null } as const;

  it.each([
    ['open', OPEN],
    ['private', PRIVATE],
  ])('is not patched where it is %s: two calls less to open and to close', async (_, found) => {
    const fake = createFakeArm(inOrder(GRANTING, GRANTED, DONE));
    const access = createSnapshotAccess(fake.arm);
    await access.open(SNAPSHOT_ID, 60, found);
    await access.close(SNAPSHOT_ID, found);
    expect(fake.calls()).toEqual(['POST beginGetAccess', 'GET 1', 'POST endGetAccess']);
  });

  it.each([
    [
      'closed, with a disk access resource',
      SHUT,
      { networkAccessPolicy: 'DenyAll', publicNetworkAccess: 'Enabled', diskAccessId: DISK_ACCESS },
    ],
    ['closed to the public alone', HALF, { networkAccessPolicy: 'AllowAll', publicNetworkAccess: 'Disabled' }],
  ])('is put back exactly where it is %s', async (_, found, properties) => {
    const fake = createFakeArm(inOrder(PATCHED, GRANTED, DONE, PATCHED));
    const access = createSnapshotAccess(fake.arm);
    await access.open(SNAPSHOT_ID, 60, found);
    await access.close(SNAPSHOT_ID, found);
    const patches = fake.requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body);
    expect(patches).toEqual([
      { properties: { networkAccessPolicy: 'AllowAll', publicNetworkAccess: 'Enabled' } },
      { properties },
    ]);
  });

  it('is put back after an open that has failed', async () => {
    const fake = createFakeArm(inOrder(PATCHED, refusal(403, 'AuthorizationFailed'), DONE, PATCHED));
    await expect(createSnapshotAccess(fake.arm).open(SNAPSHOT_ID, 60, HALF)).rejects.toMatchObject({
      code: 'azure-denied',
    });
    expect(fake.requests.at(-1)?.body).toEqual({
      properties: { networkAccessPolicy: 'AllowAll', publicNetworkAccess: 'Disabled' },
    });
  });
});

describe('closing a snapshot', () => {
  it('takes two calls and polls nothing', async () => {
    const fake = createFakeArm(inOrder(DONE, PATCHED));
    await createSnapshotAccess(fake.arm).close(SNAPSHOT_ID);
    expect(fake.calls()).toEqual(['POST endGetAccess', 'PATCH s1']);
    expect(network(fake.requests)).toEqual(['DenyAll']);
  });

  it.each<[string, readonly FakeAnswer[]]>([
    ['before', [refusal(404, 'ResourceNotFound')]],
    ['in between', [DONE, refusal(404, 'ResourceNotFound')]],
  ])('never fails for one that was gone %s', async (_, answers) => {
    await createSnapshotAccess(createFakeArm(inOrder(...answers)).arm).close(SNAPSHOT_ID);
  });

  it('closes the network even where the grant cannot be revoked, and tells it', async () => {
    const fake = createFakeArm(inOrder(refusal(403, 'AuthorizationFailed'), PATCHED));
    await expect(createSnapshotAccess(fake.arm).close(SNAPSHOT_ID)).rejects.toMatchObject({ code: 'azure-denied' });
    expect(network(fake.requests)).toEqual(['DenyAll']);
  });
});
