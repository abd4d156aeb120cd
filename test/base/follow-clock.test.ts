import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { type FollowedClock, followClock } from '../../src/base/follow-clock.ts';

/** A clock's owner in a few lines: the wire contract and nothing else. */
class Owner {
  state = { now: 1_000, mode: 'frozen', rate: 1, version: 1 };
  readonly #polls = new Set<{ after: number; response: ServerResponse }>();
  readonly waits = new Set<{ until: number; response: ServerResponse }>();
  readonly acknowledged: number[] = [];
  #server: Server | null = null;
  port = 0;

  async start(): Promise<string> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    return `http://127.0.0.1:${this.port}/sandbox/clock`;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#polls.clear();
    this.waits.clear();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  set(change: Partial<Owner['state']>): void {
    this.state = { ...this.state, ...change, version: this.state.version + 1 };
    this.#release();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://x');
    if (url.pathname === '/sandbox/clock/waits') {
      let text = '';
      for await (const chunk of request) text += chunk;
      const wait = { until: JSON.parse(text).until as number, response };
      response.on('close', () => this.waits.delete(wait));
      this.waits.add(wait);
    } else if (url.searchParams.has('follower')) {
      const after = Number(url.searchParams.get('after'));
      this.acknowledged.push(after);
      this.#polls.add({ after, response });
    } else {
      response.end(JSON.stringify(this.state));
    }
    this.#release();
  }

  #release(): void {
    for (const poll of this.#polls) {
      if (this.state.version <= poll.after) continue;
      this.#polls.delete(poll);
      poll.response.end(JSON.stringify(this.state));
    }
    for (const wait of this.waits) {
      if (this.state.now < wait.until) continue;
      this.waits.delete(wait);
      wait.response.end(JSON.stringify({ now: this.state.now }));
    }
  }
}

const owners: Owner[] = [];
const clocks: FollowedClock[] = [];

async function follow(): Promise<{ owner: Owner; clock: FollowedClock }> {
  const owner = new Owner();
  owners.push(owner);
  const clock = await followClock(await owner.start());
  clocks.push(clock);
  return { owner, clock };
}

afterEach(async () => {
  for (const clock of clocks.splice(0)) clock.close();
  for (const owner of owners.splice(0)) await owner.stop();
});

describe('followClock', () => {
  it('is exactly what was told while the clock is frozen, and acknowledges it', async () => {
    const { owner, clock } = await follow();
    expect(clock.now()).toBe(1_000);
    owner.set({ now: 61_000 });
    await expect.poll(() => clock.now()).toBe(61_000);
    await expect.poll(() => owner.acknowledged.at(-1)).toBe(2);
  });

  it('goes on by itself while the clock runs, at its rate', async () => {
    const { owner, clock } = await follow();
    owner.set({ mode: 'running', rate: 1_000 });
    await expect.poll(() => clock.now()).toBeGreaterThan(20_000);
  });

  it('never goes back', async () => {
    const { owner, clock } = await follow();
    owner.set({ now: 90_000 });
    await expect.poll(() => clock.now()).toBe(90_000);
    owner.set({ now: 5_000 });
    await expect.poll(() => owner.acknowledged.at(-1)).toBe(3);
    expect(clock.now()).toBe(90_000);
  });

  it('waits until the owner says so, and then knows the new time at once', async () => {
    const { owner, clock } = await follow();
    const waited = clock.wait(30_000).then(() => clock.now());
    await expect.poll(() => [...owner.waits].map((wait) => wait.until)).toEqual([31_000]);
    owner.set({ now: 31_000 });
    expect(await waited).toBe(31_000);
  });

  it('does not wait for nothing', async () => {
    const { owner, clock } = await follow();
    await clock.wait(0);
    expect(owner.waits.size).toBe(0);
  });

  it('takes a wait back when it is aborted', async () => {
    const { owner, clock } = await follow();
    const aborting = new AbortController();
    const waited = clock.wait(30_000, aborting.signal);
    await expect.poll(() => owner.waits.size).toBe(1);
    aborting.abort(new Error('enough'));
    await expect(waited).rejects.toThrow('enough');
    await expect.poll(() => owner.waits.size).toBe(0);
  });

  it('comes back after the connection was lost, and so does a wait', async () => {
    const { owner, clock } = await follow();
    const waited = clock.wait(500);
    await expect.poll(() => owner.waits.size).toBe(1);
    await owner.stop();
    await owner.start();
    await expect.poll(() => owner.waits.size, { timeout: 5_000 }).toBe(1);
    owner.set({ now: 2_000 });
    await waited;
    expect(clock.now()).toBe(2_000);
  });

  it.each(['https://127.0.0.1:1/clock', 'http://10.0.0.1/clock', 'http://localhost.example.org/clock', 'clock'])(
    'refuses %s',
    async (url) => {
      await expect(followClock(url)).rejects.toMatchObject({ code: 'bad-request' });
    },
  );

  it('does not keep the process alive', async () => {
    const { owner } = await follow();
    const script = `import { followClock } from ${JSON.stringify(new URL('../../src/base/follow-clock.ts', import.meta.url).href)};
      const clock = await followClock('http://127.0.0.1:${owner.port}/sandbox/clock'); console.log(clock.now());`;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 10_000 });
    expect((await run).stdout.trim()).toBe('1000');
  });
});
