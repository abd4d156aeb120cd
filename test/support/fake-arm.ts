import { createHttpHeaders, type HttpClient, RestError } from '@azure/core-rest-pipeline';
import { type Arm, createArm } from '../../src/azure/arm-client.ts';
import { createRateLimiter } from '../../src/azure/rate-limiter.ts';
import { createTestCredential } from './credential.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

/** What a scripted Azure answers; `lost` closes the connection instead. */
export type FakeAnswer =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | 'lost';

export interface FakeRequest {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
  readonly authorization: string | undefined;
}

export interface FakeArm {
  readonly arm: Arm;
  readonly clock: VirtualClock;
  readonly requests: FakeRequest[];
  /** Method and last part of the path of each request. */
  calls(): readonly string[];
}

export const ENDPOINT = 'https://arm.example';
export const SUBSCRIPTION = '00000000-0000-4000-8000-000000000001';
const COMPUTE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute`;
export const SNAPSHOT_ID = `${COMPUTE}/snapshots/s1`;
export const DISK_ID = `${COMPUTE}/disks/d1`;

/** An Azure Resource Manager that answers by a script, for what no real one can be made to do. */
export function createFakeArm(
  answer: (request: FakeRequest, nth: number) => FakeAnswer,
  clock: VirtualClock = createVirtualClock(),
): FakeArm {
  const requests: FakeRequest[] = [];
  const httpClient: HttpClient = {
    sendRequest: async (request) => {
      const seen: FakeRequest = {
        method: request.method,
        url: request.url,
        body: typeof request.body === 'string' ? JSON.parse(request.body) : undefined,
        authorization: request.headers.get('authorization'),
      };
      requests.push(seen);
      const given = answer(seen, requests.length);
      if (given === 'lost') throw new RestError('socket hang up', { code: 'ECONNRESET', request });
      const headers = createHttpHeaders({ 'content-type': 'application/json', ...given.headers });
      return {
        request,
        status: given.status,
        headers,
        bodyAsText: given.body === undefined ? '' : JSON.stringify(given.body),
      };
    },
  };
  const credential = createTestCredential(ENDPOINT);
  const arm = createArm({ endpoint: ENDPOINT, credential, clock, limiter: createRateLimiter(clock), httpClient });
  const calls = () => requests.map(({ method, url }) => `${method} ${new URL(url).pathname.split('/').at(-1)}`);
  return { arm, clock, requests, calls };
}

/** Answers in order; the last one again and again. */
export function inOrder(...answers: readonly FakeAnswer[]): (request: FakeRequest, nth: number) => FakeAnswer {
  return (_, nth) => answers[Math.min(nth, answers.length) - 1] ?? { status: 500 };
}

/** An error body as ARM writes it. */
export function refusal(
  status: number,
  code: string,
  message = 'words',
  headers: Record<string, string> = {},
): FakeAnswer {
  return { status, headers, body: { error: { code, message } } };
}
