import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { ClockReading } from '../../../src/sandbox/host/clock-client.ts';
import { startPacer } from '../../../src/sandbox/host/pacer.ts';

/** What the pacer sees, to be set at will. */
function stage(seen: {
  running: number;
  inFlight: number;
  waits: number;
  mode?: 'frozen' | 'running';
  known?: number;
}) {
  const state = { mode: 'frozen' as const, known: seen.waits, activity: 0, ...seen };
  const moves: number[] = [];
  const reading = (): ClockReading => ({ now: 0, mode: state.mode, waits: { count: state.known, next: 1_000 } });
  const stop = startPacer({
    clock: {
      read: async () => reading(),
      change: async (change) => {
        if ('to' in change) moves.push(change.to);
        state.waits = 0;
        return reading();
      },
      last: reading,
      close: () => {},
    },
    invoker: { invoke: () => Promise.reject(), running: () => state.running, counts: () => ({}), idle: async () => {} },
    traffic: {
      inFlight: () => state.inFlight,
      waits: () => state.waits,
      activity: () => state.activity,
      onQuiet: () => {},
      onQueueTouched: () => {},
    },
    log: { write: () => {}, close: async () => {} },
  });
  stops.push(stop);
  return { state, moves };
}

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

describe('the clock is moved to the earliest wait', () => {
  test('when all that runs waits: once', async () => {
    const { moves } = stage({ running: 2, inFlight: 0, waits: 2 });
    await expect.poll(() => moves).toEqual([1_000]);
    await sleep(60);
    expect(moves).toEqual([1_000]);
  });

  test.each([
    ['nothing runs', { running: 0, inFlight: 0, waits: 1 }],
    ['nothing waits', { running: 1, inFlight: 0, waits: 0 }],
    ['a call is under way', { running: 2, inFlight: 1, waits: 1 }],
    ['the clock runs by itself', { running: 1, inFlight: 0, waits: 1, mode: 'running' as const }],
    ['a wait has not arrived at the clock', { running: 2, inFlight: 0, waits: 2, known: 1 }],
  ])('not while %s', async (_, seen) => {
    const { moves } = stage(seen);
    await sleep(80);
    expect(moves).toEqual([]);
  });

  test('as soon as the last call has ended and all waits have arrived', async () => {
    const { state, moves } = stage({ running: 2, inFlight: 1, waits: 2, known: 1 });
    await sleep(40);
    state.inFlight = 0;
    await sleep(40);
    expect(moves).toEqual([]);
    state.known = 2;
    await expect.poll(() => moves).toEqual([1_000]);
  });
});
