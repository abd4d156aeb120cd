import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';

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
  if (signIn.kind === 'developer') return new DefaultAzureCredential();
  return signIn.clientId === null
    ? new ManagedIdentityCredential()
    : new ManagedIdentityCredential({ clientId: signIn.clientId });
}
