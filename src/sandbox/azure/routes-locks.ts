import { ArmError } from './arm-error.ts';
import { oneOf } from './body-rules.ts';
import { type Json, textAt } from './json.ts';
import { keyOf } from './resource-id.ts';
import type { Lock } from './resources.ts';
import { type ArmAnswer, type ArmRequest, type ArmRoute, parameterOf, subscriptionOf } from './route.ts';
import type { AzureState } from './state.ts';

/** Source: Azure REST specifications, Microsoft.Authorization locks. */
const LOCK_API_VERSIONS = ['2016-09-01', '2017-04-01', '2020-05-01'];

const TYPE = 'Microsoft.Authorization/locks';
const PATH = `/{scope}/providers/${TYPE}`;

function lockJson(lock: Lock): Json {
  return {
    id: lock.id,
    name: lock.name,
    type: TYPE,
    properties: {
      level: lock.level,
      ...(lock.notes === '' ? {} : { notes: lock.notes }),
    },
  };
}

/** The scope of a path, in the case it was made with. Errors: 404 where nothing is there. */
function scopeOf(request: ArmRequest): string {
  const scope = parameterOf(request, 0);
  const subscription = subscriptionOf(request.state, scope.split('/')[2] ?? '');
  if (scope.split('/').length === 3) return `/subscriptions/${subscription.id}`;
  const resource = request.state.anyResource(scope);
  if (resource === null) throw new ArmError(404, 'ResourceNotFound', `The resource '${scope}' was not found.`);
  return resource.id;
}

function putLock(request: ArmRequest): ArmAnswer {
  const { state, body } = request;
  const scope = scopeOf(request);
  const name = parameterOf(request, 1);
  const level = textAt(body, 'properties', 'level');
  if (level === null)
    throw new ArmError(400, 'InvalidLockLevel', "The property 'level' is required: CanNotDelete or ReadOnly.");
  const id = `${scope}/providers/${TYPE}/${name}`;
  const known = state.locks.has(keyOf(id));
  const lock: Lock = {
    id,
    scope: keyOf(scope),
    name,
    level: oneOf('level', level, ['CanNotDelete', 'ReadOnly']),
    notes: textAt(body, 'properties', 'notes') ?? '',
  };
  state.locks.set(keyOf(id), lock);
  return { status: known ? 200 : 201, body: lockJson(lock) };
}

function getLock(request: ArmRequest): ArmAnswer {
  const lock = request.state.locks.get(keyOf(`${scopeOf(request)}/providers/${TYPE}/${parameterOf(request, 1)}`));
  if (lock === undefined)
    throw new ArmError(404, 'LockNotFound', `The lock '${parameterOf(request, 1)}' could not be found.`);
  return { status: 200, body: lockJson(lock) };
}

function deleteLock(request: ArmRequest): ArmAnswer {
  const removed = request.state.locks.delete(keyOf(`${scopeOf(request)}/providers/${TYPE}/${parameterOf(request, 1)}`));
  return { status: removed ? 200 : 204 };
}

/** Locks at a scope, below it, and above it: all that matter there. */
function listLocks(request: ArmRequest): ArmAnswer {
  const scope = keyOf(scopeOf(request));
  const matters = (lock: Lock): boolean => isBelow(lock.scope, scope) || isBelow(scope, lock.scope);
  return {
    status: 200,
    body: {
      value: [...request.state.locks.values()].filter(matters).map(lockJson),
    },
  };
}

function isBelow(id: string, scope: string): boolean {
  return id === scope || id.startsWith(`${scope}/`);
}

/** What locks do not hold: locks themselves, and queries, which change nothing. */
const UNLOCKED = ['/providers/microsoft.authorization/locks', '/providers/microsoft.costmanagement/query'];

/**
 * Refuses what a lock forbids: CanNotDelete forbids DELETE, ReadOnly every change, for the scope and all below; a group is not
 * removed while anything in it is locked.
 *
 * Errors: 409 ScopeLocked. Source: ARM, lock resources: POST counts as a change for ReadOnly.
 */
export function checkLocks(state: AzureState, method: string, path: string): void {
  if (state.locks.size === 0 || method === 'GET' || method === 'HEAD') return;
  const key = keyOf(path);
  if (UNLOCKED.some((each) => key.includes(each))) return;
  const blocking = [...state.locks.values()].filter((lock) => {
    if (method !== 'DELETE' && lock.level !== 'ReadOnly') return false;
    return isBelow(key, lock.scope) || (method === 'DELETE' && isBelow(lock.scope, key));
  });
  if (blocking.length === 0) return;
  const scopes = [...new Set(blocking.map((lock) => lock.id.slice(0, lock.scope.length)))].join("','");
  throw new ArmError(
    409,
    'ScopeLocked',
    `The scope '${path}' cannot perform ${method === 'DELETE' ? 'delete' : 'write'} operation because following scope(s) are locked: ` +
      `'${scopes}'. Please remove the lock and try again.`,
  );
}

const versions = LOCK_API_VERSIONS;

/** Routes of management locks, at subscription, group and resource. */
export const lockRoutes: readonly ArmRoute[] = [
  {
    method: 'GET',
    path: PATH,
    versions,
    does: 'lists the locks that matter at a scope',
    answer: listLocks,
  },
  {
    method: 'GET',
    path: `${PATH}/{lockName}`,
    versions,
    does: 'reads a lock',
    answer: getLock,
  },
  {
    method: 'PUT',
    path: `${PATH}/{lockName}`,
    versions,
    does: 'locks a subscription, group or resource (CanNotDelete or ReadOnly)',
    answer: putLock,
  },
  {
    method: 'DELETE',
    path: `${PATH}/{lockName}`,
    versions,
    does: 'removes a lock',
    answer: deleteLock,
  },
];
