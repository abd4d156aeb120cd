import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TokenCredential } from '@azure/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRangeReader } from '../../src/azure/page-ranges.ts';
import { makeCertificate } from '../../src/sandbox/certificate.ts';
import { trustCertificate } from '../support/certificate.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const MIB = 1_048_576;
const GRAIN = 4 * MIB;

interface Seen {
  readonly range: string | undefined;
  readonly previous: string | undefined;
  readonly marker: string | null;
  readonly authorization: string | undefined;
}

/** A page blob that answers by a script: what no snapshot of the sandbox can be made to answer. */
let server: Server;
let url: string;
let seen: Seen[];
let answer: (request: Seen, nth: number) => { readonly status: number; readonly xml: string };

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  const files = await makeCertificate(folder);
  const [cert, key] = [await readFile(files.certificatePath, 'utf8'), await readFile(files.keyPath, 'utf8')];
  await rm(folder, { recursive: true });
  trustCertificate(cert);
  server = createServer({ cert, key }, (request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'https://x');
    const header = (name: string) => request.headers[name] as string | undefined;
    const one = {
      range: header('x-ms-range'),
      previous: header('x-ms-previous-snapshot-url'),
      marker: searchParams.get('marker'),
      authorization: header('authorization'),
    };
    seen.push(one);
    const { status, xml } = answer(one, seen.length);
    const headers = { 'content-type': 'application/xml', 'x-ms-blob-content-length': '0', 'x-ms-request-id': '1' };
    response.writeHead(status, headers).end(`<?xml version="1.0"?>${xml}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://localhost:${(server.address() as AddressInfo).port}/md/x/abcd?sig=SECRET`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  seen = [];
});

function pageList(
  entries: readonly (readonly [kind: 'PageRange' | 'ClearRange', start: number, end: number])[],
  marker = '',
) {
  const body = entries
    .map(([kind, start, end]) => `<${kind}><Start>${start}</Start><End>${end}</End></${kind}>`)
    .join('');
  return { status: 200, xml: `<PageList>${body}<NextMarker>${marker}</NextMarker></PageList>` };
}

/** First and last byte of an `x-ms-range` header. */
function bytesOf(range: string | undefined): readonly [number, number] {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  return [Number(first), Number(last)];
}

