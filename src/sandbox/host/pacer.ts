import { setTimeout as sleep } from 'node:timers/promises';
import type { ClockClient } from './clock-client.ts';
import type { Invoker } from './invoker.ts';
import type { LogSink } from './log-sink.ts';
import type { Traffic } from './traffic.ts';

/** Turns of the event loop without any call starting or ending after which the app counts as waiting: a handler that goes on does so within them. */
const SETTLE_TURNS = 3;
/** Looks again this often, for what no event tells. Units: real milliseconds. */
const LOOK_MS = 20;
/** The clock may not know yet of a wait that is on its way. Units: real milliseconds. */
const RETRY_MS = 1;

/**
 * Moves a frozen clock on to the earliest wait whenever the app does nothing but wait on it: invocations run, no call of the app is under way, at least one wait is.
 *
 * Shape:  gives back what ends it.
 * Errors: a clock that does not answer is logged once and asked again.
 */
export function startPacer(parts: {
  clock: ClockClient;
  invoker: Invoker;
  traffic: Traffic;
  log: LogSink;
}): () => void {
  const { clock, invoker, traffic, log } = parts;
  let busy = false;
  let stopped = false;
  let complained = false;

  const onlyWaits = () => !stopped && invoker.running() > 0 && traffic.inFlight() === 0 && traffic.waits() > 0;

  const settled = async (): Promise<boolean> => {
    const activity = traffic.activity();
    for (let turn = 0; turn < SETTLE_TURNS; turn += 1) await new Promise(setImmediate);
    return onlyWaits() && traffic.activity() === activity;
  };

  /** True when the clock was moved, or there is nothing to move. */
  const moveOnce = async (): Promise<boolean> => {
    if (!(await settled())) return false;
    const activity = traffic.activity();
    const { mode, waits } = await clock.read();
    if (mode !== 'frozen') return true;
    if (waits.next === null || waits.count < traffic.waits() || traffic.activity() !== activity) return false;
    await clock.change({ to: waits.next });
    return true;
  };

  const look = async () => {
    if (busy || !onlyWaits()) return;
    busy = true;
    try {
      while (onlyWaits() && !(await moveOnce())) await sleep(RETRY_MS);
      complained = false;
    } catch (error) {
      if (!complained)
        log.write({ level: 'error', category: 'system', message: `The clock cannot be moved: ${error}` });
      complained = true;
    } finally {
      busy = false;
    }
  };

  traffic.onQuiet(() => void look());
  const timer = setInterval(() => void look(), LOOK_MS);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
