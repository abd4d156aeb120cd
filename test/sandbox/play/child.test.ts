import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChild } from '../../../src/sandbox/play/child.ts';

const CHILD = join(import.meta.dirname, '../../../src/sandbox/play/child.ts');
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-child-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function program(name: string, code: string) {
  const main = join(folder, `${name}.mjs`);
  await writeFile(main, code);
  return { name, main, environment: {} };
}
const READY = 'process.stdout.write(JSON.stringify({ ready: true, port: 5 }) + "\\n");';
const UNTIL_STDIN_ENDS = 'process.stdin.resume().on("end", () => process.exit(0));';

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a program of the sandbox', () => {
  test('is ready when it says so, and ends when its input is closed', async () => {
    const child = await startChild<{ port: number }>(
      await program('good', `console.log("hello");${READY}${UNTIL_STDIN_ENDS}`),
    );
    expect(child.ready.port).toBe(5);
    await child.stop();
    expect(await child.ended).toBe('ended with code 0');
    expect(isThere(child.pid)).toBe(false);
  });

  test('that ends before it is ready is an error with its last words', async () => {
    const asked = program('bad', 'console.error("no such port"); process.exitCode = 3;');
    await expect(asked.then(startChild)).rejects.toThrow(/bad ended with code 3[\s\S]*no such port/);
  });

  test('does not see our environment', async () => {
    process.env.HOLDFAST_SECRET_OF_THE_SHELL = 'x';
    const child = await startChild(
      await program('environment', `console.error(JSON.stringify(process.env));${READY}${UNTIL_STDIN_ENDS}`),
    );
    await child.stop();
    expect(child.lastLines().join('')).not.toContain('HOLDFAST_SECRET_OF_THE_SHELL');
  });

  test('that does not end when asked is ended', { timeout: 15_000 }, async () => {
    const child = await startChild(await program('deaf', `${READY}setInterval(() => {}, 1000);`));
    await child.stop();
    expect(await child.ended).toBe('was ended by SIGKILL');
  });

  test('ends when we are killed', async () => {
    const { main } = await program('orphan', `${READY}${UNTIL_STDIN_ENDS}`);
    const parent = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `import { startChild } from ${JSON.stringify(CHILD)};
       const child = await startChild({ name: 'orphan', main: ${JSON.stringify(main)}, environment: {} });
       console.log(child.pid); setInterval(() => {}, 1000);`,
    ]);
    const [said] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(said.toString());
    expect(isThere(pid)).toBe(true);
    parent.kill('SIGKILL');
    for (let tries = 0; tries < 100 && isThere(pid); tries += 1) await sleep(50);
    expect(isThere(pid)).toBe(false);
  });
});
