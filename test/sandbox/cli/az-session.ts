import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Estate } from '../../../src/sandbox/azure/estate.ts';
import { type HttpClient, httpClient } from '../../../src/sandbox/play/http.ts';

/** What `npm run sandbox -- --json` prints. */
interface SandboxReady {
  readonly arm: string;
  readonly admin: string;
  readonly sdk: Readonly<Record<string, string>>;
  readonly azureCli: Readonly<Record<string, string>>;
  readonly login: readonly string[];
}

/** What became of one `az` command. */
export interface AzOutcome {
  readonly exitCode: number;
  /** What it printed, parsed; null where it printed nothing. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape are looked into
  readonly json: any;
  readonly errors: string;
}

/** The real Azure CLI beside a sandbox that was started as a person starts it. */
export interface AzSession {
  readonly ready: SandboxReady;
  readonly admin: HttpClient;
  readonly transcriptPath: string;
  /** Runs a command that must work. Shape: what it printed, parsed. Errors: rejects with what it said. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape are looked into
  az(...args: readonly string[]): Promise<any>;
  /** Runs a command whose end is not known, with more variables. */
  run(args: readonly string[], more?: Readonly<Record<string, string>>): Promise<AzOutcome>;
  stop(): Promise<void>;
}

const SANDBOX = join(import.meta.dirname, '../../../src/sandbox/sandbox.ts');
const COMMAND_MS = 60_000;
/** Polls of the CLI wait in real time for what takes seconds on the sandbox's clock: it runs faster. */
const CLOCK_RATE = 10;
const TRANSCRIPT_LINES_MAX = 14;

/** Where the Azure CLI is; null where it is not installed. */
export function findAzureCli(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, 'az')).find((path) => existsSync(path)) ?? null;
}

/** Starts the sandbox with an estate from a file, and a transcript of everything that `az` is asked from here on. */
export async function startAzSession(azPath: string, estate: Estate): Promise<AzSession> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-az-'));
  const transcriptPath = join(folder, 'transcript.txt');
  const estateFile = join(folder, 'estate.json');
  await writeFile(estateFile, JSON.stringify(estate));
  const sandbox = spawn(process.execPath, [SANDBOX, '--json', '--record', '--estate', estateFile], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ready = await readReady(sandbox);
  const admin = httpClient(ready.admin);
  await admin.ask('POST', '/sandbox/clock', { run: CLOCK_RATE });

  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    ...ready.azureCli,
    AZURE_CONFIG_DIR: join(folder, 'config'),
    AZURE_CORE_NO_COLOR: 'yes',
    AZURE_CORE_ONLY_SHOW_ERRORS: 'yes',
  };
  const run = async (args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<AzOutcome> => {
    const outcome = await runAz(azPath, args, { ...environment, ...more });
    await appendFile(transcriptPath, transcriptOf(args, outcome));
    return outcome;
  };
  return {
    ready,
    admin,
    transcriptPath,
    run,
    az: async (...args) => {
      const outcome = await run(args);
      if (outcome.exitCode === 0) return outcome.json;
      throw new Error(`az ${args.join(' ')} ended with ${outcome.exitCode}: ${outcome.errors.slice(-1_500)}`);
    },
    stop: async () => {
      const gone = new Promise((resolve) => sandbox.once('exit', resolve));
      sandbox.stdin?.end();
      await gone;
    },
  };
}

async function readReady(sandbox: ChildProcess): Promise<SandboxReady> {
  const { stdout } = sandbox;
  if (stdout === null) throw new Error('the sandbox has no standard output');
  const line = new Promise<string>((resolve, reject) => {
    createInterface({ input: stdout }).once('line', resolve);
    sandbox.once('exit', (code) => reject(new Error(`the sandbox ended with ${code}`)));
  });
  return JSON.parse(await line) as SandboxReady;
}

function runAz(path: string, args: readonly string[], env: Record<string, string>): Promise<AzOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, [...args], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: COMMAND_MS });
    const [out, errors]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      const text = Buffer.concat(out).toString('utf8').trim();
      resolve({ exitCode: code ?? -1, json: parsed(text), errors: Buffer.concat(errors).toString('utf8').trim() });
    });
  });
}

function parsed(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** As a person would see it, without what opens something and without what says nothing. */
function transcriptOf(args: readonly string[], { exitCode, json, errors }: AzOutcome): string {
  const shown = args.map((arg) => (/[\s'"[\]{}?&|*]/.test(arg) ? `'${arg}'` : arg)).join(' ');
  const secret = args.indexOf('-p');
  const command = secret < 0 ? shown : shown.replace(args[secret + 1] ?? '', '…');
  const text = exitCode === 0 ? (json === null ? '' : JSON.stringify(withoutNulls(json), null, 2)) : errors;
  const lines = text.split('\n').filter((line) => line !== '');
  const more = lines.length - TRANSCRIPT_LINES_MAX;
  const kept = more > 0 ? [...lines.slice(0, TRANSCRIPT_LINES_MAX), `… ${more} more lines`] : lines;
  const ending = exitCode === 0 ? [] : [`(exit code ${exitCode})`];
  return `${[`$ az ${command}`, ...kept, ...ending].join('\n').replace(/\b(sig=)[^&"\s]+/g, '$1…')}\n\n`;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([name, item]) => [name, name === 'accessToken' ? '…' : withoutNulls(item)]));
}
