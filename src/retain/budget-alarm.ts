import { fromMicroUnits } from '../base/money.ts';
import type { FloorRule } from '../policy/policy.ts';
import { weighChain } from './chain-bytes.ts';
import { budgetLimit } from './chain-costs.ts';
import { type BudgetCase, chainsOf, keptPositions } from './covered-source.ts';
import { decideMasks, prepareRules } from './decide-masks.ts';
import { floorBits } from './reason-bits.ts';

/** One change of the policy: a JSON path of its document, what stands there, and what would fit. */
export interface PolicyChange {
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

/**
 * What is said where the floors alone exceed the budget.
 *
 * Units: micro-units a month.
 */
export interface BudgetAlarm {
  readonly exceedsByMicroUnits: number;
  readonly change: PolicyChange;
}

/** By how much the floors exceed the budget, and the one change of the policy that would fit and gives up the fewest of them; where none would, the amount. */
export function alarmOf(covered: BudgetCase, costMicroUnits: number): BudgetAlarm {
  const amount = covered.budget.amountPerMonth.microUnits;
  const exceedsByMicroUnits = costMicroUnits - amount;
  const changes = [minimumChange(covered), ...covered.budget.floors.map((rule) => floorChange(covered, rule))];
  const best = changes.filter((change) => change !== null).sort((a, b) => b.floors - a.floors)[0];
  const raise = { path: '$.budget.amountPerMonth', from: fromMicroUnits(amount), to: fromMicroUnits(costMicroUnits) };
  return { exceedsByMicroUnits, change: best ? best.change : raise };
}

/** A change that fits, and how many floors it leaves. */
interface FittingChange {
  readonly change: PolicyChange;
  readonly floors: number;
}

function minimumChange(covered: BudgetCase): FittingChange | null {
  const { minimum } = covered.retention;
  const found = largestFitting(minimum - 1, (to) => ({ ...covered, retention: { ...covered.retention, minimum: to } }));
  if (!found) return null;
  return { change: { path: '$.retention.minimum', from: minimum, to: found.count }, floors: found.floors };
}

/** A smaller count of the tier if that is enough; else the tier no longer a floor. */
function floorChange(covered: BudgetCase, rule: FloorRule): FittingChange | null {
  const value = covered.retention[rule];
  if (value === 'all' || typeof value === 'number') {
    const most =
      value === 'all' ? covered.sources.reduce((max, { points }) => Math.max(max, points.length), 0) : value - 1;
    const found = largestFitting(most, (to) => ({ ...covered, retention: { ...covered.retention, [rule]: to } }));
    if (found) return { change: { path: `$.retention.${rule}`, from: value, to: found.count }, floors: found.floors };
  }
  const floors = covered.budget.floors.filter((other) => other !== rule);
  const bill = floorBill({ ...covered, budget: { ...covered.budget, floors } });
  if (!bill.fits) return null;
  return { change: { path: '$.budget.floors', from: covered.budget.floors, to: floors }, floors: bill.floors };
}

/** The largest count from 1 to `most` under which the floors fit: fewer kept points never cost more. */
function largestFitting(most: number, change: (count: number) => BudgetCase): { count: number; floors: number } | null {
  let best: { count: number; floors: number } | null = null;
  let low = 1;
  let high = most;
  while (low <= high) {
    const count = Math.floor((low + high) / 2);
    const bill = floorBill(change(count));
    if (bill.fits) {
      best = { count, floors: bill.floors };
      low = count + 1;
    } else high = count - 1;
  }
  return best;
}

/** How many floors there are, and whether they alone fit. */
function floorBill({ sources, retention, budget, rules }: BudgetCase): { floors: number; fits: boolean } {
  const changed = prepareRules(retention, rules.zone, rules.now);
  const stays = floorBits(budget.floors);
  let cost = 0;
  let count = 0;
  for (const source of sources) {
    const decided = decideMasks(source.points, changed);
    const kept = keptPositions(source.points, decided);
    const floors = kept.filter((at) => ((decided.masks[at] as number) & stays) !== 0);
    count += floors.length;
    for (const chain of chainsOf(source, decided.order, floors)) {
      const alone = new Uint8Array(chain.lives.snapshots);
      for (const snapshot of chain.others) alone[snapshot] = 1;
      const together = Uint8Array.from(alone);
      for (const snapshot of chain.snapshots) if (snapshot >= 0) together[snapshot] = 1;
      const bytes = weighChain(chain.lives, together).after - weighChain(chain.lives, alone).after;
      cost += bytes * chain.microUnitsPerGiBMonth;
    }
  }
  return { floors: count, fits: cost <= budgetLimit(budget.amountPerMonth.microUnits) };
}
