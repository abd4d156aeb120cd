import type { EpochMs } from './time.ts';

/**
 * The product's only "now" and only "wait".
 *
 * Units:  epoch milliseconds, milliseconds.
 * Errors: `wait` rejects with the signal's reason when it is aborted.
 */
export interface Clock {
  now(): EpochMs;
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  wait: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};
