import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ComputeManagementClient } from '@azure/arm-compute';
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import type { Estate } from '../../../src/sandbox/azure/estate.ts';
import { SUBSCRIPTION_ID } from '../../../src/sandbox/azure/seed-estate.ts';
import { type Sandbox, startSandbox } from '../../../src/sandbox/azure/server.ts';
import { makeCertificate } from '../../../src/sandbox/certificate.ts';

export const START_MS = Date.parse('2026-03-01T00:00:00Z');
export const MIB = 2 ** 20;
export const GIB = 2 ** 30;
/** No identity of the sandbox's own: an owner of everything. */
export const OWNER_CLIENT_ID = '55555555-5555-4555-8555-555555555555';

interface Pems {
  readonly cert: string;
  readonly key: string;
}

let pems: Promise<Pems> | null = null;

async function makePems(): Promise<Pems> {
  const files = await makeCertificate(await mkdtemp(join(tmpdir(), 'holdfast-sandbox-')));
  return { cert: await readFile(files.certificatePath, 'utf8'), key: await readFile(files.keyPath, 'utf8') };
}

/** One certificate for all tests of a file. */
export function pemsOnce(): Promise<Pems> {
  pems ??= makePems();
  return pems;
}

/** A small estate: one group with a machine of two disks, and one for snapshots. */
export const SMALL: Estate = {
  resourceGroups: [
    { name: 'App-RG', region: 'westeurope', tags: { env: 'test' } },
    { name: 'holdfast', region: 'westeurope' },
  ],
  disks: [
    { resourceGroup: 'App-RG', name: 'os', region: 'westeurope', sizeGiB: 4, osType: 'Linux', allocatedBytes: 8 * MIB },
    {
      resourceGroup: 'App-RG',
      name: 'data',
      region: 'westeurope',
      sizeGiB: 32,
      allocatedBytes: 16 * MIB,
      workload: { bytesPerDay: 24 * MIB, clearBytesPerDay: 2 * MIB },
    },
    { resourceGroup: 'App-RG', name: 'loose', region: 'westeurope', sizeGiB: 1, tags: { Owner: 'Ops' } },
  ],
  virtualMachines: [
    {
      resourceGroup: 'App-RG',
      name: 'Web-1',
      region: 'westeurope',
      osDisk: 'os',
      dataDisks: [{ lun: 0, disk: 'data' }],
      tags: { backup: 'gold' },
    },
  ],
};

export const GROUP_PATH = `/subscriptions/${SUBSCRIPTION_ID}/resourceGroups/App-RG`;
export const DISK_PATH = `${GROUP_PATH}/providers/Microsoft.Compute/disks`;
export const OWN_PATH = `/subscriptions/${SUBSCRIPTION_ID}/resourceGroups/holdfast`;
export const SNAPSHOT_PATH = `${OWN_PATH}/providers/Microsoft.Compute/snapshots`;
export const DISK_VERSION = 'api-version=2026-03-02';

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape are looked into
  body: any;
}

export interface Run {
  sandbox: Sandbox;
  client: ComputeManagementClient;
  ca: string;
  /** A request to Resource Manager with a good token. */
  arm(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  admin(method: string, path: string, body?: unknown): Promise<Answer>;
  close(): Promise<void>;
}

/** Starts a sandbox in this process with an estate, and a real client for it. */
export async function startRun(
  options: { estate?: Estate; throttled?: boolean; snapshotMs?: number; clientId?: string } = {},
): Promise<Run> {
  const { cert, key } = await pemsOnce();
  const sandbox = await startSandbox({
    cert,
    key,
    secret: 'test-secret',
    startMs: START_MS,
    throttled: options.throttled ?? false,
  });
  sandbox.state.settings.snapshotMs = options.snapshotMs ?? 0;
  const token = sandbox.state.authority.issue({
    audience: 'https://management.azure.com',
    clientId: options.clientId ?? OWNER_CLIENT_ID,
  });
  const credential: TokenCredential = {
    getToken: async (): Promise<AccessToken> => ({ token: token.token, expiresOnTimestamp: token.expiresOn * 1_000 }),
  };
  const client = new ComputeManagementClient(credential, SUBSCRIPTION_ID, {
    endpoint: sandbox.armUrl,
    tlsOptions: { ca: cert },
    retryOptions: { maxRetries: 0 },
  });
  const run: Run = {
    sandbox,
    client,
    ca: cert,
    arm: (method, path, body, headers) =>
      ask(sandbox.armUrl, cert, method, path, body, { authorization: `Bearer ${token.token}`, ...headers }),
    admin: (method, path, body) => ask(sandbox.adminUrl, null, method, path, body, {}),
    close: () => sandbox.close(),
  };
  const seeded = await run.admin('POST', '/sandbox/estate', options.estate ?? SMALL);
  if (seeded.status !== 200) throw new Error(JSON.stringify(seeded.body));
  return run;
}

/** One request, by node's own client. */
export async function ask(
  base: string,
  ca: string | null,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer> {
  const { request } = await import(ca === null ? 'node:http' : 'node:https');
  const url = path.startsWith('http') ? path : `${base}${path}`;
  const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method,
        ...(ca === null ? {} : { ca }),
        headers: { ...(payload === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      },
      (answer: import('node:http').IncomingMessage) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const text = bytes.toString('utf8');
          const isJson = answer.headers['content-type']?.startsWith('application/json') ?? false;
          const all = new Headers();
          for (const [name, value] of Object.entries(answer.headers)) all.set(name, String(value));
          resolve({ status: answer.statusCode ?? 0, headers: all, body: isJson ? JSON.parse(text) : bytes });
        });
        answer.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(payload);
  });
}

/** The body of an incremental snapshot of a disk. */
export function snapshotBody(diskId: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    location: 'westeurope',
    sku: { name: 'Standard_ZRS' },
    properties: { creationData: { createOption: 'Copy', sourceResourceId: diskId }, incremental: true, ...more },
  };
}
