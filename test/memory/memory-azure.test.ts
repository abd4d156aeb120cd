import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { createMemoryAzure } from './memory-azure.ts';
import { PAGE_BYTES } from './memory-pages.ts';

const SUBSCRIPTION = 'S1';
const GROUP = 'rg-holdfast';

function open(options: { snapshotMs?: number; operationMs?: number } = {}) {
  const clock = createVirtualClock();
  const azure = createMemoryAzure({ clock, ...options });
  azure.addGroup(SUBSCRIPTION, GROUP);
  const disk = azure.addDisk({ subscriptionId: SUBSCRIPTION, resourceGroup: 'app', name: 'd1' });
  const take = async (name: string) => {
    await azure.snapshots.start({
      ...{ subscriptionId: SUBSCRIPTION, resourceGroup: GROUP, name, region: 'westeurope', diskId: disk.id },
      ...{ sku: 'Standard_ZRS', tags: {}, networkAccess: 'deny' },
    });
    return `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}/providers/Microsoft.Compute/snapshots/${name}`;
  };
  const restore = (snapshotId: string, name = 'restored') =>
    azure.disks.createDisk({
      ...{ subscriptionId: SUBSCRIPTION, resourceGroup: GROUP, name, region: 'westeurope', snapshotId },
      ...{ sku: 'Premium_LRS', zone: null, sizeGiB: 1, diskEncryptionSetId: null, tags: {} },
    });
  return { clock, azure, disk, take, restore };
}

const whole = { offset: 0, length: 1_073_741_824 };

