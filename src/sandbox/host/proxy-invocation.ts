import { type ClientRequest, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import { type Invoker, newInvocationId } from './invoker.ts';
import type { RouteMatch } from './route-table.ts';
import { HOST_CALL_HEADER } from './traffic.ts';

/** One call from outside on its way to a function. */
export interface ProxiedCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly match: RouteMatch;
  /** What the function is told: the caller's headers, cleaned, and the principal's. */
  readonly headers: Readonly<Record<string, string>>;
  /** Address of the library's own http server. */
  readonly httpUri: string;
}

/** They belong to one connection and are not passed on. Source: RFC 9110 7.6.1. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** What App Service says of a caller, and what the host says of a call: from outside nobody may. */
const HOST_ONLY = /^x-ms-(client-principal|token-|invocation-id)|^x-forwarded-|^x-original-|^x-sandbox-/;

/** The caller's headers without what is the host's to say, several of one name joined. */
export function cleanHeaders(request: IncomingMessage): Record<string, string> {
  const cleaned: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    // Underscores: some servers read `x_ms_client_principal` as the header with hyphens.
    if (value === undefined || HOP_BY_HOP.has(name) || HOST_ONLY.test(name.replaceAll('_', '-'))) continue;
    cleaned[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return cleaned;
}

/**
 * Sends a call to the library's http server and runs the function under the same invocation id, as the real host does for apps that stream.
 *
 * Shape:  both bodies are streamed at the pace of the slower side. A handler that gives nothing back is answered 204.
 * Errors: a failed invocation is answered 500, or its connection is cut where the answer had begun. A caller who goes away ends the answer's stream.
 * Source: azure-functions-host, DefaultHttpProxyService, and @azure/functions 4.16, http/httpProxy.
 */
export async function proxyInvocation(call: ProxiedCall, invoker: Invoker): Promise<void> {
  const { request, response, match } = call;
  const invocationId = newInvocationId();
  const upstream = openUpstream(call, invocationId);
  request.pipe(upstream);
  // A caller who is gone is not listened to; one whose body is not wanted any more is let finish.
  request.on('error', () => upstream.destroy());
  response.on('error', () => upstream.destroy());
  response.on('close', () => {
    if (!response.writableFinished) upstream.destroy();
  });
  const giveUp = (status: number) => {
    request.unpipe(upstream);
    request.resume();
    upstream.destroy();
    if (response.headersSent) response.destroy();
    else response.writeHead(status, { 'content-length': 0 }).end();
  };
  upstream.on('error', () => giveUp(502));
  upstream.on('response', (answer) => passAnswer(answer, response));

  const end = await invoker.invoke(match.target, {
    invocationId,
    inputData: [{ name: match.target.bindingName, data: {} }],
    triggerMetadata: {
      ...Object.fromEntries(Object.entries(match.parameters).map(([name, value]) => [name, { string: value }])),
      Headers: { json: JSON.stringify(call.headers) },
    },
  });
  if (end.kind === 'failed') giveUp(500);
  else if (end.result === null || end.result === undefined) giveUp(204);
}

function openUpstream(call: ProxiedCall, invocationId: string): ClientRequest {
  const { request, httpUri, headers } = call;
  return openRequest({
    // The library says "localhost", which may lead to an address family that it does not listen on.
    host: '127.0.0.1',
    port: new URL(httpUri).port,
    method: request.method,
    path: request.url,
    agent: false,
    headers: {
      ...headers,
      'x-ms-invocation-id': invocationId,
      'x-forwarded-host': headers.host,
      'x-forwarded-proto': 'http',
      [HOST_CALL_HEADER]: '1',
    },
  });
}

function passAnswer(answer: IncomingMessage, response: ServerResponse): void {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || name === 'x-ms-invocation-id') continue;
    headers[name] = value;
  }
  response.writeHead(answer.statusCode ?? 500, headers);
  answer.on('error', () => response.destroy());
  answer.pipe(response);
}
