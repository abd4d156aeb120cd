import type { PipelinePolicy, PipelineRequest, PipelineResponse, SendRequest } from '@azure/core-rest-pipeline';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { MINUTE_MS } from '../base/time.ts';
import { type ArmTarget, readRefusal, toAppError } from './arm-error.ts';
import type { ArmCharge, RateLimiter, RateNews } from './rate-limiter.ts';

export interface ArmCallOptions {
  /** Origin of the Azure Resource Manager, such as `https://management.azure.com`. */
  readonly origin: string;
  readonly clock: Clock;
  readonly limiter: RateLimiter;
  readonly log?: Log | undefined;
}

/** Waits where Azure names none. Units: ms. */
const RETRY_WAITS_MS = [2_000, 4_000, 8_000];
/** A call waits this long in place, all its waits together; what asks for more is a row with a due time. */
const WAIT_IN_PLACE_MAX_MS = MINUTE_MS;
/** A request that is silent for this long is lost. Real time: this is about the wire. */
const TRY_TIMEOUT_MS = 60_000;
/** ARM's own code for an empty bucket of the subscription; Compute's are about one resource or region. */
const SUBSCRIPTION_THROTTLED = ['SubscriptionRequestsThrottled', 'TenantRequestsThrottled'];

export const ARM_CALL_POLICY = 'holdfastArmCall';

/**
 * The one gate through which every request to ARM goes, the pages of a list and the polls of an operation included:
 * limiter, the call, what its headers tell the limiter, a bounded number of retries on the product's clock, translation.
 *
 * Errors: AppError alone: see `toAppError`; 'throttled' carries `retryAfterMs` where Azure asked for more than a minute.
 * Safety: a request to another host than ARM's is refused before a token is put on it. Every write that the product sends may be sent again.
 */
export function createArmCallPolicy(options: ArmCallOptions): PipelinePolicy {
  return {
    name: ARM_CALL_POLICY,
    sendRequest: async (request, next) => {
      const target = checkTarget(request, options.origin);
      let waitedMs = 0;
      for (let tries = 0; ; tries += 1) {
        const outcome = await tryOnce(request, next, target, options);
        if ('response' in outcome) return outcome.response;
        const { error } = outcome;
        const waitMs = error.retryAfterMs ?? RETRY_WAITS_MS[tries] ?? 0;
        const again = mayPass(error) && tries < RETRY_WAITS_MS.length && waitedMs + waitMs <= WAIT_IN_PLACE_MAX_MS;
        if (!again) throw error;
        options.log?.warn('Azure did not answer as it should: trying again', { ...error.facts, waitMs, tries });
        await options.clock.wait(waitMs);
        waitedMs += waitMs;
      }
    },
  };
}

/** Refuses a URL of another host: Azure's own answers name URLs (next pages, operations), and one must not lead the token elsewhere. */
function checkTarget(request: PipelineRequest, origin: string): ArmTarget {
  const url = new URL(request.url);
  const target = { method: request.method, path: url.pathname };
  if (url.origin !== origin || url.username !== '') {
    throw new AppError('azure-rejected', 'A URL leads to another host than the Azure Resource Manager', {
      ...target,
      host: url.host,
    });
  }
  return target;
}

type Outcome = { readonly response: PipelineResponse } | { readonly error: AppError };

async function tryOnce(
  request: PipelineRequest,
  next: SendRequest,
  target: ArmTarget,
  { limiter }: ArmCallOptions,
): Promise<Outcome> {
  const charge = chargeOf(request.method);
  const subscriptionId = /\/subscriptions\/([^/]+)/i.exec(target.path)?.[1] ?? '';
  const place = /\/resourceGroups\/([^/]+)/i.exec(target.path)?.[1] ?? '';
  const release = await limiter.acquire({ subscriptionId, charge, place, kind: kindOf(target) });
  let news: RateNews = {};
  try {
    request.timeout = TRY_TIMEOUT_MS;
    const response = await next(request);
    news = readNews(response, charge);
    if (response.status < 400) return { response };
    const refusal = readRefusal(response.status, response.bodyAsText, (name) => response.headers.get(name));
    if (refusal.status === 429) {
      const ofSubscription = SUBSCRIPTION_THROTTLED.includes(refusal.code);
      news = { ...news, [ofSubscription ? 'closedForMs' : 'resourcesClosedForMs']: refusal.retryAfterMs };
    }
    return { error: toAppError(refusal, target) };
  } catch (error) {
    return { error: translateFailure(error, target) };
  } finally {
    release(news);
  }
}

function chargeOf(method: string): ArmCharge {
  if (method === 'GET' || method === 'HEAD') return 'reads';
  return method === 'DELETE' ? 'deletes' : 'writes';
}

/** Method, types and action of a path, without its names: `PUT microsoft.compute/snapshots/{}`. */
function kindOf({ method, path }: ArmTarget): string {
  const [provider = '', ...parts] = (path.toLowerCase().split('/providers/').at(-1) ?? '').split('/');
  // Types and names take turns; an action stands where a type would.
  return `${method} ${provider}/${parts.map((part, index) => (index % 2 === 0 ? part : '{}')).join('/')}`;
}

/**
 * Reads the headers that tell of limits.
 *
 * Source: https://learn.microsoft.com/troubleshoot/azure/virtual-machines/troubleshooting-throttling-errors (x-ms-ratelimit-remaining-resource).
 */
function readNews(response: PipelineResponse, charge: ArmCharge): RateNews {
  const count = (bucket: string) => {
    const text = ['subscription', 'tenant']
      .map((scope) => response.headers.get(`x-ms-ratelimit-remaining-${scope}-${bucket}`))
      .find((value) => value !== undefined);
    return Number.isFinite(Number(text)) ? Number(text) : undefined;
  };
  const resourceText = response.headers.get('x-ms-ratelimit-remaining-resource') ?? '';
  const resources = [...resourceText.matchAll(/Microsoft\.Compute\/([^;,]+);(\d+)/g)].map(
    ([, name = '', remaining]) => ({
      name,
      remaining: Number(remaining),
    }),
  );
  return { remaining: count(charge), remainingOfAll: count(`global-${charge}`), resources };
}

function mayPass(error: AppError): boolean {
  return error.code === 'throttled' || error.code === 'azure-unavailable';
}

const TOKEN_ERRORS = ['AuthenticationError', 'CredentialUnavailableError', 'AggregateAuthenticationError'];
const WIRE_ERRORS = ['RestError', 'AbortError', 'TimeoutError'];

/** Translates what the SDKs throw where there is no answer: a lost connection, our timeout, a broken body, no token. A bug goes through. */
export function translateFailure(error: unknown, target?: ArmTarget): AppError {
  if (error instanceof AppError) return error;
  const name = error instanceof Error ? error.name : '';
  if (TOKEN_ERRORS.includes(name)) {
    return new AppError('azure-denied', 'There is no token for the Azure Resource Manager', { ...target });
  }
  if (!WIRE_ERRORS.includes(name)) throw error;
  const wireCode = String((error as { code?: unknown }).code ?? name);
  return new AppError('azure-unavailable', 'The connection to Azure was lost', { ...target, wireCode });
}
