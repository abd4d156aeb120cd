import { lookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { SECOND_MS } from '../base/time.ts';
import { withTimeLimit } from '../base/time-limit.ts';
import { mayPostTo } from './judge-address.ts';
import type { PostOutcome, WebhookPost, WebhookPoster } from './ports.ts';

/** Names and answers may take so long, connection and all. Units: real time. */
const LIMIT_MS = 10 * SECOND_MS;

/** A receiver that asks to wait is heard up to here; a date instead of seconds is not read: the delivery's own backoff is as good. */
const RETRY_AFTER_MAX_SECONDS = 6 * 3_600;

interface Found {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Ways to the network that tests replace. */
export interface PosterOptions {
  readonly resolve?: (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;
  readonly limitMs?: number;
  /** A certificate to trust beside the public ones. */
  readonly ca?: string;
}

/**
 * Posts to webhooks over the network.
 *
 * Safety: every address of the host is judged before anything is sent, and the connection goes to these addresses alone: a name that resolves to
 *         another one a moment later changes nothing. Redirects are not followed. What the receiver answers is not kept: it may repeat the secret address.
 */
export function createPoster(options: PosterOptions = {}): WebhookPoster {
  const resolve = options.resolve ?? ((host: string) => lookup(host, { all: true, verbatim: true }));
  return {
    post: (post) =>
      withTimeLimit(options.limitMs ?? LIMIT_MS, async (signal): Promise<PostOutcome> => {
        const url = new URL(post.url);
        if (url.protocol !== 'https:' && !(post.http && url.protocol === 'http:'))
          return { kind: 'forbidden', reason: 'scheme' };
        const found = await Promise.race([findAddresses(url, resolve), aborted(signal)]);
        if (found === null || found.length === 0) return failed('no-address');
        if (!found.every(({ address }) => mayPostTo(address, post.networks)))
          return { kind: 'forbidden', reason: 'address' };
        return send(url, post, found, signal, options.ca);
      }),
  };
}

async function findAddresses(
  url: URL,
  resolve: NonNullable<PosterOptions['resolve']>,
): Promise<readonly Found[] | null> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const version = isIP(host);
  if (version !== 0) return [{ address: host, family: version === 6 ? 6 : 4 }];
  try {
    return (await resolve(host)).map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
  } catch {
    return null;
  }
}

function send(
  url: URL,
  post: WebhookPost,
  found: readonly Found[],
  signal: AbortSignal,
  ca: string | undefined,
): Promise<PostOutcome> {
  const pinned: LookupFunction = (_host, { all }, done) => {
    const [first] = found;
    if (all) done(null, [...found]);
    else done(null, first?.address ?? '', first?.family);
  };
  const body = Buffer.from(post.body, 'utf8');
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((settle) => {
    const call = request(url, {
      method: 'POST',
      headers: { ...post.headers, 'content-length': body.byteLength, 'user-agent': 'Holdfast' },
      // A connection of its own: a kept one could lead to an address that was judged for another target.
      agent: false,
      lookup: pinned,
      signal,
      ...(ca === undefined ? {} : { ca }),
    });
    call.on('error', () => settle(failed(signal.aborted ? 'no-answer' : 'no-connection')));
    call.on('response', (answer) => {
      // Only its status counts: the rest is not waited for.
      answer.destroy();
      settle(readAnswer(answer));
    });
    call.end(body);
  });
}

/** Source: RFC 9110 on 408, 425 and 429, which ask to come again; other answers of the 400s will be the same tomorrow. A redirect is no delivery. */
function readAnswer({ statusCode = 0, headers }: IncomingMessage): PostOutcome {
  if (statusCode >= 200 && statusCode < 300) return { kind: 'delivered' };
  if (statusCode >= 300 && statusCode < 500 && ![408, 425, 429].includes(statusCode))
    return { kind: 'refused', status: statusCode };
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  const retryAfterMs = seconds >= 0 ? Math.min(seconds, RETRY_AFTER_MAX_SECONDS) * SECOND_MS : null;
  return { kind: 'failed', reason: 'status', status: statusCode, retryAfterMs };
}

function failed(reason: 'no-address' | 'no-connection' | 'no-answer'): PostOutcome {
  return { kind: 'failed', reason, status: null, retryAfterMs: null };
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}
