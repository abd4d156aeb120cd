import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { HOUR_MS } from '../../src/base/time.ts';
import { forgetNode } from '../../src/cost/forget-node.ts';
import { liveChains } from '../../src/cost/live-chains.ts';
import { WINDOW_BYTES } from '../../src/cost/measure-used-size.ts';
import { METER_ATTEMPTS, meterChain, NO_RANGES, TURN_MS } from '../../src/cost/meter-chain.ts';
import { noteBilled } from '../../src/cost/note-billed.ts';
import type { AzureCall } from '../memory/memory-world.ts';
import { type Access, createChain, KEY } from './metered-chain.ts';

const throttled = () => new AppError('throttled', 'slow down', {}, { retryAfterMs: 2_000 });
const conflict = () => new AppError('conflict', 'not now');
const lost = () => new AppError('azure-unavailable', 'the answer was lost');
const denied = () => new AppError('azure-denied', 'the access has ended');

interface Fault {
  readonly name: string;
  readonly operation: AzureCall['operation'];
  /** Before the work, or after it: then only the answer is lost. */
  readonly when: 'before' | 'after';
  readonly error: () => Error;
  /** The calls of that operation that fail, from 1. */
  readonly nths: readonly number[];
}

const faults: readonly Fault[] = [
  { name: 'an open that is answered 409', operation: 'open', when: 'before', error: conflict, nths: [1, 2, 5] },
  { name: 'an open that is answered 429', operation: 'open', when: 'before', error: throttled, nths: [1, 3] },
  { name: 'a lost answer after opening', operation: 'open', when: 'after', error: lost, nths: [1, 2, 4] },
  { name: 'a close that fails', operation: 'close', when: 'before', error: lost, nths: [1, 2] },
  { name: 'a close that fails again and again', operation: 'close', when: 'before', error: lost, nths: range(1, 20) },
  { name: 'a close that is refused', operation: 'close', when: 'before', error: denied, nths: [1, 2, 3] },
  { name: 'a lost answer after closing', operation: 'close', when: 'after', error: lost, nths: [1, 4] },
  {
    name: 'an access that ends while it is read',
    operation: 'readRanges',
    when: 'before',
    error: denied,
    nths: [1, 2],
  },
  { name: 'a day without an answer', operation: 'readRanges', when: 'before', error: lost, nths: range(1, 20) },
];

const networks: readonly (readonly Access[])[] = [
  ['deny', 'deny', 'deny'],
  ['allow', 'allow', 'allow'],
  ['deny', 'allow', 'deny', 'allow'],
];

describe('whatever fails, everything is measured in the end, no access stays granted and every network is as it was', () => {
  it.each(faults.flatMap((fault) => networks.map((access) => ({ ...fault, access, title: access.join(', ') }))))(
    '$name ($title)',
    async ({ operation, when, error, nths, access }) => {
      const chain = await createChain(access);
      const before = await chain.networks();
      let seen = 0;
      chain.azure.hooks = {
        [when]: (call: AzureCall) => {
          if (call.operation === operation) {
            seen += 1;
            if (nths.includes(seen)) throw error();
          }
        },
      };
      expect(await chain.settle()).not.toBeNull();
      expect(seen).toBeGreaterThanOrEqual(Math.max(...nths.slice(0, 2)));
      expect(chain.azure.openSnapshots()).toEqual([]);
      expect(await chain.networks()).toEqual(before);
      expect(await chain.books()).toEqual(chain.bill());
    },
  );
});

describe('killed at any call', () => {
  class Killed extends Error {}

  it('a new process finishes it, from what is stored', async () => {
    // As many calls as a whole run makes.
    const whole = await createChain(['deny', 'allow', 'deny']);
    await whole.settle();
    const calls = whole.azure.calls.length;
    for (let nth = 1; nth <= calls; nth += 1) {
      for (const when of ['before', 'after'] as const) {
        const chain = await createChain(['deny', 'allow', 'deny']);
        const before = await chain.networks();
        let seen = 0;
        let dead = false;
        const die = () => {
          if (dead || ++seen === nth) dead = true;
          if (dead) throw new Killed();
        };
        const stillDead = () => {
          if (dead) throw new Killed();
        };
        chain.azure.hooks = when === 'before' ? { before: die } : { before: stillDead, after: die };
        await meterChain(chain.deps, KEY).catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error;
        });
        chain.azure.hooks = {};
        await chain.settle();
        expect(chain.azure.openSnapshots(), `${when} call ${nth}`).toEqual([]);
        expect(await chain.networks(), `${when} call ${nth}`).toEqual(before);
        expect(await chain.books()).toEqual(chain.bill());
      }
    }
  });
});

