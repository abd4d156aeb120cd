/** What other rooms may use of this one. */
export { ConditionBook } from './condition-book.ts';
export { type ConditionKind, conditionKinds, conditionRules } from './condition-kinds.ts';
export type { Condition } from './decide-changes.ts';
export type { Uncovered } from './plan-coverage.ts';
export { showFacts } from './plan-notices.ts';
export { isWithin } from './plan-rpo.ts';
export { type Protection, readProtection, type SourceProtection } from './read-protection.ts';
export { WATCH_CRON, watchOver } from './watch-over.ts';
