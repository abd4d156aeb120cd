import { assert } from '../base/assert.ts';
import { approximateMs, type CalendarDuration, type EpochMs, type ZoneId } from '../base/time.ts';
import { type CronTimes, readCron } from './cron.ts';
import { latestOccurrences, nextOccurrence } from './occurrences.ts';

/** What of a policy's schedule decides when it is due. Declared here: the policy's room checks its schedules with this one, not the other way round. */
export interface SlotSchedule {
  readonly name: string;
  readonly cron: string;
  readonly startWindow: CalendarDuration;
  readonly catchUp: 'none' | 'latest';
}

/** A moment at which the policy is due; the schedules that share it by name, in the policy's order. */
export interface DueSlot {
  readonly at: EpochMs;
  readonly schedules: readonly string[];
}

/**
 * A slot that gets no point. `startWindow`: it is too late for it. `catchUp`: too late as well, and the newest slot that is due makes up for it.
 * `superseded`: more slots are due at once than Azure takes snapshots of a disk; a newer one is taken instead.
 */
export interface MissedSlot {
  readonly at: EpochMs;
  readonly schedule: string;
  readonly because: 'startWindow' | 'catchUp' | 'superseded';
}

/** A stretch of a long downtime whose missed slots are too many to be listed one by one: `after` < slot <= `upTo`. */
export interface UnlistedSlots {
  readonly schedule: string;
  readonly after: EpochMs;
  readonly upTo: EpochMs;
}

export interface DueSlots {
  readonly slots: readonly DueSlot[];
  readonly missed: readonly MissedSlot[];
  readonly unlisted: readonly UnlistedSlots[];
  readonly state: ReadonlyMap<string, EpochMs>;
  readonly nextDueAt: EpochMs | null;
}

/**
 * How many slots of a policy are taken at one tick, the newest of them: more snapshots of one disk are refused by Azure anyway.
 *
 * Source: Microsoft, "Restrictions of incremental snapshots": at most seven snapshots of one disk every five minutes.
 */
export const MAX_SLOTS_AT_ONCE = 7;

/** Missed slots of one schedule that are listed one by one; what lies before them is told as a stretch. */
const MAX_LISTED = 200;

/**
 * Decides what a policy owes since its schedules were looked at last. Pure.
 *
 * - A schedule that is seen for the first time is never back-filled: its state starts now.
 * - Every slot that is at most `startWindow` old is due, whatever happened between the ticks.
 * - Older ones are missed. Where such a schedule says `catchUp: latest`, one point is owed now for all of them: a newer slot of the policy
 *   that is due now is that point; where there is none, the newest missed slot is taken late, under its own time.
 * - Slots of several schedules at one moment are one slot. A slot that is taken for one schedule is missed for none.
 * - A clock that went backwards changes nothing: no state moves back, no slot comes twice.
 *
 * Shape:  `slots` and `missed` oldest first; `state` has exactly the schedules given; `nextDueAt` null where nothing comes any more.
 */
export function decideDueSlots(input: {
  readonly schedules: readonly SlotSchedule[];
  readonly zone: ZoneId;
  /** Up to where each schedule has been evaluated, by its name. */
  readonly state: ReadonlyMap<string, EpochMs>;
  readonly now: EpochMs;
}): DueSlots {
  const state = new Map<string, EpochMs>();
  const unlisted: UnlistedSlots[] = [];
  const owed: Owed[] = [];
  let nextDueAt: EpochMs | null = null;
  for (const schedule of input.schedules) {
    const cron = cronOf(schedule);
    const evaluatedUpTo = Math.max(input.state.get(schedule.name) ?? input.now, 0);
    const upTo = Math.max(evaluatedUpTo, input.now);
    state.set(schedule.name, upTo);
    const next = nextOccurrence(cron, input.zone, upTo);
    if (next !== null && (nextDueAt === null || next < nextDueAt)) nextDueAt = next;
    const found = latestOccurrences(cron, input.zone, evaluatedUpTo, input.now, MAX_LISTED);
    const oldest = found.at(-1);
    if (found.length === MAX_LISTED && oldest !== undefined) {
      unlisted.push({ schedule: schedule.name, after: evaluatedUpTo, upTo: oldest - 1 });
    }
    const dueFrom = input.now - approximateMs(schedule.startWindow);
    for (const at of found) owed.push({ at, schedule: schedule.name, late: at < dueFrom, catchUp: schedule.catchUp });
  }
  const taken = momentsTaken(owed);
  const missed = owed.filter(({ at }) => !taken.has(at)).map(missedSlot);
  return { slots: sharedSlots(owed, taken), missed: missed.sort((a, b) => a.at - b.at), unlisted, state, nextDueAt };
}

interface Owed {
  readonly at: EpochMs;
  readonly schedule: string;
  readonly late: boolean;
  readonly catchUp: SlotSchedule['catchUp'];
}

function cronOf(schedule: SlotSchedule): CronTimes {
  const read = readCron(schedule.cron);
  assert(read.ok, 'parsePolicy alone makes schedules, and it refuses what cannot be read');
  return read.cron;
}

function momentsTaken(owed: readonly Owed[]): ReadonlySet<EpochMs> {
  const moments = owed.filter(({ late }) => !late).map(({ at }) => at);
  const toCatchUp = owed.filter(({ late, catchUp }) => late && catchUp === 'latest').map(({ at }) => at);
  const newestToCatchUp = toCatchUp.length > 0 ? Math.max(...toCatchUp) : null;
  if (newestToCatchUp !== null && moments.every((at) => at < newestToCatchUp)) moments.push(newestToCatchUp);
  return new Set([...new Set(moments)].sort((a, b) => b - a).slice(0, MAX_SLOTS_AT_ONCE));
}

function missedSlot({ at, schedule, late, catchUp }: Owed): MissedSlot {
  if (!late) return { at, schedule, because: 'superseded' };
  return { at, schedule, because: catchUp === 'latest' ? 'catchUp' : 'startWindow' };
}

function sharedSlots(owed: readonly Owed[], taken: ReadonlySet<EpochMs>): readonly DueSlot[] {
  const names = new Map<EpochMs, string[]>();
  for (const { at, schedule } of owed) {
    if (!taken.has(at)) continue;
    const sharing = names.get(at) ?? [];
    names.set(at, [...sharing, schedule]);
  }
  return [...names].sort(([a], [b]) => a - b).map(([at, schedules]) => ({ at, schedules }));
}