describe('a disk of several windows', () => {
  const huge = () => createChain(['deny', 'deny'], { sizeBytes: 4 * WINDOW_BYTES });
  const windowsRead = (chain: Awaited<ReturnType<typeof huge>>) =>
    chain.azure.calls.filter(({ operation }) => operation === 'readRanges').length;
  const blobs = async (chain: Awaited<ReturnType<typeof huge>>) => {
    const names: string[] = [];
    for await (const page of chain.deps.store.blobs('extents').list(`${KEY}/`)) names.push(...page);
    return names;
  };
  const failAt = (chain: Awaited<ReturnType<typeof huge>>, nth: number) => {
    let seen = 0;
    chain.azure.hooks = {
      before: ({ operation }) => {
        if (operation === 'readRanges' && ++seen === nth) throw denied();
      },
    };
  };

  it('goes on from its last finished window, and leaves nothing of it behind', async () => {
    const chain = await huge();
    failAt(chain, 7);
    expect((await meterChain(chain.deps, KEY)).measured).toBe(1);
    expect((await blobs(chain)).filter((name) => name.endsWith('.part'))).toHaveLength(1);
    await chain.settle();
    // Four windows of each of two snapshots, and the one that has failed.
    expect(windowsRead(chain)).toBe(9);
    expect(await chain.books()).toEqual(chain.bill());
    expect(await blobs(chain)).toHaveLength(2);
  });

  it('that is deleted half-way leaves nothing behind', async () => {
    const chain = await huge();
    failAt(chain, 3);
    await meterChain(chain.deps, KEY);
    expect((await blobs(chain)).filter((name) => name.endsWith('.part'))).toHaveLength(1);
    for (const pointId of ['p0', 'p1']) await forgetNode(chain.chains, KEY, pointId, async () => {});
    expect(await blobs(chain)).toEqual([]);
  });

  it('lets others go first after some minutes', async () => {
    const chain = await huge();
    chain.azure.hooks = {
      before: ({ operation }) => {
        if (operation === 'readRanges') chain.pass(TURN_MS);
      },
    };
    expect(await meterChain(chain.deps, KEY)).toEqual({ measured: 0, retryInMs: 0 });
    expect(chain.azure.openSnapshots()).toEqual([]);
    await chain.settle();
    expect(await chain.books()).toEqual(chain.bill());
    expect(windowsRead(chain)).toBe(8);
  });
});

describe('snapshots of private networks', () => {
  it('are never opened to everybody: they are read over their endpoints or not at all', async () => {
    const chain = await createChain(['private', 'private']);
    const before = await chain.networks();
    chain.azure.hooks = {
      after: async (call) => {
        if (call.operation === 'open') expect(await chain.networks()).toEqual(before);
      },
    };
    await chain.settle();
    expect(before[0]).toMatchObject({ policy: 'AllowPrivate', diskAccessId: expect.stringContaining('diskAccesses') });
    expect(await chain.networks()).toEqual(before);
    expect(chain.azure.openSnapshots()).toEqual([]);
    // No endpoint leads there in memory: the chain is told as unmeasured, never as empty.
    expect(await chain.books()).toEqual([null, null]);
    expect((await chain.chains.nodes(KEY)).map(({ error }) => error)).toEqual(['azure-denied', 'azure-denied']);
  });

  it('cost a turn a few calls, however many of them there are', async () => {
    const chain = await createChain(Array.from({ length: 12 }, () => 'private' as const));
    await chain.settle(200);
    const before = chain.azure.calls.length;
    await meterChain(chain.deps, KEY);
    const opens = chain.azure.calls.slice(before).filter(({ operation }) => operation === 'open');
    expect(opens).toHaveLength(1);
  });

  it('are measured after all once a way leads there', async () => {
    const chain = await createChain(['private']);
    await chain.settle();
    const [node] = await chain.chains.nodes(KEY);
    expect(node?.attempts).toBe(METER_ATTEMPTS);
    const open = { policy: 'AllowAll', publicAccess: 'Enabled', diskAccessId: null } as const;
    await chain.azure.access.close(chain.ids[0] ?? '', { ...open, publicAccess: 'Disabled' });
    await chain.azure.access.open(chain.ids[0] ?? '', 60);
    await chain.settle();
    expect(await chain.books()).toEqual(chain.bill());
  });
});

