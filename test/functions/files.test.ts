import { beforeEach, describe, expect, test } from 'vitest';
import '../../src/functions/files.ts';
import { type App, buildApp } from '../../src/app.ts';
import { AppError } from '../../src/base/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import { runMessage } from '../../src/functions/dispatch.ts';
import { routes } from '../../src/functions/http-entry.ts';
import { runTick } from '../../src/functions/run-tick.ts';
import type { Point } from '../../src/protect/point.ts';
import { savePolicy } from '../../src/protect/save-policy.ts';
import { type ImageDisk, loadImage, readAll, readings } from '../files/images.ts';
import { addShop, createMemoryApp, goldDocument, type MemoryApp, START } from '../support/memory-app.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked into as a client would
  readonly body: any;
}

const whole = loadImage('ext2-pointers');
/** The same disk, after `far.bin` was named `new.bin`. */
const renamed = whole.copy();
const nameAt = Buffer.from(whole.peek(0, 2 * 1_048_576)).indexOf('far.bin');
renamed.write(nameAt, Buffer.from('new.bin'));

let memory: MemoryApp;
let app: App;
let points: readonly Point[];
let opened: string[];
let closed: string[];
let imageBySnapshot: Map<string, ImageDisk>;
let denials: number;

async function drain(): Promise<void> {
  for (const queue of ['snapshots', 'meters', 'restores', 'prunes'])
    for (const message of memory.store.take(queue)) await runMessage(app, message);
}

