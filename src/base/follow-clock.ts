import { randomUUID } from 'node:crypto';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Clock } from './clock.ts';
import { AppError } from './errors.ts';
import type { EpochMs } from './time.ts';

/** What the clock's owner says of it: `rate` counts only while it runs. */
interface ClockState {
  readonly now: EpochMs;
  readonly mode: 'frozen' | 'running';
  readonly rate: number;
  readonly version: number;
}

/** How often a lost connection is tried again: real time, for this is about the wire and not about the estate. */
const RECONNECT_MS = 200;
/** The owner answers a follower after 20 s at the latest; what is silent for longer is lost. */
const SILENCE_MS = 30_000;
const LOOPBACK_HOSTS = ['127.0.0.1', 'localhost', '[::1]'];

/** A clock that somebody else turns. `close` ends the following; the last time told stays. */
export interface FollowedClock extends Clock {
  close(): void;
}

/**
 * Follows a clock on this machine over HTTP, so that product and sandbox share one time.
 *
 * Shape:  frozen, `now` is exactly what was told last; running, it goes on from there by the machine's monotonic timer. It never goes back.
 * Errors: 'bad-request' for an address that is not plain http on loopback; rejects where nobody answers at the start. Later a lost connection is
 *         tried again for ever, and `wait` goes on waiting.
 * Safety: node:http and not fetch: the sandbox's host counts the requests that are under way and knows the clock's by their address. Following does not keep the process alive; waiting does.
 */
export async function followClock(url: string): Promise<FollowedClock> {
  const base = checkUrl(url);
  const closing = new AbortController();
  // Two agents, as the long poll's socket must not keep the process alive and a wait's must.
  const followAgent = new Agent({ keepAlive: true, maxSockets: 1 });
  const waitAgent = new Agent({ keepAlive: true });
  const told = createToldTime();
  const follower = randomUUID();

  const first = await askClock(base, waitAgent, closing.signal, { background: false });
  told.tell(first);

  const follow = async () => {
    let version = first.version;
    while (!closing.signal.aborted) {
      const poll = new URL(base);
      poll.searchParams.set('follower', follower);
      poll.searchParams.set('after', String(version));
      try {
        const state = await askClock(poll, followAgent, closing.signal, { background: true });
        told.tell(state);
        version = state.version;
      } catch {
        // The owner may be starting again, with its versions beginning anew.
        version = 0;
        await pause(RECONNECT_MS, closing.signal, 'background');
      }
    }
  };
  void follow();

  return {
    now: told.now,
    wait: async (ms, signal) => {
      signal?.throwIfAborted();
      if (ms <= 0) return;
      const until = told.now() + Math.ceil(ms);
      const either = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
      const waits = new URL(`${base.pathname.replace(/\/$/, '')}/waits`, base);
      while (told.now() < until) {
        try {
          const answer = await sendJson(waits, { method: 'POST', body: { until }, agent: waitAgent, signal: either });
          told.tellNow(readNow(answer));
        } catch (error) {
          if (either.aborted) throw either.reason;
          if (error instanceof AppError) throw error;
          await pause(RECONNECT_MS, either, 'foreground');
        }
      }
    },
    close: () => {
      closing.abort(new AppError('bad-request', 'The clock that was followed is closed'));
      followAgent.destroy();
      waitAgent.destroy();
    },
  };
}

function checkUrl(url: string): URL {
  if (!URL.canParse(url)) throw new AppError('bad-request', 'The clock to follow has no address that can be read');
  const parsed = new URL(url);
  if (parsed.protocol !== 'http:' || !LOOPBACK_HOSTS.includes(parsed.hostname)) {
    throw new AppError('bad-request', 'A clock may only be followed by plain http on this machine', {
      host: parsed.host,
    });
  }
  return parsed;
}

/** Turns what was told into a time that never goes back. */
function createToldTime() {
  let state: ClockState = { now: 0, mode: 'frozen', rate: 1, version: 0 };
  let toldAt = 0;
  let latest = 0;
  const now = () => {
    const elapsed = state.mode === 'running' ? (performance.now() - toldAt) * state.rate : 0;
    latest = Math.max(latest, Math.floor(state.now + elapsed));
    return latest;
  };
  const tell = (next: ClockState) => {
    state = next;
    toldAt = performance.now();
  };
  const tellNow = (at: EpochMs) => {
    if (at > now()) tell({ ...state, now: at });
  };
  return { now, tell, tellNow };
}

async function askClock(
  url: URL,
  agent: Agent,
  signal: AbortSignal,
  kind: { background: boolean },
): Promise<ClockState> {
  const answer = await sendJson(url, { method: 'GET', agent, signal, ...kind });
  const { mode, rate, version } = answer as Partial<ClockState>;
  if ((mode !== 'frozen' && mode !== 'running') || typeof version !== 'number') throw unreadable();
  return { now: readNow(answer), mode, rate: typeof rate === 'number' ? rate : 1, version };
}

function readNow(answer: unknown): EpochMs {
  const now = (answer as { now?: unknown } | null)?.now;
  if (typeof now !== 'number' || !Number.isFinite(now)) throw unreadable();
  return now;
}

function unreadable(): Error {
  return new Error('The clock that is followed gives answers that cannot be read');
}

interface JsonCall {
  readonly method: 'GET' | 'POST';
  readonly agent: Agent;
  readonly signal: AbortSignal;
  readonly body?: unknown;
  /** A call in the background does not keep the process alive. */
  readonly background?: boolean;
}

function sendJson(url: URL, call: JsonCall): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const sent: ClientRequest = request(url, { method: call.method, agent: call.agent, signal: call.signal, headers });
    if (call.background) sent.on('socket', (socket) => socket.unref());
    if (call.method === 'GET') {
      sent.setTimeout(SILENCE_MS, () => sent.destroy(new Error('The clock that is followed is silent')));
    }
    sent.on('error', reject);
    sent.on('response', (response) => readJson(response).then(resolve, reject));
    sent.end(body);
  });
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  if (response.statusCode !== 200) throw new Error('The clock that is followed refuses the call');
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function pause(ms: number, signal: AbortSignal, kind: 'background' | 'foreground'): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    if (kind === 'background') timer.unref();
    signal.addEventListener('abort', done, { once: true });
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
