import type { KeepCount, Retention } from '../policy/policy.ts';
import type { PolicyChange } from './budget-alarm.ts';

/** One change of a policy and the retention that it leads to. */
export interface RetentionChange {
  readonly change: PolicyChange;
  readonly retention: Retention;
}

const TIERS = ['keepLast', 'keepHourly', 'keepDaily', 'keepWeekly', 'keepMonthly', 'keepYearly'] as const;
/** What `all` becomes: as many as people can still tell apart. */
const INSTEAD_OF_ALL: Readonly<Record<(typeof TIERS)[number], number>> = {
  keepLast: 10,
  keepHourly: 48,
  keepDaily: 31,
  keepWeekly: 13,
  keepMonthly: 12,
  keepYearly: 5,
};

/** The single changes of a retention that would keep less: each tier halved, or bounded where it has no bound. Pure. */
export function planChanges(retention: Retention): readonly RetentionChange[] {
  return TIERS.flatMap((tier) => {
    const from = retention[tier];
    const to = lessThan(tier, from);
    if (to === null) return [];
    return [{ change: { path: `$.retention.${tier}`, from, to }, retention: { ...retention, [tier]: to } }];
  });
}

/** Null where there is nothing less: a tier of one is the last of its kind. */
function lessThan(tier: (typeof TIERS)[number], count: KeepCount | null): number | null {
  if (count === null) return null;
  if (count === 'all') return INSTEAD_OF_ALL[tier];
  return count > 1 ? Math.floor(count / 2) : null;
}
