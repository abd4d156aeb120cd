import { expect, it } from 'vitest';
import { createDiskAccess } from '../../src/azure/snapshot-access.ts';
import { createFakeArm, type FakeAnswer, inOrder, refusal, SNAPSHOT_ID } from '../support/fake-arm.ts';

const DISK_ID = SNAPSHOT_ID.replace(/snapshots\/[^/]+$/, 'disks/d1');
const DONE: FakeAnswer = { status: 202, headers: { location: 'https://arm.example/operations/1' }, body: {} };
const GRANTED: FakeAnswer = { status: 200, body: { accessSAS: 'https://md.example/x?sig=s' } };

it('a disk is opened to the network, then granted', async () => {
  const fake = createFakeArm(inOrder(DONE, GRANTED));
  expect(await createDiskAccess(fake.arm).open(DISK_ID, 60)).toContain('sig=');
  expect(fake.calls()).toEqual(['PATCH d1', 'POST beginGetAccess']);
  expect(fake.requests.every(({ url }) => url.includes('/disks/d1'))).toBe(true);
});

it('a disk is revoked, then closed to the network', async () => {
  const fake = createFakeArm(inOrder(DONE, DONE));
  await createDiskAccess(fake.arm).close(DISK_ID);
  expect(fake.calls()).toEqual(['POST endGetAccess', 'PATCH d1']);
  expect(fake.requests[1]?.body).toEqual({
    properties: { networkAccessPolicy: 'DenyAll', publicNetworkAccess: 'Disabled' },
  });
});

it('a disk that is gone is closed', async () => {
  const gone = refusal(404, 'ResourceNotFound', 'gone');
  await createDiskAccess(createFakeArm(inOrder(gone, gone)).arm).close(DISK_ID);
});

it('what is no disk is not touched', () => {
  const fake = createFakeArm(inOrder());
  expect(() => createDiskAccess(fake.arm).open(SNAPSHOT_ID, 60)).toThrow('not the id of a disk');
  expect(fake.requests).toEqual([]);
});
