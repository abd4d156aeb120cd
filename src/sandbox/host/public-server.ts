import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { TokenAuthority } from '../azure/token.ts';
import type { LoadedApp } from './core-module.ts';
import type { HostSettings } from './host-settings.ts';
import type { Invoker } from './invoker.ts';
import type { LogSink } from './log-sink.ts';
import { type Caller, identifyCaller, principalHeaders } from './principal.ts';
import { cleanHeaders, proxyInvocation } from './proxy-invocation.ts';
import { createRouteTable, type RouteTable } from './route-table.ts';
import { answerSignIn, sendText, signInAddress } from './sign-in.ts';

interface FrontParts {
  readonly settings: HostSettings;
  readonly app: LoadedApp;
  readonly invoker: Invoker;
  readonly log: LogSink;
}

/**
 * Makes the server that callers see: App Service authentication first, then the app's routes.
 *
 * Shape:  without credentials a browser is led to the sign-in page and everybody else gets 401; the anonymous paths alone pass, and the app is told of
 *         nobody there, whatever was sent. Not listening yet.
 */
export function createPublicServer(parts: FrontParts): Server {
  const authority = new TokenAuthority(parts.settings.secret);
  const routes = createRouteTable(parts.app.functions, parts.settings.routePrefix);
  return createServer((request, response) => {
    answer(request, response, parts, authority, routes).catch((error: unknown) => {
      parts.log.write({ level: 'error', category: 'system', message: `A call could not be answered: ${error}` });
      if (response.headersSent) response.destroy();
      else sendText(response, 500, 'The host could not answer.');
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  parts: FrontParts,
  authority: TokenAuthority,
  routes: RouteTable,
): Promise<void> {
  const { settings, app, invoker } = parts;
  const address = request.url ?? '';
  const host = request.headers.host;
  // `//host/…` and absolute forms would be read as another server's address.
  if (!address.startsWith('/') || address.startsWith('//') || !host || !URL.canParse(`http://${host}${address}`)) {
    return sendText(response, 400, 'The address cannot be read.');
  }
  const url = new URL(`http://${host}${address}`);
  // As it was sent: what a parser makes equal (`/api/x/../health`) is not the path that was let off.
  const path = address.split('?', 1)[0] ?? '';
  const anonymous = settings.anonymousPaths.includes(path);
  const caller: Caller = anonymous ? { kind: 'none' } : identifyCaller(request.headers, authority, settings.audience);

  if (await answerSignIn(request, response, url, { authority, caller })) return;
  if (!anonymous && caller.kind !== 'known') return refuse(request, response, caller, address);
  if (path === '/') return sendText(response, 200, listRoutes(parts));
  const match = routes(request.method ?? '', path);
  if (match === null) return sendText(response, 404, 'There is no function at this address.');
  if (app.httpUri === undefined) {
    return sendText(response, 501, 'This host plays http for apps with enableHttpStream only.');
  }
  const headers = {
    ...cleanHeaders(request),
    ...(caller.kind === 'known' ? principalHeaders(caller.principal) : {}),
  };
  await proxyInvocation({ request, response, match, headers, httpUri: app.httpUri }, invoker);
}

function refuse(request: IncomingMessage, response: ServerResponse, caller: Caller, address: string): void {
  const wantsPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
  if (wantsPage && caller.kind === 'none') {
    response.writeHead(302, { location: signInAddress(address), 'cache-control': 'no-store' }).end();
    return;
  }
  response.setHeader('www-authenticate', 'Bearer realm="sandbox"');
  sendText(response, 401, 'You do not have permission to view this directory or page.');
}

function listRoutes({ app, settings }: FrontParts): string {
  const routes = app.functions.flatMap(({ name, trigger }) =>
    trigger.kind === 'http'
      ? [`${trigger.methods.join(',').padEnd(10)} /${settings.routePrefix}/${trigger.route}  (${name})`]
      : [],
  );
  return ['The app runs. Its routes:', ...routes].join('\n');
}
