import type { TokenCredential } from '@azure/identity';

/** How the app signs in: as a managed identity where it runs in Azure, else as whoever is signed in on the developer's machine. */
export type SignIn =
  | { readonly kind: 'managed-identity'; readonly clientId: string | null }
  | { readonly kind: 'developer' };

/**
 * Makes the credential of an identity.
 *
 * Safety: no keys and no secrets: a managed identity's token comes from the platform, a developer's from the tools they are signed in with.
 */
export function createCredential(signIn: SignIn): TokenCredential {
  let opening: Promise<TokenCredential> | null = null;
  return {
    getToken: async (scopes, options) => {
      opening ??= open(signIn);
      return (await opening).getToken(scopes, options);
    },
  };
}

/** The library is large, and nothing needs it before the first token. */
async function open(signIn: SignIn): Promise<TokenCredential> {
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
  if (signIn.kind === 'developer') return new DefaultAzureCredential();
  return signIn.clientId === null
    ? new ManagedIdentityCredential()
    : new ManagedIdentityCredential({ clientId: signIn.clientId });
}
