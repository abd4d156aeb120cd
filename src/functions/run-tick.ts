import { runSchedules, type ScheduleDeps, type ScheduleResult } from '../protect/run-schedules.ts';
import { readStates } from '../protect/schedule-state.ts';
import { resumeWork } from '../work/resume-work.ts';

/** Rows that one tick looks at: schedules and overdue work together. The rest waits for the next minute. */
const ROWS_PER_TICK = 2_000;

/**
 * One tick: plans what is due by the policies' schedules, and puts overdue work back on its queues.
 *
 * Shape:  what was planned. One storage call when nothing is due; one timer for both, as each timer costs a second of an instance every minute.
 * Errors: neither half keeps the other from its work; what failed is thrown when both are done.
 * Source: learn.microsoft.com/azure/azure-functions/flex-consumption-plan (per-function scaling, and at least 1,000 ms billed for each execution).
 */
export async function runTick(deps: ScheduleDeps): Promise<ScheduleResult> {
  const { standing, due } = await deps.agenda.look(deps.clock.now(), ROWS_PER_TICK);
  const [resumed, scheduled] = await Promise.allSettled([
    resumeWork(deps, due),
    (async () => runSchedules(deps, readStates(standing)))(),
  ]);
  if (resumed.status === 'rejected') throw resumed.reason;
  if (scheduled.status === 'rejected') throw scheduled.reason;
  return scheduled.value;
}
