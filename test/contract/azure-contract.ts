import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import type { ByteRange, NetworkState, PriceSource, RangeReader, SnapshotAccess } from '../../src/cost/ports.ts';
import type { Disk, EstateReader } from '../../src/inventory/inventory.ts';
import type { MachineDescriber } from '../../src/inventory/manifest.ts';
import type { Snapshot, SnapshotTaker } from '../../src/protect/ports.ts';
import type { DiskMaker, MachineMaker } from '../../src/restore/ports.ts';
import type { SnapshotRemover } from '../../src/retain/ports.ts';

/** Holdfast's own group and the group of what is protected; the second has a mixed case, which must be kept. */
export const OWN_GROUP = 'holdfast';
export const APP_GROUP = 'App-RG';
export const REGION = 'westeurope';
export const DISK_GIB = 4;
/** Twice what the coarsest of the models keeps apart. */
const BLOCK = 131_072;
const MINUTE = 60_000;

/** The ports, and a hand on the world behind them. */
export interface AzureUnderTest {
  readonly subscriptionId: string;
  readonly estate: EstateReader;
  readonly snapshots: SnapshotTaker & SnapshotRemover;
  readonly access: SnapshotAccess;
  readonly ranges: RangeReader;
  readonly prices: PriceSource;
  readonly disks: DiskMaker;
  readonly machines: MachineMaker;
  readonly describer: MachineDescriber;
  readonly clock: Clock;
  /** Makes an empty disk of 4 GiB in the group of what is protected, tagged `owner: ops`; gives its id back. */
  addDisk(name: string): Promise<string>;
  /** Makes a machine with an OS disk and a data disk at LUN 3. */
  addMachine(name: string, osDisk: string, dataDisk: string): Promise<void>;
  write(diskId: string, offset: number, length: number): Promise<void>;
  clear(diskId: string, offset: number, length: number): Promise<void>;
  lock(scope: string): Promise<void>;
  unlock(scope: string): Promise<void>;
  /** Stored bytes of a chain, as Azure bills it. */
  storedBytes(familyId: string): Promise<number>;
  /** The same for two disks or snapshots that hold the same bytes. */
  content(id: string): Promise<unknown>;
}

let names = 0;
function freshName(prefix: string): string {
  names += 1;
  return `${prefix}${names}`;
}

