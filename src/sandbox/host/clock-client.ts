import { Agent, type IncomingMessage, request } from 'node:http';
import { HOST_CALL_HEADER } from './traffic.ts';

/** What the sandbox's clock says. Units: epoch milliseconds. */
export interface ClockReading {
  readonly now: number;
  readonly mode: 'frozen' | 'running';
  readonly waits: { readonly count: number; readonly next: number | null };
}

export type ClockChange = { readonly to: number } | { readonly freeze: true };

/** The sandbox's clock as the host reads and turns it. */
export interface ClockClient {
  read(): Promise<ClockReading>;
  /** Answers once all who follow the clock know the new time. */
  change(change: ClockChange): Promise<ClockReading>;
  /** The latest reading. */
  last(): ClockReading;
  close(): void;
}

/**
 * Connects to the clock. It does not follow it: while it plays, the host is the one who turns it.
 *
 * Errors: rejects where the clock does not answer.
 */
export async function connectClock(url: string): Promise<ClockClient> {
  const agent = new Agent({ keepAlive: true });
  let last: ClockReading = { now: 0, mode: 'frozen', waits: { count: 0, next: null } };
  const ask = async (change?: ClockChange): Promise<ClockReading> => {
    const answer = await send(url, agent, change);
    // Two answers may come in the wrong order; time does not go back.
    if (answer.now >= last.now) last = answer;
    return answer;
  };
  await ask();
  return { read: () => ask(), change: ask, last: () => last, close: () => agent.destroy() };
}

function send(url: string, agent: Agent, change: ClockChange | undefined): Promise<ClockReading> {
  return new Promise((resolve, reject) => {
    const headers = { [HOST_CALL_HEADER]: '1', 'content-type': 'application/json' };
    const call = request(url, { method: change === undefined ? 'GET' : 'POST', agent, headers });
    call.on('error', reject);
    call.on('response', (response) => readAnswer(response).then(resolve, reject));
    call.end(change === undefined ? undefined : JSON.stringify(change));
  });
}

async function readAnswer(response: IncomingMessage): Promise<ClockReading> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) text += chunk;
  if (response.statusCode !== 200) throw new Error(`The clock answers ${response.statusCode}: ${text}`);
  return JSON.parse(text) as ClockReading;
}
