import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

/** What the app's own http calls tell the host, which shares its process. */
export interface Traffic {
  /** Calls of the app under way, those of the clock left out. */
  inFlight(): number;
  /** Waits on the clock under way. */
  waits(): number;
  /** Grows with every call that starts or ends: two equal readings mean that nothing happened between them. */
  activity(): number;
  /** Called after a call of the app has ended. */
  onQuiet(listener: () => void): void;
  /** Called when the app has sent or released a message, with the queue's name. */
  onQueueTouched(listener: (queueUri: string) => void): void;
}

interface Call {
  readonly kind: 'clock' | 'wait' | 'other';
  readonly touchedQueueUri: string | null;
}

/** What of an http request is looked at, whichever client sent it. */
interface Seen {
  readonly origin: string;
  readonly method: string;
  readonly path: string;
}

/** The host's own calls carry it, so that they are not taken for the app's. It says nothing to those who are called. */
export const HOST_CALL_HEADER = 'x-sandbox-host-call';

/**
 * Watches the http calls of this process: node:http and node:https (the Azure SDKs) and fetch.
 *
 * A call counts from its start until its answer is read to the end. Calls over the host's own agents are not the app's.
 * Source: node:diagnostics_channel, `http.client.request.start` and undici's channels (nodejs.org/api/diagnostics_channel.html, undici docs, DiagnosticsChannel).
 */
export function watchTraffic(clockUrl: string): Traffic {
  const clock = new URL(clockUrl);
  const clockOrigin = `http://${clock.host}`;
  let inFlight = 0;
  let waits = 0;
  let activity = 0;
  const quietListeners: (() => void)[] = [];
  const queueListeners: ((queueUri: string) => void)[] = [];

  const begin = (seen: Seen): Call => {
    activity += 1;
    const kind = classify(seen);
    if (kind === 'other') inFlight += 1;
    if (kind === 'wait') waits += 1;
    return { kind, touchedQueueUri: kind === 'other' ? touchedQueue(seen) : null };
  };
  const end = (call: Call) => {
    activity += 1;
    if (call.kind === 'other') inFlight -= 1;
    if (call.kind === 'wait') waits -= 1;
    if (call.touchedQueueUri !== null) for (const listener of queueListeners) listener(call.touchedQueueUri);
    for (const listener of quietListeners) listener();
  };
  const classify = ({ origin, path }: Seen): Call['kind'] => {
    if (origin !== clockOrigin || !path.startsWith(clock.pathname)) return 'other';
    return path.startsWith(`${clock.pathname}/waits`) ? 'wait' : 'clock';
  };

  watchNodeHttp(begin, end);
  watchFetch(begin, end);
  return {
    inFlight: () => inFlight,
    waits: () => waits,
    activity: () => activity,
    onQuiet: (listener) => quietListeners.push(listener),
    onQueueTouched: (listener) => queueListeners.push(listener),
  };
}

/** The address of the queue that a call puts a message into, or makes one visible in. */
function touchedQueue({ origin, method, path }: Seen): string | null {
  if (method !== 'POST' && method !== 'PUT') return null;
  const queue = /^(\/.+?)\/messages(?:[/?]|$)/.exec(path);
  return queue?.[1] === undefined ? null : `${origin}${queue[1]}`;
}

function watchNodeHttp(begin: (seen: Seen) => Call, end: (call: Call) => void): void {
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { request: ClientRequest };
    if (request.hasHeader(HOST_CALL_HEADER)) return;
    const call = begin({
      origin: `${request.protocol}//${request.getHeader('host')}`,
      method: request.method,
      path: request.path,
    });
    request.once('close', () => end(call));
  });
}

function watchFetch(begin: (seen: Seen) => Call, end: (call: Call) => void): void {
  const calls = new WeakMap<object, Call>();
  subscribe('undici:request:create', (message) => {
    const { request } = message as { request: Seen & object };
    calls.set(request, begin({ origin: String(request.origin), method: request.method, path: request.path }));
  });
  const over = (message: unknown) => {
    const { request } = message as { request: object };
    const call = calls.get(request);
    if (call === undefined) return;
    calls.delete(request);
    end(call);
  };
  subscribe('undici:request:trailers', over);
  subscribe('undici:request:error', over);
}
