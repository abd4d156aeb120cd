import { type FloorRule, floorRules } from '../policy/policy.ts';
import { deleteRules, guardRules, keepRules } from './verdict.ts';

/**
 * All reasons of a verdict in the 31 low bits of one number: 12 keep rules, `oldest` for 10 tiers, 6 guards, 3 reasons to delete.
 * A million verdicts are then four megabytes; words are made when somebody looks.
 */
export const RULE_COUNT = keepRules.length;

const tierIndexes = [1, 2, 3, 4, 5, 7, 8, 9, 10, 11] as const;

/** The bit of `oldest` by keep rule; 0 for `last` and `within`, which have no buckets. */
export const oldestBits: readonly number[] = keepRules.map((_, rule) => {
  const at = tierIndexes.indexOf(rule as (typeof tierIndexes)[number]);
  return at < 0 ? 0 : 1 << (RULE_COUNT + at);
});

const GUARD_SHIFT = RULE_COUNT + tierIndexes.length;
const guardBit = (name: (typeof guardRules)[number]) => 1 << (GUARD_SHIFT + guardRules.indexOf(name));

export const MINIMUM = guardBit('minimum');
export const HELD = guardBit('held');
export const IMMUTABLE = guardBit('immutable');
export const PENDING = guardBit('pending');
export const FUTURE = guardBit('future');
export const NO_POLICY = guardBit('no-policy');

const DELETE_SHIFT = GUARD_SHIFT + guardRules.length;
const deleteBit = (name: (typeof deleteRules)[number]) => 1 << (DELETE_SHIFT + deleteRules.indexOf(name));

export const MAX_AGE = deleteBit('max-age');
export const FAILED = deleteBit('failed');
export const UNKEPT = deleteBit('unkept');

const KEEP_BITS = (1 << DELETE_SHIFT) - 1;

/** True where any rule keeps the point. */
export function isKept(mask: number): boolean {
  return (mask & KEEP_BITS) !== 0;
}

/** The one rule by which a point that is not kept is deleted. */
export function deleteRuleOf(mask: number): (typeof deleteRules)[number] {
  if ((mask & MAX_AGE) !== 0) return 'max-age';
  return (mask & FAILED) !== 0 ? 'failed' : 'unkept';
}

/** The bits that a budget may not give up: guards, and what the named rules keep, by their buckets or as the oldest. */
export function floorBits(floors: readonly FloorRule[]): number {
  let bits = MINIMUM | HELD | IMMUTABLE | PENDING | FUTURE;
  for (const rule of floors) {
    const index = floorRules.indexOf(rule);
    bits |= (1 << index) | (oldestBits[index] as number);
  }
  return bits;
}

/** The guards' and deletions' names with their bits, in the order in which verdicts list them. */
export const namedBits = [
  ...guardRules.map((rule) => ({ rule, bit: guardBit(rule) })),
  ...deleteRules.map((rule) => ({ rule, bit: deleteBit(rule) })),
];

/** The names of all rules that keep a point, for logs; `oldest` with its tier. */
export function keptBecause(mask: number): readonly string[] {
  const names: string[] = [];
  for (const [index, rule] of keepRules.entries()) {
    if ((mask & (1 << index)) !== 0) names.push(rule);
    if ((mask & (oldestBits[index] as number)) !== 0) names.push(`oldest ${rule}`);
  }
  for (const { rule, bit } of namedBits) if ((mask & bit) !== 0) names.push(rule);
  return names;
}
