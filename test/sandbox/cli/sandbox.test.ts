import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SUBSCRIPTION_ID } from '../../../src/sandbox/azure/seed-estate.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SANDBOX = join(ROOT, 'src/sandbox/sandbox.ts');
const run = promisify(execFile);

interface Ready {
  readonly arm: string;
  readonly admin: string;
  readonly sdk: Readonly<Record<string, string>>;
  readonly storage: Readonly<Record<string, string>>;
  readonly environmentFile: string;
}

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [SANDBOX, ...args], { stdio: ['pipe', 'pipe', 'pipe'], cwd: ROOT });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; errors: string }> {
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, errors })));
}

/** A program as somebody else would write it: Azure's own libraries, told of the sandbox by nothing but the environment. */
const PROGRAM = `
import { ComputeManagementClient } from '@azure/arm-compute';
import { TableClient } from '@azure/data-tables';
import { ManagedIdentityCredential } from '@azure/identity';
const credential = new ManagedIdentityCredential();
const compute = new ComputeManagementClient(credential, '${SUBSCRIPTION_ID}', { endpoint: process.env.HOLDFAST_ARM_ENDPOINT });
const machines = [];
for await (const each of compute.virtualMachines.listAll()) machines.push(each.name);
const table = new TableClient(process.env.AzureWebJobsStorage__tableServiceUri, 'notes', credential);
await table.createTable();
await table.createEntity({ partitionKey: 'p', rowKey: 'r', text: 'kept' });
console.log(JSON.stringify({ machines, text: (await table.getEntity('p', 'r')).text }));
`;

describe('npm run sandbox', { timeout: 60_000 }, () => {
  let sandbox: ChildProcess;
  let ready: Ready;

  beforeAll(async () => {
    sandbox = start('--json', '--estate', 'demo', '--start', '2026-03-01T00:00:00Z');
    if (sandbox.stdout === null) throw new Error('no pipe');
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: sandbox.stdout as NodeJS.ReadableStream }).once('line', resolve);
      ended(sandbox).then(({ errors }) => reject(new Error(errors)));
    });
    ready = JSON.parse(line);
  });
  afterAll(() => {
    sandbox.kill('SIGKILL');
  });

  it('its clock starts where it was told to, and runs', async () => {
    const clock = await fetch(`${ready.admin}/sandbox/clock`);
    const { now, mode, rate } = (await clock.json()) as { now: number; mode: string; rate: number };
    expect({ mode, rate }).toEqual({ mode: 'running', rate: 1 });
    expect(now).toBeGreaterThan(Date.UTC(2026, 2, 1));
    expect(now).toBeLessThan(Date.UTC(2026, 2, 1, 0, 5));
  });

  it("Azure's own libraries work with nothing but the environment that it prints", async () => {
    const environment = Object.fromEntries(
      [...(await readFile(ready.environmentFile, 'utf8')).matchAll(/^export (\w+)=(.*)$/gm)].map((match) => [
        match[1] ?? '',
        match[2] ?? '',
      ]),
    );
    expect(environment).toMatchObject({ ...ready.sdk, ...ready.storage });
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
      cwd: ROOT,
      env: { PATH: process.env.PATH ?? '', ...environment },
    });
    expect(JSON.parse(stdout)).toEqual({ machines: expect.arrayContaining(['vm-shop-web-01']), text: 'kept' });
  });

  it('what opens it can be read by this user alone', async () => {
    expect((await stat(ready.environmentFile)).mode & 0o077).toBe(0);
    expect((await fetch(`${ready.admin}/msi/token?api-version=2019-08-01&resource=x`)).status).toBe(401);
  });

  it('ends with everything when its standard input ends', async () => {
    sandbox.stdin?.end();
    expect((await ended(sandbox)).code).toBe(0);
    await expect(fetch(`${ready.admin}/sandbox/clock`)).rejects.toThrow();
    await expect(fetch(ready.storage.AzureWebJobsStorage__tableServiceUri ?? '')).rejects.toThrow();
    expect(existsSync(ready.environmentFile)).toBe(false);
    expect(existsSync(ready.sdk.NODE_EXTRA_CA_CERTS ?? '')).toBe(false);
  });
});

describe('npm run sandbox that cannot start', { timeout: 60_000 }, () => {
  it('says what is wrong with its arguments', async () => {
    const child = start('--port', 'https');
    expect(await ended(child)).toEqual({ code: 2, errors: expect.stringContaining('Usage: npm run sandbox') });
  });

  it.each([
    ['is not there', 'nowhere.json', null, 'There is no estate file'],
    ['is no JSON', 'broken.json', '{', 'is no JSON'],
    ['is no estate', 'wrong.json', '{"disks": [{"name": 3}]}', 'disks[0]'],
  ])('says that its estate file %s, and leaves nothing behind', async (_why, name, text, word) => {
    const file = join(await mkdtemp(join(tmpdir(), 'holdfast-test-')), name);
    if (text !== null) await writeFile(file, text);
    const child = start('--json', '--estate', file);
    const { code, errors } = await ended(child).finally(() => child.kill('SIGKILL'));
    expect(code).toBe(1);
    expect(errors).toContain(word);
  });
});
