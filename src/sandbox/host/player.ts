import type { ClockClient } from './clock-client.ts';
import type { Invoker } from './invoker.ts';
import type { QueueListener } from './queue-listener.ts';
import type { Timers } from './timers.ts';

/** How far the playing is. Units: epoch milliseconds of the estate's clock. */
export interface PlayProgress {
  readonly now: number;
  readonly steps: number;
  readonly running: number;
}

/** Plays time. */
export interface Player {
  playing(): boolean;
  /** Moves time on to `until` in steps. Errors: rejects where the clock fails, or while it plays already. */
  play(order: PlayOrder): Promise<PlayProgress>;
  /** Resolves when nothing runs and no message is visible. */
  drain(): Promise<void>;
}

export interface PlayOrder {
  readonly until: number;
  readonly stepMs: number;
  readonly signal: AbortSignal;
  onProgress(progress: PlayProgress): void;
}

/** Queues are looked at only after the app has called them, and all of them this often: others may have put something in. */
const FULL_LOOK_STEPS = 96;

/**
 * Makes the player: each step moves the clock to the next multiple of `stepMs`, fires each timer with an occurrence since then once, all at a time, and
 * waits until no function runs and no message is visible. Waits inside functions move the clock too (see pacer.ts), past `until` where it must be.
 */
export function createPlayer(parts: {
  clock: ClockClient;
  invoker: Invoker;
  timers: Timers;
  listeners: readonly QueueListener[];
}): Player {
  const { clock, invoker, timers, listeners } = parts;
  let playing = false;

  const drain = async () => {
    for (;;) {
      const unsettled = listeners.filter((listener) => !listener.settled());
      if (unsettled.length === 0 && invoker.running() === 0) return;
      await Promise.all([invoker.idle(), ...unsettled.map((listener) => listener.whenSettled())]);
    }
  };

  const play = async ({ until, stepMs, signal, onProgress }: PlayOrder): Promise<PlayProgress> => {
    if (playing) throw new Error('Time is being played already');
    playing = true;
    let steps = 0;
    const progress = () => ({ now: clock.last().now, steps, running: invoker.running() });
    try {
      let { now } = await clock.change({ freeze: true });
      await drain();
      now = clock.last().now;
      while (now < until && !signal.aborted) {
        const next = Math.min(until, (Math.floor(now / stepMs) + 1) * stepMs);
        ({ now } = await clock.change({ to: next }));
        timers.fireDue(now);
        if (steps % FULL_LOOK_STEPS === 0) for (const listener of listeners) listener.touch();
        await drain();
        steps += 1;
        // Waits may have moved the clock on meanwhile.
        now = clock.last().now;
        onProgress(progress());
      }
      return progress();
    } finally {
      playing = false;
    }
  };
  return { playing: () => playing, play, drain };
}
