import { expect, test } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import type { Disk, EstateReader, VirtualMachine } from '../../src/inventory/inventory.ts';
import { listOnce, readEstate } from '../../src/inventory/read-estate.ts';

/** Answers with one named machine and disk per subscription, and remembers what was asked. */
class StubReader implements EstateReader {
  readonly asked: string[] = [];
  atOnce = 0;
  most = 0;
  readonly #broken: string | null;

  constructor(broken: string | null = null) {
    this.#broken = broken;
  }

  async listVirtualMachines(subscriptionId: string): Promise<readonly VirtualMachine[]> {
    this.asked.push(subscriptionId);
    this.atOnce += 1;
    this.most = Math.max(this.most, this.atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    this.atOnce -= 1;
    return [{ name: `vm-${subscriptionId}` } as VirtualMachine];
  }

  async listDisks(subscriptionId: string): Promise<readonly Disk[]> {
    if (subscriptionId === this.#broken) throw new AppError('azure-unavailable', 'Azure does not answer');
    return [{ name: `disk-${subscriptionId}` } as Disk];
  }

  async listResourceGroups(): Promise<readonly string[]> {
    return [];
  }

  async listSubscriptions(): Promise<readonly string[]> {
    return [];
  }
}

test('two policies over the same subscription list it once a moment', async () => {
  const reader = new StubReader();
  const moment = listOnce(reader);
  await Promise.all([readEstate(moment, ['a', 'b']), readEstate(moment, ['B', 'c'])]);
  expect(reader.asked.toSorted()).toEqual(['a', 'b', 'c']);
});

test('each subscription is listed once, in whatever case it is named', async () => {
  const reader = new StubReader();
  const estate = await readEstate(reader, ['a', 'b', 'A', 'a']);
  expect(reader.asked).toEqual(['a', 'b']);
  expect(estate.virtualMachines.map(({ name }) => name)).toEqual(['vm-a', 'vm-b']);
  expect(estate.disks.map(({ name }) => name)).toEqual(['disk-a', 'disk-b']);
});

test('many subscriptions are listed a few at a time', async () => {
  const reader = new StubReader();
  const estate = await readEstate(
    reader,
    Array.from({ length: 20 }, (_, index) => `s${index}`),
  );
  expect(estate.disks).toHaveLength(20);
  expect(reader.most).toBe(8);
});

test('one list that fails fails the whole: never a part of the estate', async () => {
  await expect(readEstate(new StubReader('b'), ['a', 'b', 'c'])).rejects.toMatchObject({ code: 'azure-unavailable' });
});

test('no subscriptions, no calls', async () => {
  const reader = new StubReader();
  expect(await readEstate(reader, [])).toEqual({ virtualMachines: [], disks: [] });
  expect(reader.asked).toEqual([]);
});
