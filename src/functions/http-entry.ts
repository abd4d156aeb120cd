import {
  app,
  type HttpHandler,
  type HttpRequest,
  type HttpResponseInit,
  type InvocationContext,
} from '@azure/functions';
import type { z } from 'zod';
import { type App, useApp } from '../app.ts';
import { AppError, type ErrorCode, errorRules } from '../base/errors.ts';
import { hashId } from '../base/ids.ts';
import type { Parsed, Problem } from '../base/problem.ts';
import { schemaProblems } from '../base/schema-problems.ts';
import { beginOnce } from './idempotency.ts';
import { mayCall, type Principal, type RequiredRole, readPrincipal } from './principal.ts';
import { isForeign } from './same-origin.ts';

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

/** What a route is given: everything decoded, the caller known and allowed. */
export interface ApiRequest {
  readonly app: App;
  readonly caller: Principal;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The parsed JSON body; undefined where there was none. */
  readonly body: unknown;
  readonly ifMatch: string | null;
  readonly ifNoneMatch: string | null;
  /** A header of the request; null where it is not there. */
  readonly header: (name: string) => string | null;
  /** One name for one operation: the same for the same `Idempotency-Key`. */
  readonly operation: { readonly id: string; readonly at: number };
}

/** A body as it came. Shape: `type` is the media type in lower case without its parameters, '' where none was named. */
export interface TextBody {
  readonly type: string;
  readonly text: string;
}

export interface Route {
  /** The function's name; the route and role are what OpenAPI and the tests walk. */
  readonly name: string;
  readonly method: Method;
  readonly route: string;
  readonly role: RequiredRole | null;
  /** What holds the body to its form; the API's description is made from it. */
  readonly body?: z.ZodType;
  /** The body is not JSON alone: it is handed on as it came, a `TextBody`. */
  readonly takesText?: true;
  /** What is answered where the app does not start; else that is a failure like any other. */
  readonly notStarted?: () => HttpResponseInit;
  readonly handle: (request: ApiRequest) => Promise<HttpResponseInit>;
}

const BODY_LIMIT_BYTES = 1_048_576;
const ANONYMOUS: Principal = { name: 'anonymous', roles: [] };

/** Every route of the app, in the order they were registered. */
export const routes: Route[] = [];

/**
 * Registers a route. Every route asks `mayCall` before anything else; `role: null` is for `health` alone.
 *
 * Errors: whatever goes wrong becomes an RFC 9457 problem document with a stable code and no stack.
 */
export function route(definition: Route): void {
  routes.push(definition);
  app.http(definition.name, {
    methods: [definition.method],
    route: definition.route,
    authLevel: 'anonymous',
    handler: makeHandler(definition),
  });
}

/** What the host calls for a route. */
export function makeHandler(definition: Route, loadApp: () => Promise<App> = useApp): HttpHandler {
  return async (request, context) => {
    let holdfast: App | null = null;
    try {
      holdfast = await loadApp();
      return await answer(definition, request, holdfast);
    } catch (error) {
      if (holdfast === null && definition.notStarted) return definition.notStarted();
      return refuse(definition, request, context, holdfast, error);
    }
  };
}

async function answer(definition: Route, request: HttpRequest, holdfast: App): Promise<HttpResponseInit> {
  const caller = definition.role === null ? ANONYMOUS : readPrincipal(request.headers.get('x-ms-client-principal'));
  if (caller === null) throw new AppError('not-signed-in', 'No signed-in caller came with this request');
  if (definition.role !== null && !mayCall(caller, definition.role)) {
    throw new AppError('forbidden', 'The caller lacks the role that this call needs', { needs: definition.role });
  }
  if (definition.method !== 'GET' && isForeign((name) => request.headers.get(name))) {
    throw new AppError('forbidden', 'A page of another site has sent this', { origin: 'another site' });
  }
  const text = definition.method === 'PUT' || definition.method === 'POST' ? await readBody(request) : '';
  const decoded = {
    app: holdfast,
    caller,
    params: request.params,
    query: new URL(request.url).searchParams,
    body: text === '' ? undefined : definition.takesText ? textBody(request, text) : parseJson(text),
    ifMatch: unquote(request.headers.get('if-match')),
    ifNoneMatch: unquote(request.headers.get('if-none-match')),
    header: (name: string) => request.headers.get(name),
  };
  const once =
    definition.method === 'POST'
      ? await beginOnce(holdfast, {
          route: definition.name,
          path: new URL(request.url).pathname,
          caller: caller.name,
          key: request.headers.get('idempotency-key'),
          bodyHash: hashId(text),
        })
      : null;
  const now = holdfast.clock.now();
  return definition.handle({ ...decoded, operation: once ?? { id: hashId(definition.name, String(now)), at: now } });
}

