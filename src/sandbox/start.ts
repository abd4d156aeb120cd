import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { readArguments, usage } from './play/arguments.ts';

/** The version Azure runs; TypeScript runs from source there. */
const NODE_MAJOR_MIN = 24;
const ROOT = join(import.meta.dirname, '../..');

/**
 * `npm start`: Azure on this machine, the app on top of it, and some weeks of its life.
 *
 * Shape: progress and words on standard error, the summary on standard output.
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
  // Loaded only now, so that an older Node gets a clear word and not a syntax error.
  const { playDemo } = await import('./play/play-demo.ts');
  return playDemo(asked, { appRoot: ROOT, build: () => buildApp() });
}

/** Builds the app as a developer would: the sandbox takes the product as it is on disk and imports nothing of it. */
function buildApp(): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'src/build.ts')], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        said += chunk;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`The app cannot be built:\n${said}`))));
  });
}

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `Holdfast needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.version}. Run \`npm ci\` and then \`npm start\`: a Node ${NODE_MAJOR_MIN} comes with the packages.\n`,
  );
  process.exitCode = 1;
} else {
  process.exitCode = await main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  });
}
