import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/azure/metrics.ts';
import { parseIngestion } from '../../src/watch/parse-ingestion.ts';
import { createTestCredential } from '../support/credential.ts';

const KEY = '00000000-0000-4000-8000-0000000000aa';
const AT = Date.UTC(2026, 2, 1, 12);
const requests: { url: string; type: string; authorization: string | null; lines: unknown[] }[] = [];
let answer: { status: number; body: string };
let server: Server;
let endpoint: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += String(chunk);
    });
    request.on('end', () => {
      const { authorization = null } = request.headers;
      const lines = text.split('\n').map((line) => JSON.parse(line) as unknown);
      requests.push({ url: request.url ?? '', type: request.headers['content-type'] ?? '', authorization, lines });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const taken = (itemsReceived: number, itemsAccepted: number) =>
  JSON.stringify({ itemsReceived, itemsAccepted, errors: [] });

describe('metrics', () => {
  const values = new Map([
    ['holdfast-drift', 0],
    ['holdfast-never-ran', 2],
  ]);

  it('sends one line for each value, with a token', async () => {
    answer = { status: 200, body: taken(2, 2) };
    const credential = createTestCredential('https://monitor.azure.com');
    await createMetrics({ endpoint, instrumentationKey: KEY, credential }).send(values, AT);
    const [{ url, type, authorization, lines } = { lines: [] as unknown[] }] = requests;
    expect([url, type]).toEqual(['/v2.1/track', 'application/x-json-stream']);
    expect(authorization).toMatch(/^Bearer ey/);
    expect(lines[1]).toEqual({
      name: 'Microsoft.ApplicationInsights.Metric',
      time: '2026-03-01T12:00:00Z',
      iKey: KEY,
      data: {
        baseType: 'MetricData',
        baseData: { ver: 2, metrics: [{ name: 'holdfast-never-ran', kind: 'Measurement', value: 2, count: 1 }] },
      },
    });
    expect(lines).toHaveLength(2);
  });

  it.each([
    { name: 'the identity is refused', status: 401, body: '', code: 'azure-denied' },
    { name: 'the role is missing', status: 403, body: '', code: 'azure-denied' },
    { name: 'the daily cap is used up', status: 439, body: '', code: 'throttled' },
    { name: 'not every value is taken', status: 206, body: taken(2, 1), code: 'azure-rejected' },
    { name: 'a value is not valid', status: 400, body: taken(2, 0), code: 'azure-rejected' },
    {
      name: 'it is elsewhere by now: a token is sent after no redirect',
      status: 307,
      body: '',
      code: 'azure-rejected',
    },
    { name: 'it is down', status: 503, body: '', code: 'azure-unavailable' },
  ])('says so where $name', async ({ status, body, code }) => {
    answer = { status, body };
    await expect(createMetrics({ endpoint, instrumentationKey: KEY }).send(values, AT)).rejects.toMatchObject({ code });
  });

  it('says so where nobody answers', async () => {
    const nowhere = createMetrics({ endpoint: 'http://127.0.0.1:1', instrumentationKey: KEY });
    await expect(nowhere.send(values, AT)).rejects.toMatchObject({ code: 'azure-unavailable' });
  });
});

describe('connection strings', () => {
  it.each([
    {
      text: `InstrumentationKey=${KEY};IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/;LiveEndpoint=https://x`,
      endpoint: 'https://westeurope-5.in.applicationinsights.azure.com',
    },
    { text: `InstrumentationKey=${KEY}`, endpoint: 'https://dc.services.visualstudio.com' },
    {
      text: `instrumentationkey = ${KEY} ; IngestionEndpoint=http://127.0.0.1:5000/`,
      endpoint: 'http://127.0.0.1:5000',
    },
  ])('leads to $endpoint', ({ text, endpoint: expected }) => {
    expect(parseIngestion(text)).toEqual({ endpoint: expected, instrumentationKey: KEY });
  });

  it.each([
    '',
    'InstrumentationKey=x',
    `InstrumentationKey=${KEY};IngestionEndpoint=http://example.com`,
    'IngestionEndpoint=https://a',
  ])('leads nowhere: %j', (text) => {
    expect(parseIngestion(text)).toBeNull();
  });
});
