import {
  createDefaultHttpClient,
  createHttpHeaders,
  type HttpClient,
  type PipelineRequest,
  RestError,
} from '@azure/core-rest-pipeline';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { Log } from '../../src/base/log.ts';
import type { TableWrite } from '../../src/base/store.ts';
import { createStore } from '../../src/state/azure-store.ts';
import { storeContract } from '../contract/store-contract.ts';
import { startTestStorage, type TestStorage } from '../support/azurite.ts';

let storage: TestStorage;

beforeAll(async () => {
  storage = await startTestStorage();
});
afterAll(async () => {
  await storage?.stop();
});

storeContract('Azure Storage (Azurite)', () => {
  const store = createStore({ ...storage, clock: systemClock });
  const queues = new QueueServiceClient(storage.queueServiceUri, storage.credential);
  return {
    store,
    take: async (name) => {
      const messages: unknown[] = [];
      for (;;) {
        const { receivedMessageItems } = await queues.getQueueClient(name).receiveMessages({ numberOfMessages: 32 });
        if (receivedMessageItems.length === 0) return messages;
        for (const item of receivedMessageItems) {
          messages.push(JSON.parse(Buffer.from(item.messageText, 'base64').toString('utf8')));
        }
      }
    },
  };
});

/** What becomes of one request: an answer instead of the request, or the request carried out and its answer lost. */
type Fault = 'lost' | 'reset' | { readonly status: number; readonly code?: string; readonly retryAfter?: string };

function faultyStore() {
  const faults: (Fault | 'ok')[] = [];
  const waitsMs: number[] = [];
  const lines: string[] = [];
  const requests: string[] = [];
  const real = createDefaultHttpClient();
  const tableHttpClient: HttpClient = {
    sendRequest: async (request) => {
      requests.push(request.method);
      const fault = faults.shift() ?? 'ok';
      if (fault === 'ok') return real.sendRequest(request);
      if (typeof fault === 'object') return answer(request, fault);
      if (fault === 'lost') await real.sendRequest(request);
      throw new RestError('socket hang up at https://account/?sig=SECRET', { code: 'ECONNRESET', request });
    },
  };
  const clock: Clock = {
    now: () => 0,
    wait: async (ms) => {
      waitsMs.push(ms);
    },
  };
  const note = (message: string, facts?: object) => void lines.push(`${message} ${JSON.stringify(facts)}`);
  const log: Log = { info: note, warn: note, error: note };
  const store = createStore({ ...storage, clock, log, tableHttpClient });
  return { store, faults, waitsMs, lines, requests };
}

function answer(request: PipelineRequest, fault: { status: number; code?: string; retryAfter?: string }) {
  const headers = createHttpHeaders({ 'content-type': 'application/json' });
  if (fault.retryAfter) headers.set('retry-after', fault.retryAfter);
  const bodyAsText = JSON.stringify({ 'odata.error': { code: fault.code ?? 'X', message: { value: 'sig=SECRET' } } });
  return { request, status: fault.status, headers, bodyAsText };
}

let tables = 0;

/** A table that exists, with one row in it, and faults to order for what follows. */
async function faultyTable() {
  const faulty = faultyStore();
  tables += 1;
  const table = faulty.store.table(`faulty${tables}`);
  await table.insert(keys('there'), { n: 1 });
  const etag = (await table.get(keys('there')))?.etag ?? '';
  faulty.requests.length = 0;
  return { ...faulty, table, etag };
}

function keys(rowKey: string) {
  return { partitionKey: 'p', rowKey };
}

describe('a storage account that does not answer as it should', () => {
  it.each<[string, Fault[]]>([
    ['503 ServerBusy', [{ status: 503, code: 'ServerBusy' }]],
    ['500 OperationTimedOut', [{ status: 500, code: 'OperationTimedOut' }]],
    ['429', [{ status: 429 }]],
    ['a connection that is reset', ['reset']],
    ['several in a row', ['reset', { status: 503 }, 'reset', { status: 500 }, { status: 503 }]],
  ])('is asked again after %s', async (_, faults) => {
    const { table, faults: ordered, waitsMs } = await faultyTable();
    ordered.push(...faults);
    expect((await table.get(keys('there')))?.cells).toEqual({ n: 1 });
    expect(waitsMs).toEqual([250, 500, 1_000, 2_000, 4_000].slice(0, faults.length));
  });

  it('waits as long as it asks to', async () => {
    const { table, faults, waitsMs } = await faultyTable();
    faults.push({ status: 503, retryAfter: '7' });
    await table.get(keys('there'));
    expect(waitsMs).toEqual([7_000]);
  });

  it('is given up after six tries, with a word that holds no secret', async () => {
    const { table, faults, lines, requests } = await faultyTable();
    faults.push(...Array<Fault>(6).fill('reset'));
    const failure = await table.put(keys('x'), {}).catch((error) => error);
    expect(failure).toMatchObject({ code: 'storage-unavailable', facts: { operation: 'put', tries: 6 } });
    expect(requests).toHaveLength(6);
    expect(lines).toHaveLength(5);
    expect(JSON.stringify([failure.message, failure.facts, lines, String(failure.stack)])).not.toContain('SECRET');
  });

  it('is not asked again where it refuses', async () => {
    const { table, faults, requests } = await faultyTable();
    faults.push({ status: 403, code: 'AuthorizationFailure' });
    await expect(table.get(keys('there'))).rejects.toMatchObject({
      code: 'storage-unavailable',
      facts: { status: 403, storageCode: 'AuthorizationFailure' },
    });
    expect(requests).toHaveLength(1);
  });

  it('goes on with the page whose answer was lost', async () => {
    const { table, faults } = await faultyTable();
    await table.write(
      'p',
      [...Array(1_500).keys()].map((n) => ({ kind: 'put', rowKey: `r${n}`, cells: {} })),
    );
    faults.push('ok', 'lost');
    let rows = 0;
    for await (const page of table.list({ partitionKey: 'p' })) rows += page.length;
    expect(rows).toBe(1_501);
  });
});

