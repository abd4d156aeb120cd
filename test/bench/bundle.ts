import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '../../src/build.ts';
import type { Figure } from './run.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Taken in turns, so that what else the machine does meets both alike; the middle one counts. */
const RUNS = 9;
/** Loads a file as the Functions worker does, and tells how long that took: the start of Node itself is not part of it. */
const LOAD = `const started = performance.now();
(async () => {
  if (process.argv[1].endsWith('.cjs')) require(process.argv[1]); else await import(process.argv[1]);
  console.log('@' + (performance.now() - started));
  process.exit(0);
})();`;

/** The built app: its size, and how long it takes to load beside the sources as they are. */
export async function run(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bundle-'));
  try {
    const [entry, ...lazy] = await buildApp({ folder });
    if (!entry) throw new Error('The build made no entry');
    const bundled: number[] = [];
    const unbundled: number[] = [];
    for (let at = 0; at < RUNS; at += 1) {
      bundled.push(await loadMs(entry.path));
      unbundled.push(await loadMs(join(ROOT, 'src/main.ts')));
    }
    return [
      { name: 'size of the entry', value: entry.bytes / 1e6, unit: 'MB', target: '< 2.5' },
      {
        name: 'size of the files loaded on first use',
        value: lazy.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6,
        unit: 'MB',
      },
      { name: 'loading the entry', value: middle(bundled), unit: 'ms', target: '< 150' },
      {
        name: 'loading it, of what the sources take',
        value: middle(bundled) / middle(unbundled),
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

function loadMs(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['-e', LOAD, path], { stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      const found = /@([\d.]+)/.exec(output)?.[1];
      if (code === 0 && found !== undefined) resolve(Number(found));
      else reject(new Error(`Loading ${path} ended with ${code}`));
    });
  });
}
