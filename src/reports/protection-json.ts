import { formatIso } from '../base/time.ts';
import {
  type Condition,
  conditionKinds,
  conditionRules,
  type Protection,
  type SourceProtection,
  type Uncovered,
} from '../watch/watch.ts';

/** Entries of a list that an answer holds; the totals count all. */
const LISTED = 1_000;

/** The protection report as the API answers it. Units: seconds, ISO 8601. */
export function protectionJson(report: Protection) {
  const { coverage, sources, missed } = report;
  return {
    at: formatIso(report.at),
    days: report.days,
    coverage:
      coverage === null
        ? { error: report.coverageError }
        : {
            machines: coverage.machines,
            disks: coverage.disks,
            uncoveredMachines: shownUncovered(coverage.uncoveredMachines),
            uncoveredDisks: shownUncovered(coverage.uncoveredDisks),
          },
    policies: report.policies.map(({ targetMs, savedAt, ...policy }) => ({
      ...policy,
      savedAt: formatIso(savedAt),
      targetSeconds: secondsOf(targetMs),
    })),
    sources: sources.map(showSource),
    sourcesOverTarget: sources.filter(({ isOver }) => isOver).length,
    sourcesNoLongerMatched: report.left,
    missedSlots: missed.slice(0, LISTED).map(({ slot, ...gap }) => ({ ...gap, slot: formatIso(slot) })),
    missedSlotsTotal: missed.length,
    conditions: report.conditions.map(showCondition),
    watchedAt: iso(report.watchedAt),
  };
}

/** An open condition as the API shows it: with what to do. */
export function showCondition({ kind, name, group, facts, openedAt, goneSince }: Condition) {
  const { severity, title, todo } = conditionRules[kind];
  return { kind, severity, title, name, group, facts, openedAt: formatIso(openedAt), goneSince: iso(goneSince), todo };
}

/** Every kind of condition and how many of it are open. */
export function showConditionTable(open: readonly Condition[]) {
  return conditionKinds.map((kind) => {
    const { severity, title, text, todo, clears } = conditionRules[kind];
    const count = open.filter((condition) => condition.kind === kind).length;
    return { kind, severity, title, text, todo, clears, open: count };
  });
}

function showSource({ key, kind, id, name, policy, ...source }: SourceProtection) {
  const { targetMs, lastPointAt, ageMs, isOver, achievedMs, lastProof } = source;
  const worst = achievedMs.filter((value) => value !== null);
  return {
    ...{ source: key, kind, id, name, policy },
    targetSeconds: secondsOf(targetMs),
    lastPointAt: iso(lastPointAt),
    rpoSeconds: secondsOf(ageMs),
    overTarget: isOver,
    worstSeconds: worst.length === 0 ? null : secondsOf(Math.max(...worst)),
    achievedSeconds: achievedMs.map(secondsOf),
    lastProof: lastProof === null ? null : { at: formatIso(lastProof.at), kind: lastProof.kind },
  };
}

function shownUncovered(things: readonly Uncovered[]) {
  return { total: things.length, first: things.slice(0, LISTED) };
}

function secondsOf(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms / 1_000);
}

function iso(instant: number | null): string | null {
  return instant === null ? null : formatIso(instant);
}
