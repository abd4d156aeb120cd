import type { IncomingHttpHeaders } from 'node:http';
import type { Principal, TokenAuthority } from '../azure/token.ts';

/** Audience of the cookie's token: it differs from the API's, so that neither can stand in for the other. */
const SESSION_AUDIENCE = 'urn:holdfast-sandbox:session';
const SESSION_CLIENT_ID = '55555555-5555-4555-8555-555555555555';
/** Units: real seconds. Source: a session of App Service authentication lasts 8 hours. */
const SESSION_SECONDS = 28_800;
/** Source: the name that App Service authentication gives its cookie. */
const COOKIE_NAME = 'AppServiceAuthSession';

/** Who calls, or why nobody is known to. */
export type Caller =
  | { readonly kind: 'known'; readonly principal: Principal }
  | { readonly kind: 'none' }
  | { readonly kind: 'refused' };

/**
 * Finds out who calls: a bearer token first, else the session cookie.
 *
 * Shape:  `refused` for a token that is given and not good; a cookie that is not good counts as none.
 */
export function identifyCaller(headers: IncomingHttpHeaders, authority: TokenAuthority, audience: string): Caller {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) {
    const verdict = authority.verify(bearer.trim());
    const good = verdict.kind === 'valid' && verdict.audience === audience;
    return good ? { kind: 'known', principal: verdict.principal } : { kind: 'refused' };
  }
  const cookie = readCookie(headers.cookie ?? '');
  if (cookie === null) return { kind: 'none' };
  const verdict = authority.verify(cookie);
  const good = verdict.kind === 'valid' && verdict.audience === SESSION_AUDIENCE;
  return good ? { kind: 'known', principal: verdict.principal } : { kind: 'none' };
}

/** Makes the session cookie of somebody who has signed in. */
export function sessionCookie(authority: TokenAuthority, name: string, roles: readonly string[]): string {
  const { token } = authority.issue({
    audience: SESSION_AUDIENCE,
    clientId: SESSION_CLIENT_ID,
    name,
    roles,
    seconds: SESSION_SECONDS,
  });
  return `${COOKIE_NAME}=${token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${SESSION_SECONDS}`;
}

/** Makes the cookie that ends a session. */
export function endedSessionCookie(): string {
  return `${COOKIE_NAME}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`;
}

function readCookie(header: string): string | null {
  for (const part of header.split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === COOKIE_NAME && value) return value;
  }
  return null;
}

interface Claim {
  readonly typ: string;
  readonly val: string;
}

/** The claims that App Service authentication tells of a caller. Source: learn.microsoft.com/azure/app-service/configure-authentication-user-identities. */
export function claimsOf(principal: Principal): readonly Claim[] {
  return [
    { typ: 'name', val: principal.name },
    { typ: 'preferred_username', val: principal.name },
    { typ: 'oid', val: principal.objectId },
    { typ: 'http://schemas.microsoft.com/identity/claims/objectidentifier', val: principal.objectId },
    { typ: 'appid', val: principal.clientId },
    ...principal.roles.map((role) => ({ typ: 'roles', val: role })),
  ];
}

/** The headers by which App Service authentication tells the app who calls. */
export function principalHeaders(principal: Principal): Readonly<Record<string, string>> {
  const told = { auth_typ: 'aad', name_typ: 'name', role_typ: 'roles', claims: claimsOf(principal) };
  return {
    'x-ms-client-principal': Buffer.from(JSON.stringify(told)).toString('base64'),
    'x-ms-client-principal-id': principal.objectId,
    // A header holds Latin-1 alone; the claim carries the name as it is.
    'x-ms-client-principal-name': encodeURI(principal.name),
    'x-ms-client-principal-idp': 'aad',
  };
}
