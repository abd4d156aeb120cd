/** The public face of this room: what other rooms, triggers and the sweep build on. */
export { decideMasks, type MaskedPoints, type PreparedRules, prepareRules } from './decide-masks.ts';
export { decideRetention } from './decide-retention.ts';
export { type BudgetMarks, explain } from './explain.ts';
export { isKept } from './reason-bits.ts';
export { type KeepRule, keepRules, type Reason, type RetentionPoint, type Verdict } from './verdict.ts';
