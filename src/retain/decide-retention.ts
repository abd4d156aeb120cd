import type { EpochMs, ZoneId } from '../base/time.ts';
import type { Retention } from '../policy/policy.ts';
import { decideMasks, prepareRules } from './decide-masks.ts';
import { explain } from './explain.ts';
import type { RetentionPoint, Verdict } from './verdict.ts';

/**
 * Decides what becomes of the points of one source under one policy, the budget aside, and says why.
 *
 * Shape:  one verdict per point, newest first, equal times by id; the order of the input does not matter.
 * Units:  `now` in epoch milliseconds.
 * Safety: deciding again after the deletions deletes nothing more.
 */
export function decideRetention(
  points: readonly RetentionPoint[],
  retention: Retention,
  zone: ZoneId,
  now: EpochMs,
): Verdict[] {
  const rules = prepareRules(retention, zone, now);
  return explain(points, decideMasks(points, rules), rules);
}
