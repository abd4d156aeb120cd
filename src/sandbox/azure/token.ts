import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** The tenant of every token. */
export const TENANT_ID = '11111111-1111-4111-8111-111111111111';
/** The identity that takes snapshots. */
export const SNAPSHOT_CLIENT_ID = '22222222-2222-4222-8222-222222222222';
/** The identity that restores. */
export const RESTORE_CLIENT_ID = '33333333-3333-4333-8333-333333333333';
/** The identity that a managed-identity request without a client id gets. */
export const SYSTEM_CLIENT_ID = '44444444-4444-4444-8444-444444444444';

/** Lifetime of an issued token. Units: real seconds (client libraries cache by real time). Source: Entra tokens of managed identities live 24 hours. */
export const TOKEN_SECONDS = 86_400;

/** Who a token speaks for. */
export interface Principal {
  readonly objectId: string;
  readonly clientId: string;
  readonly name: string;
  readonly roles: readonly string[];
}

interface Claims {
  readonly aud: string;
  readonly exp: number;
  readonly nbf: number;
  readonly oid: string;
  readonly appid: string;
  readonly name?: string;
  readonly roles?: readonly string[];
}

/** What a bearer token turned out to be. */
export type TokenVerdict =
  | {
      readonly kind: 'valid';
      readonly principal: Principal;
      readonly audience: string;
    }
  | { readonly kind: 'malformed' | 'forged' | 'expired' };

/** A GUID that follows from a text: the same each time. */
export function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const HEADER = base64UrlOf({ alg: 'HS256', typ: 'JWT', kid: 'sandbox' });

/** Signs and checks the tokens of the sandbox: JWT, HMAC-SHA-256, one shared secret. */
export class TokenAuthority {
  private readonly secret: string;
  private readonly verified = new Map<string, { verdict: TokenVerdict; expSeconds: number }>();

  constructor(secret: string) {
    this.secret = secret;
  }

  /** Issues a token. Shape: `expiresOn` in epoch seconds of the real clock. */
  issue(options: {
    audience: string;
    clientId: string;
    name?: string;
    roles?: readonly string[];
    resourceId?: string;
    seconds?: number;
  }): { token: string; expiresOn: number } {
    const now = Math.floor(Date.now() / 1_000);
    const objectId = guidOf(`object of ${options.clientId} ${options.name ?? ''}`);
    const expiresOn = now + (options.seconds ?? TOKEN_SECONDS);
    const claims = {
      aud: options.audience,
      iss: `https://sts.windows.net/${TENANT_ID}/`,
      iat: now,
      nbf: now - 300,
      exp: expiresOn,
      tid: TENANT_ID,
      oid: objectId,
      sub: objectId,
      appid: options.clientId,
      ver: '1.0',
      roles: options.roles ?? [],
      ...(options.name === undefined ? {} : { name: options.name, preferred_username: options.name }),
      ...(options.resourceId === undefined ? {} : { xms_mirid: options.resourceId }),
    };
    const signed = `${HEADER}.${base64UrlOf(claims)}`;
    return { token: `${signed}.${this.sign(signed)}`, expiresOn };
  }

  /** Checks form, signature and lifetime; the audience is the caller's to judge. */
  verify(token: string): TokenVerdict {
    const nowSeconds = Date.now() / 1_000;
    const cached = this.verified.get(token);
    if (cached !== undefined) return cached.expSeconds > nowSeconds ? cached.verdict : { kind: 'expired' };
    const [header, payload, signature, rest] = token.split('.');
    if (header === undefined || payload === undefined || signature === undefined || rest !== undefined) {
      return { kind: 'malformed' };
    }
    const expected = Buffer.from(this.sign(`${header}.${payload}`));
    const given = Buffer.from(signature);
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return { kind: 'forged' };
    const claims = claimsOf(payload);
    if (claims === null) return { kind: 'malformed' };
    if (claims.exp <= nowSeconds || claims.nbf > nowSeconds + 300) return { kind: 'expired' };
    const verdict: TokenVerdict = {
      kind: 'valid',
      audience: claims.aud,
      principal: {
        objectId: claims.oid,
        clientId: claims.appid,
        name: claims.name ?? claims.appid,
        roles: claims.roles ?? [],
      },
    };
    if (this.verified.size >= 1_000) this.verified.clear();
    this.verified.set(token, { verdict, expSeconds: claims.exp });
    return verdict;
  }

  private sign(text: string): string {
    return createHmac('sha256', this.secret).update(text).digest('base64url');
  }
}

function base64UrlOf(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function claimsOf(payload: string): Claims | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (typeof value !== 'object' || value === null) return null;
    const claims = value as Partial<Claims>;
    const complete = typeof claims.aud === 'string' && typeof claims.exp === 'number' && typeof claims.oid === 'string';
    if (!complete) return null;
    return {
      ...(claims as Claims),
      nbf: claims.nbf ?? 0,
      appid: claims.appid ?? '',
    };
  } catch {
    return null;
  }
}
