import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { readArguments, usage } from './play/arguments.ts';
import { playDemo } from './play/play-demo.ts';

const ROOT = join(import.meta.dirname, '../..');

/**
 * `npm start`: Azure on this machine, the app on top of it, and some weeks of its life.
 *
 * Shape: the exit code; progress and words go to standard error, the summary to standard output.
 */
async function main(): Promise<number> {
  const asked = readArguments(process.argv.slice(2));
  if ('problem' in asked) {
    process.stderr.write(`${asked.problem}\n\n${usage}\n`);
    return 2;
  }
  if (asked.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  return playDemo(asked, { appRoot: ROOT, build: buildApp });
}

/** Builds the app as a developer would: the sandbox takes the product as it is on disk and imports nothing of it. */
function buildApp(): Promise<void> {
  return new Promise((resolve, reject) => {
    const build = spawn(process.execPath, [join(ROOT, 'src/build.ts')], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [build.stdout, build.stderr]) {
      stream.on('data', (chunk) => {
        said += chunk;
      });
    }
    build.once('error', reject);
    build.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`The app cannot be built:\n${said}`))));
  });
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
