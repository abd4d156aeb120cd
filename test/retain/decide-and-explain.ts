import type { EpochMs, ZoneId } from '../../src/base/time.ts';
import type { Retention } from '../../src/policy/policy.ts';
import { decideMasks, prepareRules } from '../../src/retain/decide-masks.ts';
import { explain } from '../../src/retain/explain.ts';
import type { RetentionPoint, Verdict } from '../../src/retain/verdict.ts';

/**
 * Decides what becomes of the points of one source under one policy, the budget aside, and says why: as the preview does.
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
