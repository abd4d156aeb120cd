import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPoster } from '../../src/notify/post-webhook.ts';
import { makeCertificate } from '../../src/sandbox/certificate.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const LOCAL = ['127.0.0.0/8'];
let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.stop());

const postTo = (url: string, more: { networks?: readonly string[]; http?: boolean } = {}) => ({
  url,
  headers: { 'content-type': 'application/json', 'webhook-id': 'msg_1' },
  body: '{"text":"Grüße"}',
  networks: more.networks ?? LOCAL,
  http: more.http ?? true,
});

describe('createPoster', () => {
  it('posts headers and body as they are', async () => {
    expect(await createPoster().post(postTo(receiver.url))).toEqual({ kind: 'delivered' });
    expect(receiver.received).toMatchObject([
      {
        path: '/hook?sig=SECRET',
        body: '{"text":"Grüße"}',
        headers: { 'webhook-id': 'msg_1', 'content-length': '18' },
      },
    ]);
  });

  it.each([
    { status: 200, outcome: { kind: 'delivered' } },
    { status: 301, outcome: { kind: 'refused', status: 301 } },
    { status: 307, outcome: { kind: 'refused', status: 307 } },
    { status: 400, outcome: { kind: 'refused', status: 400 } },
    { status: 410, outcome: { kind: 'refused', status: 410 } },
    { status: 408, outcome: { kind: 'failed', reason: 'status', status: 408, retryAfterMs: null } },
    { status: 503, outcome: { kind: 'failed', reason: 'status', status: 503, retryAfterMs: null } },
  ])('answers $status with $outcome.kind and follows no redirect', async ({ status, outcome }) => {
    receiver.answer = (response) => response.writeHead(status, { location: receiver.url }).end();
    expect(await createPoster().post(postTo(receiver.url))).toEqual(outcome);
    expect(receiver.received).toHaveLength(1);
  });

  it.each([
    { header: '7', ms: 7_000 },
    { header: '999999', ms: 21_600_000 },
    { header: '-1', ms: null },
    { header: 'Wed, 21 Oct 2026 07:28:00 GMT', ms: null },
  ])('hears how long to wait: $header', async ({ header, ms }) => {
    receiver.answer = (response) => response.writeHead(429, { 'retry-after': header }).end();
    expect(await createPoster().post(postTo(receiver.url))).toMatchObject({ status: 429, retryAfterMs: ms });
  });

  it('does not wait for a receiver that says nothing, nor for the end of one that never stops talking', async () => {
    receiver.answer = () => {};
    expect(await createPoster({ limitMs: 50 }).post(postTo(receiver.url))).toMatchObject({ reason: 'no-answer' });
    receiver.answer = (response) => void response.writeHead(200).write('and');
    expect(await createPoster().post(postTo(receiver.url))).toEqual({ kind: 'delivered' });
  });

  it('says so where nobody listens or no name is known', async () => {
    const closed = await startReceiver();
    await closed.stop();
    expect(await createPoster().post(postTo(closed.url))).toMatchObject({ reason: 'no-connection' });
    const unknown = async () => Promise.reject(new Error('ENOTFOUND'));
    const post = postTo('http://hooks.example.test/');
    expect(await createPoster({ resolve: unknown }).post(post)).toMatchObject({ reason: 'no-address' });
    const slow = () => new Promise<never>(() => {});
    expect(await createPoster({ resolve: slow, limitMs: 20 }).post(post)).toMatchObject({ reason: 'no-address' });
  });

  it('speaks plain http only where that is allowed', async () => {
    expect(await createPoster().post(postTo(receiver.url, { http: false }))).toEqual({
      kind: 'forbidden',
      reason: 'scheme',
    });
    expect(receiver.received).toHaveLength(0);
  });

  it.each(['127.0.0.1', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433', 'localhost'])(
    'does not talk to this machine as %s',
    async (host) => {
      const post = postTo(`http://${host}:${receiver.port}/`, { networks: [] });
      expect(await createPoster().post(post)).toEqual({ kind: 'forbidden', reason: 'address' });
      expect(receiver.received).toHaveLength(0);
    },
  );

  it('refuses a name of which any address is private', async () => {
    const resolve = async () => [
      { address: '8.8.8.8', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
    const post = postTo(`http://hooks.example.test:${receiver.port}/`);
    expect(await createPoster({ resolve }).post(post)).toEqual({ kind: 'forbidden', reason: 'address' });
  });

  it('connects to the address it has judged, whatever the name says a moment later', async () => {
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
    };
    const post = postTo(`http://hooks.example.test:${receiver.port}/`);
    expect(await createPoster({ resolve }).post(post)).toEqual({ kind: 'delivered' });
    expect(asked).toBe(1);
    expect(receiver.received).toMatchObject([{ headers: { host: `hooks.example.test:${receiver.port}` } }]);
  });

  it('speaks TLS, and only to a certificate it can trust', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-notify-'));
    const { certificatePath, keyPath } = await makeCertificate(folder);
    const [cert, key] = [readFileSync(certificatePath, 'utf8'), readFileSync(keyPath, 'utf8')];
    const server = createServer({ cert, key }, (_request, response) => response.writeHead(200).end());
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const post = postTo(`https://localhost:${(server.address() as AddressInfo).port}/`, { http: false });
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    expect(await createPoster({ resolve }).post(post)).toMatchObject({ reason: 'no-connection' });
    expect(await createPoster({ resolve, ca: cert }).post(post)).toEqual({ kind: 'delivered' });
    server.close();
    await rm(folder, { recursive: true });
  });
});
