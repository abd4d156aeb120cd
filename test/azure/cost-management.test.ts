import { createHttpHeaders, type HttpClient, RestError } from '@azure/core-rest-pipeline';
import { describe, expect, it } from 'vitest';
import { createCostManagement } from '../../src/azure/cost-management.ts';
import { createTestCredential } from '../support/credential.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const ENDPOINT = 'https://arm.example';
const SUBSCRIPTION = '00000000-0000-4000-8000-000000000001';
const RANGE = { from: '2026-03-01', to: '2026-03-07' };
const SNAPSHOT = `/subscriptions/${SUBSCRIPTION}/resourceGroups/Own/providers/Microsoft.Compute/snapshots/S1`;
const COLUMNS = ['Cost', 'UsageQuantity', 'UsageDate', 'ResourceId', 'MeterId', 'Currency'];

type Row = readonly (string | number)[];
type Scripted = { status: number; headers?: Record<string, string>; body?: unknown } | 'lost';

function page(rows: readonly Row[], nextLink: string | null = null, columns: readonly string[] = COLUMNS): Scripted {
  return { status: 200, body: { properties: { nextLink, columns: columns.map((name) => ({ name })), rows } } };
}

function scripted(...answers: readonly Scripted[]) {
  const asked: { method: string; url: URL; body: Record<string, unknown>; authorization: string | undefined }[] = [];
  const httpClient: HttpClient = {
    sendRequest: async (request) => {
      asked.push({
        method: request.method,
        url: new URL(request.url),
        body: JSON.parse(String(request.body)),
        authorization: request.headers.get('authorization'),
      });
      const answer = answers[Math.min(asked.length, answers.length) - 1] ?? 'lost';
      if (answer === 'lost') throw new RestError('socket hang up', { code: 'ECONNRESET', request });
      const bodyAsText = answer.body === undefined ? '' : JSON.stringify(answer.body);
      return { request, status: answer.status, headers: createHttpHeaders(answer.headers ?? {}), bodyAsText };
    },
  };
  const clock = createVirtualClock(Date.UTC(2026, 2, 8));
  const credential = createTestCredential(ENDPOINT);
  return { asked, clock, source: createCostManagement({ endpoint: ENDPOINT, credential, clock, httpClient }) };
}

const figures = (...answers: readonly Scripted[]) => scripted(...answers).source.snapshotFigures(SUBSCRIPTION, RANGE);
const ROW: Row = [0.0016129032, 0.3225806, 20260301, SNAPSHOT, 'METER-1', 'EUR'];

describe('figures', () => {
  it('are asked for by day, resource and meter, of snapshots alone', async () => {
    const { asked, source } = scripted(page([ROW]));
    expect(await source.snapshotFigures(SUBSCRIPTION, RANGE)).toEqual([
      {
        day: '2026-03-01',
        resourceId: SNAPSHOT.toLowerCase(),
        meterId: 'meter-1',
        quantity: 0.3225806,
        microUnits: 1_613,
        currency: 'EUR',
      },
    ]);
    const [only] = asked;
    expect(only?.method).toBe('POST');
    expect(only?.url.pathname).toBe(`/subscriptions/${SUBSCRIPTION}/providers/Microsoft.CostManagement/query`);
    expect(only?.authorization).toMatch(/^Bearer /);
    expect(only?.body).toEqual({
      type: 'ActualCost',
      timeframe: 'Custom',
      timePeriod: { from: '2026-03-01T00:00:00Z', to: '2026-03-07T23:59:59Z' },
      dataset: {
        granularity: 'Daily',
        aggregation: {
          Cost: { name: 'Cost', function: 'Sum' },
          UsageQuantity: { name: 'UsageQuantity', function: 'Sum' },
        },
        grouping: [
          { type: 'Dimension', name: 'ResourceId' },
          { type: 'Dimension', name: 'MeterId' },
        ],
        filter: { dimensions: { name: 'ResourceType', operator: 'In', values: ['microsoft.compute/snapshots'] } },
      },
    });
  });

  it('come from all pages, each asked for by POST with the same question', async () => {
    const next = `${ENDPOINT}/subscriptions/x/query?$skiptoken=2`;
    const { asked, source } = scripted(page([ROW], next), page([[1, 2, 20260302, SNAPSHOT, 'm', 'EUR']]));
    const read = await source.snapshotFigures(SUBSCRIPTION, RANGE);
    expect(read.map(({ day }) => day)).toEqual(['2026-03-01', '2026-03-02']);
    expect(asked.map(({ method }) => method)).toEqual(['POST', 'POST']);
    expect(asked[1]?.url.href).toBe(new URL(next).href);
    expect(asked[1]?.body).toEqual(asked[0]?.body);
  });

  it('are read whatever the order and case of the columns, and added up where a row comes in parts', async () => {
    const columns = ['currency', 'resourceid', 'usagedate', 'cost', 'meterid', 'usagequantity'];
    const row = ['EUR', SNAPSHOT, '2026-03-01T00:00:00', 0.0000006, 'm', 1];
    // Each part alone would round to one micro-unit.
    const read = await figures(page([row, row], null, columns));
    expect(read.map(({ day, microUnits, quantity }) => [day, microUnits, quantity])).toEqual([['2026-03-01', 1, 2]]);
  });

  it.each<[string, Scripted]>([
    ['an answer without a body', { status: 204 }],
    ['no rows', page([])],
    ['neither rows nor columns', page([], null, [])],
  ])('are none where there is %s', async (_, answer) => {
    expect(await figures(answer)).toEqual([]);
  });

  it.each<[string, Scripted, string]>([
    ['a column that is missing', page([ROW.slice(1)], null, COLUMNS.slice(1)), 'azure-unavailable'],
    ['a cost that is no number', page([['much', ...ROW.slice(1)]]), 'azure-unavailable'],
    ['a day that is none', page([[1, 1, 20261301, SNAPSHOT, 'm', 'EUR']]), 'azure-unavailable'],
    ['an answer of another form', { status: 200, body: { rows: [] } }, 'azure-unavailable'],
    ['a next page elsewhere', page([ROW], 'https://evil.example/query'), 'azure-rejected'],
    ['an identity without the role', { status: 403, body: { error: { code: 'AuthorizationFailed' } } }, 'azure-denied'],
    ['a subscription without cost data', { status: 400, body: { error: { code: 'BadRequest' } } }, 'azure-rejected'],
  ])('are refused whole with %s', async (_, answer, code) => {
    await expect(figures(answer)).rejects.toMatchObject({ code });
  });

  it('stop at an answer without an end', async () => {
    const { asked, source } = scripted(page([ROW], `${ENDPOINT}/again`));
    await expect(source.snapshotFigures(SUBSCRIPTION, RANGE)).rejects.toMatchObject({ code: 'azure-unavailable' });
    expect(asked).toHaveLength(2_000);
  });
});

