import { GIB } from '../base/bytes.ts';
import { alarmOf, type BudgetAlarm } from './budget-alarm.ts';
import type { BudgetSource } from './budget-paths.ts';
import { budgetLimit, sourceCosts } from './chain-costs.ts';
import { type BudgetCase, type CoveredSource, chainsOf, keptPositions } from './covered-source.ts';
import { decideBudget } from './decide-budget.ts';
import type { MaskedPoints } from './decide-masks.ts';
import { floorBits } from './reason-bits.ts';
import type { RetentionPoint } from './verdict.ts';

/**
 * What a budget decides.
 *
 * Shape:  `givenUp[s][at]` is 1 where the point at that position of the source's `order` is given up. `alarm` is null where the bill fits.
 * Units:  micro-units a month, rounded up: what the covered points cost after the decision.
 */
export interface BudgetPlan {
  readonly givenUp: readonly Uint8Array[];
  readonly fits: boolean;
  readonly gapPercent: number;
  readonly costMicroUnits: number;
  readonly alarm: BudgetAlarm | null;
}

/**
 * Holds a budget against what tiers and age keep, all covered sources together.
 *
 * Shape:  `decided` is what `decideMasks` says of each source.
 * Safety: floors are never given up: what is held, immutable or in the future, `minimum`, the newest, and what the budget's floors keep.
 */
export function planBudget(covered: BudgetCase, decided: readonly MaskedPoints[]): BudgetPlan {
  const { sources, budget, rules } = covered;
  let limit = budgetLimit(budget.amountPerMonth.microUnits);
  const stays = floorBits(budget.floors);
  const positions = sources.map((source, at) => keptPositions(source.points, decided[at] as MaskedPoints));
  const budgetSources = sources.map((source, at) => {
    const masked = decided[at] as MaskedPoints;
    const own = positions[at] as Int32Array;
    const { edgeCosts, fixedCost } = sourceCosts(own.length, chainsOf(source, masked.order, own));
    limit -= fixedCost;
    return { ...budgetNodes(source, masked, own, stays), edgeCosts };
  });
  const { kept, fits, gapPercent, cost } = decideBudget(budgetSources, limit, rules.now);
  const givenUp = decided.map(({ order }, at) => {
    const marks = new Uint8Array(order.length);
    for (const [node, position] of (positions[at] as Int32Array).entries()) {
      if ((kept[at] as Uint8Array)[node + 1] !== 1) marks[position] = 1;
    }
    return marks;
  });
  const costMicroUnits = Math.ceil((cost + budgetLimit(budget.amountPerMonth.microUnits) - limit) / GIB);
  const alarm = fits ? null : alarmOf(covered, costMicroUnits);
  return { givenUp, fits, gapPercent, costMicroUnits, alarm };
}

/**
 * The points at some positions, oldest first, as nodes of the budget: the moment protection began, then theirs, and which of them must stay.
 *
 * Shape: `stays` has the bits of the floors.
 */
export function budgetNodes(
  { points, protectedSince }: Pick<CoveredSource, 'points' | 'protectedSince'>,
  { order, masks }: MaskedPoints,
  positions: Int32Array,
  stays: number,
): Pick<BudgetSource, 'times' | 'floors'> {
  const times = Float64Array.from([protectedSince, ...positions], (position, node) =>
    node === 0 ? position : (points[order[position] as number] as RetentionPoint).takenAt,
  );
  const floors = Uint8Array.from([0, ...positions], (position, node) =>
    node === 0 || ((masks[position] as number) & stays) !== 0 ? 1 : 0,
  );
  return { times, floors };
}
