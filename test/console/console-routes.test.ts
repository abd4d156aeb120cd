import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import '../../src/functions/console.ts';
import type { App } from '../../src/app.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import { runMessage } from '../../src/functions/dispatch.ts';
import { type Route, routes } from '../../src/functions/http-entry.ts';
import { mayCall, type Principal } from '../../src/functions/principal.ts';
import { runTick } from '../../src/functions/run-tick.ts';
import { isForeign, isOwnForm } from '../../src/functions/same-origin.ts';
import type { Point } from '../../src/protect/point.ts';
import { savePolicy } from '../../src/protect/save-policy.ts';
import { markPoints } from '../../src/retain/marks.ts';
import { addShop, createMemoryApp, goldDocument, type MemoryApp, START } from '../support/memory-app.ts';

const OPERATOR: Principal = { name: 'ann@example.com', roles: ['Holdfast.Operator'] };
const READER: Principal = { name: 'bob@example.com', roles: ['Holdfast.Reader'] };
const OWN = { 'sec-fetch-site': 'same-origin' };
const HOSTILE = '"><script>alert(1)</script>';

let memory: MemoryApp;
let app: App;
let point: Point;
let source: string;

/** A machine of two disks with a policy and one point. */
beforeEach(async () => {
  memory = createMemoryApp();
  app = memory.app;
  addShop(memory);
  await savePolicy(app, { name: 'gold', body: goldDocument(), by: 'admin', force: false });
  await runTick(app);
  for (const minute of [0, 2]) {
    memory.setNow(START + HOUR_MS + minute * MINUTE_MS);
    await runTick(app);
    for (const queue of ['snapshots', 'meters'])
      for (const message of memory.store.take(queue)) await runMessage(app, message);
  }
  const [entry] = await Array.fromAsync(app.sources.ofPolicy('gold'));
  source = entry?.source.key ?? '';
  const [stored] = await Array.fromAsync(app.catalogue.ofSource(source));
  if (!stored) throw new Error('there is a point');
  point = stored.point;
});

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function call(
  name: string,
  request: {
    id?: string;
    query?: string;
    fields?: Record<string, string | readonly string[]>;
    headers?: Record<string, string>;
    caller?: Principal;
  } = {},
): Promise<Answer> {
  const { id = '', query = '', fields, headers = OWN, caller = OPERATOR } = request;
  const asked = consoleRoutes().find((each) => each.name === `console-${name}`);
  if (!asked) throw new Error(`there is no route console-${name}`);
  const sent = new URLSearchParams();
  for (const [field, value] of Object.entries(fields ?? {}))
    for (const each of [value].flat()) sent.append(field, each);
  const answer = await asked.handle({
    app,
    caller,
    params: { id, name: id },
    query: new URLSearchParams(query),
    body: fields ? { type: 'application/x-www-form-urlencoded', text: sent.toString() } : undefined,
    ifMatch: null,
    ifNoneMatch: null,
    header: (header) => (headers as Record<string, string>)[header] ?? null,
    operation: { id: 'x', at: app.clock.now() },
  });
  return {
    status: answer.status ?? 200,
    body: String(answer.body ?? ''),
    headers: (answer.headers ?? {}) as Record<string, string>,
  };
}

function consoleRoutes(): readonly Route[] {
  return routes.filter(({ name }) => name.startsWith('console-'));
}

const pointNow = async () => (await app.catalogue.get(point.id))?.point;
const restores = () => app.restores.newest(10);

describe('roles', () => {
  test('whoever acts or reads disks is an operator, everything else is for readers', () => {
    const needed = Object.fromEntries(consoleRoutes().map(({ name, role }) => [name.slice(8), role]));
    expect(needed).toEqual({
      ...{ overview: 'reader', sources: 'reader', source: 'reader', point: 'reader', restores: 'reader' },
      ...{ restore: 'reader', recycle: 'reader', policies: 'reader', policy: 'reader', drills: 'reader' },
      ...{ history: 'operator', files: 'operator', 'restore-form': 'operator', take: 'operator', hold: 'operator' },
      ...{ release: 'operator', unmark: 'operator', 'restore-start': 'operator', 'restore-cancel': 'operator' },
      'restore-undo': 'operator',
    });
    for (const { method, role } of consoleRoutes())
      if (method === 'POST') expect(role !== null && mayCall(READER, role)).toBe(false);
  });
});

