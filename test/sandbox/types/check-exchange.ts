import type { RecordedExchange } from '../../../src/sandbox/azure/exchange-record.ts';
import {
  actionType,
  checkType,
  DISK_TYPES,
  type Finding,
  MACHINE_TYPES,
  resourceType,
  type TypeRef,
  typeAt,
  type Way,
} from './published-types.ts';

/** The published types of what a route takes and gives. */
interface RouteTypes {
  readonly request?: TypeRef;
  readonly answer?: TypeRef;
  /** The answer is a page of these. */
  readonly items?: TypeRef;
  /** The answer is a long-running operation. */
  readonly operation?: true;
  /** A page of what the published types leave out. */
  readonly unpublished?: true;
}

const DISKS = 'Microsoft.Compute/disks';
const SNAPSHOTS = 'Microsoft.Compute/snapshots';
const MACHINES = 'Microsoft.Compute/virtualMachines';
const ACCESS = 'beginGetAccess';

/** Every route of Microsoft.Compute by method and what comes after `providers/Microsoft.Compute/`; a function, because the types may not be there. */
export function routeTypes(): Readonly<Record<string, RouteTypes>> {
  const disk = resourceType(DISK_TYPES, DISKS);
  const snapshot = resourceType(DISK_TYPES, SNAPSHOTS);
  const machine = resourceType(MACHINE_TYPES, MACHINES);
  const whole = (name: string, parameter: string, type: TypeRef): Record<string, RouteTypes> => ({
    [`GET ${name}`]: { items: type },
    [`GET ${name}/{${parameter}}`]: { answer: type },
    [`PUT ${name}/{${parameter}}`]: { request: type, answer: type },
    [`PATCH ${name}/{${parameter}}`]: { request: type, answer: type },
    [`DELETE ${name}/{${parameter}}`]: {},
  });
  const action = (resource: string, name: string, file = DISK_TYPES): RouteTypes => ({
    request: actionType(file, resource, name, 'input'),
    answer: actionType(file, resource, name, 'output'),
  });
  return {
    ...whole('disks', 'diskName', disk),
    ...whole('snapshots', 'snapshotName', snapshot),
    ...whole('virtualMachines', 'vmName', machine),
    'POST disks/{diskName}/beginGetAccess': action(DISKS, ACCESS),
    'POST disks/{diskName}/endGetAccess': {},
    'POST snapshots/{snapshotName}/beginGetAccess': action(SNAPSHOTS, ACCESS),
    'POST snapshots/{snapshotName}/endGetAccess': {},
    'POST snapshots/{snapshotName}/updateImmutabilityPolicy': action(SNAPSHOTS, 'updateImmutabilityPolicy'),
    'POST snapshots/{snapshotName}/updateImmutabilityPolicyLock': action(SNAPSHOTS, 'updateImmutabilityPolicyLock'),
    'GET virtualMachines/{vmName}/instanceView': { answer: typeAt(machine, 'properties', 'instanceView') },
    'POST virtualMachines/{vmName}/start': {},
    'POST virtualMachines/{vmName}/powerOff': {},
    'POST virtualMachines/{vmName}/deallocate': {},
    'POST virtualMachines/{vmName}/attachDetachDataDisks': action(MACHINES, 'attachDetachDataDisks', MACHINE_TYPES),
    // The published types hold resources and their actions, and neither of these is one.
    'GET skus': { unpublished: true },
    'GET locations/{location}/usages': { unpublished: true },
    'GET locations/{location}/DiskOperations/{operationId}': { operation: true },
    'GET locations/{location}/operations/{operationId}': { operation: true },
  };
}

/** The key of a route in `routeTypes`; null for routes of other providers, whose types are not there. */
export function routeKey(route: { readonly method: string; readonly path: string }): string | null {
  const [, rest] = route.path.split('/providers/Microsoft.Compute/');
  return rest === undefined ? null : `${route.method} ${rest}`;
}

/**
 * Holds one exchange against the published types: what was sent, and what was answered.
 *
 * Shape: nothing for routes of other providers. A request is checked whatever became of it.
 */
export function checkExchange(exchange: RecordedExchange): readonly Finding[] {
  const key = routeKey({ method: exchange.method, path: exchange.route });
  if (key === null) return [];
  const types = routeTypes()[key];
  if (types === undefined) return [problem(key, 'no published type is named for this route')];
  return [...checkRequest(types, exchange, key), ...checkAnswer(types, exchange, key)];
}

function checkRequest(types: RouteTypes, { method, requestBody }: RecordedExchange, key: string): readonly Finding[] {
  if (types.request === undefined) return requestBody === undefined ? [] : [problem(key, 'takes no body')];
  return checkType(types.request, requestBody, method === 'PATCH' ? 'update' : 'request');
}

