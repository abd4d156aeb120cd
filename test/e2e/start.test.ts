import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';

const START = join(import.meta.dirname, '../../src/sandbox/start.ts');

interface Run {
  readonly pid: number;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `npm start`'s program; `until` may end it with a signal once it has said something. */
function run(
  args: readonly string[],
  until?: { readonly said: RegExp; readonly signal: NodeJS.Signals },
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [START, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    const look = () => {
      if (until?.said.test(stdout + stderr)) child.kill(until.signal);
    };
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      look();
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
      look();
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ pid: child.pid ?? 0, code, stdout, stderr }));
  });
}

/** Processes whose environment or command line tell that they belong to a sandbox started by `pid`: they name its temporary folder's owner as parent. */
function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const [, parent] = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
        return Number(parent) === pid ? [Number(name)] : [];
      } catch {
        return [];
      }
    });
}

describe('npm start', () => {
  test('--json prints one JSON document and nothing else on standard output', {
    timeout: 90_000,
  }, async () => {
    const { code, stdout } = await run(['--days', '0', '--exit', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      days: 0,
      ok: true,
      problems: [],
      points: { slotsExpected: 0, taken: 0 },
    });
    expect(code).toBe(0);
  });

  test('stays up with its addresses until Ctrl-C', {
    timeout: 90_000,
  }, async () => {
    const { code, stderr } = await run(['--days', '0'], {
      said: /export TOKEN=/,
      signal: 'SIGINT',
    });
    expect(stderr).toMatch(/cost report +http:\/\/127\.0\.0\.1:\d+\/api\/reports\/cost/);
    expect(code).toBe(0);
  });

  test('what it does not know is said, and nothing is started', async () => {
    const { code, stdout, stderr } = await run(['--day', '3']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('"--day" is not known');
  });

  test.skipIf(process.platform !== 'linux')('killed, it leaves no process behind', { timeout: 90_000 }, async () => {
    const child = spawn(process.execPath, [START, '--days', '30'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk) => {
        if (String(chunk).includes('%')) resolve();
      });
    });
    const children = childrenOf(child.pid ?? 0);
    expect(children.length).toBe(3);
    child.kill('SIGKILL');
    const there = (pid: number) => readdirSync('/proc').includes(String(pid));
    for (let tries = 0; tries < 200 && children.some(there); tries += 1) await sleep(100);
    expect(children.filter(there)).toEqual([]);
  });
});

describe('an older Node', () => {
  const guard = join(import.meta.dirname, '../../src/require-node.cjs');
  test('is told what is missing, and this one is not', async () => {
    const say = (version: string) =>
      new Promise<readonly [number | null, string]>((resolve) => {
        const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' }); require(${JSON.stringify(guard)});`;
        const child = spawn(process.execPath, ['-e', pretend], { stdio: ['ignore', 'ignore', 'pipe'] });
        let stderr = '';
        child.stderr.on('data', (chunk) => {
          stderr += chunk;
        });
        child.once('close', (code) => resolve([code, stderr]));
      });
    expect(await say('20.20.2')).toEqual([1, expect.stringContaining('needs Node 24')]);
    expect(await say(process.versions.node)).toEqual([0, '']);
  });
});
