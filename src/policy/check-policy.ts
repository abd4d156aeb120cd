import { type Problem, showFound } from '../base/problem.ts';
import { approximateMs } from '../base/time.ts';
import { readCron } from '../schedule/cron.ts';
import { nextOccurrence } from '../schedule/occurrences.ts';
import { contradict, excludesAll } from './compare-matchers.ts';
import { estimatedPointsKept, HORIZON_YEARS } from './estimate-points.ts';
import type { Matcher, Policy } from './policy.ts';

/**
 * Incremental snapshots of one disk that can exist at one time.
 *
 * Source: learn.microsoft.com/azure/virtual-machines/disks-incremental-snapshots, "Restrictions" (2024-12-11).
 */
export const MAX_SNAPSHOTS_PER_DISK = 500;

/**
 * Names what makes a policy protect nothing or keep nothing, as far as the document itself shows it: `?force=true` saves it all the same.
 * A disabled policy is no such case: it says so in as many words, and is checked like any other.
 */
export function emptyProtections(policy: Policy): readonly Problem[] {
  const { select } = policy;
  const problems: Problem[] = [];
  const nothing = (path: string, message: string, found: unknown, allowed: string) =>
    problems.push({ path, message, found: showFound(found), allowed });
  if (select.scopes.length === 0) {
    nothing(
      '$.select.scopes',
      'would protect nothing: nothing is in scope',
      [],
      'at least one subscription, resource group or management group',
    );
  }
  if (select.kinds.length === 0) {
    nothing(
      '$.select.kinds',
      'would protect nothing: no kind of source is asked for',
      [],
      '"virtualMachine", "disk" or both',
    );
  }
  if (policy.schedules.length === 0) {
    nothing('$.schedules', 'would protect nothing by itself: it is never due', [], 'at least one schedule');
  }
  for (const [index, matcher] of select.exclude.entries()) {
    if (!excludesAll(matcher, select.include)) continue;
    nothing(
      `$.select.exclude[${index}]`,
      'would protect nothing: it excludes all that is included',
      withoutKind(matcher),
      'a condition that leaves something over',
    );
  }
  for (const [index, matcher] of select.excludeDisks.entries()) {
    if (!excludesAll(matcher, [])) continue;
    nothing(
      `$.select.excludeDisks[${index}]`,
      'would protect nothing: it leaves out every disk',
      withoutKind(matcher),
      'a condition that leaves something over',
    );
  }
  for (const [index, matcher] of select.include.entries()) {
    if (!select.include.slice(0, index).some((other) => contradict(matcher, other))) continue;
    nothing(
      `$.select.include[${index}]`,
      'would protect nothing: no source can fulfil it together with those before it',
      withoutKind(matcher),
      'conditions that can hold together',
    );
  }
  return [...problems, ...keepsNothing(policy)];
}

/** Names what would collect more snapshots of one disk than Azure allows: refused always. */
export function tooManyPoints(policy: Policy): readonly Problem[] {
  const points = estimatedPointsKept(policy);
  if (points !== 'unbounded' && points <= MAX_SNAPSHOTS_PER_DISK) return [];
  return [
    {
      path: '$.retention',
      message: `would collect more snapshots of one disk than Azure allows, counted over ${HORIZON_YEARS} years with those in their grace`,
      found: points === 'unbounded' ? 'more than 5000 snapshots' : `about ${points} snapshots`,
      allowed: `at most ${MAX_SNAPSHOTS_PER_DISK} snapshots: keep fewer, set maxAge or shorten graceHours`,
    },
  ];
}

/** With a maximal age below every interval of the schedules each point is too old before the next one comes. */
function keepsNothing(policy: Policy): readonly Problem[] {
  const { maxAge, minimum } = policy.retention;
  const shortest = shortestIntervalMs(policy);
  if (maxAge === null || shortest === null || approximateMs(maxAge) >= shortest) return [];
  return [
    {
      path: '$.retention.maxAge',
      message: `would keep nothing but the minimum (${minimum}): every point is too old before the next one is due`,
      found: showFound(maxAge.text),
      allowed: 'more than the time from one slot to the next',
    },
  ];
}

const LOOKED_AT_FROM = Date.UTC(2032, 0, 1);
const LOOKED_AT_SLOTS = 50;

/** The shortest time between neighbouring slots among the next fifty; null with fewer than two. */
function shortestIntervalMs(policy: Policy): number | null {
  const crons = policy.schedules.flatMap(({ cron }) => {
    const read = readCron(cron);
    return read.ok ? [read.cron] : [];
  });
  let shortest: number | null = null;
  let last: number | null = null;
  let from = LOOKED_AT_FROM;
  for (let count = 0; count < LOOKED_AT_SLOTS; count += 1) {
    const next = crons.flatMap((cron) => nextOccurrence(cron, policy.timeZone, from) ?? []);
    if (next.length === 0) break;
    from = Math.min(...next);
    if (last !== null) shortest = Math.min(shortest ?? Number.POSITIVE_INFINITY, from - last);
    last = from;
  }
  return shortest;
}

function withoutKind(matcher: Matcher): object {
  const { kind: _, ...form } = matcher;
  return form;
}
