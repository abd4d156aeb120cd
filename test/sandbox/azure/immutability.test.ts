import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DISK_PATH, OWN_PATH, type Run, startRun } from './start.ts';

const QUICK = { updateIntervalInMs: 1 };

let run: Run;
beforeEach(async () => {
  run = await startRun();
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
      creationData: { createOption: 'Copy', sourceResourceId: `${DISK_PATH}/${disk}` },
    },
    QUICK,
  );

const pass = (ms: number) => run.admin('POST', '/sandbox/clock', { advanceMs: ms });
const read = (name: string) => run.client.snapshots.get('holdfast', name);

describe('an immutability policy', () => {
  type Change = 'updateImmutabilityPolicy' | 'updateImmutabilityPolicyLock';
  // The client takes the status document of the operation for its result: the snapshot must be read again.
  const change = async (action: Change, type: string, immutabilityDurationDays: number) => {
    await run.client.snapshots[action]('holdfast', 's1', { type, immutabilityDurationDays }, QUICK);
    return read('s1');
  };
  const set = (type: string, days: number) => change('updateImmutabilityPolicy', type, days);
  const lock = (type: string, days: number) => change('updateImmutabilityPolicyLock', type, days);
  const remove = () => run.client.snapshots.delete('holdfast', 's1', QUICK);
  const conflict = { statusCode: 409, code: 'OperationNotAllowed' };
  const DAY_MS = 86_400_000;

  beforeEach(async () => {
    await take('s1');
  });

  it('keeps a snapshot until it expires by the clock', async () => {
    const { immutabilityPolicy } = await set('Unlocked', 2);
    expect(immutabilityPolicy).toEqual({
      immutabilityDurationDays: 2,
      type: 'Unlocked',
      policyStartTime: new Date('2026-03-01T00:00:00Z'),
      policyExpirationTime: new Date('2026-03-03T00:00:00Z'),
      isPolicyExpired: false,
    });
    await expect(remove()).rejects.toMatchObject(conflict);
    await pass(2 * DAY_MS - 1);
    await expect(remove()).rejects.toMatchObject(conflict);
    await pass(1);
    expect((await read('s1')).immutabilityPolicy?.isPolicyExpired).toBe(true);
    await remove();
  });

  it('unlocked: is extended by anybody, shortened and ended by the lock action only, and keeps its start', async () => {
    await set('Unlocked', 5);
    await pass(DAY_MS);
    expect((await set('Unlocked', 6)).immutabilityPolicy?.policyExpirationTime).toEqual(
      new Date('2026-03-07T00:00:00Z'),
    );
    await expect(set('Unlocked', 3)).rejects.toMatchObject(conflict);
    expect((await lock('Unlocked', 3)).immutabilityPolicy?.immutabilityDurationDays).toBe(3);
    expect((await lock('Unlocked', 0)).immutabilityPolicy).toMatchObject({ type: 'Unlocked', isPolicyExpired: true });
    await expect(lock('Unlocked', 0)).rejects.toMatchObject(conflict);
    await remove();
  });

  it('locked: is only extended', async () => {
    await set('Unlocked', 5);
    await expect(set('Locked', 5)).rejects.toMatchObject({ statusCode: 400 });
    await lock('Locked', 5);
    await expect(set('Unlocked', 9)).rejects.toMatchObject(conflict);
    await expect(lock('Unlocked', 0)).rejects.toMatchObject(conflict);
    await expect(lock('Locked', 4)).rejects.toMatchObject(conflict);
    expect((await lock('Locked', 6)).immutabilityPolicy).toMatchObject({ type: 'Locked', immutabilityDurationDays: 6 });
    await pass(6 * DAY_MS);
    expect((await set('Unlocked', 1)).immutabilityPolicy?.policyStartTime).toEqual(new Date('2026-03-07T00:00:00Z'));
  });

  it.each([0, -1, 36_501])('does not take %d days', async (days) => {
    await expect(set('Unlocked', days)).rejects.toMatchObject({ statusCode: 400 });
  });

  it('keeps its resource group', async () => {
    await set('Unlocked', 1);
    const answer = await run.arm('DELETE', `${OWN_PATH}?api-version=2021-04-01`);
    const status = await run.arm('GET', answer.headers.get('azure-asyncoperation') ?? '');
    expect(status.body.error.code).toBe('ResourceGroupDeletionBlocked');
    expect((await read('s1')).provisioningState).toBe('Succeeded');
  });
});
