import { fromMicroUnits } from '../base/money.ts';
import { type Problem, showFound } from '../base/problem.ts';
import type { EpochMs, ZoneId } from '../base/time.ts';
import type { Budget, Retention } from '../policy/policy.ts';
import { type BlockLives, type Extents, followBlocks } from './block-lives.ts';
import type { PolicyChange } from './budget-alarm.ts';
import { type ChainBytes, weighChain } from './chain-bytes.ts';
import { type CoveredSource, keptPositions } from './covered-source.ts';
import { decideMasks, type MaskedPoints, type PreparedRules, prepareRules } from './decide-masks.ts';
import { explain } from './explain.ts';
import { monthlyMicroUnits } from './monthly-cost.ts';
import { type BudgetPlan, planBudget } from './plan-budget.ts';
import type { FilePoint, FileSource, PointsFile } from './points-file.ts';
import { isKept } from './reason-bits.ts';
import type { Verdict } from './verdict.ts';

/** The parts of a policy that decide what is kept. */
export interface PreviewPolicy {
  readonly retention: Retention;
  readonly budget: Budget | null;
  readonly timeZone: ZoneId;
}

interface BeforeAndAfter {
  readonly before: number;
  readonly after: number;
}

/** How the budget comes out. Where the floors alone exceed it: by how much, and the single change of the policy that would fit. */
export interface PreviewBudget {
  readonly fits: boolean;
  readonly gapPercent: number;
  readonly exceedsBy?: number;
  readonly currency?: string;
  readonly change?: PolicyChange;
}

/**
 * What a policy would do to the points of a file.
 *
 * Shape: verdicts by source, then newest first, then id. `storedBytes` is null where a succeeded point does not say what changed, `monthlyCost` also
 *        where there is no price, `budget` where the policy has none.
 * Units: bytes; money in units of its currency.
 */
export interface PreviewPlan {
  readonly verdicts: readonly (Verdict & { readonly source: string })[];
  readonly storedBytes: BeforeAndAfter | null;
  readonly monthlyCost: (BeforeAndAfter & { readonly currency: string }) | null;
  readonly budget: PreviewBudget | null;
}

/** A problem of the preview, and which of its inputs it lies in. */
export interface PreviewProblem extends Problem {
  readonly file: 'command' | 'policy' | 'points';
}

/** The plan, or every problem. */
export type PreviewAnswer =
  | { readonly ok: true; readonly plan: PreviewPlan }
  | { readonly ok: false; readonly problems: readonly PreviewProblem[] };

/** Decides a points file under a policy. Pure: `now` is given. */
export function planPreview(file: PointsFile, policy: PreviewPolicy, now: EpochMs): PreviewAnswer {
  const rules = prepareRules(policy.retention, policy.timeZone, now);
  const sources = file.sources.map((source) => decideSource(source, rules));
  const problems = policy.budget ? budgetProblems(file, policy.budget, sources) : [];
  if (problems.length > 0) return { ok: false, problems };
  const budget = policy.budget ? coverSources(file, policy, policy.budget, sources, rules) : null;
  const weighed = sources.map((source, at) => weighSource(source, budget?.givenUp[at]));
  const storedBytes = sum(weighed);
  const plan = {
    verdicts: sources.flatMap((source, at) => verdictsOf(source, rules, weighed[at] ?? null, budget?.givenUp[at])),
    storedBytes,
    monthlyCost: storedBytes && file.price ? costOf(storedBytes, file.price) : null,
    budget: budget && policy.budget ? showBudget(budget, policy.budget) : null,
  };
  return { ok: true, plan };
}

/** One source, decided but for the budget. `chain` holds the positions of its succeeded points, oldest first; `lives` is null where one does not say what changed. */
interface DecidedSource {
  readonly file: FileSource;
  readonly decided: MaskedPoints;
  readonly chain: readonly number[];
  readonly lives: BlockLives | null;
}

function decideSource(file: FileSource, rules: PreparedRules): DecidedSource {
  const decided = decideMasks(file.points, rules);
  const chain: number[] = [];
  const extents: Extents[] = [];
  for (let at = decided.order.length - 1; at >= 0; at -= 1) {
    const point = file.points[decided.order[at] as number] as FilePoint;
    if (point.state !== 'succeeded') continue;
    chain.push(at);
    if (point.extents) extents.push(point.extents);
  }
  return { file, decided, chain, lives: extents.length < chain.length ? null : followBlocks(extents) };
}

/** Points of one source that a budget chooses from: far above Azure's 500 snapshots of a disk. */
const MAX_BUDGET_POINTS = 2_000;

