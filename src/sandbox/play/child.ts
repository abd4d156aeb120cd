import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program of ours that runs beside us and has said that it is ready. */
export interface Child<Ready> {
  readonly name: string;
  readonly pid: number;
  readonly ready: Ready;
  /** Resolves with how it ended, whoever ended it. */
  readonly ended: Promise<string>;
  /** What it wrote to standard error, the last lines only. */
  lastLines(): readonly string[];
  /** Asks it to end by closing its standard input, and makes it end when it does not. */
  stop(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

/** What to start. */
export interface ChildOptions {
  readonly name: string;
  /** The file that Node runs. */
  readonly main: string;
  readonly args?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Takes its standard error line by line; without it the lines are only kept. */
  readonly onLine?: (line: string) => void;
}

const READY_MS = 60_000;
const STOP_MS = 5_000;
const LINES_KEPT = 30;

/**
 * Starts one of the sandbox's programs and waits for its one line of JSON on standard output that says it is ready.
 *
 * Errors: rejects with its last words when it ends first or is not ready within a minute.
 * Safety: its standard input is a pipe from us: when we are gone, killed even, it closes, and the program ends. No orphans.
 */
export async function startChild<Ready>(options: ChildOptions): Promise<Child<Ready>> {
  const process_ = spawn(process.execPath, [options.main, ...(options.args ?? [])], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...baseEnvironment(), ...options.environment },
  });
  const lines: string[] = [];
  const keep = (line: string) => {
    lines.push(line);
    if (lines.length > LINES_KEPT) lines.shift();
    options.onLine?.(line);
  };
  createInterface({ input: process_.stderr }).on('line', keep);
  const ended = new Promise<string>((resolve) => {
    process_.once('error', (error) => resolve(`cannot be started: ${error.message}`));
    process_.once('close', (code, signal) => resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`));
  });
  const lastLines = () => lines;
  const ready = await readReady<Ready>(process_, options.name, ended, lastLines);
  return {
    name: options.name,
    pid: process_.pid ?? 0,
    ready,
    ended,
    lastLines,
    stop: () => stop(process_, ended),
    kill: async () => {
      process_.kill('SIGKILL');
      await ended;
    },
  };
}

/** What any program needs of ours; everything else of our environment stays here. */
function baseEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LANG', 'NODE_OPTIONS', 'NODE_V8_COVERAGE'];
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

async function readReady<Ready>(
  child: ChildProcess,
  name: string,
  ended: Promise<string>,
  lastLines: () => readonly string[],
): Promise<Ready> {
  const { stdout } = child;
  if (!stdout) throw new Error(`${name} has no standard output`);
  const first = new Promise<Ready>((resolve) => {
    createInterface({ input: stdout }).on('line', (line) => {
      const said = readJson(line);
      if (isReady(said)) resolve(said as Ready);
    });
  });
  const failed = ended.then((how) => {
    throw new Error([`${name} ${how}`, ...lastLines()].join('\n'));
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error([`${name} is not ready after ${READY_MS / 1_000} s`, ...lastLines()].join('\n')));
    }, READY_MS);
  });
  try {
    return await Promise.race([first, failed, late]);
  } finally {
    clearTimeout(timer);
    failed.catch(() => {});
  }
}

function isReady(said: unknown): boolean {
  return typeof said === 'object' && said !== null && 'ready' in said && said.ready === true;
}

function readJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.stdin?.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}
