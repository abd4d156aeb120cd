import { HttpRequest, type InvocationContext } from '@azure/functions';
import '../../src/main.ts';
import { type App, buildApp } from '../../src/app.ts';
import { AppError } from '../../src/base/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/base/time.ts';
import { runMessage } from '../../src/functions/dispatch.ts';
import { makeHandler, type Route, routes } from '../../src/functions/http-entry.ts';
import { runTick } from '../../src/functions/run-tick.ts';
import { savePolicy } from '../../src/protect/save-policy.ts';
import { type ImageDisk, loadImage, readAll } from '../files/images.ts';
import { addShop, createMemoryApp, goldDocument, type MemoryApp, START } from '../support/memory-app.ts';
import type { Answer } from './openapi-rules.ts';
import type { Json } from './openapi-schema.ts';

/** A request as a client sends it. Shape: `params` and `query` as they are meant, not yet encoded. */
export interface Call {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>> | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Null: nobody is signed in. */
  readonly role?: string | null;
}

/** An app with a policy, a machine, two points an hour apart and files in them; every call goes through the entry as the host's do. */
export interface ApiWorld {
  readonly memory: MemoryApp;
  readonly app: App;
  readonly source: string;
  readonly points: readonly string[];
  /** What the entry has logged as an unexpected failure. */
  readonly failures: string[];
  readonly call: (route: Route | string, call?: Call) => Promise<Answer>;
  /** Does what queues ask for. */
  readonly drain: () => Promise<void>;
}

/** Base64 of what App Service tells about a caller. */
export function principalOf(...roles: readonly string[]): string {
  const claims = [
    { typ: 'preferred_username', val: 'ann@example.org' },
    ...roles.map((val) => ({ typ: 'roles', val })),
  ];
  return Buffer.from(JSON.stringify({ auth_typ: 'aad', role_typ: 'roles', claims })).toString('base64');
}

export async function createApiWorld(): Promise<ApiWorld> {
  const memory = createMemoryApp();
  const image = loadImage('ext2-pointers');
  const app = buildApp({
    ...memory.app,
    bytes: {
      read: async (url, offset, length) => {
        if (!url) throw new AppError('azure-denied', 'There is no such access');
        return (image as ImageDisk).fetch(offset, length);
      },
    },
  });
  addShop(memory);
  const drain = async () => {
    for (const queue of ['snapshots', 'meters', 'restores', 'prunes'])
      for (const message of memory.store.take(queue)) await runMessage(app, message);
  };
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
  const source = entry?.source.key ?? '';
  const points = (await Array.fromAsync(app.catalogue.ofSource(source))).map(({ point }) => point.id);
  const failures: string[] = [];
  const context = {
    error: (message: string, facts: unknown) => void failures.push(`${message} ${JSON.stringify(facts)}`),
    warn: () => {},
  } as unknown as InvocationContext;
  return { memory, app, source, points, failures, drain, call: callOf(app, context) };
}

function callOf(app: App, context: InvocationContext): ApiWorld['call'] {
  return async (given, call = {}) => {
    const route = typeof given === 'string' ? routes.find(({ name }) => name === given) : given;
    if (!route) throw new Error(`there is no route ${given}`);
    const answer = await makeHandler(route, async () => app)(requestOf(route, call), context);
    const {
      body,
      status = 200,
      headers,
    } = answer as { body?: unknown; status?: number; headers?: Record<string, string> };
    const text =
      body === undefined || body === null
        ? ''
        : typeof body === 'string'
          ? body
          : (await readAll(body as AsyncIterable<Uint8Array>)).toString('latin1');
    const isJson = headers?.['content-type']?.includes('json') === true;
    return { status, headers: headers ?? {}, text, json: isJson ? (JSON.parse(text) as Json) : null };
  };
}

function requestOf(route: Route, { params = {}, query = {}, headers = {}, body, role }: Call): HttpRequest {
  const address = route.route.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const asked = typeof query === 'string' ? query : String(new URLSearchParams(query));
  const principal = role === null ? {} : { 'x-ms-client-principal': principalOf(role ?? 'Holdfast.Admin') };
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  return new HttpRequest({
    method: route.method,
    url: `https://holdfast.example/api/${address}${asked === '' ? '' : `?${asked}`}`,
    headers: { ...type, ...principal, ...headers },
    params,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? { string: body } : { bytes: body } }),
  });
}
