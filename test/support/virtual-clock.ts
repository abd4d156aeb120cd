import type { Clock } from '../../src/base/clock.ts';
import type { EpochMs } from '../../src/base/time.ts';

/** A clock that stands still until everybody only waits, and then goes on to the earliest wait. */
export interface VirtualClock extends Clock {
  /** What was waited for, in order. Units: ms. */
  readonly waitsMs: readonly number[];
}

interface Wait {
  readonly until: EpochMs;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Turns of the event loop after which nothing but waits is taken to be under way: work here is in memory, without sockets. */
const IDLE_TURNS = 5;

export function createVirtualClock(start: EpochMs = Date.UTC(2026, 2, 1)): VirtualClock {
  let now = start;
  let waits: Wait[] = [];
  let turning = false;
  const waitsMs: number[] = [];
  const turn = (idle: number) => {
    if (waits.length === 0) {
      turning = false;
    } else if (idle < IDLE_TURNS) {
      setImmediate(turn, idle + 1);
    } else {
      now = Math.max(now, Math.min(...waits.map((wait) => wait.until)));
      const due = waits.filter((wait) => wait.until <= now);
      waits = waits.filter((wait) => wait.until > now);
      for (const wait of due) wait.resolve();
      setImmediate(turn, 0);
    }
  };
  return {
    waitsMs,
    now: () => now,
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        waitsMs.push(ms);
        const wait = { until: now + ms, resolve, reject };
        waits.push(wait);
        signal?.addEventListener('abort', () => {
          waits = waits.filter((other) => other !== wait);
          reject(signal.reason);
        });
        if (!turning) {
          turning = true;
          setImmediate(turn, 0);
        }
      }),
  };
}
