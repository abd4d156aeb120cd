import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createDiskBytes } from '../../src/azure/disk-bytes.ts';
import { makeCertificate } from '../../src/sandbox/certificate.ts';
import { trustCertificate } from '../support/certificate.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const SIZE = 8 * 1_048_576;
const content = Buffer.from(Uint8Array.from({ length: SIZE }, (_, index) => (index * 7) % 251));

let server: Server;
let url: string;
let ranges: (string | undefined)[];
let answer: (nth: number) => { readonly status: number; readonly cut?: number };

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  const files = await makeCertificate(folder);
  const [cert, key] = [await readFile(files.certificatePath, 'utf8'), await readFile(files.keyPath, 'utf8')];
  await rm(folder, { recursive: true });
  trustCertificate(cert);
  server = createServer({ cert, key }, (request, response) => {
    const asked = (request.headers['x-ms-range'] ?? request.headers.range) as string | undefined;
    ranges.push(asked);
    const { status, cut = 0 } = answer(ranges.length);
    if (status !== 206) {
      response.writeHead(status).end();
      return;
    }
    const [first = 0, last = 0] = (asked ?? '').replace('bytes=', '').split('-').map(Number);
    response.writeHead(206, {
      etag: '"one"',
      'content-length': last - first + 1 - cut,
      'content-range': `bytes ${first}-${last}/${SIZE}`,
    });
    response.end(content.subarray(first, last + 1 - cut));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  url = `https://localhost:${(server.address() as AddressInfo).port}/md/x?sig=secret`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  ranges = [];
  answer = () => ({ status: 206 });
});

const bytes = () => createDiskBytes({ clock: createVirtualClock() });

test('the bytes of a range, in one request', async () => {
  const read = await bytes().read(url, 5_000_000, 1_048_576);
  expect(Buffer.from(read).equals(content.subarray(5_000_000, 6_048_576))).toBe(true);
  expect(ranges).toEqual(['bytes=5000000-6048575']);
});

test('again where Azure stumbles', async () => {
  answer = (nth) => ({ status: nth < 3 ? 503 : 206 });
  expect((await bytes().read(url, 0, 512)).length).toBe(512);
  expect(ranges).toHaveLength(3);
});

test.each([
  [403, 'azure-denied'],
  [404, 'not-found'],
  [503, 'azure-unavailable'],
])('%i is %s, and the URL stays a secret', async (status, code) => {
  answer = () => ({ status });
  const failure = await bytes()
    .read(url, 0, 512)
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ code });
  expect(JSON.stringify(failure) + String(failure)).not.toContain('secret');
});

test('an answer that is too short is asked for again', async () => {
  answer = (nth) => ({ status: 206, cut: nth === 1 ? 100 : 0 });
  expect(Buffer.from(await bytes().read(url, 0, 512)).equals(content.subarray(0, 512))).toBe(true);
});
