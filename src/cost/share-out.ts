import { assert } from '../base/assert.ts';

/**
 * Shares a whole amount out by weights so that the shares add up to it exactly: each gets its part rounded down, and what is left over goes one
 * by one to the largest remainders, the earlier of equals first.
 *
 * Shape:  as many shares as weights; all to the first where every weight is 0. Negative amounts (corrections) are shared as their opposite.
 * Source: the largest-remainder method (Hamilton).
 */
export function shareOut(amount: number, weights: readonly number[]): readonly number[] {
  assert(Number.isSafeInteger(amount), 'only whole amounts can be shared out');
  if (amount < 0) return shareOut(-amount, weights).map((share) => -share || 0);
  if (weights.length === 1) return [amount];
  const total = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
  if (total === 0n) return weights.map((_, index) => (index === 0 ? amount : 0));
  // In integers of any size: bytes times micro-units go beyond what a double holds exactly.
  const parts = weights.map((weight, index) => {
    const product = BigInt(amount) * BigInt(weight);
    return { index, share: Number(product / total), remainder: product % total };
  });
  const shares = parts.map((part) => part.share);
  const left = amount - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = parts.toSorted((a, b) =>
    a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1,
  );
  for (const { index } of byRemainder.slice(0, left)) shares[index] = (shares[index] ?? 0) + 1;
  return shares;
}

/**
 * Rounds whole amounts to multiples of a unit so that the rounded ones add up to their rounded total, for tables that people add up.
 *
 * Shape:  the amounts in units; each is off by less than one unit.
 */
export function roundToAddUp(amounts: readonly number[], unit: number): readonly number[] {
  const floors = amounts.map((amount) => Math.floor(amount / unit));
  const total = Math.round(amounts.reduce((sum, amount) => sum + amount, 0) / unit);
  let left = total - floors.reduce((sum, floor) => sum + floor, 0);
  const byRest = amounts.map((amount, index) => ({ index, rest: amount - (floors[index] ?? 0) * unit }));
  byRest.sort((a, b) => b.rest - a.rest || a.index - b.index);
  for (const { index } of byRest) {
    if (left <= 0) break;
    floors[index] = (floors[index] ?? 0) + 1;
    left -= 1;
  }
  return floors;
}
