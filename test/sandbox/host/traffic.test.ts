import { Agent, createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOST_CALL_HEADER, type Traffic, watchTraffic } from '../../../src/sandbox/host/traffic.ts';

const held: ServerResponse[] = [];
const server = createServer((_, response) => {
  response.flushHeaders();
  held.push(response);
});
let url: string;
let traffic: Traffic;
const touched: string[] = [];

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  traffic = watchTraffic(`${url}/sandbox/clock`);
  traffic.onQueueTouched((queue) => touched.push(queue));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const agent = new Agent({ keepAlive: true });
function nodeCall(path: string, method: string, headers = {}) {
  const call = request(url + path, { method, agent, headers }, (response) => response.resume());
  call.on('error', () => {});
  call.end();
  return () => call.destroy();
}
function fetchCall(path: string, method: string) {
  const stop = new AbortController();
  fetch(url + path, { method, signal: stop.signal })
    .then((response) => response.text())
    .catch(() => {});
  return () => stop.abort();
}

const seen = () => [traffic.inFlight(), traffic.waits()];

test.each<[string, () => () => void, number[], string[]]>([
  ['node:http', () => nodeCall('/a', 'GET'), [1, 0], []],
  ['fetch', () => fetchCall('/a', 'GET'), [1, 0], []],
  ['a wait on the clock', () => nodeCall('/sandbox/clock/waits', 'POST'), [0, 1], []],
  ['a wait by fetch', () => fetchCall('/sandbox/clock/waits', 'POST'), [0, 1], []],
  ['following the clock', () => nodeCall('/sandbox/clock?follower=x', 'GET'), [0, 0], []],
  ['the host itself', () => nodeCall('/a', 'GET', { [HOST_CALL_HEADER]: '1' }), [0, 0], []],
  ['sending a message', () => nodeCall('/account/jobs/messages', 'POST'), [1, 0], ['/account/jobs']],
  ['sending a message by fetch', () => fetchCall('/account/jobs/messages?x=1', 'POST'), [1, 0], ['/account/jobs']],
  ['releasing a message', () => nodeCall('/account/jobs/messages/id?popreceipt=x', 'PUT'), [1, 0], ['/account/jobs']],
  ['reading messages', () => nodeCall('/account/jobs/messages', 'GET'), [1, 0], []],
])('%s counts until its answer has ended', async (_, start, counts, queues) => {
  for (const abort of [false, true]) {
    touched.length = 0;
    const stop = start();
    await expect.poll(() => held.length).toBe(1);
    expect(seen()).toEqual(counts);
    expect(touched).toEqual([]);
    const answer = held.pop();
    if (abort) stop();
    else answer?.end();
    await expect.poll(seen).toEqual([0, 0]);
    await expect.poll(() => touched).toEqual(queues.map((queue) => url + queue));
  }
});
