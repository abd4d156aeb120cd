import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AnonymousCredential, PageBlobClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SnapshotBytes, VolumeBytes } from '../../../src/sandbox/bytes/bytes.ts';
import { answerPageBlob } from '../../../src/sandbox/bytes/page-blob-endpoint.ts';

const PAGE = 512;
const MIB = 2 ** 20;
const GIB = 2 ** 30;
const ETAG = '0x8DE0123456789AB';
const LAST_MODIFIED_MS = Date.UTC(2026, 2, 1, 2, 30, 0, 250);

const volume = new VolumeBytes({ sizeBytes: 4 * 2 ** 40, seed: 11 });
const snapshots = new Map<string, SnapshotBytes>();
let server: Server;
let base = '';
let running = 0;

beforeAll(async () => {
  volume.writeSeeded(0, 3 * MIB);
  volume.writeSeeded(2 ** 40, PAGE);
  snapshots.set('one', volume.snapshot({ incremental: true }));
  volume.writeSeeded(MIB, 2 * PAGE);
  volume.clear(2 * MIB, 4 * PAGE);
  snapshots.set('two', volume.snapshot({ incremental: true }));
  for (let i = 0; i < 12_000; i += 1) volume.writeSeeded(2 ** 41 + i * 2 * 4_096, 4_096);
  volume.clear(2 ** 40, PAGE);
  snapshots.set('three', volume.snapshot({ incremental: true }));
  snapshots.set('full', volume.snapshot({ incremental: false }));
  snapshots.set('stranger', new VolumeBytes({ sizeBytes: GIB, seed: 12 }).snapshot({ incremental: true }));

  const named = (url: string) => snapshots.get(new URL(url, 'http://localhost').pathname.split('/')[2] ?? '') ?? null;
  server = createServer((request, response) => {
    const snapshot = named(request.url ?? '/');
    if (snapshot === null) throw new Error('the test asks for a snapshot it has not made');
    running += 1;
    answerPageBlob(request, response, { snapshot, etag: ETAG, lastModified: LAST_MODIFIED_MS }, named)
      .catch((error) => response.destroy(error))
      .finally(() => {
        running -= 1;
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** As `beginGetAccess` gives it: account-like first part, token, blob. */
function urlOf(name: string): string {
  return `${base}/md/${name}/abcd`;
}

function client(name: string): PageBlobClient {
  return new PageBlobClient(`${urlOf(name)}?sv=2022-11-02&sig=x`, new AnonymousCredential(), {
    retryOptions: { maxTries: 1 },
  });
}

function snapshotOf(name: string): SnapshotBytes {
  const snapshot = snapshots.get(name);
  if (snapshot === undefined) throw new Error(`no snapshot ${name}`);
  return snapshot;
}

type Sent = { path: string; method?: string; headers?: Record<string, string> };
async function ask(sent: Sent) {
  const [name = '', query] = sent.path.split('?');
  const response = await fetch(`${urlOf(name)}${query === undefined ? '' : `?${query}`}`, {
    method: sent.method ?? 'GET',
    headers: { 'x-ms-version': '2025-01-05', ...sent.headers },
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe('the SDK', () => {
  test('getProperties', async () => {
    const properties = await client('one').getProperties();
    expect(properties).toMatchObject({
      contentLength: 4 * 2 ** 40,
      blobType: 'PageBlob',
      acceptRanges: 'bytes',
      etag: `"${ETAG}"`,
    });
    expect(properties.lastModified?.getTime()).toBe(Math.floor(LAST_MODIFIED_MS / 1_000) * 1_000);
  });

  test('listPageRanges, in pages of any size, gives what is allocated', async () => {
    for (const maxPageSize of [1_000, 7_000, 10_000]) {
      const got: { offset: number; length: number }[] = [];
      let answers = 0;
      for await (const answer of client('three').listPageRanges().byPage({ maxPageSize })) {
        answers += 1;
        for (const range of answer.pageRange ?? [])
          got.push({ offset: range.start, length: range.end - range.start + 1 });
      }
      expect(got).toEqual(snapshotOf('three').allocated(0, 4 * 2 ** 40));
      expect(answers).toBe(Math.ceil(got.length / maxPageSize));
    }
    const single: unknown[] = [];
    for await (const range of client('one').listPageRanges(MIB, 4 * MIB)) single.push(range);
    expect(single).toEqual([{ start: MIB, end: 3 * MIB - 1, isClear: false }]);
  });

  test('getPageRangesDiffForManagedDisks gives written and cleared ranges, neighbours or not', async () => {
    const diff = async (name: string, previous: string) => {
      const answer = await client(name).getPageRangesDiffForManagedDisks(0, 2 ** 41, `${urlOf(previous)}?sig=y`);
      expect(answer.blobContentLength).toBe(4 * 2 ** 40);
      // The client takes the inclusive end for an exclusive one: azure.md, 10.1.
      return {
        pageRange: answer.pageRange?.map((range) => [range.offset, (range.count ?? 0) + 1]),
        clearRange: answer.clearRange?.map((range) => [range.offset, (range.count ?? 0) + 1]),
      };
    };
    expect(await diff('two', 'one')).toEqual({ pageRange: [[MIB, 2 * PAGE]], clearRange: [[2 * MIB, 4 * PAGE]] });
    expect(await diff('three', 'one')).toEqual({
      pageRange: [[MIB, 2 * PAGE]],
      clearRange: [
        [2 * MIB, 4 * PAGE],
        [2 ** 40, PAGE],
      ],
    });
    expect(await diff('two', 'two')).toEqual({ pageRange: [], clearRange: [] });
  });

  test('a diff of more ranges than one answer holds carries a marker, and the REST call pages on', async () => {
    const previous = { 'x-ms-previous-snapshot-url': urlOf('two') };
    const answer = await client('three').getPageRangesDiffForManagedDisks(0, 4 * 2 ** 40, urlOf('two'));
    expect((answer.pageRange?.length ?? 0) + (answer.clearRange?.length ?? 0)).toBe(10_000);
    let marker = '';
    const starts: number[] = [];
    do {
      const page = await ask({ path: `three?comp=pagelist&maxresults=5000&marker=${marker}`, headers: previous });
      for (const match of page.text.matchAll(/<(?:Page|Clear)Range><Start>(\d+)/g)) starts.push(Number(match[1]));
      marker = /<NextMarker>(.*)<\/NextMarker>/.exec(page.text)?.[1] ?? '';
    } while (marker !== '');
    expect(starts).toEqual(
      snapshotOf('three')
        .changedSince(snapshotOf('two'), 0, 4 * 2 ** 40)
        .map((range) => range.offset),
    );
  });

  test('windows over one long listing, one after another, each give their own ranges', async () => {
    for (const offset of [2 ** 41, 2 ** 41 + 3_000 * 8_192, 2 ** 41]) {
      const answer = await client('three').getPageRangesDiffForManagedDisks(offset, 2_000 * 8_192, urlOf('two'));
      expect([answer.pageRange?.length, answer.pageRange?.[0]?.offset]).toEqual([2_000, offset]);
    }
  });

  test('download of ranges gives the bytes, also of many pieces and from the middle of a page', async () => {
    for (const [offset, count] of [
      [0, 3 * MIB + 10],
      [MIB + 100, 1],
      [2 * MIB - 7, 5 * PAGE],
      [4 * 2 ** 40 - 100, 100],
    ] as const) {
      const bytes = await client('two').downloadToBuffer(offset, count);
      expect(Buffer.compare(bytes, snapshotOf('two').read(offset, count))).toBe(0);
    }
  });

  test.each([
    { name: 'newer', of: 'one', previous: 'two', status: 400, code: 'PreviousSnapshotCannotBeNewer' },
    { name: 'not there', of: 'two', previous: 'gone', status: 409, code: 'PreviousSnapshotNotFound' },
    { name: 'of another disk', of: 'two', previous: 'stranger', status: 409, code: 'BlobOverwritten' },
    {
      name: 'a full snapshot',
      of: 'two',
      previous: 'full',
      status: 409,
      code: 'PreviousSnapshotOperationNotSupported',
    },
  ])('a previous snapshot that is $name is refused', async ({ of, previous, status, code }) => {
    await expect(client(of).getPageRangesDiffForManagedDisks(0, MIB, urlOf(previous))).rejects.toMatchObject({
      statusCode: status,
      code,
    });
  });
});

describe('on the wire', () => {
  test('a page list reads as Azure writes it', async () => {
    const answer = await ask({
      path: 'two?comp=pagelist',
      headers: { 'x-ms-range': `bytes=0-${3 * MIB - 1}`, 'x-ms-previous-snapshot-url': urlOf('one') },
    });
    expect(answer.text).toBe(
      '<?xml version="1.0" encoding="utf-8"?><PageList><PageRange><Start>1048576</Start><End>1049599</End></PageRange>' +
        '<ClearRange><Start>2097152</Start><End>2099199</End></ClearRange><NextMarker /></PageList>',
    );
    expect(answer.headers.get('x-ms-blob-content-length')).toBe(String(4 * 2 ** 40));
  });

  test.each<Sent & { name: string; status: number; header?: [string, string]; length?: number }>([
    {
      name: 'the range header',
      path: 'one',
      headers: { range: 'bytes=512-1023' },
      status: 206,
      header: ['content-range', `bytes 512-1023/${4 * 2 ** 40}`],
      length: 512,
    },
    {
      name: 'x-ms-range before range',
      path: 'one',
      headers: { range: 'bytes=0-9', 'x-ms-range': 'bytes=0-99' },
      status: 206,
      length: 100,
    },
    {
      name: 'an open range',
      path: 'stranger',
      headers: { range: `bytes=${GIB - 5}-` },
      status: 206,
      header: ['content-range', `bytes ${GIB - 5}-${GIB - 1}/${GIB}`],
      length: 5,
    },
    {
      name: 'a range over the end',
      path: 'stranger',
      headers: { range: `bytes=${GIB - 5}-${GIB + 5}` },
      status: 206,
      length: 5,
    },
    {
      name: 'an MD5 of the range',
      path: 'stranger',
      headers: { range: 'bytes=0-3', 'x-ms-range-get-content-md5': 'true' },
      status: 206,
      header: ['content-md5', '8dP/hEMpdzKGLfIdxOVyYg=='],
    },
    { name: 'HEAD', path: 'one', method: 'HEAD', status: 200, header: ['x-ms-blob-type', 'PageBlob'], length: 0 },
    { name: 'If-None-Match of the same', path: 'one', headers: { 'if-none-match': `"${ETAG}"` }, status: 304 },
    {
      name: 'If-Modified-Since later',
      path: 'one',
      headers: { 'if-modified-since': 'Sun, 01 Mar 2026 02:30:00 GMT' },
      status: 304,
    },
    {
      name: 'If-Match of the same',
      path: 'one',
      headers: { 'if-match': `"${ETAG}"`, range: 'bytes=0-0' },
      status: 206,
      length: 1,
    },
    {
      name: 'old versions: all ranges at once, no marker',
      path: 'three?comp=pagelist',
      headers: { 'x-ms-version': '2019-12-12' },
      status: 200,
    },
  ])('$name', async ({ status, header, length, ...sent }) => {
    const answer = await ask(sent);
    expect(answer.status).toBe(status);
    if (header !== undefined) expect(answer.headers.get(header[0])).toBe(header[1]);
    if (length !== undefined && sent.method !== 'HEAD')
      expect(answer.headers.get('content-length')).toBe(String(length));
    if (sent.headers?.['x-ms-version'] === '2019-12-12')
      expect([answer.text.includes('NextMarker'), answer.text.split('<PageRange>').length]).toEqual([false, 12_003]);
  });

  test.each<Sent & { name: string; status: number; code: string; says?: string }>([
    {
      name: 'a range behind the end',
      path: 'stranger',
      headers: { range: `bytes=${GIB}-` },
      status: 416,
      code: 'InvalidRange',
    },
    {
      name: 'a range backwards',
      path: 'one',
      headers: { range: 'bytes=9-5' },
      status: 400,
      code: 'InvalidHeaderValue',
    },
    { name: 'a suffix range', path: 'one', headers: { range: 'bytes=-5' }, status: 400, code: 'InvalidHeaderValue' },
    {
      name: 'If-Match of another',
      path: 'one',
      headers: { 'if-match': '"0x1"' },
      status: 412,
      code: 'ConditionNotMet',
    },
    {
      name: 'If-Unmodified-Since earlier',
      path: 'one',
      headers: { 'if-unmodified-since': 'Sun, 01 Mar 2026 02:29:59 GMT' },
      status: 412,
      code: 'ConditionNotMet',
    },
    {
      name: 'MD5 of too much',
      path: 'one',
      headers: { range: 'bytes=0-4194304', 'x-ms-range-get-content-md5': 'true' },
      status: 400,
      code: 'OutOfRangeInput',
    },
    {
      name: 'maxresults 0',
      path: 'one?comp=pagelist&maxresults=0',
      status: 400,
      code: 'OutOfRangeQueryParameterValue',
    },
    {
      name: 'maxresults that is no number',
      path: 'one?comp=pagelist&maxresults=ten',
      status: 400,
      code: 'InvalidQueryParameterValue',
    },
    {
      name: 'a marker not ours',
      path: 'one?comp=pagelist&marker=abc',
      status: 400,
      code: 'InvalidQueryParameterValue',
    },
    {
      name: 'paging in an old version',
      path: 'one?comp=pagelist&maxresults=5',
      headers: { 'x-ms-version': '2020-08-04' },
      status: 400,
      code: 'UnsupportedQueryParameter',
    },
    {
      name: 'a diff in an old version',
      path: 'two?comp=pagelist',
      headers: { 'x-ms-version': '2018-11-09', 'x-ms-previous-snapshot-url': 'x' },
      status: 400,
      code: 'UnsupportedHeader',
    },
    { name: 'a write', path: 'one?comp=page', method: 'PUT', status: 403, code: 'AuthorizationPermissionMismatch' },
    { name: 'an unknown comp', path: 'one?comp=metadata', status: 501, code: 'NotImplemented', says: 'comp=metadata' },
    {
      name: 'a blob snapshot',
      path: 'one?snapshot=2026-01-01T00:00:00.0000000Z',
      status: 501,
      code: 'NotImplemented',
      says: 'snapshot',
    },
    {
      name: 'prevsnapshot',
      path: 'one?comp=pagelist&prevsnapshot=x',
      status: 501,
      code: 'NotImplemented',
      says: 'prevsnapshot',
    },
    {
      name: 'a CRC of the range',
      path: 'one',
      headers: { range: 'bytes=0-3', 'x-ms-range-get-content-crc64': 'true' },
      status: 501,
      code: 'NotImplemented',
      says: 'crc64',
    },
  ])('$name is refused', async ({ status, code, says, ...sent }) => {
    const answer = await ask(sent);
    expect([answer.status, answer.headers.get('x-ms-error-code')]).toEqual([status, code]);
    expect(answer.text).toContain(`<Code>${code}</Code>`);
    expect(answer.text).toContain(says ?? '');
  });

  test('a reader that leaves in the middle stops the sending', async () => {
    const abort = new AbortController();
    const response = await fetch(urlOf('one'), { signal: abort.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    expect(running).toBe(1);
    abort.abort();
    await expect.poll(() => running).toBe(0);
  });
});
