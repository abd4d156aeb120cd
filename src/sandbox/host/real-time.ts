import type { ClockClient } from './clock-client.ts';
import type { LogSink } from './log-sink.ts';
import type { Player } from './player.ts';
import type { QueueListener } from './queue-listener.ts';
import type { Timers } from './timers.ts';

/** How exactly timers meet the running clock. Units: real milliseconds. */
const CLOCK_LOOK_MS = 200;
/** How soon messages of others are seen. Units: real milliseconds. */
const QUEUE_LOOK_MS = 1_000;

/**
 * Runs the app while time is not played: timers by the running clock (on a frozen clock none fires), queues in real time in both.
 *
 * Shape:  gives back what ends it.
 */
export function startRealTime(parts: {
  clock: ClockClient;
  player: Player;
  timers: Timers;
  listeners: readonly QueueListener[];
  log: LogSink;
}): () => void {
  const { clock, player, timers, listeners, log } = parts;
  let asking = false;
  let complained = false;
  const lookAtClock = async () => {
    if (player.playing() || asking) return;
    asking = true;
    try {
      const { now, mode } = await clock.read();
      if (mode === 'running' && !player.playing()) timers.fireDue(now);
      complained = false;
    } catch (error) {
      if (!complained)
        log.write({ level: 'error', category: 'system', message: `The clock does not answer: ${error}` });
      complained = true;
    } finally {
      asking = false;
    }
  };
  const clockTimer = setInterval(() => void lookAtClock(), CLOCK_LOOK_MS);
  const queueTimer = setInterval(() => {
    if (!player.playing()) for (const listener of listeners) listener.touch();
  }, QUEUE_LOOK_MS);
  return () => {
    clearInterval(clockTimer);
    clearInterval(queueTimer);
  };
}