function checkAnswer(types: RouteTypes, exchange: RecordedExchange, key: string): readonly Finding[] {
  const { status, answerBody: body } = exchange;
  if (status >= 400) return checkError(body, key);
  if (body === undefined) {
    const needed = status === 200 && exchange.method === 'GET' && types.operation === undefined;
    return needed ? [problem(key, 'answers 200 without a body')] : [];
  }
  if (types.operation) return checkOperation(body, key);
  if (types.unpublished) return Array.isArray(recordOf(body).value) ? [] : [problem(key, 'is no page')];
  if (types.items) return checkPage(types.items, body, key);
  if (types.answer) return checkType(types.answer, body, wayOf(status));
  return [problem(key, 'answers with a body that is not published')];
}

/** A 202 answers with what was asked for, and no more. */
function wayOf(status: number): Way {
  return status === 202 ? 'accepted' : 'answer';
}

function checkPage(item: TypeRef, body: unknown, key: string): readonly Finding[] {
  const { value, nextLink, ...rest } = recordOf(body);
  const findings = Object.keys(rest).map((name) => problem(`${key}.${name}`, 'is not part of a page'));
  if (nextLink !== undefined && !String(nextLink).startsWith('https://'))
    findings.push(problem(`${key}.nextLink`, 'must be an absolute link'));
  if (!Array.isArray(value)) return [...findings, problem(`${key}.value`, 'must be a list')];
  return [...findings, ...value.flatMap((each) => checkType(item, each, 'answer'))];
}

/** Source: ARM, common API contracts, error response. */
function checkError(body: unknown, key: string): readonly Finding[] {
  const { error, ...rest } = recordOf(body);
  const { code, message, target, details, innererror, additionalInfo, ...more } = recordOf(error);
  void [details, innererror, additionalInfo];
  return [
    ...[...Object.keys(rest), ...Object.keys(more)].map((name) => problem(`${key} error.${name}`, 'is not part of it')),
    ...[code, message].flatMap((text) =>
      typeof text === 'string' && text !== '' ? [] : [problem(`${key} error`, 'needs a code and a message')],
    ),
    ...(target === undefined || typeof target === 'string' ? [] : [problem(`${key} error.target`, 'must be a string')]),
  ];
}

const STATUSES = ['InProgress', 'Succeeded', 'Failed', 'Canceled'];

/** The status document of an operation, or its result. Source: ARM, asynchronous operations: `status` is required, ended ones carry `endTime`. */
function checkOperation(body: unknown, key: string): readonly Finding[] {
  const document = recordOf(body);
  if (document.status === undefined) return checkResult(body, key);
  const findings: Finding[] = [];
  const { status, startTime, endTime, name, error, properties, ...rest } = document;
  if (!STATUSES.includes(String(status))) findings.push(problem(`${key}.status`, `must be one of ${STATUSES}`));
  if (Number.isNaN(Date.parse(String(startTime)))) findings.push(problem(`${key}.startTime`, 'must be a time'));
  if ((endTime === undefined) !== (status === 'InProgress'))
    findings.push(problem(`${key}.endTime`, 'belongs to what has ended'));
  if (typeof name !== 'string') findings.push(problem(`${key}.name`, 'must be the id of the operation'));
  if ((error === undefined) === (status === 'Failed')) findings.push(problem(`${key}.error`, 'belongs to failures'));
  const { output, ...others } = properties === undefined ? {} : recordOf(properties);
  for (const extra of [...Object.keys(rest), ...Object.keys(others)])
    findings.push(problem(`${key}.${extra}`, 'is not part of a status document'));
  return output === undefined ? findings : [...findings, ...checkResult(output, key)];
}

/** What an operation gives at its end: a resource, an access, or the disks of a machine. */
function checkResult(result: unknown, key: string): readonly Finding[] {
  const value = recordOf(result);
  const types = routeTypes();
  const typed = Object.values(types).find(({ items }) => items?.name === value.type);
  if (typed?.items) return checkType(typed.items, result, 'answer');
  const access = types['POST snapshots/{snapshotName}/beginGetAccess']?.answer;
  if ('accessSAS' in value && access) return checkType(access, result, 'answer');
  const storage = types['POST virtualMachines/{vmName}/attachDetachDataDisks']?.answer;
  if ('osDisk' in value && storage) return checkType(storage, result, 'answer');
  return [problem(key, `gives ${JSON.stringify(result)?.slice(0, 100)}, which is of no known type`)];
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function problem(path: string, what: string): Finding {
  return { severity: 'problem', path, what };
}
