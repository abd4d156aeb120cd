import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
} from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { BilledSource, DayRange } from '../cost/ports.ts';
import { translateFailure } from './arm-call.ts';
import { readRefusal, toAppError } from './arm-error.ts';
import { type CostAnswer, createFigureSums, readCostPage, readMeters } from './cost-rows.ts';
import { createTokenBucket } from './token-bucket.ts';

const API_VERSION = '2023-11-01';
/** Most rows of a page. Source: Cost Management query, `$top` (azure-cost skill of Microsoft: 1,000 unless told, 5,000 at most). */
const PAGE_ROWS = 5_000;
/** More than a day of Azure's largest subscription (75,000 snapshots of each kind in a region) for a month would come to; more has lost its way. */
const PAGES_MAX = 2_000;
/** Source: the type of what is billed, as cost data writes it. */
const SNAPSHOTS = 'microsoft.compute/snapshots';
/**
 * Requests that Cost Management takes of one caller.
 *
 * Source: ⚠ unpublished: 20 a minute by the azure-cost skill of Microsoft; the published units (12 in 10 s, 60 a minute, 600 an hour, one for each month
 *         of data) are wider, and the headers of a refusal have the last word.
 */
const REQUESTS = { capacity: 10, refillPerSecond: 20 / 60 };
/** Waits where Azure names none. Units: ms. */
const RETRY_WAITS_MS = [10 * SECOND_MS, 20 * SECOND_MS, 30 * SECOND_MS];
/** A request waits this long in place, all its waits together; what asks for more is asked again at the next run. */
const WAIT_IN_PLACE_MAX_MS = 2 * MINUTE_MS;
/** A sum over a month of a large subscription takes Azure its time. Real time: this is about the wire. */
const TRY_TIMEOUT_MS = 120_000;
/**
 * Where Cost Management says how long to wait: which of them depends on the limit that was met, and `Retry-After` need not be among them.
 *
 * Source: https://learn.microsoft.com/azure/cost-management-billing/costs/manage-automation (qpu, entity, tenant, client).
 */
const WAIT_HEADER = /^x-ms-ratelimit-microsoft\.\w+(?:-\w+)?-retry-after$/;

export interface CostManagementOptions {
  /** Such as `https://management.azure.com`. */
  readonly endpoint: string;
  /** For whom tokens are asked; the endpoint itself where none is given. */
  readonly audience?: string;
  readonly credential: TokenCredential;
  readonly clock: Clock;
  readonly log?: Log;
  /** Carries the requests in place of the SDK's own client. */
  readonly httpClient?: HttpClient;
}

/**
 * Asks the query API of Cost Management: see `BilledSource`.
 *
 * Safety: pages of the same host alone are followed, so that the token goes nowhere else; every request may be sent again.
 * Source: https://learn.microsoft.com/rest/api/cost-management/query/usage
 */
export function createCostManagement(options: CostManagementOptions): BilledSource {
  const { origin } = new URL(options.endpoint);
  const pipeline = createEmptyPipeline();
  const scopes = [`${(options.audience ?? origin).replace(/\/$/, '')}/.default`];
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential: options.credential, scopes }), { phase: 'Sign' });
  const httpClient = options.httpClient ?? createDefaultHttpClient();
  const bucket = createTokenBucket(options.clock, REQUESTS);
  const send: Send = async (url, body) => {
    await bucket.acquire();
    try {
      const headers = createHttpHeaders({ accept: 'application/json', 'content-type': 'application/json' });
      const request = createPipelineRequest({ url, method: 'POST', headers, body, timeout: TRY_TIMEOUT_MS });
      const response = await pipeline.sendRequest(httpClient, request);
      return { status: response.status, headers: response.headers.toJSON(), text: response.bodyAsText ?? '' };
    } finally {
      bucket.release({});
    }
  };
  const ask = (subscriptionId: string, query: object) =>
    readPages({ ...options, origin, send }, firstUrl(origin, subscriptionId), JSON.stringify(query));
  const askWhole = async (subscriptionId: string, query: object): Promise<CostAnswer> => {
    const pages = await Array.fromAsync(ask(subscriptionId, query));
    return { columns: pages[0]?.columns ?? [], rows: pages.flatMap(({ rows }) => rows) };
  };
  return {
    snapshotFigures: async (subscriptionId, range) => {
      const sums = createFigureSums();
      for await (const page of ask(subscriptionId, queryOf(range, 'Daily', ['ResourceId', 'MeterId']))) sums.add(page);
      return sums.figures();
    },
    snapshotMeters: async (subscriptionId, range) => {
      const names = await askWhole(subscriptionId, queryOf(range, 'None', ['MeterId', 'Meter']));
      const products = await askWhole(subscriptionId, queryOf(range, 'None', ['MeterId', 'MeterSubCategory']));
      return readMeters(names, products);
    },
  };
}

