import type { Advice } from '../advice/advice.ts';
import type { CostReport } from '../cost/cost.ts';
import type { BudgetState } from '../retain/retain.ts';

/** Everything that one cost report shows. `advice` is null before it was worked out for the first time. */
export interface CostPage {
  readonly report: CostReport;
  readonly budgets: readonly BudgetState[];
  readonly advice: Advice | null;
}
