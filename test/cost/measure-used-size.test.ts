import { describe, expect, it } from 'vitest';
import { GIB } from '../../src/base/bytes.ts';
import type { Clock } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';
import { measurePoint, WINDOW_BYTES } from '../../src/cost/measure-used-size.ts';
import type { ByteRange, RangeWindow } from '../../src/cost/ports.ts';
import { ranges } from './pages.ts';

const nothing: RangeWindow = { written: [], cleared: [] };

/** Snapshot access and ranges that note every call; `fail` makes a call fail by its text. */
function bench(
  read: (window: ByteRange) => RangeWindow,
  fail: (call: string, nth: number) => Error | null = () => null,
) {
  const calls: string[] = [];
  const waits: number[] = [];
  const logged: string[] = [];
  const call = async (text: string) => {
    calls.push(text);
    const error = fail(text, calls.filter((other) => other === text).length);
    if (error) throw error;
  };
  const clock: Clock = { now: () => 0, wait: async (ms) => void waits.push(ms) };
  const note = (message: string) => void logged.push(message);
  const deps = {
    access: {
      open: async (id: string) => {
        await call(`open ${id}`);
        return `https://${id}`;
      },
      close: (id: string) => call(`close ${id}`),
    },
    ranges: {
      allocated: async (url: string, window: ByteRange) => {
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
  return { deps, calls, waits, logged };
}

const busy = (retryAfterMs?: number) => new AppError('throttled', 'slow down', {}, { retryAfterMs });
const denied = new AppError('azure-denied', 'no');

describe('measurePoint', () => {
  it('measures the first of a chain by its allocated ranges', async () => {
    const { deps, calls } = bench(() => ({ written: [{ offset: 512, length: 1024 }], cleared: [] }));
    const point = { snapshotId: 'b', previousSnapshotId: null, sizeBytes: 32 * GIB };
    expect(await measurePoint(deps, point)).toEqual({
      extents: { written: ranges([512, 1024]), cleared: ranges() },
      usedBytes: 1024,
      notClosed: [],
    });
    expect(calls).toEqual(['open b', 'allocated https://b 0+32', 'close b']);
  });

  it('measures a later point by its difference, window by window, and joins ranges at the edges', async () => {
    const { deps, calls } = bench((window) =>
      window.offset === 0
        ? { written: [{ offset: WINDOW_BYTES - 512, length: 512 }], cleared: [] }
        : {
            written: [{ offset: WINDOW_BYTES, length: 512 }],
            cleared: [{ offset: WINDOW_BYTES + 4096, length: 512 }],
          },
    );
    const point = { snapshotId: 'b', previousSnapshotId: 'a', sizeBytes: 1_100 * GIB };
    expect(await measurePoint(deps, point)).toEqual({
      extents: { written: ranges([WINDOW_BYTES - 512, 1024]), cleared: ranges([WINDOW_BYTES + 4096, 512]) },
      usedBytes: null,
      notClosed: [],
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
    const { deps } = bench(() => across);
    const point = { snapshotId: 'b', previousSnapshotId: null, sizeBytes: 1_100 * GIB };
    expect((await measurePoint(deps, point)).usedBytes).toBe(1024);
  });

  const failures: readonly { name: string; failing: string; closed: readonly string[] }[] = [
    { name: 'the first open', failing: 'open b', closed: ['close b'] },
    { name: 'the second open', failing: 'open a', closed: ['close b', 'close a'] },
    { name: 'a listing', failing: 'changed', closed: ['close b', 'close a'] },
  ];
  it.each(failures)('closes all that may be open after a failure of $name', async ({ failing, closed }) => {
    const { deps, calls } = bench(
      () => nothing,
      (call) => (call.startsWith(failing) ? denied : null),
    );
    const point = { snapshotId: 'b', previousSnapshotId: 'a', sizeBytes: GIB };
    await expect(measurePoint(deps, point)).rejects.toBe(denied);
    expect(calls.filter((call) => call.startsWith('close'))).toEqual(closed);
  });

  it('tells the first failure, not that of closing', async () => {
    const closing = new AppError('azure-rejected', 'cannot close');
    const { deps, logged } = bench(
      () => nothing,
      (call) => (call.startsWith('changed') ? denied : call.startsWith('close') ? closing : null),
    );
    const point = { snapshotId: 'b', previousSnapshotId: 'a', sizeBytes: GIB };
    await expect(measurePoint(deps, point)).rejects.toBe(denied);
    expect(logged).toHaveLength(2);
  });

  it('tries again to close on its clock, and names what stays open', async () => {
    const { deps, calls, waits } = bench(
      () => nothing,
      (call, nth) => (call === 'close a' || (call === 'close b' && nth === 1) ? busy(7_000) : null),
    );
    const point = { snapshotId: 'b', previousSnapshotId: 'a', sizeBytes: GIB };
    expect((await measurePoint(deps, point)).notClosed).toEqual(['a']);
    expect(calls.filter((call) => call.startsWith('close'))).toEqual([
      'close b',
      'close b',
      'close a',
      'close a',
      'close a',
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
    const { deps, calls } = bench(() => window);
    const point = { snapshotId: 'b', previousSnapshotId: null, sizeBytes: GIB };
    await expect(measurePoint(deps, point)).rejects.toMatchObject({ code: 'operation-failed' });
    expect(calls).toContain('close b');
  });
});
