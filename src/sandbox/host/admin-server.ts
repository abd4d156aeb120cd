import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { InvocationCount } from './invoker.ts';
import type { Player, PlayProgress } from './player.ts';
import { sendText } from './sign-in.ts';

/** What the host says of itself. */
export interface HostStatus {
  readonly running: number;
  readonly functions: readonly string[];
  readonly invocations: Readonly<Record<string, InvocationCount>>;
  /** Messages moved to a poison queue since the start. */
  readonly poisoned: number;
}

const STEP_MS = 300_000;
/** Progress is told this often. Units: real milliseconds. */
const PROGRESS_MS = 200;
const BODY_BYTES_MAX = 65_536;

/**
 * Makes the server by which scripts drive the host: `GET /status`, `POST /play` `{"until","stepMs"?}` (NDJSON), `POST /drain`. Not listening yet.
 *
 * Safety: for scripts on this machine: calls that a browser makes for a page (they carry an Origin) and calls under another host name are refused.
 */
export function createAdminServer(player: Player, status: () => HostStatus): Server {
  return createServer((request, response) => {
    answer(request, response, player, status).catch((error: unknown) => {
      if (response.headersSent) response.end(`${JSON.stringify({ error: String(error) })}\n`);
      else sendText(response, 500, String(error));
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  player: Player,
  status: () => HostStatus,
): Promise<void> {
  const hostName = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (request.headers.origin !== undefined || !['127.0.0.1', 'localhost'].includes(hostName)) {
    return sendText(response, 403, 'Only scripts on this machine may drive the host.');
  }
  switch (`${request.method} ${request.url}`) {
    case 'GET /status':
      return sendJson(response, status());
    case 'POST /drain':
      await player.drain();
      return sendJson(response, status());
    case 'POST /play':
      return play(request, response, player, status);
    default:
      return sendText(response, 404, 'There are GET /status, POST /play and POST /drain.');
  }
}

async function play(
  request: IncomingMessage,
  response: ServerResponse,
  player: Player,
  status: () => HostStatus,
): Promise<void> {
  const order = readOrder(await readBody(request));
  if (order === null) return sendText(response, 400, 'Send {"until": epochMs, "stepMs"?: whole milliseconds}.');
  if (player.playing()) return sendText(response, 409, 'Time is being played already.');
  const stop = new AbortController();
  response.on('close', () => stop.abort());
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  let latest: PlayProgress | null = null;
  const tell = () => {
    if (latest !== null) response.write(`${JSON.stringify({ ...latest, running: status().running })}\n`);
  };
  // By the machine's time and not by steps: a long step is seen to be alive, and short ones do not flood.
  const telling = setInterval(tell, PROGRESS_MS);
  const onProgress = (progress: PlayProgress) => {
    latest = progress;
  };
  let last: PlayProgress;
  try {
    last = await player.play({ ...order, signal: stop.signal, onProgress });
  } finally {
    clearInterval(telling);
  }
  response.end(`${JSON.stringify({ done: true, ...last, ...status() })}\n`);
}

function readOrder(text: string): { until: number; stepMs: number } | null {
  try {
    const { until, stepMs = STEP_MS } = JSON.parse(text) as { until?: unknown; stepMs?: unknown };
    const whole = typeof until === 'number' && Number.isInteger(until);
    if (!whole || typeof stepMs !== 'number' || !Number.isInteger(stepMs) || stepMs < 1) return null;
    return { until, stepMs };
  } catch {
    return null;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) {
    text += chunk;
    if (text.length > BODY_BYTES_MAX) break;
  }
  return text;
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
