import type { TimerHandler } from '@azure/functions';
import { type App, useApp } from '../app.ts';
import type { EpochMs } from '../base/time.ts';

/**
 * A timer's handler for what has to be done once for each day: an hourly timer then tries again what failed, and else has nothing to do.
 *
 * Shape:  `dayOf` names the day whose work is due; `run` answers `again` where something of it is left for the next hour.
 * Safety: what is done is remembered by this process alone; `run` must find out for itself, cheaply, that another one has done it.
 */
export function onceADay(
  dayOf: (now: EpochMs) => string,
  run: (holdfast: App) => Promise<'done' | 'again'>,
): TimerHandler {
  let lastDone = '';
  return async () => {
    const holdfast = await useApp();
    const day = dayOf(holdfast.clock.now());
    if (lastDone === day) return;
    if ((await run(holdfast)) === 'done') lastDone = day;
  };
}