describe('memory Azure', () => {
  it('keeps what a disk held when the snapshot was asked for', async () => {
    const { azure, disk, take, clock } = open({ snapshotMs: 60_000 });
    azure.write(disk.id, 0, PAGE_BYTES);
    const id = await take('s1');
    const before = azure.contentOf(disk.id);
    azure.write(disk.id, 0, PAGE_BYTES);
    expect(azure.contentOf(id)).toEqual(before);
    expect(await azure.snapshots.get(id)).toMatchObject({ state: 'pending', familyId: null });
    await clock.wait(60_000);
    expect(await azure.snapshots.get(id.toUpperCase())).toMatchObject({
      state: 'succeeded',
      familyId: `family-${disk.uniqueId}`,
    });
  });

  it('bills what each snapshot adds, and merges on deletion', async () => {
    const { azure, disk, take } = open();
    azure.write(disk.id, 0, 4 * PAGE_BYTES);
    const first = await take('s1');
    azure.write(disk.id, 0, 2 * PAGE_BYTES);
    const second = await take('s2');
    azure.write(disk.id, 0, PAGE_BYTES);
    azure.clear(disk.id, 3 * PAGE_BYTES, PAGE_BYTES);
    const third = await take('s3');
    const stored = () => azure.bill().flatMap(({ snapshots }) => snapshots.map((one) => one.storedBytes / PAGE_BYTES));
    expect(stored()).toEqual([4, 2, 1]);
    await azure.snapshots.delete(second);
    expect(stored()).toEqual([4, 2]);
    await azure.snapshots.delete(first);
    expect(stored()).toEqual([3]);
    expect(await azure.snapshots.list(SUBSCRIPTION, GROUP)).toMatchObject([{ id: third }]);
  });

  it('tells ranges and differences of open snapshots alone', async () => {
    const { azure, disk, take } = open();
    azure.write(disk.id, PAGE_BYTES, 3 * PAGE_BYTES);
    const first = await take('s1');
    azure.write(disk.id, 2 * PAGE_BYTES, PAGE_BYTES);
    azure.clear(disk.id, 3 * PAGE_BYTES, PAGE_BYTES);
    const second = await take('s2');
    const urls = { first: await azure.access.open(first, 60), second: await azure.access.open(second, 60) };
    expect(await azure.ranges.allocated(urls.first, whole)).toEqual({
      written: [{ offset: PAGE_BYTES, length: 3 * PAGE_BYTES }],
      cleared: [],
    });
    expect(await azure.ranges.changed(urls.second, urls.first, whole)).toEqual({
      written: [{ offset: 2 * PAGE_BYTES, length: PAGE_BYTES }],
      cleared: [{ offset: 3 * PAGE_BYTES, length: PAGE_BYTES }],
    });
    expect(azure.openSnapshots()).toHaveLength(2);
    await expect(azure.snapshots.delete(first)).rejects.toMatchObject({ code: 'azure-locked' });
    await azure.access.close(first);
    const page = { offset: 0, length: PAGE_BYTES };
    await expect(azure.ranges.allocated(urls.first, page)).rejects.toMatchObject({ code: 'azure-denied' });
    expect(azure.openSnapshots()).toEqual([second.toLowerCase()]);
  });

  it('opens five snapshots of a chain at most, and ends access at its time', async () => {
    const { azure, take, clock } = open();
    const ids: string[] = [];
    for (let n = 0; n < 6; n += 1) ids.push(await take(`s${n}`));
    for (const id of ids.slice(0, 5)) await azure.access.open(id, 60);
    await expect(azure.access.open(ids[5] ?? '', 60)).rejects.toMatchObject({ code: 'azure-locked' });
    await clock.wait(60_000);
    await azure.access.open(ids[5] ?? '', 60);
  });

  it('takes seven snapshots of a disk in five minutes at most', async () => {
    const { take, clock } = open();
    for (let n = 0; n < 7; n += 1) await take(`s${n}`);
    await expect(take('s7')).rejects.toMatchObject({ code: 'throttled', retryAfterMs: 300_000 });
    await take('s6');
    await clock.wait(300_000);
    await take('s7');
  });

  it.each<[string, (azure: ReturnType<typeof open>['azure'], id: string) => void]>([
    ['a lock on the group', (azure) => azure.lock(`/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}`)],
    ['a lock on it', (azure, id) => azure.lock(id)],
    ['an immutability policy', (azure, id) => azure.setImmutable(id, true)],
  ])('does not delete under %s', async (_, hold) => {
    const { azure, take } = open();
    const id = await take('s1');
    hold(azure, id);
    await expect(azure.snapshots.delete(id)).rejects.toMatchObject({ code: 'azure-locked' });
    expect(await azure.snapshots.get(id)).not.toBeNull();
  });

  it('restores a disk with the bytes of the snapshot', async () => {
    const { azure, disk, take, restore, clock } = open({ operationMs: 5_000 });
    azure.write(disk.id, 0, 2 * PAGE_BYTES);
    const id = await take('s1');
    azure.write(disk.id, 0, PAGE_BYTES);
    const url = await restore(id);
    expect(await azure.disks.operation(url ?? '')).toMatchObject({ kind: 'running' });
    await clock.wait(5_000);
    expect(await azure.disks.operation(url ?? '')).toEqual({ kind: 'succeeded' });
    const restored = await azure.disks.getDisk(SUBSCRIPTION, GROUP, 'RESTORED');
    expect(azure.contentOf(restored?.id ?? '')).toEqual(azure.contentOf(id));
    expect(restored?.uniqueId).not.toBe(disk.uniqueId);
    await azure.disks.deleteDisk(SUBSCRIPTION, GROUP, 'restored');
    await clock.wait(5_000);
    expect(await azure.disks.getDisk(SUBSCRIPTION, GROUP, 'restored')).toBeNull();
  });

  it('loses answers, refuses calls and spoils operations as ordered', async () => {
    const { azure, take, restore, clock } = open({ operationMs: 1_000 });
    azure.hooks = {
      before: () => {
        throw new AppError('throttled', 'ordered');
      },
    };
    await expect(take('s1')).rejects.toThrow('ordered');
    azure.hooks = {};
    expect(await azure.snapshots.list(SUBSCRIPTION, GROUP)).toEqual([]);
    azure.hooks = {
      after: () => {
        throw new AppError('azure-unavailable', 'lost');
      },
    };
    await expect(take('s1')).rejects.toThrow('lost');
    azure.hooks = { ending: ({ operation }) => (operation === 'createDisk' ? 'fails' : 'never') };
    const stuck = await take('s2');
    const id = await take('s1');
    const url = await restore(id);
    await clock.wait(86_400_000);
    expect(await azure.snapshots.get(stuck)).toMatchObject({ state: 'pending' });
    expect(await azure.disks.operation(url ?? '')).toMatchObject({ kind: 'failed' });
    expect(azure.calls.map(({ operation }) => operation)).toContain('createDisk');
  });

  it('keeps the bill equal to what the kept snapshots tell by their differences, whatever is deleted', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constantFrom('write', 'clear'), page: fc.nat(20), count: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ kind: fc.constant('take') }),
      fc.record({ kind: fc.constant('delete'), nth: fc.nat(10) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { azure, disk, take, clock } = open();
        const kept: string[] = [];
        for (const [index, one] of steps.entries()) {
          await clock.wait(60_000);
          if ('page' in one)
            azure[one.kind as 'write' | 'clear'](disk.id, one.page * PAGE_BYTES, one.count * PAGE_BYTES);
          else if ('nth' in one) await Promise.all(kept.splice(one.nth, 1).map((id) => azure.snapshots.delete(id)));
          else kept.push(await take(`s${index}`).catch(() => take(`s${index}`)));
        }
        let expected = 0;
        let previous: string | null = null;
        for (const id of kept) {
          const url = await azure.access.open(id, 60);
          const ranges =
            previous === null
              ? await azure.ranges.allocated(url, whole)
              : await azure.ranges.changed(url, previous, whole);
          expected += ranges.written.reduce((sum, range) => sum + range.length, 0);
          if (previous !== null) await azure.access.close(kept[kept.indexOf(id) - 1] ?? '');
          previous = url;
        }
        expect(azure.bill().reduce((sum, chain) => sum + chain.storedBytes, 0)).toBe(expected);
      }),
      { numRuns: 40 },
    );
  });
});