describe('where a form comes from', () => {
  test.each([
    ['our own page', { 'sec-fetch-site': 'same-origin', origin: 'https://h.example' }, true],
    ['our own page whose origin is not told', { 'sec-fetch-site': 'same-origin', origin: 'null' }, true],
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, false],
    ['another site that names our origin', { 'sec-fetch-site': 'cross-site', origin: 'https://h.example' }, false],
    ['a sister of our site', { 'sec-fetch-site': 'same-site', origin: 'https://x.h.example' }, false],
    ['the address bar', { 'sec-fetch-site': 'none' }, false],
    ['something unheard of', { 'sec-fetch-site': '' }, false],
    ['an older browser on our page', { origin: 'https://h.example' }, true],
    ['an older browser elsewhere', { origin: 'https://evil.example' }, false],
    ['an older browser on another port', { origin: 'https://h.example:444' }, false],
    ['an older browser in a sandboxed frame', { origin: 'null' }, false],
    ['an origin that only ends like ours', { origin: 'https://evil-h.example' }, false],
    ['who says nothing', {}, false],
  ])('%s', (_name, headers: Record<string, string>, isOwn) => {
    const all: Record<string, string> = { host: 'h.example', ...headers };
    expect(isOwnForm((name) => all[name] ?? null)).toBe(isOwn);
  });

  test.each([
    ['a program that is no browser', {}, false],
    ['our own page', { 'sec-fetch-site': 'same-origin' }, false],
    ['the address bar', { 'sec-fetch-site': 'none' }, false],
    ['another site', { 'sec-fetch-site': 'cross-site' }, true],
    ['a sister of our site', { 'sec-fetch-site': 'same-site' }, true],
    ['an older browser on our page', { origin: 'https://h.example' }, false],
    ['an older browser elsewhere', { origin: 'https://evil.example' }, true],
    ['an older browser in a sandboxed frame', { origin: 'null' }, true],
  ])('%s sends a changing call', (_name, headers: Record<string, string>, foreign) => {
    const all: Record<string, string> = { host: 'h.example', ...headers };
    expect(isForeign((name) => all[name] ?? null)).toBe(foreign);
  });

  test('an origin does not match a host that is not told', () => {
    expect(isOwnForm((name) => (name === 'origin' ? 'https://h.example' : null))).toBe(false);
  });

  test('no form of another site does anything', async () => {
    for (const { name } of consoleRoutes().filter(({ method }) => method === 'POST')) {
      const fields = { reason: 'x', kind: 'disk', sure: 'true' };
      const sent = call(name.slice(8), { id: point.id, fields, headers: { 'sec-fetch-site': 'cross-site' } });
      await expect(sent, name).rejects.toMatchObject({ code: 'forbidden' });
    }
    expect((await pointNow())?.hold).toBeNull();
    expect(await restores()).toEqual([]);
  });
});

