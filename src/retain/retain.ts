/** The public face of this room: what other rooms, triggers and the sweep build on. */
export { type BlockLives, type Extents, followBlocks, type Ranges } from './block-lives.ts';
export type { BudgetAlarm, PolicyChange } from './budget-alarm.ts';
export { type ChainBytes, weighChain } from './chain-bytes.ts';
export type { BudgetCase, CoveredSource, SourceChain } from './covered-source.ts';
export { decideMasks, type MaskedPoints, type PreparedRules, prepareRules } from './decide-masks.ts';
export { decideRetention } from './decide-retention.ts';
export { type BudgetMarks, explain } from './explain.ts';
export { monthlyMicroUnits } from './monthly-cost.ts';
export { type BudgetPlan, planBudget } from './plan-budget.ts';
export { isKept } from './reason-bits.ts';
export { type KeepRule, keepRules, type Reason, type RetentionPoint, type Verdict } from './verdict.ts';