describe('ranges', () => {
  const clock = createVirtualClock();
  const reader = createRangeReader({ clock });

  it('are whole to the last byte', async () => {
    answer = () =>
      pageList([
        ['PageRange', 0, 511],
        ['PageRange', 1_024, 2_047],
      ]);
    const written = [
      { offset: 0, length: 512 },
      { offset: 1_024, length: 1_024 },
    ];
    const window = { offset: 0, length: GRAIN };
    expect((await reader.allocated(url, window)).written).toEqual(written);
    expect((await reader.changed(url, url, window)).written).toEqual(written);
    expect(bytesOf(seen[0]?.range)).toEqual([0, GRAIN - 1]);
    expect(seen[1]?.previous).toBe(url);
  });

  it('are cut to the window, and cleared ones kept apart', async () => {
    answer = () =>
      pageList([
        ['PageRange', 0, GRAIN - 1],
        ['ClearRange', GRAIN, 3 * GRAIN - 1],
      ]);
    expect(await reader.changed(url, url, { offset: MIB, length: GRAIN })).toEqual({
      written: [{ offset: MIB, length: 3 * MIB }],
      cleared: [{ offset: GRAIN, length: MIB }],
    });
  });

  it('are read page after page', async () => {
    answer = ({ marker }) =>
      marker === 'more' ? pageList([['PageRange', 512, 1_023]]) : pageList([['PageRange', 0, 511]], 'more');
    const { written } = await reader.allocated(url, { offset: 0, length: GRAIN });
    expect(written).toHaveLength(2);
    expect(seen.map(({ marker }) => marker)).toEqual([null, 'more']);
  });

  it('of a difference that is answered in part are asked for again in halves', async () => {
    answer = ({ range }) => {
      const [first, last] = bytesOf(range);
      // One range in each 4 MiB, and room for two in an answer.
      const starts: number[] = [];
      for (let start = Math.floor(first / GRAIN) * GRAIN; start <= last; start += GRAIN) starts.push(start);
      return pageList(
        starts.slice(0, 2).map((start) => ['PageRange', start, start + 511]),
        starts.length > 2 ? 'more' : '',
      );
    };
    const { written } = await reader.changed(url, url, { offset: GRAIN, length: 7 * GRAIN });
    expect(written).toEqual([1, 2, 3, 4, 5, 6, 7].map((n) => ({ offset: n * GRAIN, length: 512 })));
    expect(seen.every(({ marker }) => marker === null)).toBe(true);
  });

  it('of a difference that never fits are given up', async () => {
    answer = () => pageList([], 'more');
    const asked = reader.changed(url, url, { offset: 0, length: 4 * GRAIN });
    await expect(asked).rejects.toMatchObject({ code: 'azure-unavailable' });
    expect(seen).toHaveLength(3);
  });

  it('are asked for again after a failure that may pass', async () => {
    answer = (_, nth) => (nth < 3 ? { status: 503, xml: '<Error/>' } : pageList([]));
    expect(await reader.allocated(url, { offset: 0, length: GRAIN })).toEqual({ written: [], cleared: [] });
    expect(clock.waitsMs.slice(-2)).toEqual([500, 1_000]);
  });

  it.each([
    [403, 'azure-denied', 1],
    [404, 'not-found', 1],
    [400, 'azure-rejected', 1],
    [503, 'azure-unavailable', 5],
    [429, 'throttled', 5],
  ])('answer %i with %s, without the URL', async (status, code, requests) => {
    answer = () => ({ status, xml: '<Error><Code>X</Code><Message>sig=SECRET</Message></Error>' });
    const failure = await reader.allocated(url, { offset: 0, length: GRAIN }).catch((error) => error);
    expect(failure).toMatchObject({ code, facts: { status } });
    expect(`${failure.stack}${JSON.stringify(failure.facts)}`).not.toContain('SECRET');
    expect(failure.cause).toBeUndefined();
    expect(seen).toHaveLength(requests);
  });

  describe('of a disk that wants a token', () => {
    const window = { offset: 0, length: GRAIN };
    const tokens = (getToken: (scope: string) => string | Error) => {
      const scopes: string[] = [];
      const credential: TokenCredential = {
        getToken: async (scope) => {
          scopes.push(String(scope));
          const token = getToken(String(scope));
          if (token instanceof Error) throw token;
          return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
        },
      };
      return { scopes, reader: createRangeReader({ clock, credential }) };
    };
    /** A disk that lets in whoever brings the token beside the signature. */
    const guarded = (right: string) => {
      answer = ({ authorization }) =>
        authorization === `Bearer ${right}` ? pageList([]) : { status: 401, xml: '<Error/>' };
    };

    it('are read with it once it has been asked for, and for others it never goes along', async () => {
      const { scopes, reader: own } = tokens(() => 'T1');
      answer = () => pageList([]);
      await own.allocated(url.replace('/x/', '/open/'), window);
      expect(seen.map(({ authorization }) => authorization)).toEqual([undefined]);
      expect(scopes).toEqual([]);
      guarded('T1');
      await own.allocated(url, window);
      await own.changed(url, url, window);
      expect(seen.slice(1).map(({ authorization }) => authorization)).toEqual([undefined, 'Bearer T1', 'Bearer T1']);
      // The audience ends with a slash, or the service refuses the token.
      expect([...new Set(scopes)]).toEqual(['https://disk.azure.com//.default']);
    });

    it('are denied where it is not the right one, where there is none, and without an identity', async () => {
      guarded('T1');
      const none = Object.assign(new Error('no identity'), { name: 'CredentialUnavailableError' });
      for (const given of ['T2', none]) {
        const read = tokens(() => given).reader.allocated(url, window);
        await expect(read).rejects.toMatchObject({ code: 'azure-denied' });
      }
      await expect(reader.allocated(url, window)).rejects.toMatchObject({ code: 'azure-denied' });
    });
  });

  it.each(['http://localhost/x?sig=SECRET', 'no url'])('are not read from %s', async (bad) => {
    const failure = await (async () => reader.allocated(bad, { offset: 0, length: 4_096 }))().catch((error) => error);
    expect(failure).toMatchObject({ code: 'azure-rejected' });
    expect(failure.message).not.toContain('SECRET');
  });
});
