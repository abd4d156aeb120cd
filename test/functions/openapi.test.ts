import { expect, test } from 'vitest';
import '../../src/main.ts';
import { operations } from '../../src/functions/api/describe-api.ts';
import { routes } from '../../src/functions/http-entry.ts';
import { fields, listOperations, openApiBreaches } from './openapi-rules.ts';
import { breaches, type Json } from './openapi-schema.ts';

const openapi = routes.find(({ name }) => name === 'openapi');
const answer = await openapi?.handle({} as never);
const document: Json = JSON.parse(String(answer?.body));

const pages = (name: string) => name.startsWith('console');

test('every route has its entry, and no entry lacks its route', () => {
  expect(Object.keys(operations).toSorted()).toEqual(
    routes
      .map(({ name }) => name)
      .filter((name) => !pages(name))
      .toSorted(),
  );
});

test('the description is OpenAPI 3.1, and its examples are what its schemas say', () => {
  expect(openApiBreaches(document)).toEqual([]);
});

test('every operation stands at the method and address of its route', () => {
  const described = listOperations(document).map(
    ({ path, method, operation }) => `${operation.operationId} ${method} ${path}`,
  );
  const registered = routes
    .filter(({ name }) => !pages(name))
    .map(({ name, method, route }) => `${name} ${method.toLowerCase()} /${route}`);
  expect(described.toSorted()).toEqual(registered.toSorted());
});

test.each(routes.filter(({ name }) => !pages(name)).map((route) => [route.name, route] as const))(
  '%s: the description tells its role and whether it takes a body',
  (name, route) => {
    const found = listOperations(document).find(({ operation }) => operation.operationId === name);
    const roles = {
      reader: 'Holdfast.Reader',
      operator: 'Holdfast.Operator',
      finance: 'Holdfast.Finance',
      admin: 'Holdfast.Admin',
    };
    expect(found?.operation.security).toEqual(route.role === null ? [] : [{ entra: [roles[route.role]] }]);
    expect('requestBody' in fields(found?.operation)).toBe(route.body !== undefined);
  },
);

// biome-ignore lint/suspicious/noExplicitAny: a copy is spoilt wherever one likes
test.each<[string, (copy: any) => void, string]>([
  ['a field that OpenAPI does not have', (copy) => (copy.paths['/health'].get.body = {}), 'has body'],
  [
    'a response without a description',
    (copy) => delete copy.paths['/health'].get.responses[200].description,
    'lacks description',
  ],
  [
    'a reference that leads nowhere',
    (copy) => (copy.paths['/health'].get.responses[500].$ref = '#/components/responses/None'),
    'leads nowhere',
  ],
  [
    'a path parameter that is not described',
    (copy) => copy.paths['/policies/{name}'].get.parameters.shift(),
    'other parameters',
  ],
  ['an id that stands twice', (copy) => (copy.paths['/health'].get.operationId = 'openapi'), 'stands twice'],
  [
    'an example that breaks its schema',
    (copy) => (copy.components.schemas.Health.properties.status.enum = ['fine']),
    'is none of',
  ],
  ['another version', (copy) => (copy.openapi = '3.0.3'), 'not OpenAPI 3.1'],
])('the rules see %s', (_, spoil, word) => {
  const copy = structuredClone(document);
  spoil(copy);
  expect(openApiBreaches(copy).join('\n')).toContain(word);
});

test.each<[string, Json, Json, boolean]>([
  ['a whole number', { type: 'integer', minimum: 1 }, 3, true],
  ['a fraction for a whole number', { type: 'integer' }, 3.5, false],
  ['a field too many', { type: 'object', properties: {}, additionalProperties: false }, { a: 1 }, false],
  ['a keyword that is not known', { typ: 'string' }, 'x', false],
  ['a moment', { type: 'string', format: 'date-time' }, '2026-03-01T02:00:00+01:00', true],
  ['a day for a moment', { type: 'string', format: 'date-time' }, '2026-03-01', false],
])('schemas: %s', (_, schema, value, fits) => {
  expect(breaches({}, schema, value).length === 0).toBe(fits);
});
