import { describe, expect, it } from 'vitest';
import { GIB } from '../../src/base/bytes.ts';
import type { Clock } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import { measurePoint, WINDOW_BYTES } from '../../src/cost/measure-used-size.ts';
import type { MeterProgress } from '../../src/cost/meter-progress.ts';
import { CLOSED } from '../../src/cost/network-state.ts';
import type { ByteRange, NetworkState, RangeWindow } from '../../src/cost/ports.ts';
import { ranges } from './pages.ts';

const nothing: RangeWindow = { written: [], cleared: [] };
const a = { snapshotId: 'a', network: CLOSED };
const b = { snapshotId: 'b', network: CLOSED };

/** Snapshot access and ranges that note every call; `fail` makes a call fail by its text. */
function bench(
  read: (window: ByteRange) => RangeWindow,
  fail: (call: string, nth: number) => Error | null = () => null,
) {
  const calls: string[] = [];
  const waits: number[] = [];
  const logged: string[] = [];
  const leftOpen: string[] = [];
  let now = 0;
  let kept: MeterProgress | null = null;
  const call = async (text: string) => {
    calls.push(text);
    const error = fail(text, calls.filter((other) => other === text).length);
    if (error) throw error;
  };
  const clock: Clock = { now: () => now, wait: async (ms) => void waits.push(ms) };
  const note = (message: string) => void logged.push(message);
  const deps = {
    access: {
      open: async (id: string, _seconds: number, found?: NetworkState) => {
        await call(`open ${id}${found === CLOSED ? '' : ` ${found?.policy}`}`);
        return `https://${id}`;
      },
      close: (id: string, found?: NetworkState) => call(`close ${id}${found === CLOSED ? '' : ` ${found?.policy}`}`),
    },
    ranges: {
      allocated: async (url: string, window: ByteRange) => {
        now += 1_000;
        await call(`allocated ${url} ${window.offset / GIB}+${window.length / GIB}`);
        return read(window);
      },
      changed: async (url: string, previousUrl: string, window: ByteRange) => {
        await call(`changed ${url} ${previousUrl} ${window.offset / GIB}+${window.length / GIB}`);
        return read(window);
      },
    },
    clock,
    log: { info: note, warn: note, error: note },
  };
  const limits = {
    progress: {
      read: async () => kept,
      write: async (progress: MeterProgress) => {
        kept = progress;
      },
    },
    until: Number.POSITIVE_INFINITY,
    readByOthers: async () => new Set<string>(),
    leftOpen: async (id: string) => void leftOpen.push(id),
  };
  return { deps, limits, calls, waits, logged, leftOpen };
}

const busy = (retryAfterMs?: number) => new AppError('throttled', 'slow down', {}, { retryAfterMs });
const denied = new AppError('azure-denied', 'no');

