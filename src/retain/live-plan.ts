import type { Log } from '../base/log.ts';
import type { Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import { type Chains, openPriceBook } from '../cost/cost.ts';
import type { PriceSource } from '../cost/ports.ts';
import type { RetentionPart } from '../policy/parse-policy.ts';
import { decideMasks, type PreparedRules, prepareRules } from './decide-masks.ts';
import { type DecidedSource, type LiveBudget, planLiveBudget } from './live-budget.ts';
import { entriesOf, type LiveDeps, liveSources, type SourceEntry } from './live-sources.ts';

export interface PlanDeps extends LiveDeps {
  readonly store: Store;
  readonly chains: Chains;
  readonly prices: PriceSource;
  readonly currency: string;
  readonly log: Log;
}

/** A source with everything that is decided of its points; `givenUp` is null where the budget gives up nothing of it. */
export interface PlannedSource extends DecidedSource {
  readonly givenUp: Uint8Array | null;
}

/** What is decided for a policy: by which rules, and how its budget comes out (null without one). */
export interface LivePlan {
  readonly rules: PreparedRules;
  readonly budget: LiveBudget | null;
}

/**
 * Decides what becomes of a policy's live points: the one decision that the sweep carries out and the preview shows.
 *
 * Shape:  `visit` is called for one source after another. Without a budget nothing is held from one to the next; a budget looks across all of them, so
 *         then they are all read before the first visit.
 * Errors: AppError where anything that the decision needs cannot be read: nothing may be deleted then.
 */
export async function planLive(
  deps: PlanDeps,
  request: {
    readonly policyName: string;
    readonly part: RetentionPart;
    readonly now: EpochMs;
    readonly noteGone: boolean;
    readonly entries?: readonly SourceEntry[];
  },
  visit: (source: PlannedSource, rules: PreparedRules) => Promise<void>,
): Promise<LivePlan> {
  const { policyName, part, now } = request;
  const rules = prepareRules(part.retention, part.timeZone, now);
  const entries = request.entries ?? (await entriesOf(deps.sources, policyName));
  const together: DecidedSource[] = [];
  for await (const live of liveSources(deps, policyName, entries, request)) {
    const decided = decideMasks(live.retention, rules);
    if (part.budget) together.push({ live, decided });
    else await visit({ live, decided, givenUp: null }, rules);
  }
  if (!part.budget) return { rules, budget: null };
  const prices = openPriceBook({ store: deps.store, source: deps.prices, log: deps.log }, deps.currency, now);
  const inCurrency = part.budget.amountPerMonth.currency === deps.currency;
  if (!inCurrency) {
    deps.log.error('a budget is in another currency than the prices: it gives up nothing', {
      policy: policyName,
      budget: part.budget.amountPerMonth.currency,
      prices: deps.currency,
    });
  }
  const budget = inCurrency
    ? await planLiveBudget({ chains: deps.chains, prices }, { ...part, budget: part.budget }, together, rules)
    : null;
  for (const source of together)
    await visit({ ...source, givenUp: budget?.givenUp.get(source.live.entry.key) ?? null }, rules);
  return { rules, budget };
}
