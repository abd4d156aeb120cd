import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TokenAuthority } from '../azure/token.ts';
import { type Caller, claimsOf, endedSessionCookie, sessionCookie } from './principal.ts';

/** The app roles that can be picked. */
const ROLES = ['Holdfast.Reader', 'Holdfast.Operator', 'Holdfast.Finance', 'Holdfast.Admin'];
const SIGN_IN_PATH = '/.auth/login/aad';
/** A form of a name and a few roles; what is longer is none. */
const FORM_BYTES_MAX = 16_384;
const NAME_LENGTH_MAX = 100;

/** The address of the sign-in page that leads back to a path. */
export function signInAddress(backTo: string): string {
  return `${SIGN_IN_PATH}?post_login_redirect_uri=${encodeURIComponent(backTo)}`;
}

/**
 * A path of this server to go back to; null for an address that leads elsewhere.
 *
 * Safety: browsers read `//host`, `/\host` and addresses with tabs or line ends inside as other servers.
 */
export function localPath(address: string): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (!address.startsWith('/') || /^\/[/\\]|[\u0000-\u0020\u007f\\]/.test(address)) return null;
  const here = 'http://here.invalid';
  return URL.canParse(address, here) && new URL(address, here).origin === here ? address : null;
}

/** Answers what lies below `/.auth/`; false where the path is none of it. */
export async function answerSignIn(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  parts: { authority: TokenAuthority; caller: Caller },
): Promise<boolean> {
  const back = (name: string, fallback: string) => localPath(url.searchParams.get(name) ?? fallback);
  switch (`${request.method} ${url.pathname}`) {
    case `GET ${SIGN_IN_PATH}`: {
      const target = back('post_login_redirect_uri', '/');
      if (target === null) sendText(response, 400, 'The address to go back to has to be a path of this server.');
      else sendPage(response, signInPage(target));
      return true;
    }
    case `POST ${SIGN_IN_PATH}`:
      await signIn(request, response, back('post_login_redirect_uri', '/'), parts.authority);
      return true;
    case 'GET /.auth/me':
      tellMe(response, parts.caller);
      return true;
    case 'GET /.auth/logout': {
      const target = back('post_logout_redirect_uri', SIGN_IN_PATH);
      if (target === null) sendText(response, 400, 'The address to go back to has to be a path of this server.');
      else redirect(response, target, endedSessionCookie());
      return true;
    }
    default:
      return false;
  }
}

async function signIn(
  request: IncomingMessage,
  response: ServerResponse,
  target: string | null,
  authority: TokenAuthority,
): Promise<void> {
  const { origin, host } = request.headers;
  if (origin !== undefined && origin !== `http://${host}`) {
    return sendText(response, 403, 'Another site asked for this.');
  }
  const form = await readForm(request);
  if (target === null || form === null) return sendText(response, 400, 'The form cannot be read.');
  const roles = form.getAll('role').filter((role) => ROLES.includes(role));
  const name = (form.get('name') ?? '').trim().slice(0, NAME_LENGTH_MAX) || 'somebody';
  redirect(response, target, sessionCookie(authority, name, roles));
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams | null> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) {
    text += chunk;
    if (text.length > FORM_BYTES_MAX) return null;
  }
  return new URLSearchParams(text);
}

function tellMe(response: ServerResponse, caller: Caller): void {
  if (caller.kind !== 'known') {
    sendText(response, 401, 'Nobody is signed in.');
    return;
  }
  const { principal } = caller;
  const me = { provider_name: 'aad', user_id: principal.name, user_claims: claimsOf(principal) };
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify([me]));
}

function redirect(response: ServerResponse, target: string, cookie: string): void {
  response.writeHead(302, { location: target, 'set-cookie': cookie, 'cache-control': 'no-store' });
  response.end();
}

/** Sends a short answer as plain text. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${text}\n`);
}

function sendPage(response: ServerResponse, html: string): void {
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
  });
  response.end(html);
}

function signInPage(target: string): string {
  const boxes = ROLES.map(
    (role) => `<label><input type="checkbox" name="role" value="${role}" checked> ${role}</label>`,
  ).join('\n');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in to the sandbox</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 12vh auto; max-width: 24rem; padding: 0 1rem }
label { display: block; margin: .5rem 0 }
input[type=text] { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem }
fieldset { border: 1px solid; border-radius: .4rem; margin: 1rem 0 }
button { font: inherit; padding: .5rem 1.5rem }
</style>
<main>
<h1>Sign in to the sandbox</h1>
<p>This stands in for Microsoft Entra ID on your own machine. There is no password: be who you like.</p>
<form method="post" action="${escapeHtml(signInAddress(target))}">
<label>Name <input type="text" name="name" value="operator@example.com" maxlength="${NAME_LENGTH_MAX}" autocomplete="username" autofocus></label>
<fieldset><legend>Roles</legend>
${boxes}
</fieldset>
<button>Sign in</button>
</form>
</main>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
