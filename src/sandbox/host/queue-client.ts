import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { SNAPSHOT_CLIENT_ID, TokenAuthority } from '../azure/token.ts';
import { HOST_CALL_HEADER } from './traffic.ts';

/** A message that was received: invisible to others until `nextVisible`. */
export interface QueueMessage {
  readonly id: string;
  readonly popReceipt: string;
  readonly dequeueCount: number;
  readonly insertionTime: string;
  readonly expirationTime: string;
  readonly nextVisibleTime: string;
  /** As it lies in the queue: base64. */
  readonly text: string;
}

/** One storage queue, in the few calls that a queue trigger makes. */
export interface QueueClient {
  /** Takes up to `count` messages (32 at most) for a while; none where the queue does not exist. */
  receive(count: number, invisibleSeconds: number): Promise<readonly QueueMessage[]>;
  /** Messages in the queue, those included that somebody has taken. */
  count(): Promise<number>;
  /** Sets how long a taken message stays invisible; gives the new receipt, or null where it is no longer ours. */
  hold(message: QueueMessage, invisibleSeconds: number): Promise<string | null>;
  /** Removes a taken message; false where it is no longer ours. */
  remove(message: QueueMessage): Promise<boolean>;
  /** Puts a message in, and makes the queue if it is missing. */
  send(text: string): Promise<void>;
}

/** Source: the newest version that Azurite 3.37 lists by itself. */
const API_VERSION = '2024-11-04';
/** Storage takes 32 messages at most in one call. */
const RECEIVE_MAX = 32;
const TOKEN_SECONDS = 86_400;

/** Makes clients for queues of one account, with a token of the sandbox's own authority: the host is a part of the sandbox and signs for itself. */
export function createQueueClients(secret: string): { open(queueUri: string): QueueClient; close(): void } {
  const agent = new Agent({ keepAlive: true });
  const authority = new TokenAuthority(secret);
  let token = '';
  let renewAtMs = 0;
  const authorization = () => {
    if (Date.now() >= renewAtMs) {
      const audience = 'https://storage.azure.com';
      token = authority.issue({ audience, clientId: SNAPSHOT_CLIENT_ID, seconds: TOKEN_SECONDS }).token;
      renewAtMs = Date.now() + (TOKEN_SECONDS / 2) * 1_000;
    }
    return `Bearer ${token}`;
  };
  const call: Call = (method, url, body) => send(agent, authorization(), method, url, body);
  return { open: (queueUri) => openQueue(queueUri, call), close: () => agent.destroy() };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Call = (method: string, url: string, body?: string) => Promise<Answer>;

function openQueue(queueUri: string, call: Call): QueueClient {
  const messages = `${queueUri}/messages`;
  const one = (message: QueueMessage) =>
    `${messages}/${message.id}?popreceipt=${encodeURIComponent(message.popReceipt)}`;
  const expect = (answer: Answer, ...allowed: number[]): Answer => {
    if (allowed.includes(answer.status)) return answer;
    throw new Error(`The queue answers ${answer.status}: ${answer.body.slice(0, 500)}`);
  };
  return {
    receive: async (count, invisibleSeconds) => {
      const limit = Math.min(RECEIVE_MAX, count);
      const answer = await call('GET', `${messages}?numofmessages=${limit}&visibilitytimeout=${invisibleSeconds}`);
      return expect(answer, 200, 404).status === 404 ? [] : readMessages(answer.body);
    },
    count: async () => {
      const answer = expect(await call('GET', `${queueUri}?comp=metadata`), 200, 404);
      return Number(answer.headers['x-ms-approximate-messages-count'] ?? 0);
    },
    hold: async (message, invisibleSeconds) => {
      const answer = await call('PUT', `${one(message)}&visibilitytimeout=${invisibleSeconds}`);
      return expect(answer, 204, 404, 400).status === 204 ? String(answer.headers['x-ms-popreceipt']) : null;
    },
    remove: async (message) => expect(await call('DELETE', one(message)), 204, 404, 400).status === 204,
    send: async (text) => {
      const body = `<QueueMessage><MessageText>${escapeXml(text)}</MessageText></QueueMessage>`;
      const first = await call('POST', messages, body);
      if (first.status === 201) return;
      expect(first, 404);
      expect(await call('PUT', queueUri), 201, 204, 409);
      expect(await call('POST', messages, body), 201);
    },
  };
}

function send(agent: Agent, authorization: string, method: string, url: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization,
      'x-ms-version': API_VERSION,
      'x-ms-date': new Date().toUTCString(),
      'content-length': Buffer.byteLength(body ?? ''),
      [HOST_CALL_HEADER]: '1',
    };
    const sent = request(url, { method, agent, headers });
    sent.on('error', reject);
    sent.on('response', (response) => readAnswer(response).then(resolve, reject));
    sent.end(body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  let body = '';
  response.setEncoding('utf8');
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

/** Reads the list of messages as storage writes it: flat elements without attributes. */
function readMessages(xml: string): QueueMessage[] {
  return [...xml.matchAll(/<QueueMessage>(.*?)<\/QueueMessage>/gs)].map(([, inner = '']) => {
    const read = (tag: string) => unescapeXml(new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(inner)?.[1] ?? '');
    return {
      id: read('MessageId'),
      popReceipt: read('PopReceipt'),
      dequeueCount: Number(read('DequeueCount')),
      insertionTime: read('InsertionTime'),
      expirationTime: read('ExpirationTime'),
      nextVisibleTime: read('TimeNextVisible'),
      text: read('MessageText'),
    };
  });
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function unescapeXml(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => ENTITIES[name] ?? '');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
