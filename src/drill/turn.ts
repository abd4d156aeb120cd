import type { EpochMs } from '../base/time.ts';
import type { StoredDrill } from './drill-book.ts';
import type { DrillDeps } from './drill-deps.ts';
import type { Drill } from './drill-row.ts';

/** What one turn has come to. `stored` is null where somebody else was first. */
export interface Turn {
  readonly stored: StoredDrill | null;
  readonly waitMs: number;
}

/** Ends the step that a drill is at and begins another. `endedAt` is when it ended, where it is seen later. */
export async function goOn(
  deps: DrillDeps,
  before: StoredDrill,
  step: Drill['step'],
  changed: Partial<Drill> = {},
  endedAt: EpochMs | null = null,
): Promise<Turn> {
  const now = deps.clock.now();
  const finishedAt = endedAt ?? now;
  const steps = before.drill.steps.map((each) => (each.finishedAt === null ? { ...each, finishedAt } : each));
  // Finishing is writing down: it is no part of what was done.
  const begun = step === 'finish' ? [] : [{ name: step, startedAt: now, finishedAt: null }];
  const write = { ...changed, step, attempts: 0, steps: [...steps, ...begun] };
  return { stored: await deps.drills.write(before, write), waitMs: 0 };
}

/** Lets a drill fail for a reason, the first that there is: what it has made is removed next. */
export function failDrill(
  deps: DrillDeps,
  before: StoredDrill,
  code: string,
  message: string,
  changed: Partial<Drill> = {},
): Promise<Turn> {
  const { id, policy, reason } = before.drill;
  deps.log.error('a drill has failed', { drill: id, policy, code, reason: message });
  return goOn(deps, before, 'remove', { ...changed, reason: reason ?? { code, message: message.slice(0, 2_000) } });
}
