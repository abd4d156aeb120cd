import type { IncomingMessage, ServerResponse } from 'node:http';
import { ArmError, notInSandbox } from './arm-error.ts';
import { authorize, authorizeLinks } from './authorize.ts';
import { readJson, sendJson } from './exchange.ts';
import type { FaultAction } from './faults.ts';
import type { OperationFault } from './operations.ts';
import type { ArmAnswer, ArmRequest, ArmRoute } from './route.ts';
import { armRoutes } from './route-table.ts';
import { type Match, Router } from './router.ts';
import { checkLocks } from './routes-locks.ts';
import type { AzureState } from './state.ts';
import { chargeOf, type ThrottleVerdict } from './throttle.ts';
import type { Principal } from './token.ts';

/** What becomes known of a request while it is answered; the log takes it from here. */
export interface Trace {
  route: string;
  caller: string;
  code: string | null;
  fault: string | null;
  readonly requestId: string;
  readonly correlationId: string;
}

const router = new Router(armRoutes);

/** Answers a request to Azure Resource Manager, throttled, checked and with the faults that were ordered. */
export async function answerArm(
  state: AzureState,
  request: IncomingMessage,
  response: ServerResponse,
  url: { path: string; query: URLSearchParams },
  trace: Trace,
): Promise<void> {
  const headers: Record<string, string> = {
    'x-ms-request-id': trace.requestId,
    'x-ms-correlation-request-id': trace.correlationId,
    'cache-control': 'no-cache',
  };
  const method = request.method ?? 'GET';
  const fault = state.faults.strike(method, url.path);
  trace.fault = fault === null ? null : typeof fault === 'string' ? fault : fault.kind;
  if (fault === 'lost-request') return void request.socket.destroy();
  try {
    if (typeof fault === 'object' && fault?.kind === 'delay') await sleepReal(fault.ms);
    if (typeof fault === 'object' && fault?.kind === 'answer') throw orderedError(fault);
    state.settle();
    const answer = await route(state, request, url, {
      method,
      headers,
      trace,
      fault,
    });
    if (fault === 'lost-answer') return void request.socket.destroy();
    sendJson(response, answer.status, method === 'HEAD' ? undefined : answer.body, { ...headers, ...answer.headers });
  } catch (error) {
    if (!(error instanceof ArmError)) throw error;
    trace.code = error.code;
    request.resume();
    sendJson(response, error.status, method === 'HEAD' ? undefined : error.toBody(), { ...headers, ...error.headers });
  }
}

async function route(
  state: AzureState,
  request: IncomingMessage,
  url: { path: string; query: URLSearchParams },
  run: {
    method: string;
    headers: Record<string, string>;
    trace: Trace;
    fault: FaultAction | null;
  },
): Promise<ArmAnswer> {
  const { path, query } = url;
  const principal = authenticate(state, request.headers.authorization);
  run.trace.caller = principal.name;
  const found = findRoute(run.method, path);
  run.trace.route = found.route.path;
  const apiVersion = checkedVersion(found.route, query, path);
  takeTokens(state, found, run, principal);
  authorize(state, principal, run.method, path);
  checkLocks(state, run.method, path);
  const body = run.method === 'GET' || run.method === 'HEAD' ? undefined : await readJson(request);
  authorizeLinks(state, principal, run.method, path, body);
  // The body may have taken a while to come: nothing is awaited from here to the end of a route.
  const asked: ArmRequest = {
    method: run.method,
    path,
    query,
    headers: request.headers,
    values: found.values,
    body,
    apiVersion,
    principal,
    operationFault: operationFaultOf(run.fault),
    staleList: run.fault === 'stale-list',
    state,
  };
  return state.exchanges === null ? found.route.answer(asked) : state.exchanges.answer(found.route, asked);
}

function findRoute(method: string, path: string): Match<ArmRoute> {
  const found = router.find(method, path);
  if (found === null) throw notInSandbox(`${method} ${path.slice(0, 300)}`);
  if (found.route === null)
    throw notInSandbox(`${method} here, only ${found.methods.join(', ')}: ${path.slice(0, 300)}`);
  return found;
}

