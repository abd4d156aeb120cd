import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, sendJson } from './exchange.ts';
import type { AzureState } from './state.ts';
import { RESTORE_CLIENT_ID, SNAPSHOT_CLIENT_ID, SYSTEM_CLIENT_ID, TENANT_ID, TOKEN_SECONDS } from './token.ts';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The authority that the Azure CLI and client credentials sign in to. Shape: everything lies below /adfs, so that no other host is asked. */
export async function answerAuthority(
  state: AzureState,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const base = `${state.baseUrl}/adfs`;
  const key = path.toLowerCase();
  if (request.method === 'GET' && key.endsWith('/.well-known/openid-configuration')) {
    return sendJson(response, 200, {
      issuer: base,
      authorization_endpoint: `${base}/oauth2/authorize`,
      token_endpoint: `${base}/oauth2/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
      response_types_supported: ['code', 'id_token', 'token'],
      scopes_supported: ['openid'],
    });
  }
  if (request.method === 'POST' && (key.endsWith('/oauth2/token') || key.endsWith('/oauth2/v2.0/token'))) {
    return answerToken(state, request, response);
  }
  return refuse(response, 404, 'invalid_request', 'The sandbox authority knows openid-configuration and oauth2/token.');
}

async function answerToken(state: AzureState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = new URLSearchParams((await readBody(request)).toString('utf8'));
  if (form.get('grant_type') !== 'client_credentials') {
    return refuse(response, 400, 'unsupported_grant_type', 'Only client_credentials is supported.');
  }
  const clientId = form.get('client_id') ?? '';
  if (!GUID.test(clientId)) return refuse(response, 400, 'unauthorized_client', 'client_id must be a GUID.');
  if ((form.get('client_secret') ?? '') === '' && form.get('client_assertion') === null) {
    return refuse(response, 401, 'invalid_client', 'client_secret or client_assertion is missing.');
  }
  const audience = audienceOf(form.get('resource') ?? form.get('scope') ?? '');
  if (audience === '') return refuse(response, 400, 'invalid_scope', 'scope or resource is missing.');
  const { token, expiresOn } = state.authority.issue({ audience, clientId });
  sendJson(response, 200, {
    token_type: 'Bearer',
    expires_in: TOKEN_SECONDS,
    ext_expires_in: TOKEN_SECONDS,
    expires_on: String(expiresOn),
    resource: audience,
    access_token: token,
  });
}

/** Scopes are `<audience>/.default`, several parted by spaces; resources are the audience itself. A slash at the audience's end is a part of it. */
function audienceOf(scope: string): string {
  const wanted = scope.split(' ').find((each) => each.includes('/.default')) ?? scope.split(' ')[0] ?? '';
  const audience = wanted.replace(/\/\.default$/, '');
  return audience;
}

function refuse(response: ServerResponse, status: number, error: string, description: string): void {
  sendJson(response, status, { error, error_description: description });
}

/** What `az cloud register` reads. */
export function metadataEndpoints(state: AzureState): unknown {
  return {
    galleryEndpoint: state.baseUrl,
    graphEndpoint: `${state.baseUrl}/graph`,
    portalEndpoint: state.baseUrl,
    authentication: {
      loginEndpoint: `${state.baseUrl}/adfs`,
      audiences: ['https://management.core.windows.net/', 'https://management.azure.com/', state.baseUrl],
      tenant: 'adfs',
    },
  };
}

const IDENTITY_NAMES: Readonly<Record<string, string>> = {
  [SNAPSHOT_CLIENT_ID]: 'id-holdfast-snapshot',
  [RESTORE_CLIENT_ID]: 'id-holdfast-restore',
  [SYSTEM_CLIENT_ID]: 'system-assigned',
};

/** Version of the managed identity endpoint that App Service serves, and the one before it. Source: App Service, REST endpoint reference. */
const IDENTITY_VERSIONS = ['2019-08-01', '2017-09-01'];

/**
 * The App Service managed identity endpoint.
 *
 * Shape: 2019-08-01 with X-IDENTITY-HEADER and `client_id`; 2017-09-01 with `secret` and `clientid`. Errors: 400, 401 as App Service.
 */
export function answerIdentity(
  state: AzureState,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): void {
  const verdict = judgeIdentity(request, query, state.identityHeader);
  if ('message' in verdict) {
    sendJson(response, verdict.status, {
      statusCode: verdict.status,
      message: verdict.message,
    });
    return;
  }
  const { resource, clientId, name } = verdict;
  const resourceId = `/subscriptions/${TENANT_ID}/resourcegroups/identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
  const { token, expiresOn } = state.authority.issue({
    audience: resource,
    clientId,
    name,
    resourceId,
  });
  const expires = query.get('api-version') === '2019-08-01' ? expiresOn : String(expiresOn);
  sendJson(response, 200, {
    access_token: token,
    expires_on: expires,
    resource,
    token_type: 'Bearer',
    client_id: clientId,
  });
}

type IdentityVerdict =
  | {
      readonly resource: string;
      readonly clientId: string;
      readonly name: string;
    }
  | { readonly status: number; readonly message: string };

function judgeIdentity(request: IncomingMessage, query: URLSearchParams, expected: string): IdentityVerdict {
  const version = query.get('api-version') ?? '';
  if (!IDENTITY_VERSIONS.includes(version)) {
    return {
      status: 400,
      message: `api-version must be one of ${IDENTITY_VERSIONS.join(', ')}.`,
    };
  }
  const secret = version === '2019-08-01' ? request.headers['x-identity-header'] : request.headers.secret;
  if (typeof secret !== 'string' || secret === '') return { status: 401, message: 'The secret header is missing.' };
  if (expected !== '' && secret !== expected) return { status: 401, message: 'The secret header is wrong.' };
  const resource = query.get('resource') ?? '';
  if (resource === '') return { status: 400, message: 'resource is missing.' };
  const clientId = (query.get('client_id') ?? query.get('clientid') ?? SYSTEM_CLIENT_ID).toLowerCase();
  const name = IDENTITY_NAMES[clientId];
  if (name !== undefined) return { resource, clientId, name };
  return {
    status: 400,
    message: 'No User Assigned or Delegated Managed Identity found for specified ClientId.',
  };
}