function budgetProblems(file: PointsFile, budget: Budget, sources: readonly DecidedSource[]): PreviewProblem[] {
  const problems: PreviewProblem[] = [];
  const { currency } = budget.amountPerMonth;
  if (!file.price) {
    const path = '$.pricePerGiBMonth';
    problems.push({ file: 'points', path, message: 'is required by the budget', found: 'nothing', allowed: 'a price' });
  } else if (file.price.currency !== currency) {
    const allowed = `${showFound(file.price.currency)}, the currency of the price`;
    const message = 'is another currency than the price has';
    problems.push({ file: 'policy', path: '$.budget.currency', message, found: showFound(currency), allowed });
  }
  for (const source of sources) {
    const silent = source.file.points.find((point) => point.state === 'succeeded' && point.extents === null);
    if (silent) {
      const path = `$.points[${silent.index}].changed`;
      const allowed = 'what changed, for every succeeded point of every source';
      problems.push({ file: 'points', path, message: 'is required by the budget', found: 'nothing', allowed });
    }
    const count = keptPositions(source.file.points, source.decided).length;
    if (count > MAX_BUDGET_POINTS) {
      const message = `would choose from too many points of ${showFound(source.file.source)}`;
      const allowed = `rules that keep at most ${MAX_BUDGET_POINTS} points of a source`;
      problems.push({ file: 'policy', path: '$.budget', message, found: String(count), allowed });
    }
  }
  return problems;
}

function coverSources(
  file: PointsFile,
  { retention }: PreviewPolicy,
  budget: Budget,
  sources: readonly DecidedSource[],
  rules: PreparedRules,
): BudgetPlan {
  const covered = sources.map(({ file: { points, protectedSince }, decided, chain, lives }): CoveredSource => {
    if (!lives) return { points, protectedSince, chains: [] };
    const snapshotOf = new Int32Array(points.length).fill(-1);
    for (const [snapshot, at] of chain.entries()) snapshotOf[decided.order[at] as number] = snapshot;
    const microUnitsPerGiBMonth = file.price?.microUnitsPerGiBMonth ?? 0;
    return { points, protectedSince, chains: [{ lives, snapshotOf, others: [], microUnitsPerGiBMonth }] };
  });
  return planBudget(
    { sources: covered, retention, budget, rules },
    sources.map(({ decided }) => decided),
  );
}

function weighSource({ decided, chain, lives }: DecidedSource, givenUp: Uint8Array | undefined): ChainBytes | null {
  if (!lives) return null;
  return weighChain(
    lives,
    Uint8Array.from(chain, (at) => (isKept(decided.masks[at] as number) && givenUp?.[at] !== 1 ? 1 : 0)),
  );
}

function verdictsOf(
  { file, decided, chain }: DecidedSource,
  rules: PreparedRules,
  bytes: ChainBytes | null,
  givenUp: Uint8Array | undefined,
): PreviewPlan['verdicts'] {
  const freedBytes = new Float64Array(decided.order.length);
  for (const [snapshot, at] of chain.entries()) freedBytes[at] = bytes?.freedBytes[snapshot] ?? 0;
  const verdicts = explain(file.points, decided, rules, {
    ...(bytes ? { freedBytes } : {}),
    ...(givenUp ? { givenUp } : {}),
  });
  return verdicts.map(({ id, action, because }) => ({ id, source: file.source, action, because }));
}

function sum(parts: readonly (BeforeAndAfter | null)[]): BeforeAndAfter | null {
  let before = 0;
  let after = 0;
  for (const part of parts) {
    if (part === null) return null;
    before += part.before;
    after += part.after;
  }
  return { before, after };
}

function costOf(bytes: BeforeAndAfter, price: NonNullable<PointsFile['price']>): PreviewPlan['monthlyCost'] {
  const cost = (amount: number) => fromMicroUnits(monthlyMicroUnits(amount, price.microUnitsPerGiBMonth));
  return { before: cost(bytes.before), after: cost(bytes.after), currency: price.currency };
}

const GAP_DIGITS = 1e6;

function showBudget({ fits, gapPercent, alarm }: BudgetPlan, budget: Budget): PreviewBudget {
  // Rounded up: a shown gap is a proven one.
  const shown = { fits, gapPercent: Math.ceil(gapPercent * GAP_DIGITS) / GAP_DIGITS };
  if (!alarm) return shown;
  const exceedsBy = fromMicroUnits(alarm.exceedsByMicroUnits);
  return { ...shown, exceedsBy, currency: budget.amountPerMonth.currency, change: alarm.change };
}
