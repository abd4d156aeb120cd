import { HttpRequest, type InvocationContext } from '@azure/functions';
import { beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { makeHandler, routes } from '../../src/functions/http-entry.ts';
import { type ApiWorld, createApiWorld, principalOf } from './openapi-world.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await createApiWorld();
});

/** What each route asks for: written down here once more, so that nobody changes a role unseen. */
const roleByRoute: Readonly<Record<string, string | null>> = {
  health: null,
  'health-details': 'reader',
  openapi: 'reader',
  'policies-list': 'reader',
  'policies-get': 'reader',
  'policies-put': 'admin',
  'policies-delete': 'admin',
  'policies-preview': 'reader',
  'policies-simulate': 'reader',
  'sweeps-stopped': 'reader',
  'sweeps-approve': 'admin',
  'sources-list': 'reader',
  'points-list': 'reader',
  'points-take': 'operator',
  'points-hold': 'operator',
  'points-release': 'operator',
  'points-unmark': 'operator',
  'recycle-list': 'reader',
  'files-list': 'operator',
  'files-content': 'operator',
  'files-history': 'operator',
  'restores-start': 'operator',
  'restores-list': 'reader',
  'restores-get': 'reader',
  'restores-cancel': 'operator',
  'restores-undo': 'operator',
  'drills-start': 'operator',
  'drills-list': 'reader',
  'drills-get': 'reader',
  'rebuilds-start': 'admin',
  'rebuilds-get': 'reader',
  'rebuilds-confirm': 'admin',
  'reports-cost': 'finance',
  'reports-cost-sent': 'finance',
  'reports-cost-send': 'finance',
  'reports-protection': 'reader',
  'prices-sheet-get': 'reader',
  'prices-sheet-put': 'admin',
  'prices-sheet-delete': 'admin',
};

const holders: Readonly<Record<string, readonly string[]>> = {
  reader: ['Holdfast.Reader', 'Holdfast.Operator', 'Holdfast.Finance', 'Holdfast.Admin'],
  operator: ['Holdfast.Operator', 'Holdfast.Admin'],
  finance: ['Holdfast.Finance', 'Holdfast.Admin'],
  admin: ['Holdfast.Admin'],
};

const isPage = (name: string) => name.startsWith('console-');

test('every route asks for the role that is written down', () => {
  const found = Object.fromEntries(routes.filter(({ name }) => !isPage(name)).map(({ name, role }) => [name, role]));
  expect(found).toEqual(roleByRoute);
});

test('pages ask for a role, their forms for that of an operator', () => {
  for (const { name, method, role } of routes.filter((route) => isPage(route.name))) {
    if (method === 'GET')
      expect([name, ['reader', 'operator', 'finance', 'admin'].includes(role ?? '')]).toEqual([name, true]);
    else expect([name, role]).toEqual([name, 'operator']);
  }
});

/** Headers that say nobody is signed in, or nobody whom Holdfast knows. */
const strangers: Readonly<Record<string, readonly [header: string | null, status: number]>> = {
  'no header': [null, 401],
  'an empty header': ['', 401],
  'no base64': ['%%%%', 401],
  'JSON without its wrapping': ['{"claims":[{"typ":"roles","val":"Holdfast.Admin"}]}', 401],
  'claims of another shape': [Buffer.from('{"claims":"Holdfast.Admin"}').toString('base64'), 401],
  'roles beside the claims': [Buffer.from('{"roles":["Holdfast.Admin"]}').toString('base64'), 401],
  'an array': [Buffer.from('[{"typ":"roles","val":"Holdfast.Admin"}]').toString('base64'), 401],
  'a prototype': [
    Buffer.from('{"__proto__":{"claims":[{"typ":"roles","val":"Holdfast.Admin"}]}}').toString('base64'),
    401,
  ],
  'no role': [principalOf(), 403],
  'another spelling': [principalOf('holdfast.admin', 'Holdfast.Admin '), 403],
  'several in one': [principalOf('Holdfast.Reader,Holdfast.Admin'), 403],
  'a role of another app': [principalOf('Admin', 'Holdfast.Root'), 403],
  'a group of that name': [
    Buffer.from(JSON.stringify({ claims: [{ typ: 'groups', val: 'Holdfast.Admin' }] })).toString('base64'),
    403,
  ],
};

test.each(routes.filter(({ method }) => method !== 'GET').map((route) => [route.name, route] as const))(
  '%s: what a page of another site sends is refused, whoever is signed in',
  async (_, route) => {
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example', host: 'h.example' }]) {
      const params = { id: 'none', name: 'none' };
      const { status } = await world.call(route, { role: 'Holdfast.Admin', params, headers });
      expect(status).toBe(403);
    }
  },
);

describe.each(routes.filter(({ role }) => role !== null).map((route) => [route.name, route] as const))(
  '%s',
  (_, route) => {
    test('strangers are refused before anything is read', async () => {
      for (const [who, [header, status]] of Object.entries(strangers)) {
        const headers = header === null ? {} : { 'x-ms-client-principal': header };
        const before = JSON.stringify(world.memory.store.queueLengths());
        const answer = await world.call(route, { role: null, headers, body: route.method === 'GET' ? '' : '{' });
        expect([who, answer.status, answer.headers['content-type']]).toEqual([who, status, 'application/problem+json']);
        expect(JSON.stringify(world.memory.store.queueLengths())).toBe(before);
      }
    });

    test('its role and those above it may call it, no other', async () => {
      for (const role of ['Holdfast.Reader', 'Holdfast.Operator', 'Holdfast.Finance', 'Holdfast.Admin']) {
        const may = holders[route.role ?? '']?.includes(role) === true;
        const { status } = await world.call(route, {
          role,
          params: { id: 'none', name: 'none' },
          headers: { 'sec-fetch-site': 'same-origin' },
        });
        expect([role, status === 403 || status === 401]).toEqual([role, !may]);
      }
    });
  },
);

describe('health', () => {
  const health = routes.find(({ name }) => name === 'health');
  const context = { error: () => {}, warn: () => {} } as unknown as InvocationContext;

  test('never looks at a principal', async () => {
    const asked: string[] = [];
    const request = new HttpRequest({ method: 'GET', url: 'https://holdfast.example/api/health' });
    const watched = new Proxy(request, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (name !== 'headers') return typeof value === 'function' ? value.bind(target) : value;
        return {
          get: (header: string) => {
            asked.push(header);
            return null;
          },
        };
      },
    });
    if (!health) throw new Error('there is no health');
    const answer = await makeHandler(health, async () => world.app)(watched, context);
    expect(answer).toMatchObject({ status: 200, body: '{"status":"up"}' });
    expect(asked).not.toContain('x-ms-client-principal');
  });

  test('says degraded, and nothing else, where the app does not start', async () => {
    if (!health) throw new Error('there is no health');
    const request = new HttpRequest({ method: 'GET', url: 'https://holdfast.example/api/health' });
    const failing = () => Promise.reject(new AppError('bad-request', 'A setting is missing', { setting: 'SECRET' }));
    expect(await makeHandler(health, failing)(request, context)).toMatchObject({
      status: 503,
      body: '{"status":"degraded"}',
    });
  });
});
