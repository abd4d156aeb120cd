import { describe, expect, test } from 'vitest';
import type { RegisteredFunction } from '../../../src/sandbox/host/registered-function.ts';
import { createRouteTable } from '../../../src/sandbox/host/route-table.ts';

function http(route: string, methods = ['GET']): RegisteredFunction {
  const metadata = { name: route, bindings: {} };
  return { name: route, bindingName: 'in', trigger: { kind: 'http', route, methods }, metadata, callback: null };
}

const routes = createRouteTable(
  [
    http('points/{id}'),
    http('points/latest'),
    http('points/{id}/files/content'),
    http('policies/{name?}', ['GET', 'PUT']),
    http('blobs/{*path}'),
    http('restores', ['POST']),
    http('restores/{id}/cancel', ['POST']),
  ],
  'api',
);

describe('a route is found by method and path', () => {
  test.each<[string, string, string, string | null, Record<string, string>?]>([
    ['a parameter', 'GET', '/api/points/p1', 'points/{id}', { id: 'p1' }],
    ['a literal before a parameter', 'GET', '/api/points/latest', 'points/latest', {}],
    ['literals without regard to case', 'GET', '/API/Points/P1', 'points/{id}', { id: 'P1' }],
    ['a closing slash', 'GET', '/api/points/p1/', 'points/{id}', { id: 'p1' }],
    ['an encoded parameter', 'GET', '/api/points/a%20%C3%A9', 'points/{id}', { id: 'a é' }],
    ['an encoded slash stays encoded', 'GET', '/api/points/a%2Fb', 'points/{id}', { id: 'a%2Fb' }],
    ['something after a parameter', 'GET', '/api/points/p1/files/content', 'points/{id}/files/content', { id: 'p1' }],
    ['an optional parameter, given', 'PUT', '/api/policies/gold', 'policies/{name?}', { name: 'gold' }],
    ['an optional parameter, left out', 'GET', '/api/policies', 'policies/{name?}', {}],
    ['a rest', 'GET', '/api/blobs/a/b/c', 'blobs/{*path}', { path: 'a/b/c' }],
    ['a method of another route', 'GET', '/api/restores', null],
    ['too much', 'POST', '/api/restores/r/cancel/x', null],
    ['too little', 'POST', '/api/restores/r', null],
    ['another prefix', 'GET', '/points/p1', null],
    ['an encoding that is none', 'GET', '/api/points/%E0%A4%A', null],
  ])('%s', (_, method, path, route, parameters = {}) => {
    const found = routes(method, path);
    expect(found?.target.name ?? null).toBe(route);
    if (route !== null) expect(found?.parameters).toEqual(parameters);
  });

  test('a constraint is refused', () => {
    expect(() => createRouteTable([http('points/{id:int}')], 'api')).toThrow('{id:int}');
  });
});