describe('measurePoint', () => {
  it('measures the first of a chain by its allocated ranges', async () => {
    const { deps, limits, calls } = bench(() => ({ written: [{ offset: 512, length: 1024 }], cleared: [] }));
    const point = { snapshot: b, previous: null, sizeBytes: 32 * GIB };
    expect(await measurePoint(deps, point, limits)).toEqual({
      extents: { written: ranges([512, 1024]), cleared: ranges() },
      usedBytes: 1024,
    });
    expect(calls).toEqual(['open b', 'allocated https://b 0+32', 'close b']);
  });

  it('measures a later point by its difference, window by window, and joins ranges at the edges', async () => {
    const { deps, limits, calls } = bench((window) =>
      window.offset === 0
        ? { written: [{ offset: WINDOW_BYTES - 512, length: 512 }], cleared: [] }
        : {
            written: [{ offset: WINDOW_BYTES, length: 512 }],
            cleared: [{ offset: WINDOW_BYTES + 4096, length: 512 }],
          },
    );
    const point = { snapshot: b, previous: a, sizeBytes: 1_100 * GIB };
    expect(await measurePoint(deps, point, limits)).toEqual({
      extents: { written: ranges([WINDOW_BYTES - 512, 1024]), cleared: ranges([WINDOW_BYTES + 4096, 512]) },
      usedBytes: null,
    });
    expect(calls).toEqual([
      'open b',
      'open a',
      'changed https://b https://a 0+1024',
      'changed https://b https://a 1024+76',
      'close b',
      'close a',
    ]);
  });

  it('counts a range once that reaches over the edge of a window', async () => {
    const across = { written: [{ offset: WINDOW_BYTES - 512, length: 1024 }], cleared: [] };
    const { deps, limits } = bench(() => across);
    const point = { snapshot: b, previous: null, sizeBytes: 1_100 * GIB };
    expect((await measurePoint(deps, point, limits))?.usedBytes).toBe(1024);
  });

  it('walks the largest disk there is in 64 windows', async () => {
    const { deps, limits, calls } = bench(({ offset }) => ({ written: [{ offset, length: 4096 }], cleared: [] }));
    const point = { snapshot: b, previous: null, sizeBytes: 65_536 * GIB };
    expect((await measurePoint(deps, point, limits))?.usedBytes).toBe(64 * 4096);
    expect(calls.filter((call) => call.startsWith('allocated'))).toHaveLength(64);
  });

  it('goes on from its last finished window after it was killed in one, and tells the same', async () => {
    const read = ({ offset }: ByteRange) => ({
      written: [{ offset, length: 8192 }],
      cleared: [{ offset: offset + 65_536, length: 4096 }],
    });
    const killed = bench(read, (call, nth) => (call.includes('3072+') && nth === 1 ? denied : null));
    const point = { snapshot: b, previous: a, sizeBytes: 5 * WINDOW_BYTES };
    await expect(measurePoint(killed.deps, point, killed.limits)).rejects.toBe(denied);
    const before = killed.calls.length;
    const resumed = await measurePoint(killed.deps, point, killed.limits);
    const again = killed.calls.slice(before).filter((call) => call.startsWith('changed'));
    expect(again.map((call) => call.split(' ')[3])).toEqual(['3072+1024', '4096+1024']);
    const whole = bench(read);
    expect(resumed).toEqual(await measurePoint(whole.deps, point, whole.limits));
  });

  it('stops at a window when its time is over, with everything closed, and goes on in the next turn', async () => {
    const { deps, limits, calls } = bench(() => nothing);
    const point = { snapshot: b, previous: null, sizeBytes: 4 * WINDOW_BYTES };
    expect(await measurePoint(deps, point, { ...limits, until: 2_000 })).toBeNull();
    expect(calls).toEqual(['open b', 'allocated https://b 0+1024', 'allocated https://b 1024+1024', 'close b']);
    // Even with no time at all a turn gets a window further: it always ends.
    expect(await measurePoint(deps, point, { ...limits, until: 0 })).toBeNull();
    expect(await measurePoint(deps, point, { ...limits, until: 0 })).not.toBeNull();
  });

  it('leaves open what others are reading', async () => {
    const { deps, limits, calls } = bench(() => nothing);
    const point = { snapshot: b, previous: { ...a, snapshotId: 'A' }, sizeBytes: GIB };
    await measurePoint(deps, point, { ...limits, readByOthers: async () => new Set(['a']) });
    expect(calls.filter((call) => call.startsWith('close'))).toEqual(['close b']);
  });

  it('puts each network back as it was found', async () => {
    const open = { policy: 'AllowAll', publicAccess: 'Enabled', diskAccessId: null } as const;
    const { deps, limits, calls } = bench(() => nothing);
    await measurePoint(deps, { snapshot: { ...b, network: open }, previous: a, sizeBytes: GIB }, limits);
    expect(calls.filter((call) => !call.startsWith('changed'))).toEqual([
      'open b AllowAll',
      'open a',
      'close b AllowAll',
      'close a',
    ]);
  });

  // Both are opened at once: after a failure of either, both may be open.
  const failures: readonly { name: string; failing: string }[] = [
    { name: 'the one open', failing: 'open b' },
    { name: 'the other open', failing: 'open a' },
    { name: 'a listing', failing: 'changed' },
  ];
  it.each(failures)('closes all that may be open after a failure of $name', async ({ failing }) => {
    const { deps, limits, calls } = bench(
      () => nothing,
      (call) => (call.startsWith(failing) ? denied : null),
    );
    const point = { snapshot: b, previous: a, sizeBytes: GIB };
    await expect(measurePoint(deps, point, limits)).rejects.toBe(denied);
    expect(calls.filter((call) => call.startsWith('close'))).toEqual(['close b', 'close a']);
  });

  it('tells the first failure, not that of closing, and names what stays open', async () => {
    const closing = new AppError('azure-rejected', 'cannot close');
    const { deps, limits, logged, leftOpen } = bench(
      () => nothing,
      (call) => (call.startsWith('changed') ? denied : call.startsWith('close') ? closing : null),
    );
    const point = { snapshot: b, previous: a, sizeBytes: GIB };
    await expect(measurePoint(deps, point, limits)).rejects.toBe(denied);
    expect(logged).toHaveLength(2);
    expect(leftOpen).toEqual(['b', 'a']);
  });

  it('tries again to close on its clock, and names what stays open', async () => {
    const { deps, limits, calls, waits, leftOpen } = bench(
      () => nothing,
      (call, nth) => (call === 'close a' || (call === 'close b' && nth === 1) ? busy(7_000) : null),
    );
    const point = { snapshot: b, previous: a, sizeBytes: GIB };
    expect(await measurePoint(deps, point, limits)).not.toBeNull();
    expect(leftOpen).toEqual(['a']);
    expect(calls.filter((call) => call.startsWith('close')).sort()).toEqual([
      'close a',
      'close a',
      'close a',
      'close b',
      'close b',
    ]);
    expect(waits).toEqual([7_000, 7_000, 7_000]);
  });

  const senseless: readonly { name: string; window: RangeWindow }[] = [
    {
      name: 'unsorted',
      window: {
        written: [
          { offset: 4096, length: 512 },
          { offset: 0, length: 512 },
        ],
        cleared: [],
      },
    },
    {
      name: 'overlapping',
      window: {
        written: [
          { offset: 0, length: 1024 },
          { offset: 512, length: 1024 },
        ],
        cleared: [],
      },
    },
    { name: 'empty', window: { written: [{ offset: 0, length: 0 }], cleared: [] } },
    { name: 'not whole', window: { written: [{ offset: 0.5, length: 512 }], cleared: [] } },
    {
      name: 'written and cleared at once',
      window: { written: [{ offset: 0, length: 1024 }], cleared: [{ offset: 512, length: 512 }] },
    },
  ];
  it.each(senseless)('refuses ranges that are $name, and closes', async ({ window }) => {
    const { deps, limits, calls } = bench(() => window);
    const point = { snapshot: b, previous: null, sizeBytes: GIB };
    await expect(measurePoint(deps, point, limits)).rejects.toMatchObject({ code: 'operation-failed' });
    expect(calls).toContain('close b');
  });
});