describe('what has no ranges', () => {
  it('is not asked for them, takes the figure of the bill, and is never counted as nothing', async () => {
    const chain = await createChain(['deny', 'deny'], { sectorBytes: 4_096 });
    const calls = chain.azure.calls.length;
    await chain.settle();
    expect(chain.azure.calls.slice(calls).filter(({ operation }) => operation === 'open')).toEqual([]);
    expect((await chain.chains.nodes(KEY)).map(({ error }) => error)).toEqual([NO_RANGES, NO_RANGES]);
    expect((await live(chain)).map(({ storedBytes, measured }) => [storedBytes, measured])).toEqual([
      [null, 'none'],
      [null, 'none'],
    ]);
    const billed = new Map([[(chain.ids[0] ?? '').toLowerCase(), 12_345]]);
    expect(await noteBilled(chain.deps, billed)).toBe(1);
    expect(await noteBilled(chain.deps, billed)).toBe(0);
    expect((await live(chain)).map(({ storedBytes, measured }) => [storedBytes, measured])).toEqual([
      [12_345, 'billed'],
      [null, 'none'],
    ]);
    // Noting it has not made it measured: its ranges are unknown still.
    expect(await chain.books()).toEqual([null, null]);
  });

  it('is only what cannot be measured: the bill changes nothing of what is', async () => {
    const chain = await createChain(['deny']);
    await chain.settle();
    expect(await noteBilled(chain.deps, new Map([[(chain.ids[0] ?? '').toLowerCase(), 1]]))).toBe(0);
    expect((await live(chain)).map(({ measured }) => measured)).toEqual(['ranges']);
  });
});

it('what Azure rejects is asked for twice, and told as unmeasured', async () => {
  const chain = await createChain(['deny', 'deny', 'deny']);
  const second = chain.ids[1]?.toLowerCase();
  let opened: string | undefined;
  chain.azure.hooks = {
    before: ({ operation, target }) => {
      if (operation === 'open') opened ??= target;
      if (operation === 'close') opened = undefined;
      if (operation === 'readRanges' && opened === second) throw new AppError('azure-rejected', 'no difference');
    },
  };
  await chain.settle();
  const opens = chain.azure.calls.filter(({ operation, target }) => operation === 'open' && target === second);
  // Twice for itself, and once as what the third is held against.
  expect(opens).toHaveLength(3);
  expect((await chain.books()).map((bytes) => bytes === null)).toEqual([false, true, false]);
});

it('a lock that lasts is waited for, once in an hour', async () => {
  const chain = await createChain(['deny']);
  chain.azure.hooks = {
    before: ({ operation }) => {
      if (operation === 'open') throw new AppError('azure-locked', 'five are open');
    },
  };
  for (let turn = 0; turn < 2 * METER_ATTEMPTS; turn += 1) {
    const { retryInMs } = await meterChain(chain.deps, KEY);
    expect(retryInMs).not.toBeNull();
    chain.pass(retryInMs ?? 0);
    if (turn > METER_ATTEMPTS) expect(retryInMs).toBeGreaterThan(HOUR_MS / 2);
  }
  chain.azure.hooks = {};
  await chain.settle();
  expect(await chain.books()).toEqual(chain.bill());
});

it('a chain with snapshots of somebody else is told as shared', async () => {
  const chain = await createChain(['deny']);
  const told = async () => {
    for await (const { shared } of liveChains(chain.chains)) return shared;
    return null;
  };
  expect(await told()).toBe(false);
  const [head] = await chain.heads();
  await chain.chains.markShared(head?.subscriptionId ?? '', KEY);
  await chain.chains.markShared(head?.subscriptionId ?? '', KEY);
  await chain.chains.markShared(head?.subscriptionId ?? '', 'no such chain');
  expect(await told()).toBe(true);
});

async function live(chain: Awaited<ReturnType<typeof createChain>>) {
  for await (const { points } of liveChains(chain.chains)) return points;
  return [];
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
