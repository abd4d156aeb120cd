import type { Clock } from '../base/clock.ts';
import { isAppError } from '../base/errors.ts';
import { inParallel } from '../base/in-parallel.ts';
import type { Log } from '../base/log.ts';
import type { Store } from '../base/store.ts';
import { type EpochMs, formatIso, MINUTE_MS } from '../base/time.ts';
import type { EstateReader, Source } from '../inventory/inventory.ts';
import { matchSources, subscriptionsOf } from '../inventory/match-sources.ts';
import { listOnce, readEstate } from '../inventory/read-estate.ts';
import { resolveScopes } from '../inventory/resolve-scopes.ts';
import type { Policy } from '../policy/policy.ts';
import { decideDueSlots } from '../schedule/decide-due-slots.ts';
import { jitterMs, policyKey } from '../schedule/point-names.ts';
import { messageOf } from '../work/messages.ts';
import type { Agenda, WorkItem } from '../work/work.ts';
import type { Catalogue } from './catalogue.ts';
import { askForDrill, decideDueDrill } from './due-drill.ts';
import { inTurns } from './in-turns.ts';
import { planPoint } from './plan-point.ts';
import type { PolicyBook } from './policy-book.ts';
import { NEVER, type ScheduleState, type ScheduleStates } from './schedule-state.ts';
import type { SourceBook } from './source-book.ts';

