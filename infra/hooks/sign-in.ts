import { environmentValue, type Hook } from './commands.ts';

/** Azure's own public client, so that `az account get-access-token` can ask for a token of the app. Source: Microsoft Entra, first-party application ids. */
const AZURE_CLI = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';
const SCOPE_ID = '6e3b1d57-6c3f-4e0a-9f6c-1f0d9c7a1aff';
const GRAPH = 'https://graph.microsoft.com/v1.0';
const ROLES_FILE = 'infra/app-roles.json';

/**
 * Makes the app registration that signs people in, or brings the one that is there up to date, and tells azd its client id.
 *
 * Safety: no secret and no certificate is ever made; the snapshot identity's own token stands in for one (`trustIdentity`).
 * Source: Bicep has no app registrations without an extension from a registry, which a closed build cannot fetch.
 */
export async function prepareSignIn(hook: Hook): Promise<void> {
  const { az, azd, say } = hook;
  const name = `Holdfast (${environmentValue(hook, 'AZURE_ENV_NAME')})`;
  const known = hook.environment.HOLDFAST_AUTH_CLIENT_ID || (await findApp(hook, name));
  const clientId =
    known ||
    (await az('ad', 'app', 'create', '--display-name', name, '--sign-in-audience', 'AzureADMyOrg', ...tsv('appId')));
  say(known ? `app registration ${name} is there` : `app registration ${name} made`);
  await az('ad', 'app', 'update', '--id', clientId, '--app-roles', `@${ROLES_FILE}`);
  await az('ad', 'app', 'update', '--id', clientId, '--identifier-uris', `api://${clientId}`);
  await az('ad', 'app', 'update', '--id', clientId, '--enable-id-token-issuance', 'true');
  await exposeScope(hook, clientId);
  const principal = await az('ad', 'sp', 'list', '--filter', `appId eq '${clientId}'`, ...tsv('[0].id'));
  if (principal === '') await az('ad', 'sp', 'create', '--id', clientId);
  // Who has none of the four roles gets no token at all.
  await az('ad', 'sp', 'update', '--id', clientId, '--set', 'appRoleAssignmentRequired=true');
  await azd('env', 'set', 'HOLDFAST_AUTH_CLIENT_ID', clientId);
}

/** Tells the registration where the app is, lets the snapshot identity's token stand in for a secret, and makes who deploys the first admin. */
export async function finishSignIn(hook: Hook): Promise<void> {
  const clientId = environmentValue(hook, 'HOLDFAST_AUTH_CLIENT_ID');
  const redirect = `https://${environmentValue(hook, 'HOLDFAST_HOST_NAME')}/.auth/login/aad/callback`;
  await hook.az('ad', 'app', 'update', '--id', clientId, '--web-redirect-uris', redirect);
  await trustIdentity(hook, clientId);
  await makeFirstAdmin(hook, clientId);
}

/** Takes the registration away. */
export async function removeSignIn(hook: Hook): Promise<void> {
  const clientId = hook.environment.HOLDFAST_AUTH_CLIENT_ID;
  if (!clientId) return;
  await hook.az('ad', 'app', 'delete', '--id', clientId);
  await hook.azd('env', 'set', 'HOLDFAST_AUTH_CLIENT_ID', '');
  hook.say('app registration removed');
}

async function findApp({ az }: Hook, name: string): Promise<string> {
  const found = await az(
    'ad',
    'app',
    'list',
    '--filter',
    `displayName eq '${name}'`,
    '--query',
    '[].appId',
    '-o',
    'tsv',
  );
  const ids = found.split('\n').filter((id) => id !== '');
  if (ids.length > 1) {
    throw new Error(
      `${ids.length} app registrations are called ${name}: azd env set HOLDFAST_AUTH_CLIENT_ID to the right one`,
    );
  }
  return ids[0] ?? '';
}

/** A scope for delegated calls, and the Azure CLI as a client of it. Graph takes a client only for a scope that is there, hence two steps. */
async function exposeScope({ az }: Hook, clientId: string): Promise<void> {
  const uri = `${GRAPH}/applications(appId='${clientId}')`;
  const scope = {
    id: SCOPE_ID,
    value: 'user_impersonation',
    type: 'User',
    isEnabled: true,
    adminConsentDisplayName: 'Use Holdfast',
    adminConsentDescription: 'Calls Holdfast as the signed-in person, with the roles that this person has.',
    userConsentDisplayName: 'Use Holdfast',
    userConsentDescription: 'Calls Holdfast as you, with the roles that you have.',
  };
  const api = { requestedAccessTokenVersion: 2, oauth2PermissionScopes: [scope] };
  const clients = [{ appId: AZURE_CLI, delegatedPermissionIds: [SCOPE_ID] }];
  for (const body of [{ api }, { api: { ...api, preAuthorizedApplications: clients } }]) {
    await az('rest', '--method', 'PATCH', '--uri', uri, '--body', JSON.stringify(body));
  }
}

async function trustIdentity(hook: Hook, clientId: string): Promise<void> {
  const subject = environmentValue(hook, 'HOLDFAST_SNAPSHOT_PRINCIPAL_ID');
  const credentials = ['ad', 'app', 'federated-credential'];
  const known = await hook.az(
    ...credentials,
    'list',
    '--id',
    clientId,
    '--query',
    "[?name=='holdfast'].subject",
    '-o',
    'tsv',
  );
  if (known === subject) return;
  const tenant = environmentValue(hook, 'HOLDFAST_TENANT_ID');
  const credential = {
    name: 'holdfast',
    issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
    subject,
    audiences: ['api://AzureADTokenExchange'],
  };
  const verb = known === '' ? ['create'] : ['update', '--federated-credential-id', 'holdfast'];
  await hook.az(...credentials, ...verb, '--id', clientId, '--parameters', JSON.stringify(credential));
}

/** Nobody could write the first policy otherwise. Skipped for a pipeline's service principal, and where somebody is an admin already. */
async function makeFirstAdmin({ az, say }: Hook, clientId: string): Promise<void> {
  const person = await az('ad', 'signed-in-user', 'show', ...tsv('id')).catch(() => '');
  if (person === '') return say('no person is signed in: give somebody Holdfast.Admin by hand (infra/README.md)');
  const principal = await az('ad', 'sp', 'show', '--id', clientId, ...tsv('id'));
  const role = await az('ad', 'sp', 'show', '--id', clientId, ...tsv("appRoles[?value=='Holdfast.Admin'] | [0].id"));
  const uri = `${GRAPH}/servicePrincipals/${principal}/appRoleAssignedTo`;
  const held = await az('rest', '--method', 'GET', '--uri', uri, ...tsv(`value[?appRoleId=='${role}'].principalId`));
  if (held !== '') return;
  const body = JSON.stringify({ principalId: person, resourceId: principal, appRoleId: role });
  await az('rest', '--method', 'POST', '--uri', uri, '--body', body);
  say('you are the first Holdfast.Admin');
}

function tsv(query: string): string[] {
  return ['--query', query, '-o', 'tsv'];
}