describe('pages', () => {
  test.each([
    ['overview', '', 'Sources, worst first'],
    ['sources', '', 'web'],
    ['source', 'source', 'Take a point now'],
    ['point', 'point', 'Browse files'],
    ['restore-form', 'point', 'Start the restore'],
    ['files', 'point', 'web-data'],
    ['restores', '', 'Nothing has been restored yet'],
    ['recycle', '', 'Nothing is marked'],
    ['policies', '', '0 * * * *'],
    ['policy', 'gold', 'Play it forward'],
    ['drills', '', 'No drill has been run yet'],
  ])('%s', async (name, of, text) => {
    const id = of === 'point' ? point.id : of === 'source' ? source : of;
    const { status, body, headers } = await call(name, { id });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(body).toContain(text);
    expect(body).not.toMatch(/undefined|NaN|\[object/);
  });

  test('a point shows what it stores and costs', async () => {
    const { body } = await call('point', { id: point.id });
    expect(body).toMatch(/<dt>Stores<\/dt><dd>512\.0 KiB, (<|&lt;)?[\d.]+ EUR a month/);
  });

  test('the search finds by any of its words, and shows what was asked as text', async () => {
    expect((await call('sources', { query: 'q=WEB+gold' })).body).toContain(`/sources/${source}"`);
    expect((await call('sources', { query: 'q=web+bronze' })).body).not.toContain(`/sources/${source}"`);
    const { body } = await call('sources', { query: new URLSearchParams({ q: HOSTILE }).toString() });
    expect(body).toContain('&lt;script&gt;');
    expect(body).not.toContain(HOSTILE);
  });

  test.each([
    ['a point that is not there', 'point', 'nope', '', 404],
    ['an id that is a path', 'point', '../../x', '', 404],
    ['a source that is not there', 'source', 'nope', '', 404],
    ['a moment that is none', 'source', 'source', 'before=yesterday', 400],
    ['a restore that is not there', 'restore', 'nope', '', 404],
    ['a policy that is not there', 'policy', 'nope', '', 404],
    ['a place in the list that is none', 'recycle', '', 'after=x', 400],
    ['a path with dots', 'files', 'point', 'path=/p1/../x', 400],
    ['the history of no file', 'history', 'source', '', 400],
  ])('%s is a page that says so', async (_name, name, of, query, status) => {
    const id = of === 'point' ? point.id : of === 'source' ? source : of;
    const answer = await call(name, { id, query });
    expect(answer.status).toBe(status);
    expect(answer.body).toContain('<h1>');
    expect(answer.headers['content-type']).toContain('text/html');
  });

  test('a notice is one of ours, whatever the address says', async () => {
    expect((await call('point', { id: point.id, query: 'done=held' })).body).toContain('The point is held.');
    expect((await call('point', { id: point.id, query: 'done=constructor' })).body).not.toContain('role="status"');
  });
});

describe('holds and marks', () => {
  test('a hold is set, shown as text, and lifted', async () => {
    const answer = await call('hold', { id: point.id, fields: { reason: HOSTILE, until: '2026-05-01T12:00' } });
    expect(answer).toMatchObject({ status: 303 });
    expect(answer.headers.location).toBe(`/api/console/points/${point.id}?done=held`);
    const until = Date.UTC(2026, 4, 1, 12);
    expect((await pointNow())?.hold).toMatchObject({ reason: HOSTILE, until, by: OPERATOR.name });
    const { body } = await call('point', { id: point.id });
    expect(body).toContain('&lt;script&gt;');
    expect(body).not.toContain(HOSTILE);
    expect((await call('release', { id: point.id })).status).toBe(303);
    expect((await pointNow())?.hold).toBeNull();
  });

  test('what cannot be a hold is told with what was filled in', async () => {
    const { status, body } = await call('hold', { id: point.id, fields: { reason: ' ', until: '2020-01-01T00:00' } });
    expect(status).toBe(400);
    expect(body).toContain('must say why');
    expect(body).toContain('is no moment to come');
    expect(body).toContain('value="2020-01-01T00:00"');
    expect((await pointNow())?.hold).toBeNull();
  });

  test('a marked point is in recycle and can be taken back from there', async () => {
    const stored = await app.catalogue.get(point.id);
    if (stored) await markPoints(app, [{ stored, because: 'unkept' }], 24);
    expect((await call('recycle')).body).toContain('no rule keeps it');
    expect((await call('recycle', { caller: READER })).body).not.toContain('Take back');
    const answer = await call('unmark', { id: point.id, fields: { from: 'recycle' } });
    expect(answer.headers.location).toBe('/api/console/recycle?done=unmarked');
    expect((await pointNow())?.mark).toBeNull();
  });

  test('a point can be taken now, once for one form', async () => {
    const fields = { once: 'a', policy: 'gold' };
    const [first, second] = [await call('take', { id: source, fields }), await call('take', { id: source, fields })];
    expect(first).toMatchObject({ status: 303 });
    expect(second.headers.location).toBe(first.headers.location);
    expect(await Array.fromAsync(app.catalogue.ofSource(source))).toHaveLength(2);
    expect((await call('take', { id: 'nope', fields: { once: 'b' } })).status).toBe(400);
  });
});

describe('restores', () => {
  const disk = { kind: 'disk', once: 'form-1', disk: 'web-data', name: 'again', sku: '', sizeGiB: '' };

  test('a disk: begun once, however often its form is sent, and followed to its page', async () => {
    const first = await call('restore-start', { id: point.id, fields: disk });
    memory.setNow(app.clock.now() + 5_000);
    const second = await call('restore-start', { id: point.id, fields: disk });
    expect(first).toMatchObject({ status: 303 });
    expect(second.headers.location).toBe(first.headers.location);
    const [restore, ...others] = await restores();
    expect(others).toEqual([]);
    expect(restore).toMatchObject({ kind: 'disk', by: OPERATOR.name, disks: [{ name: 'again' }] });
    const page = await call('restore', { id: restore?.id ?? '' });
    expect(page.body).toContain('data-follow="4"');
    expect((await call('restore', { id: restore?.id ?? '', caller: READER })).body).not.toContain('Cancel');
    expect((await call('restore-cancel', { id: restore?.id ?? '' })).status).toBe(303);
    expect((await restores())[0]).toMatchObject({ cancelRequested: true });
  });

  test('another filling of the same form is another restore', async () => {
    await call('restore-start', { id: point.id, fields: disk });
    await call('restore-start', { id: point.id, fields: { ...disk, name: 'other' } });
    expect(await restores()).toHaveLength(2);
  });

  test('what cannot work is told beside the form, filled in as it was', async () => {
    const fields = { ...disk, name: HOSTILE, sizeGiB: 'many' };
    const { status, body } = await call('restore-start', { id: point.id, fields });
    expect(status).toBe(400);
    expect(body).toContain('&lt;script&gt;');
    expect(body).not.toContain(HOSTILE);
    expect(body).toContain('<b>sizeGiB</b>');
    expect(await restores()).toEqual([]);
  });

  test('what stands in the way in Azure is told before anything begins', async () => {
    const { status, body } = await call('restore-start', { id: point.id, fields: { ...disk, name: 'web-os' } });
    expect(status).toBe(400);
    expect(body).toContain('a disk of this name exists already');
    expect(await restores()).toEqual([]);
  });

  const swap = { kind: 'swap', once: 'form-2', disks: ['web-os', 'web-data'], safetyPoint: 'true' };

  test('a swap is reviewed first, and begins only with the name of the machine', async () => {
    const review = await call('restore-start', { id: point.id, fields: swap });
    expect(review.status).toBe(200);
    expect(review.body).toContain('This will happen');
    expect(review.body).toContain('it can work');
    for (const confirm of ['', 'WEB', 'web ', 'other']) {
      const answer = await call('restore-start', { id: point.id, fields: { ...swap, step: 'confirm', confirm } });
      expect(answer.status).toBe(400);
      expect(answer.body).toContain('is not the name of the machine');
    }
    expect(await restores()).toEqual([]);
    const fields = { ...swap, step: 'confirm', confirm: 'web' };
    expect((await call('restore-start', { id: point.id, fields })).status).toBe(303);
    const [restore] = await restores();
    expect(restore).toMatchObject({ kind: 'swap', swap: { takeSafetyPoint: true, startAfter: false } });
    expect(restore?.disks.map(({ sourceName }) => sourceName).sort()).toEqual(['web-data', 'web-os']);
  });

  test('a swap that cannot work says why before anybody types a name', async () => {
    memory.azure.remove(point.source.id);
    const { status, body } = await call('restore-start', { id: point.id, fields: swap });
    expect(status).toBe(400);
    expect(body).toContain('the virtual machine is gone');
    expect(body).not.toContain('This will happen');
  });

  test('a swap of no disk is none', async () => {
    const { status, body } = await call('restore-start', { id: point.id, fields: { ...swap, disks: [] } });
    expect(status).toBe(400);
    expect(body).toContain('names no disk');
  });

  test('an undo has to be meant', async () => {
    expect((await call('restore-undo', { id: 'x', fields: {} })).status).toBe(400);
    expect((await call('restore-undo', { id: 'x', fields: { sure: 'true' } })).status).toBe(404);
  });

  test('a body of another kind is no form', async () => {
    const asked = consoleRoutes().find(({ name }) => name === 'console-hold');
    const answer = await asked?.handle({
      ...{ app, caller: OPERATOR, params: { id: point.id }, query: new URLSearchParams(), ifMatch: null },
      ...{
        ifNoneMatch: null,
        operation: { id: 'x', at: 0 },
        header: (name) => (name === 'sec-fetch-site' ? 'same-origin' : null),
      },
      body: { type: 'text/plain', text: 'reason=x' },
    });
    expect(answer?.status).toBe(415);
    expect((await pointNow())?.hold).toBeNull();
  });
});

beforeAll(() => expect(consoleRoutes().length).toBeGreaterThan(0));
