import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoEstate } from '../play/demo-estate.ts';
import { type LocalAzure, startLocalAzure } from '../play/local-azure.ts';
import type { SandboxArguments } from './arguments.ts';
import { azureCliCommands, clientSettings, exports, showSettings } from './client-settings.ts';

/**
 * Runs the sandbox Azure with its storage, for whatever client, until somebody ends it.
 *
 * Shape:  the exit code.
 * Errors: rejects when a part does not come up or the estate is not one; nothing is left running then.
 */
export async function runSandbox(asked: SandboxArguments): Promise<number> {
  const ended = untilEnded(asked.json);
  const estate = await readEstate(asked.estate);
  const { port, unthrottled, record } = asked;
  const azure = await startLocalAzure(asked.startMs ?? Date.now(), { port, unthrottled, record });
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-clients-'));
  try {
    if (estate !== null) await azure.admin.ask('POST', '/sandbox/estate', estate);
    await azure.admin.ask('POST', '/sandbox/clock', { run: 1 });
    process.stdout.write(await introduce(azure, folder, asked.json));
    const what = await Promise.race([azure.broken, ended.then(() => null)]);
    if (what === null) return 0;
    process.stderr.write(`${what}\n`);
    return 1;
  } finally {
    await azure.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function introduce(azure: LocalAzure, folder: string, json: boolean): Promise<string> {
  const settings = clientSettings(azure, join(folder, 'azure-cli'));
  const environmentFile = join(folder, 'sandbox.env');
  await writeFile(environmentFile, `${Object.values(settings).map(exports).join('\n')}\n`, { mode: 0o600 });
  if (!json) return showSettings(azure, settings, environmentFile);
  const { armUrl, adminUrl } = azure;
  const login = azureCliCommands(armUrl);
  return `${JSON.stringify({ ready: true, arm: armUrl, admin: adminUrl, ...settings, login, environmentFile })}\n`;
}

async function readEstate(name: string): Promise<unknown> {
  if (name === 'empty') return null;
  if (name === 'demo') return demoEstate();
  const text = await readFile(name, 'utf8').catch(() => {
    throw new Error(`There is no estate file ${name}; "demo" and "empty" need none.`);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The estate file ${name} is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** Resolves when somebody asks us to end: Ctrl-C, a signal, or, where a program drives us, the end of standard input: it is gone then. */
function untilEnded(byInput: boolean): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    if (byInput) process.stdin.once('end', resolve).resume();
  });
}
