import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One figure of a bench. `target` is what it is held against, in words (`< 1 s`); figures are shown, never asserted. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: string;
}

/** What a file in this folder exports to be a bench. */
export interface Bench {
  run(): Promise<readonly Figure[]>;
}

const BENCH_MS = 600_000;
const MARK = '@figures ';
const self = import.meta.filename;

const usage = `Usage: npm run bench [-- NAME…] [--json] [--list]

Runs the benches in test/bench, each in a process of its own, and prints their figures.
  NAME     only these (all without a name)
  --json   one JSON document on standard output and nothing else (use npm run -s bench)`;

/** All benches by name. */
function benchNames(): readonly string[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.ts') && file !== 'run.ts' && !file.startsWith('bench-'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
}

/** The child's part: one bench, its figures on one marked line, so that it may print what it likes. */
async function runHere(name: string): Promise<void> {
  const bench = (await import(join(import.meta.dirname, `${name}.ts`))) as Partial<Bench>;
  if (!bench.run) throw new Error(`test/bench/${name}.ts exports no run()`);
  process.stdout.write(`${MARK}${JSON.stringify(await bench.run())}\n`);
}

/** Runs one bench in a fresh process: the next one must not inherit its memory or its compiled code. */
function runApart(name: string): Promise<readonly Figure[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', self, '--run', name], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: BENCH_MS,
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const line = output.split('\n').find((each) => each.startsWith(MARK));
      if (code === 0 && line) resolve(JSON.parse(line.slice(MARK.length)));
      else reject(new Error(`${name} ended with ${signal ?? code}: ${output.slice(-500)}`));
    });
  });
}

function printTable(name: string, figures: readonly Figure[]): void {
  const rows = figures.map((figure) => [figure.name, `${shown(figure.value)} ${figure.unit}`, figure.target ?? '']);
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const [first, second] = [width(0), width(1)];
  console.log(`\n${name}`);
  for (const [what = '', value = '', target = ''] of rows) {
    console.log(`  ${what.padEnd(first)}  ${value.padStart(second)}  ${target}`.trimEnd());
  }
}

function shown(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

async function main(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  const asked = args.filter((arg) => !arg.startsWith('-'));
  const known = benchNames();
  if (args.includes('--list')) {
    console.log(known.join('\n'));
    return 0;
  }
  const unknown = asked.filter((name) => !known.includes(name));
  const wrong = args.filter((arg) => arg.startsWith('-') && !['--json', '--list'].includes(arg));
  if (unknown.length > 0 || wrong.length > 0) {
    console.error(`${[...unknown, ...wrong].join(', ')} not known; there is: ${known.join(', ')}\n\n${usage}`);
    return 2;
  }
  const results: { readonly bench: string; readonly figures?: readonly Figure[]; readonly failed?: string }[] = [];
  for (const name of asked.length > 0 ? asked : known) {
    try {
      const figures = await runApart(name);
      results.push({ bench: name, figures });
      if (!json) printTable(name, figures);
    } catch (error) {
      const failed = error instanceof Error ? error.message : String(error);
      results.push({ bench: name, failed });
      console.error(`${name} failed: ${failed}`);
    }
  }
  if (json) console.log(JSON.stringify({ node: process.version, results }, null, 2));
  return results.some((result) => result.failed !== undefined) ? 1 : 0;
}

if (process.argv[2] === '--run') await runHere(process.argv[3] ?? '');
else process.exitCode = await main(process.argv.slice(2));
