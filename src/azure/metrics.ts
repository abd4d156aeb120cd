import type { TokenCredential } from '@azure/core-auth';
import { createDefaultHttpClient, createPipelineRequest, type HttpClient } from '@azure/core-rest-pipeline';
import * as z from 'zod';
import { AppError } from '../base/errors.ts';
import { readJson } from '../base/read-json.ts';
import { type EpochMs, formatIso } from '../base/time.ts';
import type { Ingestion, MetricSink } from '../watch/ports.ts';

/** Source: @azure/monitor-opentelemetry-exporter 1.0.0-beta.32: its resource and the path of its generated client. */
const SCOPE = 'https://monitor.azure.com/.default';
const PATH = '/v2.1/track';
/** Real time: this is about a silent connection. A value that is lost is made up for by the next one. */
const TRY_TIMEOUT_MS = 10_000;

export interface MetricsOptions extends Ingestion {
  /** Signs in where the component wants Entra tokens; without it the instrumentation key alone is sent. */
  readonly credential?: TokenCredential;
  /** Carries the requests in place of the SDK's own client. */
  readonly httpClient?: HttpClient;
}

const answerSchema = z.object({
  itemsReceived: z.number(),
  itemsAccepted: z.number(),
});

/**
 * Sends gauges to Application Insights: one request with one line each. Not tried again: they are sent every fifteen minutes.
 *
 * Errors: 'azure-denied', 'throttled', 'azure-rejected' (also where some values were not taken), 'azure-unavailable'.
 * Safety: a token goes to https addresses and to this machine alone.
 * Source: learn.microsoft.com/azure/azure-monitor/app/azure-ad-authentication (role Monitoring Metrics Publisher); the envelope of
 *         github.com/microsoft/ApplicationInsights-Home, EndpointSpecs/Schemas: MetricData, DataPoint.
 */
export function createMetrics(options: MetricsOptions): MetricSink {
  const httpClient = options.httpClient ?? createDefaultHttpClient();
  const { endpoint, instrumentationKey, credential } = options;
  return {
    send: async (values, at) => {
      const lines = [...values].map(([name, value]) => envelope(instrumentationKey, name, value, at));
      const request = createPipelineRequest({
        url: `${endpoint}${PATH}`,
        method: 'POST',
        body: lines.map((line) => JSON.stringify(line)).join('\n'),
        timeout: TRY_TIMEOUT_MS,
        // A plain address is this machine's: see `parseIngestion`.
        allowInsecureConnection: endpoint.startsWith('http:'),
      });
      request.headers.set('content-type', 'application/x-json-stream');
      if (credential) request.headers.set('authorization', `Bearer ${await tokenOf(credential)}`);
      const { status, bodyAsText } = await httpClient.sendRequest(request).catch(toNoAnswer);
      checkAnswer(status, bodyAsText ?? '', values.size);
    },
  };
}

function envelope(iKey: string, name: string, value: number, at: EpochMs) {
  return {
    name: 'Microsoft.ApplicationInsights.Metric',
    time: formatIso(at),
    iKey,
    data: {
      baseType: 'MetricData',
      baseData: { ver: 2, metrics: [{ name, kind: 'Measurement', value, count: 1 }] },
    },
  };
}

async function tokenOf(credential: TokenCredential): Promise<string> {
  const token = await credential.getToken(SCOPE).catch(() => null);
  if (token === null) throw new AppError('azure-denied', 'No token for Azure Monitor is to be had');
  return token.token;
}

function toNoAnswer(error: unknown): { status: number; bodyAsText: string } {
  const { name } = error as { name?: string };
  if (!['RestError', 'AbortError', 'TimeoutError'].includes(name ?? '')) throw error;
  return { status: 0, bodyAsText: '' };
}

function checkAnswer(status: number, text: string, sent: number): void {
  if (status === 200 || status === 206) {
    const read = answerSchema.safeParse(readJson(text));
    const accepted = read.success ? read.data.itemsAccepted : status === 200 ? sent : 0;
    if (accepted === sent) return;
    throw new AppError('azure-rejected', 'Application Insights did not take every value', { status, sent, accepted });
  }
  if (status === 401 || status === 403)
    throw new AppError('azure-denied', 'Application Insights refuses the identity', { status });
  // 439 is its own code for a daily cap that is used up.
  if (status === 429 || status === 439)
    throw new AppError('throttled', 'Application Insights asks to slow down', { status });
  if (status >= 300 && status < 500)
    throw new AppError('azure-rejected', 'Application Insights rejects the values', { status });
  throw new AppError('azure-unavailable', 'Application Insights does not answer as it should', { status });
}
