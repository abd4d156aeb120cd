import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cli, holdfast } from './holdfast.ts';

interface Asked {
  readonly call: string;
  readonly token: string | undefined;
  readonly key: string | undefined;
  readonly body: string;
}

let server: Server;
let url: string;
let folder: string;
let asked: Asked[];
let answers: { readonly status: number; readonly body: object }[];

beforeEach(async () => {
  asked = [];
  answers = [];
  folder = await mkdtemp(join(tmpdir(), 'holdfast-cli-'));
  await writeFile(join(folder, 'token'), 'secret-token\n');
  server = createServer(async (request, response) => {
    const body = (await Array.fromAsync(request)).join('');
    const { authorization: token, 'idempotency-key': key } = request.headers;
    asked.push({ call: `${request.method} ${request.url}`, token, key: key?.toString(), body });
    const answer = answers.shift() ?? { status: 500, body: {} };
    response.writeHead(answer.status).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const run = (...args: readonly string[]) => holdfast('rebuild', ...args);

const done = { id: 'r1', state: 'awaits confirmation', groups: { all: 1, waiting: 0 }, points: 3 };

describe('holdfast rebuild', () => {
  test('asks for the groups that are named, with the token of the file, and shows the answer', async () => {
    answers.push({ status: 202, body: done });
    const group = '/subscriptions/s/resourceGroups/g';
    const { code, stdout } = await run('--url', url, '--token-file', join(folder, 'token'), '--group', group);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(done);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ call: 'POST /api/rebuilds', token: 'Bearer secret-token' });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ resourceGroups: [group] });
    expect(asked[0]?.key).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('confirms one', async () => {
    answers.push({ status: 200, body: { ...done, state: 'confirmed' } });
    const { code, stdout } = await run('--url', `${url}/`, '--token-file', join(folder, 'token'), '--confirm', 'r1');
    expect([code, JSON.parse(stdout).state]).toEqual([0, 'confirmed']);
    expect(asked.map(({ call }) => call)).toEqual(['POST /api/rebuilds/r1/confirm']);
  });

  test('says what the app has against it, and never the token', async () => {
    answers.push({ status: 403, body: { code: 'forbidden' } });
    const { code, stdout, stderr } = await run('--url', url, '--token-file', join(folder, 'token'));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('403');
    expect(stderr).not.toContain('secret-token');
  });

  test.each([
    ['nothing', [], 'usage: holdfast rebuild'],
    ['a token file that is not there', ['--url', 'http://127.0.0.1:1', '--token-file', 'no-such-file'], 'no-such-file'],
    ['an address that is none', ['--url', 'nonsense', '--token-file', cli], 'Invalid URL'],
    ['an unknown option', ['--force'], '--force'],
  ])('names what is wrong with %s', async (_name, args, said) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(said);
  });
});
