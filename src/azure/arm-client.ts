import { ComputeManagementClient } from '@azure/arm-compute';
import {
  bearerTokenAuthenticationPolicy,
  bearerTokenAuthenticationPolicyName,
  createDefaultHttpClient,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
  type HttpMethods,
  type Pipeline,
  redirectPolicyName,
} from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { readJson } from '../base/read-json.ts';
import { createArmCallPolicy } from './arm-call.ts';
import type { RateLimiter } from './rate-limiter.ts';

export interface ArmOptions {
  /** Such as `https://management.azure.com`. */
  readonly endpoint: string;
  /** For whom tokens are asked; the endpoint itself where none is given. */
  readonly audience?: string;
  readonly credential: TokenCredential;
  readonly clock: Clock;
  /** Shared by all clients of one principal. */
  readonly limiter: RateLimiter;
  readonly log?: Log;
  /** Carries the requests in place of the SDK's own client. */
  readonly httpClient?: HttpClient;
}

/** An answer of ARM, read. Shape: header names in lower case; `body` is null where there is none. */
export interface ArmAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The Azure Resource Manager as one identity sees it. */
export interface Arm {
  readonly clock: Clock;
  readonly log: Log | undefined;
  /** The SDK's client of a subscription, made once. */
  compute(subscriptionId: string): ComputeManagementClient;
  /** A call that the SDK has no client for. `url`: a path with its query, or a URL that ARM itself gave. */
  send(method: HttpMethods, url: string, body?: unknown): Promise<ArmAnswer>;
}

/**
 * Opens the Azure Resource Manager for one identity.
 *
 * Errors: 'bad-request' for an endpoint that is not https; calls fail with AppError alone.
 * Safety: the SDK's own retries are off and redirects are not followed; every request passes the gate of `arm-call` before a token is put on it.
 */
export function createArm(options: ArmOptions): Arm {
  const origin = checkEndpoint(options.endpoint);
  const scopes = [`${(options.audience ?? origin).replace(/\/$/, '')}/.default`];
  const gate = createArmCallPolicy({ ...options, origin });
  const httpClient = options.httpClient ?? createDefaultHttpClient();

  const raw = createEmptyPipeline();
  raw.addPolicy(gate);
  raw.addPolicy(bearerTokenAuthenticationPolicy({ credential: options.credential, scopes }), { phase: 'Sign' });

  const clients = new Map<string, ComputeManagementClient>();
  const makeClient = (subscriptionId: string) => {
    const client = new ComputeManagementClient(options.credential, subscriptionId, {
      endpoint: origin,
      credentials: { scopes },
      retryOptions: { maxRetries: 0 },
      httpClient,
    });
    guard(client.pipeline, gate);
    clients.set(subscriptionId, client);
    return client;
  };
  return {
    clock: options.clock,
    log: options.log,
    compute: (subscriptionId) => clients.get(subscriptionId) ?? makeClient(subscriptionId),
    send: async (method, url, body) => {
      const request = createPipelineRequest({
        url: new URL(url, origin).href,
        method,
        headers: createHttpHeaders({
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        }),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const response = await raw.sendRequest(httpClient, request);
      return { status: response.status, headers: response.headers.toJSON(), body: readBody(response.bodyAsText) };
    },
  };
}

function guard(pipeline: Pipeline, gate: ReturnType<typeof createArmCallPolicy>): void {
  pipeline.removePolicy({ name: redirectPolicyName });
  pipeline.addPolicy(gate, { beforePolicies: [bearerTokenAuthenticationPolicyName] });
  const names = pipeline.getOrderedPolicies().map((policy) => policy.name);
  // A newer SDK that names its policy differently must not quietly put the token first.
  assert(
    names.indexOf(gate.name) < names.indexOf(bearerTokenAuthenticationPolicyName),
    'the gate must stand before the token',
  );
}

function checkEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (url?.protocol !== 'https:') {
    throw new AppError('bad-request', 'The endpoint of the Azure Resource Manager must be an https address');
  }
  return url.origin;
}

function readBody(text: string | null | undefined): unknown {
  if (!text) return null;
  const body = readJson(text);
  if (body === undefined) throw new AppError('azure-unavailable', 'Azure answered something that is no JSON');
  return body;
}