describe('an answer that was lost after the work was done', () => {
  it('is no "exists" for the row that was just inserted', async () => {
    const { table, faults } = await faultyTable();
    faults.push('lost');
    const inserted = await table.insert(keys('new'), { n: 1, big: 2 ** 40 });
    expect(inserted).toEqual({ kind: 'done', etag: (await table.get(keys('new')))?.etag });
  });

  it('is "exists" where another row stands there', async () => {
    const { table, faults } = await faultyTable();
    faults.push('lost');
    expect(await table.insert(keys('there'), { n: 2 })).toEqual({ kind: 'exists' });
  });

  it('without a lost answer the same cells are "exists"', async () => {
    const { table } = await faultyTable();
    expect(await table.insert(keys('there'), { n: 1 })).toEqual({ kind: 'exists' });
  });

  it('is no "changed" for the row that was just replaced', async () => {
    const { table, faults, etag } = await faultyTable();
    faults.push('lost');
    const replaced = await table.replace(keys('there'), { n: 2 }, etag);
    expect(replaced).toEqual({ kind: 'done', etag: (await table.get(keys('there')))?.etag });
  });

  it('is "changed" where somebody else was first', async () => {
    const { table, faults, etag } = await faultyTable();
    await table.put(keys('there'), { n: 3 });
    faults.push('lost');
    expect(await table.replace(keys('there'), { n: 2 }, etag)).toEqual({ kind: 'changed' });
  });

  it('is no "changed" for the version that was just deleted', async () => {
    const { table, faults, etag } = await faultyTable();
    faults.push('lost');
    expect(await table.delete(keys('there'), etag)).toBe('done');
  });

  it.each<[string, (etag: string) => readonly TableWrite[]]>([
    ['inserts', () => [{ kind: 'insert', rowKey: 'new', cells: { n: 1 } }]],
    ['replaces', (etag) => [{ kind: 'replace', rowKey: 'there', cells: { n: 2 }, etag }]],
    ['deletes', () => [{ kind: 'delete', rowKey: 'there' }]],
    [
      'does all kinds',
      () => [
        { kind: 'insert', rowKey: 'new', cells: { n: 1 } },
        { kind: 'put', rowKey: 'put', cells: { n: 1 } },
        { kind: 'delete', rowKey: 'there' },
        { kind: 'delete', rowKey: 'absent' },
      ],
    ],
  ])('is no "refused" for a group that %s', async (_, writes) => {
    const { table, faults, etag } = await faultyTable();
    faults.push('lost');
    expect(await table.write('p', writes(etag))).toBe('done');
  });

  it('is "refused" where the group really was', async () => {
    const { table, faults } = await faultyTable();
    faults.push('lost');
    const writes: TableWrite[] = [
      { kind: 'put', rowKey: 'put', cells: { n: 1 } },
      { kind: 'insert', rowKey: 'there', cells: { n: 2 } },
    ];
    expect(await table.write('p', writes)).toBe('refused');
    expect(await table.get(keys('put'))).toBeNull();
  });
});

describe('a table that is being deleted', () => {
  it('is written to once it is gone', async () => {
    const { table, faults, waitsMs } = await faultyTable();
    faults.push({ status: 409, code: 'TableBeingDeleted' }, { status: 409, code: 'TableBeingDeleted' });
    expect((await table.insert(keys('new'), { n: 1 })).kind).toBe('done');
    expect(waitsMs).toEqual([5_000]);
  });

  it('reads as empty', async () => {
    const { table, faults } = await faultyTable();
    faults.push({ status: 404, code: 'TableNotFound' });
    expect(await table.get(keys('there'))).toBeNull();
  });
});