describe('throttling', () => {
  const wait = (name: string, seconds: string) => ({ [`x-ms-ratelimit-microsoft.${name}-retry-after`]: seconds });
  const cases: readonly { name: string; headers: Record<string, string>; waitsMs: number }[] = [
    { name: 'units', headers: wait('costmanagement-qpu', '13'), waitsMs: 13_000 },
    { name: 'the scope', headers: wait('costmanagement-entity', '4'), waitsMs: 4_000 },
    { name: 'the tenant', headers: wait('costmanagement-tenant', '20'), waitsMs: 20_000 },
    { name: 'the caller', headers: wait('costmanagement-client', '7'), waitsMs: 7_000 },
    { name: 'an older name', headers: wait('consumption', '5'), waitsMs: 5_000 },
    { name: 'the header of all', headers: { 'retry-after': '3' }, waitsMs: 3_000 },
    {
      name: 'the longest of several',
      headers: { 'retry-after': '3', ...wait('costmanagement-qpu', '9'), ...wait('costmanagement-entity', '1') },
      waitsMs: 9_000,
    },
    { name: 'no header at all', headers: {}, waitsMs: 10_000 },
  ];
  it.each(cases)('waits as $name says', async ({ headers, waitsMs }) => {
    const { clock, source } = scripted({ status: 429, headers }, page([ROW]));
    expect(await source.snapshotFigures(SUBSCRIPTION, RANGE)).toHaveLength(1);
    expect(clock.waitsMs).toEqual([waitsMs]);
  });

  it('leaves a long wait to the next run', async () => {
    const { clock, source } = scripted({ status: 429, headers: wait('costmanagement-qpu', '1800') });
    await expect(source.snapshotFigures(SUBSCRIPTION, RANGE)).rejects.toMatchObject({
      code: 'throttled',
      retryAfterMs: 1_800_000,
    });
    expect(clock.waitsMs).toEqual([]);
  });

  it.each<[string, Scripted, string]>([
    ['a lost connection', 'lost', 'azure-unavailable'],
    ['a broken service', { status: 503 }, 'azure-unavailable'],
    ['no end of 429', { status: 429 }, 'throttled'],
  ])('gives up after %s, four times', async (_, answer, code) => {
    const { asked, source } = scripted(answer);
    await expect(source.snapshotFigures(SUBSCRIPTION, RANGE)).rejects.toMatchObject({ code });
    expect(asked).toHaveLength(4);
  });

  it('keeps to its own pace', async () => {
    const { clock, source } = scripted(page([ROW]));
    for (let index = 0; index < 31; index += 1) await source.snapshotFigures(SUBSCRIPTION, RANGE);
    // Ten at once, then twenty a minute.
    const seconds = (clock.now() - Date.UTC(2026, 2, 8)) / 1_000;
    expect(seconds).toBeGreaterThanOrEqual(60);
    expect(seconds).toBeLessThan(70);
  });
});

it('puts the names of meters together from two questions', async () => {
  const names = page([[1, 1, 'M1', 'ZRS Snapshots', 'EUR']], null, [
    'Cost',
    'UsageQuantity',
    'MeterId',
    'Meter',
    'Currency',
  ]);
  const products = page([[1, 1, 'm1', 'Standard HDD Managed Disks', 'EUR']], null, [
    'Cost',
    'UsageQuantity',
    'MeterId',
    'MeterSubcategory',
    'Currency',
  ]);
  const { asked, source } = scripted(names, products);
  expect(await source.snapshotMeters(SUBSCRIPTION, RANGE)).toEqual([
    { meterId: 'm1', meter: 'ZRS Snapshots', product: 'Standard HDD Managed Disks' },
  ]);
  expect(asked.map(({ body }) => (body.dataset as { granularity: string }).granularity)).toEqual(['None', 'None']);
});
