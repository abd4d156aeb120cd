import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { answerAdmin } from './admin.ts';
import { answerArm, type Trace } from './arm.ts';
import { ArmError } from './arm-error.ts';
import { answerAuthority, metadataEndpoints } from './authority-endpoint.ts';
import { SandboxClock } from './clock.ts';
import { answerDataPlane, DATA_PLANE_PREFIX } from './data-plane.ts';
import { sendJson, splitUrl } from './exchange.ts';
import { ExchangeRecord } from './exchange-record.ts';
import { answerPrices } from './retail-prices.ts';
import { SUBSCRIPTION_ID, seedEstate } from './seed-estate.ts';
import { AzureState } from './state.ts';
import { guidOf, TokenAuthority } from './token.ts';

/** How a sandbox is started. Shape: `cert` and `key` as PEM texts; port 0 takes a free one. */
export interface SandboxOptions {
  readonly cert: string;
  readonly key: string;
  readonly secret: string;
  readonly startMs: number;
  readonly armPort?: number;
  readonly adminPort?: number;
  readonly throttled?: boolean;
  readonly identityHeader?: string;
  readonly rawExports?: boolean;
  /** Everybody may do everything. */
  readonly openRoles?: boolean;
  /** Keeps exchanges with their bodies for `GET /sandbox/exchanges`. */
  readonly record?: boolean;
}

/** A sandbox that listens. */
export interface Sandbox {
  readonly state: AzureState;
  readonly armUrl: string;
  readonly adminUrl: string;
  close(): Promise<void>;
}

/** Clients keep connections; a server that closes them first makes requests fail. Units: real milliseconds. */
const KEEP_ALIVE_MS = 120_000;

/** Starts Azure Resource Manager over https and the admin endpoint over http, both on loopback only. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const clock = new SandboxClock(options.startMs);
  const state = new AzureState(clock, new TokenAuthority(options.secret), options.throttled ?? true, options.secret);
  state.identityHeader = options.identityHeader ?? '';
  state.rawExports = options.rawExports ?? false;
  if (options.openRoles === true) state.roles.open();
  if (options.record) state.exchanges = new ExchangeRecord();
  seedEstate(state, { subscriptions: [{ id: SUBSCRIPTION_ID }] });
  const arm = createHttpsServer(
    { cert: options.cert, key: options.key, keepAlive: true, noDelay: true },
    (request, response) => {
      void answerAzure(state, request, response);
    },
  );
  const admin = createHttpServer({ keepAlive: true, noDelay: true }, (request, response) => {
    answerAdmin(state, request, response).catch((error: unknown) => fail(response, error));
  });
  // Requests may be held open by the clock for as long as anybody wants.
  admin.requestTimeout = 0;
  for (const server of [arm, admin]) server.keepAliveTimeout = KEEP_ALIVE_MS;
  const armPort = await listen(arm, options.armPort ?? 0);
  const adminPort = await listen(admin, options.adminPort ?? 0);
  state.baseUrl = `https://localhost:${armPort}`;
  return {
    state,
    armUrl: state.baseUrl,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    close: async () => {
      clock.close();
      await Promise.all([arm, admin].map(closed));
    },
  };
}

/** Everything of Azure that is asked over https: Resource Manager, the authority, prices, the data plane. */
async function answerAzure(state: AzureState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedMs = performance.now();
  const at = state.clock.now();
  const requestId = guidOf(`request ${state.nextSequence()}`);
  const correlation = request.headers['x-ms-correlation-request-id'];
  const trace: Trace = {
    route: 'unknown',
    caller: '',
    code: null,
    fault: null,
    requestId,
    correlationId: typeof correlation === 'string' ? correlation.slice(0, 64) : requestId,
  };
  const url = splitUrl(request);
  response.once('close', () => {
    const lost = !response.writableFinished;
    state.log.add({
      at,
      method: request.method ?? '',
      path: shownPath(url.path),
      status: lost ? 0 : response.statusCode,
      ms: performance.now() - startedMs,
      ...trace,
    });
  });
  try {
    const key = url.path.toLowerCase();
    if (key.startsWith(DATA_PLANE_PREFIX)) await answerDataPlane(state, request, response, url, trace);
    else if (key.startsWith('/adfs/')) await named(trace, '/adfs', answerAuthority(state, request, response, url.path));
    else if (key === '/metadata/endpoints') await named(trace, key, sendJson(response, 200, metadataEndpoints(state)));
    else if (key === '/api/retail/prices') answerRetail(state, request, response, url.query, trace);
    else await answerArm(state, request, response, url, trace);
  } catch (error) {
    fail(response, error);
  }
}

function named(trace: Trace, route: string, done: void | Promise<void>): void | Promise<void> {
  trace.route = route;
  return done;
}

function answerRetail(
  state: AzureState,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
  trace: Trace,
): void {
  trace.route = '/api/retail/prices';
  const fault = state.faults.strike(request.method ?? 'GET', trace.route);
  if (typeof fault === 'object' && fault?.kind === 'answer') {
    trace.fault = fault.kind;
    const wait = fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
    sendJson(response, fault.status, { Error: { Code: fault.code, Message: fault.message ?? '' } }, wait);
    return;
  }
  const answer = answerPrices(query, state.baseUrl);
  if (answer.kind === 'rows') {
    sendJson(response, 200, answer.body);
    return;
  }
  trace.code = 'BadRequest';
  sendJson(response, 400, { Error: { Code: 'BadRequest', Message: answer.message } });
}

/** The token in a data-plane path is half of its signature: the log does not show it. */
function shownPath(path: string): string {
  return path.startsWith(DATA_PLANE_PREFIX) ? `${DATA_PLANE_PREFIX}…/abcd` : path;
}

/** A fault of the sandbox itself: said aloud, never hidden behind an answer that Azure could give. */
function fail(response: ServerResponse, error: unknown): void {
  if (error instanceof ArmError) {
    sendJson(response, error.status, error.toBody());
    return;
  }
  console.error(error);
  if (response.headersSent) response.destroy();
  else
    sendJson(response, 500, {
      error: { code: 'SandboxFault', message: 'The sandbox has a bug; its standard error shows it.' },
    });
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