/**
 * Reads the body up to our limit.
 *
 * A body that is too large is read to its end without being kept (the host itself ends it at 200 MiB): breaking it off cuts the connection, and
 * the caller would see that instead of our answer.
 */
async function readBody(request: HttpRequest): Promise<string> {
  if (!request.body) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size <= BODY_LIMIT_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (size > BODY_LIMIT_BYTES)
    throw new AppError('too-large', 'The body is too large', { allowedBytes: BODY_LIMIT_BYTES });
  return Buffer.concat(chunks).toString('utf8');
}

function textBody(request: HttpRequest, text: string): TextBody {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return { type, text };
}

/** Reads JSON. Errors: 'bad-request'. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('bad-request', 'The body is no JSON', {
      path: '$',
      reason: error instanceof SyntaxError ? error.message.slice(0, 200) : 'unreadable',
    });
  }
}

function unquote(tag: string | null): string | null {
  return tag === null ? null : tag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
}

async function refuse(
  definition: Route,
  request: HttpRequest,
  context: InvocationContext,
  holdfast: App | null,
  error: unknown,
): Promise<HttpResponseInit> {
  if (!(error instanceof AppError)) {
    context.error('unexpected failure', {
      function: definition.name,
      error: error instanceof Error ? (error.stack ?? error.message) : 'unknown',
    });
    return problem('internal', 500, 'Something went wrong in Holdfast', 'The failure was logged.', {});
  }
  const rule = errorRules[error.code];
  if (holdfast && (error.code === 'not-signed-in' || error.code === 'forbidden')) {
    const caller = readPrincipal(request.headers.get('x-ms-client-principal'))?.name ?? 'nobody';
    await holdfast.audit.record({
      at: holdfast.clock.now(),
      actor: caller,
      action: 'request.refused',
      target: `${definition.method} ${new URL(request.url).pathname}`.slice(0, 500),
      facts: { code: error.code },
    });
  }
  if (rule.httpStatus >= 500)
    context.warn('a request failed', { function: definition.name, code: error.code, reason: error.message });
  return problem(error.code, rule.httpStatus, rule.title, error.message, error.facts);
}

/**
 * An RFC 9457 problem document.
 *
 * Shape: `type` is a URN of the stable `code`; `problems` lists what is wrong with the input, each with its path.
 */
export function problem(
  code: ErrorCode | 'internal',
  status: number,
  title: string,
  detail: string,
  more: Readonly<Record<string, unknown>>,
): HttpResponseInit {
  const body = { ...more, type: `urn:holdfast:problem:${code}`, title, status, code, detail };
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
  };
}

/** The answer to an input with problems: all of them. */
export function badRequest(problems: readonly Problem[]): HttpResponseInit {
  const unsupported = problems.length > 0 && problems.every((entry) => entry.message.includes('not supported yet'));
  const code = unsupported ? 'not-supported-yet' : 'bad-request';
  const rule = errorRules[code];
  return problem(
    code,
    rule.httpStatus,
    rule.title,
    `${problems.length} problem${problems.length === 1 ? '' : 's'} found`,
    { problems },
  );
}

/** Holds a body to its schema: all problems at once. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): Parsed<T> {
  const parsed = schema.safeParse(body);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problems: schemaProblems(schema, body) };
}

/** A JSON answer. */
export function json(
  body: unknown,
  init: { status?: number; headers?: Record<string, string> } = {},
): HttpResponseInit {
  return {
    status: init.status ?? 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...init.headers },
    body: JSON.stringify(body),
  };
}