/** Two groupings are the most that the API takes: the meter's names are asked for apart from the figures. */
function queryOf(range: DayRange, granularity: 'Daily' | 'None', grouping: readonly [string, string]): object {
  return {
    type: 'ActualCost',
    timeframe: 'Custom',
    timePeriod: { from: `${range.from}T00:00:00Z`, to: `${range.to}T23:59:59Z` },
    dataset: {
      granularity,
      aggregation: {
        Cost: { name: 'Cost', function: 'Sum' },
        UsageQuantity: { name: 'UsageQuantity', function: 'Sum' },
      },
      grouping: grouping.map((name) => ({ type: 'Dimension', name })),
      filter: { dimensions: { name: 'ResourceType', operator: 'In', values: [SNAPSHOTS] } },
    },
  };
}

function firstUrl(origin: string, subscriptionId: string): string {
  const scope = `/subscriptions/${encodeURIComponent(subscriptionId)}`;
  return `${origin}${scope}/providers/Microsoft.CostManagement/query?api-version=${API_VERSION}&$top=${PAGE_ROWS}`;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

type Send = (url: string, body: string) => Promise<Answer>;

interface Asking {
  readonly origin: string;
  readonly send: Send;
  readonly clock: Clock;
  readonly log?: Log | undefined;
}

/** Every page is asked for by POST with the same question. */
async function* readPages(asking: Asking, first: string, body: string): AsyncIterable<CostAnswer> {
  let next: string | null = first;
  for (let pages = 0; next !== null; pages += 1) {
    if (pages >= PAGES_MAX) throw new AppError('azure-unavailable', 'An answer of Cost Management does not end');
    const page: ReturnType<typeof readCostPage> = readCostPage((await readPage(asking, next, body)).text);
    yield page;
    next = page.nextLink;
    if (next !== null && (!URL.canParse(next) || new URL(next).origin !== asking.origin)) {
      throw new AppError('azure-rejected', 'An answer of Cost Management goes on at another host');
    }
  }
}

async function readPage({ send, clock, log }: Asking, url: string, body: string): Promise<Answer> {
  const target = { method: 'POST', path: new URL(url).pathname };
  let waitedMs = 0;
  for (let tries = 0; ; tries += 1) {
    const answer = await send(url, body).catch((error: unknown) => translateFailure(error, target));
    if (!(answer instanceof AppError) && answer.status < 300) return answer;
    const error = answer instanceof AppError ? answer : refuse(answer, target);
    const waitMs = error.retryAfterMs ?? RETRY_WAITS_MS[tries] ?? 0;
    const mayPass = error.code === 'throttled' || error.code === 'azure-unavailable';
    if (!mayPass || tries >= RETRY_WAITS_MS.length || waitedMs + waitMs > WAIT_IN_PLACE_MAX_MS) throw error;
    log?.warn('Cost Management did not answer as it should: trying again', { ...error.facts, waitMs, tries });
    await clock.wait(waitMs);
    waitedMs += waitMs;
  }
}

function refuse({ status, headers, text }: Answer, target: { method: string; path: string }): AppError {
  const refusal = readRefusal(status, text, (name) => headers[name]);
  const waits = Object.entries(headers)
    .filter(([name]) => WAIT_HEADER.test(name))
    .map(([, seconds]) => Number(seconds) * SECOND_MS)
    .filter((waitMs) => Number.isFinite(waitMs) && waitMs >= 0);
  const longest = Math.max(refusal.retryAfterMs ?? -1, ...waits);
  return toAppError({ ...refusal, retryAfterMs: longest < 0 ? undefined : longest }, target);
}
