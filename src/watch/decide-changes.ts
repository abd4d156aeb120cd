import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../base/time.ts';
import type { ConditionKind } from './condition-kinds.ts';
import type { Sighting } from './decide-conditions.ts';

/**
 * A condition as it is kept.
 *
 * Shape:  `goneSince` is set while an open one was not seen at the last look; `clearedAt` once it has ended. `told` says whether people were told of the state
 *         that it is in. `openings` counts how often it has opened without a quiet day in between.
 */
export interface Condition extends Sighting {
  readonly openedAt: EpochMs;
  readonly goneSince: EpochMs | null;
  readonly clearedAt: EpochMs | null;
  readonly told: boolean;
  readonly openings: number;
}

export interface Changes {
  /** What is to be written: new conditions and changed ones. */
  readonly write: readonly Condition[];
  /** What ended so long ago that it is forgotten. */
  readonly forget: readonly Condition[];
  /** All conditions as they stand then, the forgotten left out. */
  readonly standing: readonly Condition[];
  /** How many were not kept, as their kind has too many already. */
  readonly leftOutByKind: ReadonlyMap<ConditionKind, number>;
}

/** A condition has to be gone for so long before it counts as cleared; twice as long after each further opening. */
const QUIET_MS = 30 * MINUTE_MS;
const QUIET_MAX_MS = 8 * HOUR_MS;
/** A cleared condition is remembered for so long: it tells a first opening from flapping. */
const REMEMBERED_MS = DAY_MS;
/** Conditions of one kind that are kept one by one. A failure of everything opens one for each source, and nobody reads ten thousand. */
export const MAX_OF_KIND = 100;

/**
 * Decides what becomes of the conditions that are kept, given those that hold now. Pure, and the same when it is decided twice.
 *
 * - What holds and is not open opens, once: it stays the same condition until it has been gone for half an hour.
 * - What flaps has to be quiet for longer and longer, up to eight hours, so that it does not open and clear all day.
 */
export function decideChanges(kept: readonly Condition[], seen: readonly Sighting[], now: EpochMs): Changes {
  const before = new Map(kept.map((condition) => [idOf(condition), condition]));
  const write: Condition[] = [];
  const standing: Condition[] = [];
  const forget: Condition[] = [];
  const leftOutByKind = new Map<ConditionKind, number>();
  const openByKind = Map.groupBy(
    kept.filter(({ clearedAt }) => clearedAt === null),
    ({ kind }) => kind,
  );
  const room = (kind: ConditionKind) => MAX_OF_KIND - (openByKind.get(kind)?.length ?? 0);
  const opened = new Map<ConditionKind, number>();
  for (const sighting of seen) {
    const known = before.get(idOf(sighting));
    before.delete(idOf(sighting));
    if (known?.clearedAt === null) {
      const changed = known.goneSince !== null || !sameFacts(known, sighting);
      const condition = changed ? { ...known, ...sighting, goneSince: null } : known;
      if (changed) write.push(condition);
      standing.push(condition);
      continue;
    }
    const count = opened.get(sighting.kind) ?? 0;
    if (count >= room(sighting.kind)) {
      leftOutByKind.set(sighting.kind, (leftOutByKind.get(sighting.kind) ?? 0) + 1);
      if (known) standing.push(known);
      continue;
    }
    opened.set(sighting.kind, count + 1);
    const openings = (known?.openings ?? 0) + 1;
    const fresh = { ...sighting, openedAt: now, goneSince: null, clearedAt: null, told: false, openings };
    write.push(fresh);
    standing.push(fresh);
  }
  for (const condition of before.values()) {
    const next = unseen(condition, now);
    if (next === null) {
      forget.push(condition);
      continue;
    }
    if (next !== condition) write.push(next);
    standing.push(next);
  }
  return { write, forget, standing, leftOutByKind };
}

/** What becomes of a condition that does not hold now. Shape: the same where nothing changes, null where it is forgotten. */
function unseen(condition: Condition, now: EpochMs): Condition | null {
  const { clearedAt, goneSince, told, openings } = condition;
  if (clearedAt !== null) return told && now - clearedAt > REMEMBERED_MS ? null : condition;
  if (goneSince === null) return { ...condition, goneSince: now };
  const quietMs = Math.min(QUIET_MS * 2 ** (openings - 1), QUIET_MAX_MS);
  // What opened and went before anybody was told is told all the same: both ends of it.
  return now - goneSince >= quietMs && told ? { ...condition, clearedAt: now, told: false } : condition;
}

/** What tells a condition from all others. */
export function idOf({ kind, subject }: Pick<Sighting, 'kind' | 'subject'>): string {
  return `${kind}|${subject}`;
}

function sameFacts(a: Sighting, b: Sighting): boolean {
  return a.name === b.name && JSON.stringify(a.facts) === JSON.stringify(b.facts);
}
