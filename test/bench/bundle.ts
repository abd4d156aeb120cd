import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '../../src/build.ts';
import type { Figure } from './run.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Taken in turns, so that what else the machine does meets all alike; the middle one counts, of wall times the shortest too. */
const RUNS = 9;
/**
 * Loads a file as the Functions worker does: Node is up already, `@azure/functions-core` is taken from `require`, then the entry is required. The start of Node
 * itself is not part of it. With a folder of compiled code, that is used, and kept for the next run.
 *
 * Source: azure-functions-nodejs-worker, setupCoreModule: the worker takes over `require` for that one name.
 */
const LOAD = `const module_ = require('node:module');
const [, file, cache] = process.argv;
const anything = new Proxy(function () {}, { get: (_, name) => (name === Symbol.toPrimitive ? () => '' : anything), apply: () => anything });
const core = new Proxy({ Disposable: class {} }, { get: (own, name) => own[name] ?? anything });
const load = module_._load;
module_._load = function (name, ...rest) { return name === '@azure/functions-core' ? core : load.call(this, name, ...rest); };
if (cache) module_.enableCompileCache(cache);
const [cpu, wall] = [process.cpuUsage(), performance.now()];
(async () => {
  if (file.endsWith('.cjs')) require(file); else await import(file);
  const wallMs = performance.now() - wall;
  const { user, system } = process.cpuUsage(cpu);
  if (cache) module_.flushCompileCache();
  console.log('@' + JSON.stringify({ wallMs, cpuMs: (user + system) / 1000 }));
  process.exit(0);
})();`;

interface Load {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** The built app: its size, and what it takes to load it, beside the sources as they are and with compiled code kept. */
export async function run(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bundle-'));
  try {
    const [entry, ...lazy] = await buildApp({ folder });
    if (!entry) throw new Error('The build made no entry');
    const cache = join(folder, 'compiled');
    const bundled: Load[] = [];
    const cached: Load[] = [];
    const unbundled: Load[] = [];
    await load(entry.path, cache);
    for (let at = 0; at < RUNS; at += 1) {
      bundled.push(await load(entry.path));
      cached.push(await load(entry.path, cache));
      unbundled.push(await load(join(ROOT, 'src/main.ts')));
    }
    const cpu = (loads: readonly Load[]) => middle(loads.map(({ cpuMs }) => cpuMs));
    return [
      { name: 'size of the entry', value: entry.bytes / 1e6, unit: 'MB', target: '< 2.5' },
      {
        name: 'size of the files loaded on first use',
        value: lazy.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6,
        unit: 'MB',
      },
      { name: 'loading the entry, processor time', value: cpu(bundled), unit: 'ms', target: '< 150' },
      { name: 'loading the entry, shortest', value: Math.min(...bundled.map(({ wallMs }) => wallMs)), unit: 'ms' },
      { name: 'loading it with compiled code kept', value: cpu(cached), unit: 'ms' },
      {
        name: 'loading it, of what the sources take',
        value: cpu(bundled) / cpu(unbundled),
        unit: '',
        target: '<= 0.5',
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function load(path: string, cache = ''): Promise<Load> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['-e', LOAD, path, cache], { stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      const found = /^@(.*)$/m.exec(output)?.[1];
      if (code === 0 && found !== undefined) resolve(JSON.parse(found) as Load);
      else reject(new Error(`Loading ${path} ended with ${code}`));
    });
  });
}
