import { assert } from '../base/assert.ts';
import type { Store } from '../base/store.ts';
import { type EpochMs, MINUTE_MS, parseDuration } from '../base/time.ts';
import type { Policy } from '../policy/policy.ts';
import { decideDueSlots } from '../schedule/decide-due-slots.ts';
import { BY_SCHEDULE, drillId } from '../schedule/drill-names.ts';
import { messageOf } from '../work/messages.ts';
import type { Agenda, WorkItem } from '../work/work.ts';

/** Under this name the state of a policy's schedules remembers its drills: no schedule can be called so. */
const NAME = '!drills';

/** A drill that was missed is made up for by one, however late it is. */
const START_WINDOW = 'P1D';

/** How long the message has before the drill is sent again. */
const RESEND_AFTER_MS = 5 * MINUTE_MS;

/** What a policy owes of drills. */
export interface DueDrill {
  /** The drill that is due: the newest, where several are. */
  readonly id: string | null;
  readonly state: ReadonlyMap<string, EpochMs>;
  readonly nextDueAt: EpochMs | null;
}

/**
 * Decides whether a drill of a policy is due, as its schedules are decided: in its zone, from the same stored state. Pure.
 *
 * Shape:  of many that are due at once there is one: a second proof of the same hour says nothing.
 */
export function decideDueDrill(policy: Policy, state: ReadonlyMap<string, EpochMs>, now: EpochMs): DueDrill {
  if (policy.drills === null) return { id: null, state: new Map(), nextDueAt: null };
  const startWindow = parseDuration(START_WINDOW);
  assert(startWindow !== null, 'this is a duration');
  const schedule = { name: NAME, cron: policy.drills.cron, startWindow, catchUp: 'latest' } as const;
  const due = decideDueSlots({ schedules: [schedule], zone: policy.timeZone, state, now });
  const at = due.slots.at(-1)?.at ?? null;
  const id = at === null ? null : drillId({ policy: policy.name, at, mark: BY_SCHEDULE });
  return { id, state: due.state, nextDueAt: due.nextDueAt };
}

/** Puts a drill on the agenda and sends its message; doing so again changes nothing, as its id follows from policy and moment. */
export async function askForDrill(
  { store, agenda }: { readonly store: Store; readonly agenda: Agenda },
  id: string,
  now: EpochMs,
): Promise<void> {
  const item: WorkItem = { kind: 'drill', id, dueAt: now + RESEND_AFTER_MS };
  await agenda.change([item]);
  await store.queue('restores').send([messageOf(item)]);
}
