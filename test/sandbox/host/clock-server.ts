import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ClockChange, SandboxClock } from '../../../src/sandbox/azure/clock.ts';

/** The sandbox's clock behind its address, without the rest of the sandbox. */
export async function serveClock(startMs: number) {
  const clock = new SandboxClock(startMs);
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://clock');
    const follower = url.searchParams.get('follower');
    const send = (value: object) => response.end(JSON.stringify(value));
    if (request.method === 'GET' && follower !== null) {
      const held = clock.follow(follower, Number(url.searchParams.get('after')), request.socket);
      response.on('close', () => response.writableFinished || held.cancel());
      send(await held.answer);
    } else if (request.method === 'GET') send(clock.state());
    else if (url.pathname.endsWith('/waits')) {
      const held = clock.wait((JSON.parse(await read(request)) as { until: number }).until);
      response.on('close', () => held.cancel());
      send({ now: await held.answer });
    } else send(await clock.change(JSON.parse(await read(request)) as ClockChange));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    clock,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      clock.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
