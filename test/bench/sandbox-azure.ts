import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SUBSCRIPTION_ID } from '../../src/sandbox/azure/seed-estate.ts';
import { startSandbox } from '../../src/sandbox/azure/server.ts';
import { makeCertificate } from '../../src/sandbox/certificate.ts';
import { readUse } from './bench-process.ts';

type Figure = { name: string; value: number; unit: string; target?: string };

const MAIN = new URL('../../src/sandbox/azure/main.ts', import.meta.url).pathname;
const GROUP = `/subscriptions/${SUBSCRIPTION_ID}/resourceGroups/g`;
const DISKS = `${GROUP}/providers/Microsoft.Compute/disks`;
const SNAPSHOTS = `${GROUP}/providers/Microsoft.Compute/snapshots`;
const VERSION = 'api-version=2026-03-02';
const MIB = 2 ** 20;
const DAY_MS = 86_400_000;
const CONNECTIONS = 8;
const READS = 6_000;
const CHAIN = 500;
const DIFFERENCES = 20;
/** The whole estate takes minutes: a part is measured and scaled, which the name says. */
const DISKS_MEASURED = 20;
const DISKS_TOTAL = 1_000;
/** More than the sandbox remembers of operations. */
const REMEMBERED = 6_000;

interface Server {
  readonly arm: string;
  readonly admin: string;
  readonly startMs: number;
  /** CPU time that the process has used. Units: seconds. */
  cpu(): number;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  ask<T>(method: string, path: string, body?: unknown): Promise<T>;
  stop(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly bytes: number;
  readonly text: () => string;
}

/** The figures of the sandbox Azure, asked over https as its clients do: its start, requests, reads, differences, memory. */
export async function run(): Promise<Figure[]> {
  const server = await start();
  try {
    return [
      { name: 'start of the process until it is ready', value: round(server.startMs), unit: 'ms', target: '< 3,000' },
      ...(await measureRequests(server)),
      await measureReads(server),
      ...(await measureDifference(server)),
      await measureMemory(),
    ];
  } finally {
    await server.stop();
  }
}

async function start(): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  const files = await makeCertificate(folder);
  const ca = await readFile(files.certificatePath, 'utf8');
  const startedMs = performance.now();
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      SANDBOX_CERT: files.certificatePath,
      SANDBOX_KEY: files.keyPath,
      SANDBOX_SECRET: 'bench',
      SANDBOX_START: '2026-03-01T00:00:00Z',
      SANDBOX_UNTHROTTLED: '1',
    },
  });
  const line = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  const startMs = performance.now() - startedMs;
  await rm(folder, { recursive: true });
  const { arm, admin } = JSON.parse(line) as { arm: string; admin: string };
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, ca });
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await fetch(`${admin}/sandbox/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const { token } = await ask<{ token: string }>('POST', 'token', { audience: 'https://management.azure.com' });
  const call: Server['call'] = (method, path, body, headers = { authorization: `Bearer ${token}` }) =>
    send(agent, path.startsWith('https') ? path : `${arm}${path}`, method, body, headers);
  await ask('POST', 'settings', { snapshotMs: 0 });
  await ask('POST', 'estate', { resourceGroups: [{ name: 'g', region: 'westeurope' }] });
  return {
    arm,
    admin,
    startMs,
    ask,
    call,
    cpu: () => readUse(child.pid ?? 0)?.cpuSeconds ?? Number.NaN,
    stop: async () => {
      agent.destroy();
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.stdin.end();
      await gone;
    },
  };
}

function send(
  agent: Agent,
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Reply> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(
      url,
      { agent, method, headers: { 'content-type': 'application/json', ...headers } },
      (reply) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        reply.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes < 4 * MIB) chunks.push(chunk);
        });
        reply.on('end', () => {
          const { statusCode: status = 0, headers: answered } = reply;
          if (status >= 400)
            reject(new Error(`${method} ${url}: ${status} ${Buffer.concat(chunks).toString('utf8', 0, 300)}`));
          else resolve({ status, headers: answered, bytes, text: () => Buffer.concat(chunks).toString('utf8') });
        });
        reply.on('error', reject);
      },
    );
    sent.on('error', reject).end(payload);
  });
}

async function each(count: number, act: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await act(next - 1);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

async function perCpuSecond(server: Server, count: number, act: (at: number) => Promise<unknown>): Promise<number> {
  const before = server.cpu();
  await each(count, act);
  return count / (server.cpu() - before);
}

const snapshotOf = (disk: string) => ({
  location: 'westeurope',
  sku: { name: 'Standard_ZRS' },
  properties: { creationData: { createOption: 'Copy', sourceResourceId: `${DISKS}/${disk}` }, incremental: true },
});

async function measureRequests(server: Server): Promise<Figure[]> {
  const disks = Array.from({ length: 500 }, (_, at) => ({
    resourceGroup: 'g',
    name: `d${at}`,
    region: 'westeurope',
    sizeGiB: 64,
  }));
  await server.ask('POST', 'estate', { disks });
  const read = (at: number) => server.call('GET', `${DISKS}/d${at % 500}?${VERSION}`);
  await each(1_000, read);
  const reads = await perCpuSecond(server, READS, read);
  const writes = await perCpuSecond(server, 1_500, (at) =>
    server.call('PUT', `${SNAPSHOTS}/s${at}?${VERSION}`, snapshotOf(`d${at % 500}`)),
  );
  const listed = await perCpuSecond(server, 60, () => server.call('GET', `${SNAPSHOTS}?${VERSION}`));
  return [
    { name: 'reads of a disk', value: Math.round(reads), unit: 'requests / s of its CPU', target: '> 2,000' },
    { name: 'snapshots taken', value: Math.round(writes), unit: 'requests / s of its CPU', target: '> 2,000' },
    { name: 'snapshots listed, in pages of 500', value: Math.round(listed * 500), unit: 'entries / s of its CPU' },
  ];
}

async function measureReads(server: Server): Promise<Figure> {
  const disk = { resourceGroup: 'g', name: 'full', region: 'westeurope', sizeGiB: 1, allocatedBytes: 1024 * MIB };
  await server.ask('POST', 'estate', { disks: [disk] });
  await server.call('PUT', `${SNAPSHOTS}/full?${VERSION}`, snapshotOf('full'));
  const url = await access(server, 'full');
  const before = server.cpu();
  const length = 4 * MIB;
  await each(256, (at) =>
    server.call('GET', url, undefined, {
      range: `bytes=${at * length}-${(at + 1) * length - 1}`,
      'x-ms-version': '2021-12-02',
    }),
  );
  const rate = 1024 / (server.cpu() - before);
  return { name: 'ranged reads of 4 MiB', value: Math.round(rate), unit: 'MiB / s of its CPU', target: '> 300' };
}

async function access(server: Server, name: string): Promise<string> {
  const begun = await server.call('POST', `${SNAPSHOTS}/${name}/beginGetAccess?${VERSION}`, {
    access: 'Read',
    durationInSeconds: 3_600,
  });
  const done = await server.call('GET', String(begun.headers.location));
  return (JSON.parse(done.text()) as { accessSAS: string }).accessSAS;
}

/** A chain of 500 snapshots, one a day, of a disk with 1,000 writes a day. */
async function measureDifference(server: Server): Promise<Figure[]> {
  const workload = { bytesPerDay: 256 * MIB, clearBytesPerDay: 16 * MIB, writesPerDay: 1_000 };
  await server.ask('POST', 'estate', {
    disks: [{ resourceGroup: 'g', name: 'chain', region: 'westeurope', sizeGiB: 1_024, workload }],
  });
  for (let day = 0; day < CHAIN; day += 1) {
    await server.ask('POST', 'clock', { advanceMs: DAY_MS });
    await server.call('PUT', `${SNAPSHOTS}/chain-${day}?${VERSION}`, snapshotOf('chain'));
  }
  const [first, middle, previous, last] = await Promise.all(
    [0, CHAIN / 2, CHAIN - 2, CHAIN - 1].map((day) => access(server, `chain-${day}`)),
  );
  const figures: Figure[] = [];
  for (const [name, from] of [
    ['the first', first],
    ['the middle', middle],
    ['its neighbour', previous],
  ] as const) {
    let windowEnd = 1024 * 1024 * MIB - 1;
    // Another window each time: an answer that is kept would not be measured.
    const ask = () => {
      windowEnd -= 4_096;
      const headers = {
        range: `bytes=0-${windowEnd}`,
        'x-ms-version': '2021-12-02',
        'x-ms-previous-snapshot-url': from ?? '',
      };
      return server.call('GET', `${last}&comp=pagelist`, undefined, headers);
    };
    for (let at = 0; at < 5; at += 1) await ask();
    const before = server.cpu();
    for (let at = 0; at < DIFFERENCES; at += 1) await ask();
    figures.push({
      name: `difference of the last of ${CHAIN} snapshots to ${name}, first page`,
      value: round(((server.cpu() - before) * 1_000) / DIFFERENCES),
      unit: 'ms of its CPU',
      target: '< 50',
    });
  }
  return figures;
}

/** In this process, where the memory can be weighed. */
async function measureMemory(): Promise<Figure> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  const files = await makeCertificate(folder);
  const [cert, key] = await Promise.all([readFile(files.certificatePath, 'utf8'), readFile(files.keyPath, 'utf8')]);
  await rm(folder, { recursive: true });
  const startMs = Date.parse('2026-03-01T00:00:00Z');
  const sandbox = await startSandbox({ cert, key, secret: 'bench', startMs, throttled: false });
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, ca: cert });
  const { token } = sandbox.state.authority.issue({ audience: 'https://management.azure.com', clientId: 'bench' });
  const call = (method: string, path: string, body: unknown) =>
    send(agent, `${sandbox.armUrl}${path}`, method, body, { authorization: `Bearer ${token}` });
  sandbox.state.settings.snapshotMs = 0;
  await call('PUT', `${GROUP}?api-version=2021-04-01`, { location: 'westeurope' });
  const snapshots = `${SNAPSHOTS}/first?${VERSION}`;
  await seedDisks(sandbox.adminUrl, 0, 1);
  await call('PUT', snapshots, snapshotOf('d0'));
  // Operations and requests are remembered up to a number: that is full before anything is weighed.
  await each(REMEMBERED, () => call('PATCH', snapshots, { tags: { a: 'b' } }));
  const before = usedMemory();
  await seedDisks(sandbox.adminUrl, 1, DISKS_MEASURED);
  for (let day = 0; day < 100; day += 1) {
    await sandbox.state.clock.change({ advanceMs: DAY_MS });
    await each(DISKS_MEASURED, (at) => {
      const tags = { disk: `d${at + 1}`, day: String(day) };
      return call('PUT', `${SNAPSHOTS}/d${at + 1}-${day}?${VERSION}`, { ...snapshotOf(`d${at + 1}`), tags });
    });
  }
  const bytes = (usedMemory() - before) * (DISKS_TOTAL / DISKS_MEASURED);
  agent.destroy();
  await sandbox.close();
  return {
    name: `memory of 1,000 disks x 100 snapshots x 1,000 ranges (scaled from ${DISKS_MEASURED} disks)`,
    value: round(bytes / 2 ** 30),
    unit: 'GiB',
    target: '< 2',
  };
}

async function seedDisks(adminUrl: string, first: number, count: number): Promise<void> {
  const workload = { bytesPerDay: 64 * MIB, writesPerDay: 1_000, hotFraction: 0.3 };
  const disks = Array.from({ length: count }, (_, at) => {
    return { resourceGroup: 'g', name: `d${first + at}`, region: 'westeurope', sizeGiB: 1_024, workload };
  });
  await fetch(`${adminUrl}/sandbox/estate`, { method: 'POST', body: JSON.stringify({ disks }) });
}

function usedMemory(): number {
  for (let times = 0; times < 3; times += 1) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

if (import.meta.main) console.table(await run());