/** Errors: 400 MissingApiVersionParameter; 400 NoRegisteredProviderFound with the versions that are there. */
function checkedVersion(found: ArmRoute, query: URLSearchParams, path: string): string {
  const version = query.get('api-version');
  if (version === null || version === '') {
    throw new ArmError(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  }
  if (found.versions.length === 0 || found.versions.includes(version)) return version;
  const type = /\/providers\/([^/]+\/[^/]+)/i.exec(path)?.[1] ?? path.split('/')[3] ?? 'subscriptions';
  throw new ArmError(
    400,
    'NoRegisteredProviderFound',
    `No registered resource provider found for API version '${version.slice(0, 40)}' of type '${type}'. ` +
      `The supported api-versions are '${found.versions.join(', ')}'.`,
  );
}

/** ARM audiences that Azure takes. Source: management.azure.com, and management.core.windows.net for older clients. */
const AUDIENCES = ['https://management.azure.com', 'https://management.core.windows.net'];

function authenticate(state: AzureState, header: string | undefined): Principal {
  if (header === undefined) {
    throw unauthorized('AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.");
  }
  const token = /^Bearer (.+)$/i.exec(header)?.[1];
  const verdict = token === undefined ? ({ kind: 'malformed' } as const) : state.authority.verify(token);
  if (verdict.kind === 'expired') throw unauthorized('ExpiredAuthenticationToken', 'The access token has expired.');
  if (verdict.kind !== 'valid') throw unauthorized('InvalidAuthenticationToken', 'The access token is invalid.');
  const audience = verdict.audience.replace(/\/$/, '');
  if (!AUDIENCES.includes(audience) && audience !== state.baseUrl) {
    throw unauthorized('InvalidAuthenticationTokenAudience', `The access token has the wrong audience '${audience}'.`);
  }
  return verdict.principal;
}

function unauthorized(code: string, message: string): ArmError {
  const challenge = `Bearer authorization_uri="https://login.windows.net/", error="invalid_token", error_description="${code}"`;
  return new ArmError(401, code, message, {
    headers: { 'www-authenticate': challenge },
  });
}

/** Errors: 429 with Retry-After. Source: ARM and Compute throttling documents name the codes. */
function takeTokens(
  state: AzureState,
  found: Match<ArmRoute>,
  run: { method: string; headers: Record<string, string> },
  principal: Principal,
): void {
  const ofTenant = found.route.path.startsWith('/providers/');
  if (!ofTenant && !found.route.path.startsWith('/subscriptions/{') && !found.route.path.startsWith('/{scope}')) return;
  const [first = ''] = ofTenant ? [] : found.values;
  const subscriptionId = (first.startsWith('/') ? (first.split('/')[2] ?? '') : first).toLowerCase();
  const { compute } = found.route;
  const verdict = state.throttle.take({
    nowMs: state.clock.now(),
    subscriptionId,
    principalId: principal.objectId,
    charge: chargeOf(run.method),
    compute:
      compute === undefined
        ? null
        : { bucket: compute, region: state.regionOfRequest(found.values), machine: machineOf(found) },
  });
  Object.assign(run.headers, verdict.headers);
  if (!verdict.passed) throw throttled(verdict, subscriptionId, principal);
}

/** The machine that a request is about, in lower case. */
function machineOf({ route, values }: Match<ArmRoute>): string | null {
  return route.path.includes('/virtualMachines/{') ? values.slice(0, 3).join('/').toLowerCase() : null;
}

/** Source: ARM and Compute throttling documents: the codes, and what Compute adds as details. */
function throttled(verdict: ThrottleVerdict, subscriptionId: string, principal: Principal): ArmError {
  const headers = { 'Retry-After': String(verdict.retryAfterSeconds) };
  if (verdict.by === 'arm') {
    return new ArmError(
      429,
      subscriptionId === '' ? 'TenantRequestsThrottled' : 'SubscriptionRequestsThrottled',
      `Number of '${verdict.limit}' requests for subscription '${subscriptionId}' actor '${principal.objectId}' exceeded. ` +
        `Please try again after '${verdict.retryAfterSeconds}' seconds after additional tokens are available.`,
      { headers },
    );
  }
  const measured = { operationGroup: verdict.limit, allowedRequestCount: verdict.allowed };
  return new ArmError(
    429,
    'OperationNotAllowed',
    'The server rejected the request because too many requests have been received for this subscription.',
    { headers, details: [{ code: 'TooManyRequests', target: verdict.limit, message: JSON.stringify(measured) }] },
  );
}

function operationFaultOf(fault: FaultAction | null): OperationFault | null {
  if (fault === 'stuck-operation') return { kind: 'stuck' };
  if (fault === null || typeof fault === 'string') return null;
  if (fault.kind === 'failed-operation')
    return {
      kind: 'failed',
      ...(fault.code === undefined ? {} : { code: fault.code }),
    };
  if (fault.kind === 'slow-operation') return { kind: 'slow', seconds: fault.seconds };
  return null;
}

function orderedError(fault: Extract<FaultAction, { kind: 'answer' }>): ArmError {
  const headers = fault.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(fault.retryAfterSeconds) };
  return new ArmError(fault.status, fault.code, fault.message ?? 'A fault that was ordered.', { headers });
}

function sleepReal(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