/** Two points of a machine of two disks, an hour apart: `web-data` holds files. */
beforeEach(async () => {
  memory = createMemoryApp();
  [opened, closed, imageBySnapshot, denials] = [[], [], new Map(), 0];
  const { access, ranges } = memory.app;
  const plain = (url: string) => url.slice(0, url.indexOf('#'));
  app = buildApp({
    ...memory.app,
    access: {
      open: async (id, seconds, found) => {
        opened.push(id);
        return `${await access.open(id, seconds, found)}#${id.toLowerCase()}`;
      },
      close: (id, found) => {
        closed.push(id);
        return access.close(id, found);
      },
    },
    ranges: {
      allocated: (url, window) => ranges.allocated(plain(url), window),
      changed: (url, previous, window) => ranges.changed(plain(url), plain(previous), window),
    },
    bytes: {
      read: async (url, offset, length) => {
        if (denials > 0) {
          denials -= 1;
          throw new AppError('azure-denied', 'The access has ended');
        }
        const image = imageBySnapshot.get(url.slice(url.indexOf('#') + 1));
        if (!image) throw new AppError('azure-denied', 'There is no such access');
        return image.fetch(offset, length);
      },
    },
  });
  addShop(memory);
  await savePolicy(app, { name: 'gold', body: goldDocument(), by: 'admin', force: false });
  await runTick(app);
  for (let hour = 1; hour <= 2; hour += 1) {
    for (const minute of [0, 2]) {
      memory.setNow(START + hour * HOUR_MS + minute * MINUTE_MS);
      await runTick(app);
      await drain();
    }
  }
  const [entry] = await Array.fromAsync(app.sources.ofPolicy('gold'));
  points = (await Array.fromAsync(app.catalogue.ofSource(entry?.source.key ?? ''))).map(({ point }) => point);
  expect(points.map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
  points.forEach((point, index) => {
    for (const { diskName, snapshotId } of point.snapshots)
      if (diskName === 'web-data') imageBySnapshot.set(snapshotId.toLowerCase(), index === 0 ? renamed : whole);
      else imageBySnapshot.set(snapshotId.toLowerCase(), loadImage('ext4-odd'));
  });
  [opened, closed] = [[], []];
});

async function call(
  name: string,
  id: string,
  query: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  const route = routes.find((each) => each.name === name);
  if (!route) throw new Error(`there is no route ${name}`);
  const answer = await route.handle({
    app,
    caller: { name: 'ann', roles: [] },
    params: { id },
    query: new URLSearchParams(query),
    body: undefined,
    ifMatch: null,
    ifNoneMatch: headers['if-none-match'] ?? null,
    header: (header) => headers[header] ?? null,
    operation: { id: 'operation', at: START },
  });
  const { body } = answer;
  const bytes =
    typeof body === 'string'
      ? Buffer.from(body)
      : body
        ? await readAll(body as AsyncIterable<Uint8Array>)
        : Buffer.alloc(0);
  const shown = (answer.headers ?? {}) as Record<string, string>;
  const isJson = shown['content-type']?.includes('json') === true;
  return { status: answer.status ?? 200, headers: shown, bytes, body: isJson ? JSON.parse(bytes.toString()) : null };
}

const older = () => points[1]?.id ?? '';
const newer = () => points[0]?.id ?? '';
const data = { disk: 'web-data' };

test('every route asks for an operator', () => {
  const asked = routes
    .filter(({ name }) => name.startsWith('files-'))
    .map(({ name, method, role }) => [name, method, role]);
  expect(asked).toEqual([
    ['files-list', 'GET', 'operator'],
    ['files-content', 'GET', 'operator'],
    ['files-history', 'GET', 'operator'],
  ]);
});

describe('GET points/{id}/files', () => {
  test('the disks of a point, the partitions of a disk, its folders', async () => {
    expect(
      (await call('files-list', older())).body.entries.map((entry: { name: string; kind: string }) => [
        entry.name,
        entry.kind,
      ]),
    ).toEqual([
      ['web-os', 'disk'],
      ['web-data', 'disk'],
    ]);
    expect(opened).toEqual([]);
    expect((await call('files-list', older(), data)).body).toMatchObject({
      path: '/',
      disk: 'web-data',
      entries: [{ name: 'p0', kind: 'partition', fileSystem: 'ext2', unreadable: null }],
      next: null,
    });
    const root = await call('files-list', older(), { ...data, path: '/p0' });
    expect(root.body.entries.map((entry: { name: string }) => entry.name)).toEqual(['far.bin', 'folder', 'lost+found']);
    const folder = await call('files-list', older(), { disk: '0', path: '/p0/folder/' });
    expect(folder.body.entries).toMatchObject([
      { name: 'readings.csv', kind: 'file', sizeBytes: 200_000, mode: '0644' },
    ]);
  });

  test('one access for all requests of some minutes; it ends by itself', async () => {
    for (const path of ['/p0', '/p0/folder', '/p0']) await call('files-list', older(), { ...data, path });
    expect(opened).toHaveLength(1);
    expect(closed).toEqual([]);
    for (let minute = 5; minute <= 25; minute += 1) {
      memory.setNow(START + 2 * HOUR_MS + minute * MINUTE_MS);
      await runTick(app);
      await drain();
    }
    expect(closed).toEqual(opened);
  });

  test('an access that somebody else ended is opened again', async () => {
    await call('files-list', older(), data);
    denials = 1;
    expect((await call('files-list', older(), { ...data, path: '/p0/folder' })).status).toBe(200);
    expect(opened).toHaveLength(2);
  });

  test('pages join', async () => {
    const first = await call('files-list', older(), { ...data, path: '/p0', limit: '2' });
    expect(first.body.next).toBe(
      `/api/points/${encodeURIComponent(older())}/files?disk=web-data&path=%2Fp0&limit=2&after=folder`,
    );
    const second = await call('files-list', older(), { ...data, path: '/p0', limit: '2', after: 'folder' });
    expect(second.body).toMatchObject({ entries: [{ name: 'lost+found' }], next: null });
  });

  test.each([
    ['../etc', '?path'],
    ['/p0/../x', '?path'],
    ['/etc/passwd', '?path'],
    ['/p0/a\0b', '?path'],
    [`/p0/${'x/'.repeat(3_000)}`, '?path'],
  ])('the path %j is a problem', async (path, where) => {
    const answer = await call('files-list', older(), { ...data, path });
    expect(answer.status).toBe(400);
    expect(answer.body.problems[0].path).toBe(where);
    expect(opened).toEqual([]);
  });

  test.each([
    [{ path: '/p0', disk: 'nope' }, '?disk', 'web-os, web-data'],
    [{ path: '/p0' }, '?disk', 'web-os, web-data'],
    [{ ...data, limit: '0' }, '?limit', '1 to 10000'],
  ])('%j is a problem with what is allowed', async (query, where, allowed) => {
    const answer = await call('files-list', older(), query as Record<string, string>);
    expect(answer.body.problems).toMatchObject([{ path: where, allowed }]);
  });

  test.each([
    [{ ...data, path: '/p0/none' }, 'not-found'],
    [{ ...data, path: '/p3' }, 'not-found'],
    [{ ...data, path: '/p0/far.bin' }, 'bad-request'],
    [{ disk: 'web-os', path: '/p0/loop-a/x' }, 'not-found'],
  ])('%j is %s', async (query, code) => {
    await expect(call('files-list', older(), query as Record<string, string>)).rejects.toMatchObject({ code });
  });

  test('what is refused is refused by its name', async () => {
    const [snapshot] = points[1]?.snapshots.filter(({ diskName }) => diskName === 'web-data') ?? [];
    imageBySnapshot.set(snapshot?.snapshotId.toLowerCase() ?? '', whole.copy().write(0, Buffer.from('XFSB')));
    expect((await call('files-list', older(), data)).body.entries).toMatchObject([
      { name: 'p0', fileSystem: 'xfs', unreadable: 'XFS is not read' },
    ]);
    await expect(call('files-list', older(), { ...data, path: '/p0' })).rejects.toMatchObject({
      code: 'not-readable',
      facts: { fileSystem: 'xfs' },
    });
  });

  test('an unknown point', async () => {
    await expect(call('files-list', 'nope', data)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('GET points/{id}/files/content', () => {
  const file = { ...data, path: '/p0/folder/readings.csv' };

  test('the bytes, with what a download needs, and an audit row', async () => {
    const answer = await call('files-content', older(), file);
    expect(answer.bytes.toString()).toBe(readings(200_000));
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.headers).toMatchObject({
      'content-length': '200000',
      'content-type': 'application/octet-stream',
      'accept-ranges': 'bytes',
      'content-disposition': `attachment; filename="readings.csv"; filename*=UTF-8''readings.csv`,
      'x-content-type-options': 'nosniff',
    });
    const rows = await Array.fromAsync(app.store.table('audit202603').list({ partitionKey: '2026-03-01' }));
    expect(rows.flat().filter(({ cells }) => cells.action === 'files.read')).toHaveLength(1);
  });

  test.each([
    ['bytes=0-9', 206, 0, 10],
    ['bytes=199990-', 206, 199_990, 10],
    ['bytes=-5', 206, 199_995, 5],
    ['bytes=100-99999999', 206, 100, 199_900],
    ['bytes=0-1,5-6', 200, 0, 200_000],
    ['lines=1-2', 200, 0, 200_000],
    ['bytes=5-2', 200, 0, 200_000],
  ])('Range: %s', async (range, status, offset, length) => {
    const answer = await call('files-content', older(), file, { range });
    expect(answer.status).toBe(status);
    expect(answer.bytes.toString()).toBe(readings(200_000).slice(offset, offset + length));
    if (status === 206) expect(answer.headers['content-range']).toBe(`bytes ${offset}-${offset + length - 1}/200000`);
  });

  test.each(['bytes=200000-', 'bytes=-0'])('Range: %s is outside', async (range) => {
    const answer = await call('files-content', older(), file, { range });
    expect(answer).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */200000' } });
    expect(answer.bytes).toHaveLength(0);
  });

  test('the tag: not modified, and a part of another version is sent whole', async () => {
    const etag = (await call('files-content', older(), file)).headers.etag ?? '';
    expect((await call('files-content', older(), file, { 'if-none-match': etag.slice(1, -1) })).status).toBe(304);
    expect((await call('files-content', older(), file, { range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
    expect((await call('files-content', older(), file, { range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(
      200,
    );
    expect((await call('files-content', newer(), file)).headers.etag).not.toBe(etag);
  });

  test.each([
    ['sda', 'bad-request'],
    ['loop-a', 'bad-request'],
    ['no', 'not-found'],
  ])('%s is %s', async (name, code) => {
    await expect(call('files-content', older(), { disk: 'web-os', path: `/p0/${name}` })).rejects.toMatchObject({
      code,
    });
  });

  test('a name of a hostile disk is a name and nothing else', async () => {
    const answer = await call('files-content', older(), { disk: 'web-os', path: '/p0/back\\slash.txt' });
    expect(answer.headers['content-disposition']).toBe(
      `attachment; filename="back_slash.txt"; filename*=UTF-8''back_slash.txt`,
    );
  });
});

describe('GET sources/{id}/history', () => {
  const source = () => points[0]?.source.key ?? '';

  test('one path over all points: where it is, and where it is gone', async () => {
    const answer = await call('files-history', source(), { ...data, path: '/p0/far.bin' });
    expect(answer.body.points).toMatchObject([
      { point: newer(), state: 'absent', changed: true },
      { point: older(), state: 'present', changed: null, sizeBytes: 71_680_010 },
    ]);
    expect(answer.body.next).toBeNull();
    expect([...new Set(closed)].sort()).toEqual([...new Set(opened)].sort());
  });

  test('pages of points, with the comparison across their border', async () => {
    const first = await call('files-history', source(), { ...data, path: '/p0/folder', limit: '1' });
    expect(first.body.points).toMatchObject([{ point: newer(), state: 'present', changed: false }]);
    const next = new URLSearchParams(first.body.next.split('?')[1]);
    const second = await call('files-history', source(), Object.fromEntries(next));
    expect(second.body).toMatchObject({ points: [{ point: older() }], next: null });
  });

  test('a point that cannot be read does not stop the others', async () => {
    const [snapshot] = points[0]?.snapshots.filter(({ diskName }) => diskName === 'web-data') ?? [];
    imageBySnapshot.set(snapshot?.snapshotId.toLowerCase() ?? '', whole.copy().write(0, Buffer.from('XFSB')));
    const answer = await call('files-history', source(), { ...data, path: '/p0/far.bin' });
    expect(answer.body.points).toMatchObject([
      { state: 'unreadable', code: 'not-readable', changed: null },
      { state: 'present' },
    ]);
  });

  test('no path, no such source', async () => {
    expect((await call('files-history', source(), data)).body.problems).toMatchObject([{ path: '?path' }]);
    await expect(call('files-history', 'nope', { ...data, path: '/p0/x' })).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});
