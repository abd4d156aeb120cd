import { beforeEach, describe, expect, it } from 'vitest';
import '../../src/functions/prices.ts';
import { AppError } from '../../src/base/errors.ts';
import { openPriceBook } from '../../src/cost/cost.ts';
import { routes } from '../../src/functions/http-entry.ts';
import { createMemoryApp, type MemoryApp, START } from '../support/memory-app.ts';

const SHEET = {
  name: 'EA 2026',
  currency: 'EUR',
  prices: [{ region: 'westeurope', sku: 'Standard_ZRS', price: 0.041, from: '2026-02-20' }],
};
const CSV = 'region,sku,price,currency,from\r\nwesteurope,Standard_ZRS,0.041,EUR,2026-02-20\r\n';

let memory: MemoryApp;
beforeEach(() => {
  memory = createMemoryApp();
});

interface Call {
  readonly body?: unknown;
  readonly type?: string;
  readonly query?: string;
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
}

async function call(method: 'get' | 'put' | 'delete', given: Call = {}) {
  const route = routes.find(({ name }) => name === `prices-sheet-${method}`);
  if (!route) throw new Error(`there is no route to ${method}`);
  const text = typeof given.body === 'string' ? given.body : JSON.stringify(given.body);
  const answer = await route.handle({
    app: memory.app,
    caller: { name: 'ann', roles: [] },
    params: {},
    query: new URLSearchParams(given.query),
    body: given.body === undefined ? undefined : { type: given.type ?? 'application/json', text },
    header: () => null,
    ifMatch: given.ifMatch ?? null,
    ifNoneMatch: given.ifNoneMatch ?? null,
    operation: { id: 'operation', at: START },
  });
  const headers = (answer.headers ?? {}) as Record<string, string>;
  const body = answer.body ? JSON.parse(String(answer.body)) : null;
  return { status: answer.status ?? 200, etag: (headers.etag ?? '').replaceAll('"', ''), body };
}

const put = (given: Call = {}) => call('put', { body: SHEET, ...given });
const codeOf = async (answer: Promise<unknown>) =>
  answer.then(
    () => null,
    (error: unknown) => (error instanceof AppError ? error.code : error),
  );
const audit = () => (memory.store.dump().audit202603 ?? []).map(({ cells }) => `${cells.actor} ${cells.action}`);
const repriced = () =>
  (memory.store.dump().work ?? []).filter(({ cells }) => cells.kind === 'reprice').map(({ cells }) => cells.id);

it.each([
  ['get', 'GET', 'reader'],
  ['put', 'PUT', 'admin'],
  ['delete', 'DELETE', 'admin'],
])('%s asks for its role', (name, method, role) => {
  expect(routes.find((route) => route.name === `prices-sheet-${name}`)).toMatchObject({ method, role });
});

describe('PUT prices/sheet', () => {
  it('puts a sheet in force, from its day on, and values the days since again', async () => {
    const answer = await put();
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      name: 'EA 2026',
      prices: [
        { region: 'westeurope', sku: 'Standard_ZRS', price: 0.041, unit: '1 GB/Month', from: '2026-02-20', to: null },
      ],
      version: answer.etag,
      updatedBy: 'ann',
    });
    const { store, prices, log } = memory.app;
    const book = (day: string) => openPriceBook({ store, source: prices, log }, 'EUR', START, day);
    expect(await book('2026-03-01').priceOf('westeurope', 'ZRS')).toMatchObject({
      price: { microUnitsPerGiBMonth: 41_000, source: 'sheet' },
    });
    expect(await book('2026-02-19').priceOf('westeurope', 'ZRS')).toMatchObject({
      price: { microUnitsPerGiBMonth: 50_000, source: 'retail' },
    });
    expect(repriced().sort()).toEqual(
      ['20', '21', '22', '23', '24', '25', '26', '27', '28'].map((day) => `2026-02-${day}`),
    );
    expect(audit()).toEqual(['ann prices.save']);
  });

  it('takes the same as CSV, and changes nothing then', async () => {
    const { etag } = await put({ body: { ...SHEET, name: null } });
    const again = await put({ body: CSV, type: 'text/csv' });
    expect([again.status, again.etag]).toEqual([200, etag]);
    expect(audit()).toHaveLength(1);
  });

  it('writes over the version that was seen alone', async () => {
    const { etag } = await put();
    const other = { ...SHEET, name: 'EA 2027' };
    expect(await codeOf(put({ body: other, ifMatch: 'another' }))).toBe('precondition-failed');
    expect(await codeOf(put({ body: other, ifNoneMatch: '*' }))).toBe('precondition-failed');
    const done = await put({ body: other, ifMatch: etag });
    expect(done.status).toBe(200);
    expect(done.etag).not.toBe(etag);
    expect(audit()).toHaveLength(2);
  });

  it('says every problem at once and keeps what was there', async () => {
    const { etag } = await put();
    const bad = { currency: 'USD', prices: [{ region: 'nowhere', sku: 'x', price: -1, from: 'soon' }] };
    const answer = await put({ body: bad });
    expect(answer.status).toBe(400);
    expect(answer.body.problems.map(({ path }: { path: string }) => path)).toEqual([
      '$.currency',
      '$.prices[0].region',
      '$.prices[0].sku',
      '$.prices[0].price',
      '$.prices[0].from',
    ]);
    expect((await call('get')).etag).toBe(etag);
  });

  it.each<[string, Call, string]>([
    ['no body', { body: undefined }, 'bad-request'],
    ['broken JSON', { body: '{' }, 'bad-request'],
    ['a type that is neither', { body: 'x', type: 'application/xml' }, 'unsupported-media-type'],
    ['no type', { body: 'x', type: '' }, 'unsupported-media-type'],
  ])('refuses %s', async (_, given, code) => {
    expect(await codeOf(call('put', given))).toBe(code);
  });
});

describe('GET and DELETE prices/sheet', () => {
  it('tell where there is none', async () => {
    expect(await codeOf(call('get'))).toBe('not-found');
    expect(await codeOf(call('delete'))).toBe('not-found');
  });

  it('answer what is in force, and nothing to whom has it', async () => {
    const { etag } = await put();
    expect((await call('get')).body.currency).toBe('EUR');
    expect((await call('get', { ifNoneMatch: etag })).status).toBe(304);
  });

  it('bring the list prices back, of the version that was seen alone', async () => {
    const { etag } = await put();
    expect(await codeOf(call('delete', { ifMatch: 'another' }))).toBe('precondition-failed');
    expect((await call('delete', { ifMatch: etag })).status).toBe(204);
    const { store, prices, log } = memory.app;
    const book = openPriceBook({ store, source: prices, log }, 'EUR', START);
    expect(await book.priceOf('westeurope', 'ZRS')).toMatchObject({ price: { source: 'retail' } });
    expect(audit()).toEqual(['ann prices.save', 'ann prices.delete']);
  });
});
