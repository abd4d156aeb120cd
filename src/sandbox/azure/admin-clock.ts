import type { IncomingMessage, ServerResponse } from 'node:http';
import { ArmError } from './arm-error.ts';
import type { ClockChange, Held } from './clock.ts';
import { readJson, sendJson, splitUrl } from './exchange.ts';
import { numberAt, objectAt } from './json.ts';
import type { AzureState } from './state.ts';

/** Connections whose closing is already watched. */
const watched = new WeakSet<object>();

/** Answers the clock: read, follow, change, wait. */
export async function answerClock(
  state: AzureState,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  if (request.method === 'GET') return answerState(state, request, response, query);
  const body = await readJson(request);
  if (splitUrl(request).path.endsWith('/waits')) {
    const until = numberAt(body, 'until');
    if (until === null) throw new ArmError(400, 'BadRequest', 'until is missing.');
    return hold(response, state.clock.wait(until), (now) => ({ now }));
  }
  return sendJson(response, 200, await state.clock.change(changeOf(body)));
}

async function answerState(
  state: AzureState,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const follower = query.get('follower');
  if (follower === null) return sendJson(response, 200, state.clock.state());
  const after = Number(query.get('after') ?? 0);
  if (!Number.isFinite(after)) throw new ArmError(400, 'BadRequest', 'after must be a version.');
  const { socket } = request;
  if (!watched.has(socket)) {
    watched.add(socket);
    socket.once('close', () => state.clock.forget(socket));
  }
  return hold(response, state.clock.follow(follower, after, socket), (now) => now);
}

/** Waits for an answer; a connection that closes takes the question back. */
async function hold<T>(response: ServerResponse, held: Held<T>, toBody: (answer: T) => unknown): Promise<void> {
  const closed = new Promise<null>((resolve) => response.once('close', () => resolve(null)));
  const answer = await Promise.race([held.answer, closed]);
  if (answer === null) held.cancel();
  else sendJson(response, 200, toBody(answer));
}

function changeOf(body: unknown): ClockChange {
  const { freeze, run } = objectAt(body);
  const to = numberAt(body, 'to');
  const advanceMs = numberAt(body, 'advanceMs');
  if (to !== null) return { to };
  if (advanceMs !== null && advanceMs >= 0) return { advanceMs };
  if (freeze === true) return { freeze: true };
  if (typeof run === 'number' && run > 0 && Number.isFinite(run)) return { run };
  throw new ArmError(
    400,
    'BadRequest',
    'One of to, advanceMs (from 0), freeze: true and run (a rate above 0) is needed.',
  );
}
