import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { storeContract } from '../contract/store-contract.ts';
import { createMemoryStore, type StoreCall } from './memory-store.ts';

storeContract('memory', () => {
  const store = createMemoryStore();
  return { store, take: async (queue) => store.take(queue) };
});

describe('memory store', () => {
  const keys = { partitionKey: 'p', rowKey: 'r' };
  const fail = () => {
    throw new AppError('storage-unavailable', 'ordered');
  };

  it('fails before the write: nothing is written', async () => {
    const store = createMemoryStore({ before: fail });
    await expect(store.table('things').insert(keys, { n: 1 })).rejects.toThrow('ordered');
    expect(store.dump()).toEqual({});
  });

  it('fails after the write: it is written', async () => {
    const store = createMemoryStore({ after: fail });
    await expect(store.table('things').insert(keys, { n: 1 })).rejects.toThrow('ordered');
    await expect(store.queue('work').send([1, 2])).rejects.toThrow('ordered');
    expect(store.dump().things).toHaveLength(1);
    expect(store.take('work')).toEqual([1]);
  });

  it('tells each call to the hooks, a transaction as one', async () => {
    const calls: StoreCall[] = [];
    const store = createMemoryStore({ before: (call) => void calls.push(call) });
    await store.table('things').insert(keys, {});
    await store.table('things').write('p', [
      { kind: 'put', rowKey: 'a', cells: {} },
      { kind: 'put', rowKey: 'b', cells: {} },
    ]);
    expect(calls).toEqual([
      { operation: 'insert', name: 'things', ...keys },
      { operation: 'write', name: 'things', partitionKey: 'p' },
    ]);
  });
});
