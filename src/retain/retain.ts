/** What other rooms may use of this one. */
export type { BudgetState } from './budget-book.ts';
export type { PlanDeps } from './live-plan.ts';
export type { Played, PlayedDay, PlayedPoint } from './plan-forward.ts';
export type { Simulation } from './simulate-policy.ts';
export { type Reclaim, weighChanges } from './weigh-changes.ts';