/** The contract of the ports on Azure: run by the memory model and by the real adapters on the sandbox. */
export function azureContract(name: string, open: () => AzureUnderTest): void {
  const whole: ByteRange = { offset: 0, length: DISK_GIB * 1_073_741_824 };

  const take = async (diskId: string, more: { group?: string; name?: string } = {}): Promise<string> => {
    const { subscriptionId, snapshots } = open();
    const { group = OWN_GROUP, name: snapshotName = freshName('s') } = more;
    await snapshots.start({
      ...{ subscriptionId, resourceGroup: group, name: snapshotName, region: REGION, diskId },
      ...{ sku: 'Standard_ZRS', tags: { point: 'p1' }, networkAccess: 'deny' },
    });
    return `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/Microsoft.Compute/snapshots/${snapshotName}`;
  };
  /** Takes a snapshot and waits for it, as the product's later pass does. */
  const taken = async (diskId: string): Promise<Snapshot> => {
    const { snapshots, clock } = open();
    const id = await take(diskId);
    for (let tries = 0; tries < 20; tries += 1) {
      const found = await snapshots.get(id);
      if (found?.state === 'succeeded') return found;
      await clock.wait(MINUTE);
    }
    throw new Error('the snapshot does not come');
  };
  const gone = async (id: string): Promise<void> => {
    const { snapshots, clock } = open();
    for (let tries = 0; tries < 20; tries += 1) {
      if ((await snapshots.get(id)) === null) return;
      await clock.wait(MINUTE);
    }
    throw new Error('the snapshot does not go');
  };

  describe(`Azure contract: ${name}`, () => {
    describe('the estate', () => {
      it('lists disks, machines with their disks, and groups, as Azure writes them', async () => {
        const { estate, subscriptionId, addDisk, addMachine } = open();
        const [osDisk, dataDisk, loose] = [freshName('os'), freshName('data'), freshName('loose')];
        const ids = [await addDisk(osDisk), await addDisk(dataDisk), await addDisk(loose)];
        const machineName = freshName('VM-');
        await addMachine(machineName, osDisk, dataDisk);
        const machine = (await estate.listVirtualMachines(subscriptionId)).find((each) => each.name === machineName);
        expect(machine).toMatchObject({
          subscriptionId,
          resourceGroup: APP_GROUP,
          region: REGION,
          vmId: expect.any(String),
        });
        expect(machine?.disks.map(({ diskId, lun }) => [diskId.toLowerCase(), lun])).toEqual([
          [ids[0]?.toLowerCase(), null],
          [ids[1]?.toLowerCase(), 3],
        ]);
        const disks = await estate.listDisks(subscriptionId);
        const byName = (wanted: string): Disk | undefined => disks.find((disk) => disk.name === wanted);
        expect(byName(dataDisk)?.attachedTo?.toLowerCase()).toBe(machine?.id.toLowerCase());
        expect(byName(loose)).toMatchObject({
          ...{ id: ids[2], subscriptionId, resourceGroup: APP_GROUP, region: REGION, tags: { owner: 'ops' } },
          ...{ sizeBytes: whole.length, attachedTo: null, uniqueId: expect.any(String) },
        });
        expect(await estate.listResourceGroups(subscriptionId)).toEqual(expect.arrayContaining([APP_GROUP, OWN_GROUP]));
      });

      it('knows no other subscription', async () => {
        const other = '00000000-0000-4000-8000-00000000dead';
        await expect(open().estate.listDisks(other)).rejects.toMatchObject({ code: 'not-found' });
      });
    });

    describe('snapshots', () => {
      it('are taken, listed and read with what they are of', async () => {
        const { subscriptionId, estate, snapshots, clock, addDisk } = open();
        const diskId = await addDisk(freshName('d'));
        const disk = (await estate.listDisks(subscriptionId)).find((each) => each.id === diskId);
        const before = clock.now();
        const snapshot = await taken(diskId);
        expect(snapshot).toMatchObject({
          ...{ subscriptionId, resourceGroup: OWN_GROUP, region: REGION, sku: 'Standard_ZRS', tags: { point: 'p1' } },
          ...{ incremental: true, networkAccess: 'deny', immutable: false, sizeBytes: whole.length },
          ...{ sourceUniqueId: disk?.uniqueId, familyId: expect.any(String) },
        });
        expect(snapshot.createdAt).toBeGreaterThanOrEqual(before);
        expect(snapshot.createdAt).toBeLessThanOrEqual(clock.now());
        expect(snapshot.sourceDiskId?.toLowerCase()).toBe(diskId.toLowerCase());
        const listed = await snapshots.list(subscriptionId, OWN_GROUP.toUpperCase());
        expect(listed?.find((each) => each.id === snapshot.id)).toEqual(snapshot);
      });

      it('are the same when they are asked for again', async () => {
        const { snapshots, addDisk, clock, write } = open();
        const diskId = await addDisk(freshName('d'));
        const first = await taken(diskId);
        await write(diskId, 0, BLOCK);
        await clock.wait(10 * MINUTE);
        await take(diskId, { name: first.name });
        await clock.wait(10 * MINUTE);
        expect(await snapshots.get(first.id)).toEqual(first);
      });

      it('cannot be taken of what is gone, into what is gone, or under the name of another', async () => {
        const { addDisk, subscriptionId } = open();
        const diskId = await addDisk(freshName('d'));
        await expect(take(`${diskId}-absent`)).rejects.toMatchObject({ code: 'not-found' });
        await expect(take(diskId, { group: 'absent' })).rejects.toMatchObject({ code: 'not-found' });
        const other = await taken(await addDisk(freshName('d')));
        await expect(take(diskId, { name: other.name })).rejects.toMatchObject({ code: 'conflict' });
        expect(await open().snapshots.list(subscriptionId, 'absent')).toBeNull();
      });

      it('get the tags that were set, whole', async () => {
        const { snapshots, addDisk } = open();
        const { id } = await taken(await addDisk(freshName('d')));
        await snapshots.setTags(id, { held: 'yes' });
        expect((await snapshots.get(id))?.tags).toEqual({ held: 'yes' });
      });

      it('are deleted, again without failing', async () => {
        const { snapshots, addDisk } = open();
        const { id } = await taken(await addDisk(freshName('d')));
        await snapshots.delete(id);
        await gone(id);
        await snapshots.delete(id);
      });

      it('are not deleted under a lock, which is told', async () => {
        const { snapshots, addDisk, lock, unlock, subscriptionId } = open();
        const { id } = await taken(await addDisk(freshName('d')));
        await lock(id);
        expect(await snapshots.lockedResources(subscriptionId, OWN_GROUP)).toEqual([id.toLowerCase()]);
        await expect(snapshots.delete(id)).rejects.toMatchObject({ code: 'azure-locked' });
        await unlock(id);
        expect(await snapshots.lockedResources(subscriptionId, OWN_GROUP)).toEqual([]);
        await snapshots.delete(id);
        await gone(id);
      });
    });

    describe('ranges', () => {
      it('tell what is allocated, what was written and what was freed since', async () => {
        const { access, ranges, addDisk, write, clear } = open();
        const diskId = await addDisk(freshName('d'));
        await write(diskId, 0, 2 * BLOCK);
        await write(diskId, whole.length - BLOCK, BLOCK);
        const first = await taken(diskId);
        await write(diskId, 4 * BLOCK, BLOCK);
        await clear(diskId, 0, BLOCK);
        const second = await taken(diskId);
        const [url, previousUrl] = [await access.open(second.id, 3_600), await access.open(first.id, 3_600)];
        const lastBlock = { offset: whole.length - BLOCK, length: BLOCK };
        expect(await ranges.allocated(previousUrl, whole)).toEqual({
          written: [{ offset: 0, length: 2 * BLOCK }, lastBlock],
          cleared: [],
        });
        expect(await ranges.changed(url, previousUrl, whole)).toEqual({
          written: [{ offset: 4 * BLOCK, length: BLOCK }],
          cleared: [{ offset: 0, length: BLOCK }],
        });
        const half = { offset: BLOCK, length: BLOCK / 2 };
        expect((await ranges.allocated(previousUrl, half)).written).toEqual([half]);
        expect((await ranges.changed(url, previousUrl, half)).written).toEqual([]);
        expect((await ranges.allocated(url, { offset: 8 * BLOCK, length: BLOCK })).written).toEqual([]);
        await access.close(second.id);
        await access.close(first.id);
        await expect(ranges.allocated(url, whole)).rejects.toMatchObject({ code: 'azure-denied' });
      });

      it('are all told, however many there are', async () => {
        const { access, ranges, addDisk, write } = open();
        const diskId = await addDisk(freshName('d'));
        const first = await taken(diskId);
        const written = [...Array(300).keys()].map((n) => ({ offset: n * 4 * BLOCK, length: BLOCK }));
        for (const { offset, length } of written) await write(diskId, offset, length);
        const second = await taken(diskId);
        const [url, previousUrl] = [await access.open(second.id, 3_600), await access.open(first.id, 3_600)];
        expect((await ranges.allocated(url, whole)).written).toEqual(written);
        expect((await ranges.changed(url, previousUrl, whole)).written).toEqual(written);
        await access.close(second.id);
        await access.close(first.id);
      });

      it('cannot be read once access has ended by itself', async () => {
        const { access, ranges, clock, addDisk } = open();
        const { id } = await taken(await addDisk(freshName('d')));
        const url = await access.open(id, 60);
        await clock.wait(2 * MINUTE);
        await expect(ranges.allocated(url, whole)).rejects.toMatchObject({ code: 'azure-denied' });
        await access.close(id);
      });
    });

    describe('access', () => {
      it('opens a snapshot to the network and closes it again, any number of times', async () => {
        const { access, snapshots, addDisk, clock } = open();
        const { id } = await taken(await addDisk(freshName('d')));
        await access.open(id, 3_600);
        expect((await snapshots.get(id))?.networkAccess).toBe('allow');
        await expect(snapshots.delete(id)).rejects.toMatchObject({ code: 'azure-locked' });
        await access.close(id);
        await access.close(id);
        await clock.wait(MINUTE);
        expect((await snapshots.get(id))?.networkAccess).toBe('deny');
        await snapshots.delete(id);
        await gone(id);
        await access.close(id);
        await expect(access.open(id, 60)).rejects.toMatchObject({ code: 'not-found' });
      });

      it('puts the network back as it was told to be before, and leaves what is open as it is', async () => {
        const { access, snapshots, addDisk, clock } = open();
        const { id } = await taken(await addDisk(freshName('d')));
        const states: readonly NetworkState[] = [
          { policy: 'AllowAll', publicAccess: 'Disabled', diskAccessId: null },
          { policy: 'AllowAll', publicAccess: 'Enabled', diskAccessId: null },
          { policy: 'DenyAll', publicAccess: 'Disabled', diskAccessId: null },
        ];
        for (const found of states) {
          if (found.publicAccess === 'Enabled') await access.open(id, 60);
          await access.open(id, 3_600, found);
          expect((await snapshots.get(id))?.network).toMatchObject({ policy: 'AllowAll', publicAccess: 'Enabled' });
          await access.close(id, found);
          await clock.wait(MINUTE);
          expect((await snapshots.get(id))?.network).toEqual(found);
        }
      });

      it('is given to five snapshots of a chain at most', async () => {
        const { access, snapshots, addDisk } = open();
        const diskId = await addDisk(freshName('d'));
        const ids: string[] = [];
        for (let n = 0; n < 6; n += 1) ids.push((await taken(diskId)).id);
        const [sixth = '', ...five] = ids;
        for (const id of five) await access.open(id, 3_600);
        await expect(access.open(sixth, 3_600)).rejects.toMatchObject({ code: 'azure-locked' });
        expect((await snapshots.get(sixth))?.networkAccess).toBe('deny');
        for (const id of five) await access.close(id);
        await open().clock.wait(MINUTE);
        await access.open(sixth, 3_600);
        await access.close(sixth);
      });
    });

    describe('the bill', () => {
      it('is the sum of the differences, also after a snapshot in the middle was deleted', async () => {
        const { access, ranges, snapshots, addDisk, write, clear, storedBytes } = open();
        const diskId = await addDisk(freshName('d'));
        const chain: Snapshot[] = [];
        for (let n = 0; n < 4; n += 1) {
          await write(diskId, n * BLOCK, 3 * BLOCK);
          if (n === 2) await clear(diskId, 0, BLOCK);
          chain.push(await taken(diskId));
        }
        const measure = async (): Promise<number> => {
          let bytes = 0;
          for (const [index, snapshot] of chain.entries()) {
            const previous = chain[index - 1];
            const url = await access.open(snapshot.id, 3_600);
            const window = previous
              ? await ranges.changed(url, await access.open(previous.id, 3_600), whole)
              : await ranges.allocated(url, whole);
            bytes += window.written.reduce((sum, { length }) => sum + length, 0);
            for (const opened of [snapshot, previous]) if (opened) await access.close(opened.id);
          }
          return bytes;
        };
        const familyId = chain[0]?.familyId ?? '';
        expect(await storedBytes(familyId)).toBe(await measure());
        const [removed] = chain.splice(1, 1);
        await open().clock.wait(MINUTE);
        await snapshots.delete(removed?.id ?? '');
        await gone(removed?.id ?? '');
        expect(await storedBytes(familyId)).toBe(await measure());
      });
    });

    describe('disks', () => {
      const request = (snapshotId: string, diskName: string) => ({
        ...{
          subscriptionId: open().subscriptionId,
          resourceGroup: APP_GROUP,
          name: diskName,
          region: REGION,
          snapshotId,
        },
        ...{ sku: 'Premium_LRS', zone: null, sizeGiB: DISK_GIB, diskEncryptionSetId: null, tags: { restore: 'r1' } },
      });
      const ended = async (url: string | null) => {
        const { disks, clock } = open();
        for (let tries = 0; url !== null && tries < 100; tries += 1) {
          const state = await disks.operation(url);
          if (state.kind !== 'running') return expect(state).toEqual({ kind: 'succeeded' });
          await clock.wait(state.retryAfterMs);
        }
      };

      it('are made of a snapshot with its bytes, and deleted', async () => {
        const { disks, subscriptionId, addDisk, write, content } = open();
        const diskId = await addDisk(freshName('d'));
        await write(diskId, BLOCK, BLOCK);
        const snapshot = await taken(diskId);
        await write(diskId, BLOCK, BLOCK);
        const diskName = freshName('Restored');
        expect(await disks.getDisk(subscriptionId, APP_GROUP, diskName)).toBeNull();
        await ended(await disks.createDisk(request(snapshot.id, diskName)));
        const made = await disks.getDisk(subscriptionId, APP_GROUP, diskName.toLowerCase());
        expect(made).toMatchObject({
          state: 'succeeded',
          sizeBytes: whole.length,
          tags: { restore: 'r1' },
          attachedTo: null,
        });
        expect(await content(made?.id ?? '')).toEqual(await content(snapshot.id));
        expect(await content(made?.id ?? '')).not.toEqual(await content(diskId));
        await ended(await disks.deleteDisk(subscriptionId, APP_GROUP, diskName));
        expect(await disks.getDisk(subscriptionId, APP_GROUP, diskName)).toBeNull();
        expect(await disks.deleteDisk(subscriptionId, APP_GROUP, diskName)).toBeNull();
      });

      it('are not made over what is there, nor of what is gone', async () => {
        const { disks, addDisk, estate, subscriptionId } = open();
        const taker = freshName('taken');
        const diskId = await addDisk(taker);
        const snapshot = await taken(diskId);
        await expect(disks.createDisk(request(snapshot.id, taker))).rejects.toMatchObject({ code: 'conflict' });
        await expect(disks.createDisk(request(`${snapshot.id}-absent`, freshName('d')))).rejects.toMatchObject({
          code: 'not-found',
        });
        expect((await estate.listDisks(subscriptionId)).find((disk) => disk.name === taker)?.tags).toEqual({
          owner: 'ops',
        });
      });
    });

    describe('prices', () => {
      it('are known for a region and not for another', async () => {
        const { prices } = open();
        expect(await prices.snapshotPrice(REGION, 'ZRS', 'USD')).toMatchObject({
          ...{ microUnitsPerGiBMonth: 50_000, currency: 'USD', source: 'retail' },
        });
        expect(await prices.snapshotPrice('atlantis', 'LRS', 'USD')).toBeNull();
      });
    });
  });
}
