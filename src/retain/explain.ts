import { type Period, periods } from '../base/time.ts';
import { bucketText } from './buckets.ts';
import type { MaskedPoints, PreparedRules } from './decide-masks.ts';
import { isKept, namedBits, oldestBits } from './reason-bits.ts';
import { keepRules, type Reason, type RetentionPoint, type Verdict } from './verdict.ts';

/**
 * What the budget adds to a decision: by position in `order`, whether a kept point is given up, and what deleting a point frees.
 *
 * Units: bytes; a missing `freedBytes` means that they are not known.
 */
export interface BudgetMarks {
  readonly givenUp?: Uint8Array;
  readonly freedBytes?: Float64Array;
}

/**
 * Puts reason masks into words.
 *
 * Shape: verdicts newest first, equal times by id; reasons in the order of the rules' list in the contract.
 */
export function explain(
  points: readonly RetentionPoint[],
  decided: MaskedPoints,
  rules: PreparedRules,
  budget: BudgetMarks = {},
): Verdict[] {
  const taken = new Array<number>(keepRules.length).fill(0);
  const verdicts: Verdict[] = [];
  for (let at = 0; at < decided.order.length; at += 1) {
    const point = points[decided.order[at] as number] as RetentionPoint;
    const mask = decided.masks[at] as number;
    // The rules have counted a point before the budget gives it up, so it takes its number with it.
    const reasons = nameReasons(mask, point, rules, taken);
    const givenUp = budget.givenUp?.[at] === 1;
    if (isKept(mask) && !givenUp) {
      verdicts.push({ id: point.id, action: 'keep', because: reasons });
      continue;
    }
    const deleted: Reason = givenUp ? { rule: 'budget' } : (reasons[0] as Reason);
    const known = budget.freedBytes !== undefined && point.state === 'succeeded';
    const because = known ? { ...deleted, freedBytes: budget.freedBytes[at] as number } : deleted;
    verdicts.push({ id: point.id, action: 'delete', because: [because] });
  }
  return verdicts;
}

function nameReasons(mask: number, point: RetentionPoint, rules: PreparedRules, taken: number[]): Reason[] {
  const reasons: Reason[] = [];
  for (const [index, rule] of keepRules.entries()) {
    if ((mask & (1 << index)) === 0) continue;
    const period: Period | undefined = periods[(index % (periods.length + 1)) - 1];
    const counted = index <= periods.length;
    taken[index] = (taken[index] as number) + 1;
    reasons.push({
      rule,
      ...(counted ? { nth: taken[index] as number } : {}),
      ...(period ? { bucket: textAt(period, point.takenAt, rules) } : {}),
    });
  }
  for (const [index, tier] of keepRules.entries()) {
    if ((mask & (oldestBits[index] as number)) !== 0) reasons.push({ rule: 'oldest', tier });
  }
  for (const { rule, bit } of namedBits) if ((mask & bit) !== 0) reasons.push({ rule });
  return reasons;
}

function textAt(period: Period, instant: number, rules: PreparedRules): string {
  const offset = rules.offsets.at(instant);
  return bucketText(period, instant + offset, offset);
}
