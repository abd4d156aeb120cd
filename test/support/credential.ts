import type { AccessToken, TokenCredential } from '@azure/identity';

const TENANT = '11111111-1111-4111-8111-111111111111';
const TOKEN_LIFE_SECONDS = 86_400;

/** A credential whose tokens have the claims that Azurite looks at; it checks no signature. */
export function createTestCredential(audience: string): TokenCredential {
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');
  return {
    getToken: async (): Promise<AccessToken> => {
      // Real time: libraries keep tokens by it.
      const iat = Math.floor(Date.now() / 1_000);
      const exp = iat + TOKEN_LIFE_SECONDS;
      const claims = { aud: audience, iss: `https://sts.windows.net/${TENANT}/`, tid: TENANT, iat, nbf: iat, exp };
      return { token: `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}.c2ln`, expiresOnTimestamp: exp * 1_000 };
    },
  };
}