export interface ScheduleDeps {
  readonly store: Store;
  readonly policies: PolicyBook;
  readonly states: ScheduleStates;
  readonly sources: SourceBook;
  readonly catalogue: Catalogue;
  readonly agenda: Agenda;
  readonly estate: EstateReader;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long a message has before its point is sent again. */
const RESEND_AFTER_MS = 5 * MINUTE_MS;

const ROWS_AT_ONCE = 8;

/** A schedule row whose policy is not there yet: the save that wrote it first may still be under way. */
const ORPHAN_AFTER_MS = 10 * MINUTE_MS;

export interface ScheduleResult {
  readonly points: number;
  readonly missed: number;
  readonly failedPolicies: readonly string[];
}

/**
 * Finds every slot that is due, in each policy's zone, and plans one point per source and slot.
 *
 * Shape:  how many points were planned. No call when nothing is due.
 * Errors: a policy whose management groups or estate cannot be read stays due and is told; the others go on.
 * Safety: points and agenda are written before the schedule moves on, so a crash anywhere repeats the tick; the same slot is the same point.
 */
export async function runSchedules(deps: ScheduleDeps, states: readonly ScheduleState[]): Promise<ScheduleResult> {
  const now = deps.clock.now();
  const due = states.filter((state) => state.nextDueAt <= now);
  const reader = listOnce(deps.estate);
  const result = { points: 0, missed: 0, failedPolicies: [] as string[] };
  for (const state of due) {
    try {
      const done = await runPolicy(deps, state, now, reader);
      result.points += done.points;
      result.missed += done.missed;
    } catch (error) {
      if (!isAppError(error)) throw error;
      deps.log.error('a policy could not be scheduled', {
        policy: state.policy,
        code: error.code,
        reason: error.message,
        ...error.facts,
      });
      result.failedPolicies.push(state.policy);
    }
  }
  return result;
}

async function runPolicy(
  deps: ScheduleDeps,
  state: ScheduleState,
  now: EpochMs,
  reader: EstateReader,
): Promise<{ points: number; missed: number }> {
  const stored = await deps.policies.get(state.policy);
  if (!stored) {
    if (now - state.nextDueAt > ORPHAN_AFTER_MS) await deps.states.remove(state);
    return { points: 0, missed: 0 };
  }
  const { policy } = stored;
  if (stored.state === 'deleted' || !policy.enabled) {
    await deps.states.advance(state, new Map(), NEVER);
    return { points: 0, missed: 0 };
  }
  const decision = decideDueSlots({
    schedules: policy.schedules,
    zone: policy.timeZone,
    state: state.evaluatedUpTo,
    now,
  });
  for (const slot of decision.missed) {
    deps.log.warn('a slot was missed', {
      policy: policy.name,
      schedule: slot.schedule,
      slot: formatIso(slot.at),
      because: slot.because,
    });
  }
  for (const stretch of decision.unlisted) {
    deps.log.warn('slots were missed in a long downtime', {
      policy: policy.name,
      schedule: stretch.schedule,
      after: formatIso(stretch.after),
      upTo: formatIso(stretch.upTo),
    });
  }
  if (decision.missed.length > 0) await noteGaps(deps.store, policy.name, decision.missed, now);
  let points = 0;
  if (decision.slots.length > 0) {
    const sources = await findSources(deps, policy, reader, now);
    for (const slot of decision.slots) points += await planSlot(deps, policy, slot, sources, now);
  }
  const drill = decideDueDrill(policy, state.evaluatedUpTo, now);
  if (drill.id !== null) await askForDrill(deps, drill.id, now);
  const nextDueAt = Math.min(decision.nextDueAt ?? NEVER, drill.nextDueAt ?? NEVER);
  await deps.states.advance(state, new Map([...decision.state, ...drill.state]), nextDueAt);
  return { points, missed: decision.missed.length };
}

async function findSources(
  deps: ScheduleDeps,
  policy: Policy,
  reader: EstateReader,
  now: EpochMs,
): Promise<readonly Source[]> {
  const resolved = await resolveScopes(reader, policy);
  const { sources, findings } = matchSources(resolved, await readEstate(reader, subscriptionsOf([resolved])));
  for (const finding of findings)
    deps.log.warn('a source is not protected as asked', { policy: policy.name, ...finding });
  if (sources.length === 0) deps.log.warn('a policy matches nothing', { policy: policy.name });
  await deps.sources.see(policy.name, sources, now, { all: true });
  return sources;
}

async function planSlot(
  deps: ScheduleDeps,
  policy: Policy,
  slot: { readonly at: EpochMs; readonly schedules: readonly string[] },
  sources: readonly Source[],
  now: EpochMs,
): Promise<number> {
  const items: WorkItem[] = [];
  const soon: WorkItem[] = [];
  const jitters = policy.schedules
    .filter((schedule) => slot.schedules.includes(schedule.name))
    .flatMap((schedule) => schedule.jitter ?? []);
  const turns = inTurns(sources, ({ subscriptionId }) => subscriptionId.toLowerCase());
  const points = turns.map((source) =>
    planPoint({ policy, source, slot: slot.at, schedules: slot.schedules, trigger: 'schedule', now }),
  );
  for (const point of points) {
    const startAt = slot.at + Math.max(0, ...jitters.map((jitter) => jitterMs(point.source.key, jitter)));
    const item: WorkItem = { kind: 'take', id: point.id, dueAt: startAt > now ? startAt : now + RESEND_AFTER_MS };
    items.push(item);
    if (startAt <= now) soon.push(item);
  }
  // The agenda first: a point without an item would never be taken, an item without a point is dropped.
  await deps.agenda.change(items);
  await inParallel(points, ROWS_AT_ONCE, (point) => deps.catalogue.insert(point));
  await deps.store.queue('snapshots').send(soon.map(messageOf));
  deps.log.info('points planned', { policy: policy.name, slot: formatIso(slot.at), points: items.length });
  return items.length;
}

async function noteGaps(
  store: Store,
  policy: string,
  missed: readonly { at: EpochMs; schedule: string; because: string }[],
  now: EpochMs,
): Promise<void> {
  await store.table('gaps').write(
    policyKey(policy),
    missed.slice(-100).map((slot) => ({
      kind: 'put',
      rowKey: `${String(slot.at).padStart(15, '0')}.${policyKey(slot.schedule)}`,
      cells: { policy, schedule: slot.schedule, slot: slot.at, because: slot.because, notedAt: now },
    })),
  );
}
