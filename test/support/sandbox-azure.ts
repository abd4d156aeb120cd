import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { type FollowedClock, followClock } from '../../src/base/follow-clock.ts';
import { makeCertificate } from '../../src/sandbox/certificate.ts';
import { trustCertificate } from './certificate.ts';

export const SNAPSHOT_CLIENT_ID = '22222222-2222-4222-8222-222222222222';
export const SUBSCRIPTION_ID = '00000000-0000-4000-8000-000000000001';
const START = '2026-03-01T00:00:00Z';
const IDENTITY_HEADER = 'test-identity-header';

/** A sandbox Azure for tests, in a process of its own, and the clock shared with it. */
export interface TestAzure {
  readonly armUrl: string;
  readonly credential: TokenCredential;
  /** Stands still; goes on to the earliest wait as soon as somebody waits. */
  readonly clock: FollowedClock;
  /** A call of its admin server. */
  admin<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
  stop(): Promise<void>;
}

/** Starts the sandbox Azure and lets this process trust it. Stop it in `afterAll`. */
export async function startTestAzure(): Promise<TestAzure> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  const certificate = await makeCertificate(folder);
  trustCertificate(await readFile(certificate.certificatePath, 'utf8'));
  const child = spawn(process.execPath, [new URL('../../src/sandbox/azure/main.ts', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      SANDBOX_CERT: certificate.certificatePath,
      SANDBOX_KEY: certificate.keyPath,
      SANDBOX_SECRET: 'test-secret',
      SANDBOX_START: START,
      SANDBOX_IDENTITY_HEADER: IDENTITY_HEADER,
      // One identity plays all the parts here.
      SANDBOX_ROLES: 'open',
    },
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { arm, admin } = await firstLine(child.stdout, gone);
  await rm(folder, { recursive: true });

  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${admin}/sandbox/${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  const clock = await followClock(`${admin}/sandbox/clock`);
  const driver = driveClock(ask);
  // The identity library asks the App Service endpoint where these two are set.
  process.env.IDENTITY_ENDPOINT = `${admin}/msi/token`;
  process.env.IDENTITY_HEADER = IDENTITY_HEADER;
  return {
    armUrl: arm,
    credential: new ManagedIdentityCredential({ clientId: SNAPSHOT_CLIENT_ID }),
    clock,
    admin: ask,
    stop: async () => {
      driver.stop();
      clock.close();
      child.stdin.end();
      await gone;
    },
  };
}

/** Moves the clock to the earliest wait, as the Functions host does between its steps. */
function driveClock(ask: <T>(method: string, path: string, body?: unknown) => Promise<T>) {
  let stopped = false;
  const drive = async () => {
    while (!stopped) {
      const { waits } = await ask<{ waits: { next: number | null } }>('GET', 'clock');
      if (waits.next !== null) await ask('POST', 'clock', { to: waits.next });
      else await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  // The process may be gone before the driver is told.
  drive().catch(() => undefined);
  return {
    stop: () => {
      stopped = true;
    },
  };
}

async function firstLine(
  output: NodeJS.ReadableStream,
  gone: Promise<void>,
): Promise<{ readonly arm: string; readonly admin: string }> {
  const line = new Promise<string>((resolve) => createInterface({ input: output }).once('line', resolve));
  const ended = gone.then(() => Promise.reject(new Error('the sandbox Azure ended at once')));
  return JSON.parse(await Promise.race([line, ended]));
}
