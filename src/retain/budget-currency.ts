import { type Problem, showFound } from '../base/problem.ts';
import type { Budget } from '../policy/policy.ts';

/** A budget can only be held against prices of its own currency. */
export function budgetCurrencyProblems(budget: Budget | null, currency: string): readonly Problem[] {
  const asked = budget?.amountPerMonth.currency;
  if (asked === undefined || asked === currency) return [];
  return [
    {
      path: '$.budget.currency',
      message: 'is another currency than the prices have',
      found: showFound(asked),
      allowed: `${showFound(currency)}, the currency that this installation is set to`,
    },
  ];
}
