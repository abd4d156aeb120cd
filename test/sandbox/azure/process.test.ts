import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../src/sandbox/certificate.ts';

const MAIN = fileURLToPath(new URL('../../../src/sandbox/azure/main.ts', import.meta.url));

async function start(more: Record<string, string>): Promise<ReturnType<typeof spawn>> {
  const files = await makeCertificate(await mkdtemp(join(tmpdir(), 'holdfast-sandbox-')));
  const env = {
    PATH: process.env.PATH ?? '',
    SANDBOX_CERT: files.certificatePath,
    SANDBOX_KEY: files.keyPath,
    SANDBOX_SECRET: 'test-secret',
    SANDBOX_START: '2026-03-01T00:00:00Z',
    ...more,
  };
  return spawn(process.execPath, [MAIN], { env, stdio: ['pipe', 'pipe', 'pipe'] });
}

describe('the process', () => {
  it('says where it listens, and ends with its standard input', async () => {
    const child = await start({});
    if (child.stdout === null || child.stdin === null) throw new Error('no pipes');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const ready = JSON.parse(line);
    expect(ready).toMatchObject({ ready: true, arm: expect.stringMatching(/^https:\/\/localhost:\d+$/) });
    const clock = await (await fetch(`${ready.admin}/sandbox/clock`)).json();
    expect(clock).toMatchObject({ now: Date.parse('2026-03-01T00:00:00Z'), mode: 'frozen' });
    child.stdin.end();
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  it.each([
    ['a start that is no time', { SANDBOX_START: 'yesterday' }, 'SANDBOX_START'],
    ['no secret', { SANDBOX_SECRET: '' }, 'SANDBOX_SECRET'],
  ])('refuses %s by name', async (_name, more, word) => {
    const child = await start(more);
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    expect((await once(child, 'close'))[0]).toBe(2);
    expect(text).toContain(word);
  });
});
