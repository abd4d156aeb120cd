import { beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import type { Manifest } from '../../src/inventory/manifest.ts';
import { ManifestBook } from '../../src/protect/manifest-book.ts';
import { addShop, createMemoryApp, type MemoryApp, START, SUBSCRIPTION } from '../support/memory-app.ts';

let memory: MemoryApp;
let machineId: string;
let lists: number;
let fail: boolean;
let size: string;

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

function open(): ManifestBook {
  const { store, clock, describer } = memory.app;
  const describeMachines = async (subscriptionId: string): Promise<readonly Manifest[]> => {
    lists += 1;
    if (fail) throw new AppError('azure-denied', 'no role');
    return (await describer.describeMachines(subscriptionId)).map((manifest) => ({ ...manifest, size }));
  };
  return new ManifestBook({ store, clock, log: quiet, describer: { describeMachines } });
}

beforeEach(() => {
  memory = createMemoryApp();
  ({ machineId } = addShop(memory));
  [lists, fail, size] = [0, false, 'small'];
});

const source = () => ({ key: 'source-key', id: machineId.toUpperCase(), subscriptionId: SUBSCRIPTION });
const blobs = async () => (await Array.fromAsync(memory.store.blobs('manifests').list(''))).flat();

describe('the manifest of a machine', () => {
  it('is written once while the machine stays as it is, also by another process', async () => {
    const name = await open().capture(source());
    memory.setNow(START + HOUR_MS);
    expect(await open().capture(source())).toBe(name);
    expect(await blobs()).toEqual([name]);
    expect(await open().read(name ?? '')).toMatchObject({ name: 'web', size: 'small' });
  });

  it('is written again when the machine has changed, and sorts after the older one', async () => {
    const book = open();
    const first = await book.capture(source());
    memory.setNow(START + HOUR_MS);
    size = 'large';
    const second = await book.capture(source());
    expect(await blobs()).toEqual([first, second]);
  });

  it('comes for a wave of points from one list', async () => {
    const book = open();
    for (let count = 0; count < 20; count += 1) await book.capture(source());
    expect(lists).toBe(1);
    memory.setNow(START + 3 * MINUTE_MS);
    await book.capture(source());
    expect(lists).toBe(2);
  });

  it('is none where Azure does not tell, and is asked for again', async () => {
    fail = true;
    const book = open();
    expect(await book.capture(source())).toBeNull();
    fail = false;
    expect(await book.capture(source())).not.toBeNull();
    expect(await book.capture({ ...source(), id: '/gone' })).toBeNull();
  });

  it('is never guessed at where it cannot be read', async () => {
    await memory.store.blobs('manifests').write('a/b', Buffer.from('{"v":1}'));
    await expect(open().read('a/b')).rejects.toMatchObject({ code: 'data-unreadable' });
    expect(await open().read('a/none')).toBeNull();
  });
});
