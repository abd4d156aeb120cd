import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { TokenAuthority } from '../../../src/sandbox/azure/token.ts';
import type { Azurite } from '../../../src/sandbox/azurite.ts';

export const SECRET = 'a secret of the tests';
const ROOT = resolve(import.meta.dirname, '../../..');
export const APP = join(import.meta.dirname, 'fixtures/app');

/** Starts the host on the fixture app as a process of its own. */
export async function runHost(parts: {
  clockUrl: string;
  azurite: Azurite;
  certificatePath: string;
  env?: NodeJS.ProcessEnv;
}) {
  const child = spawn(process.execPath, [join(ROOT, 'src/sandbox/host/main.ts')], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      NODE_EXTRA_CA_CERTS: parts.certificatePath,
      SANDBOX_APP_ROOT: APP,
      SANDBOX_SECRET: SECRET,
      SANDBOX_HOST_PORT: '0',
      SANDBOX_ADMIN_URL: parts.clockUrl,
      HOLDFAST_CLOCK_URL: `${parts.clockUrl}/sandbox/clock`,
      AzureWebJobsStorage__queueServiceUri: parts.azurite.queueUri,
      SANDBOX_HOST_HOLD_SECONDS: '2',
      ...parts.env,
    },
  });
  const log: string[] = [];
  createInterface(child.stderr).on('line', (line) => log.push(line));
  const stdout: string[] = [];
  const exited = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  const ready = await new Promise<{ url: string; admin: string }>((done, fail) => {
    createInterface(child.stdout).on('line', (line) => {
      stdout.push(line);
      done(JSON.parse(line));
    });
    void exited.then(() => fail(new Error(log.join('\n'))));
  });
  const token = (audience = 'api://holdfast', roles = ['Holdfast.Reader']) =>
    new TokenAuthority(SECRET).issue({ audience, clientId: 'tests', name: 'Zoë', roles }).token;
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${ready.url}${path}`, {
      redirect: 'manual',
      ...init,
      headers: { authorization: `Bearer ${token()}`, ...init.headers },
    });
  const play = async (until: number, stepMs = 300_000) => {
    const answer = await fetch(`${ready.admin}/play`, { method: 'POST', body: JSON.stringify({ until, stepMs }) });
    const lines = (await answer.text()).trim().split('\n');
    return {
      status: answer.status,
      last: JSON.parse(answer.ok ? (lines.at(-1) ?? '{}') : '{}') as { done?: boolean; now: number; steps: number },
    };
  };
  return {
    ...ready,
    child,
    log,
    stdout,
    exited,
    token,
    call,
    play,
    record: async () => (await (await call('/api/record')).json()) as Record<string, unknown>[],
    status: async () => (await fetch(`${ready.admin}/status`)).json() as Promise<HostStatus>,
    drain: async () => (await fetch(`${ready.admin}/drain`, { method: 'POST' })).json() as Promise<HostStatus>,
    stop: async () => {
      child.stdin.end();
      return exited;
    },
  };
}

interface HostStatus {
  readonly running: number;
  readonly functions: readonly string[];
  readonly invocations: Readonly<Record<string, { done: number; failed: number }>>;
  readonly poisoned: number;
}
