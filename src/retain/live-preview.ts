import { fromMicroUnits } from '../base/money.ts';
import type { EpochMs } from '../base/time.ts';
import { chainKey, openPriceBook, type PriceBook, redundancyOfSku } from '../cost/cost.ts';
import type { RetentionPart } from '../policy/parse-policy.ts';
import type { PreparedRules } from './decide-masks.ts';
import { explain } from './explain.ts';
import type { LiveBudget } from './live-budget.ts';
import { type PlanDeps, type PlannedSource, planLive } from './live-plan.ts';
import { entriesOf, type SourceEntry } from './live-sources.ts';
import { monthlyMicroUnits } from './monthly-cost.ts';
import type { PreviewPlan } from './preview.ts';
import { isKept } from './reason-bits.ts';
import { weighDeletions } from './weigh-deletions.ts';

/** Sources whose verdicts one answer lists; the totals are of all. */
export const SOURCES_PER_PAGE = 50;

/** A source of an answer: whose the verdicts are, and how they come out. Bytes are null where something is not measured. */
export interface PreviewSource {
  readonly source: string;
  readonly name: string;
  readonly kind: SourceEntry['kind'];
  readonly points: number;
  readonly deletes: number;
  readonly storedBytes: PreviewPlan['storedBytes'];
}

/**
 * What a policy does to its live points: the offline preview's answer, with the sources named.
 *
 * Shape:  verdicts and `sources` for one page, by source key; `deletes`, bytes and money for all; `next` is the key to go on after. `unmeasured` counts the
 *         sources whose bytes are not all known: then the totals are null. Money is null where a price is missing.
 */
export interface LivePreview extends PreviewPlan {
  readonly points: number;
  readonly deletes: number;
  readonly sources: readonly PreviewSource[];
  readonly unmeasured: number;
  readonly budgetGroups: LiveBudget['groups'];
  readonly next: string | null;
}

/** A preview, and the points that it would delete with the bytes that each frees. */
export interface LiveDeletions {
  readonly preview: LivePreview;
  readonly freedById: ReadonlyMap<string, number | null>;
}

/**
 * Answers what a policy would do to its live points now. Writes nothing.
 *
 * Units:  bytes; money in units of its currency.
 * Errors: AppError where the estate cannot be read whole: never a partial answer.
 */
export async function previewLive(
  deps: PlanDeps,
  request: {
    readonly policyName: string;
    readonly part: RetentionPart;
    readonly now: EpochMs;
    /** One source alone; what a budget covers together is weighed together all the same. */
    readonly source?: string;
    readonly after?: string;
  },
): Promise<LiveDeletions> {
  const all = await entriesOf(deps.sources, request.policyName);
  const asked = request.source === undefined ? all : all.filter(({ key }) => key === request.source);
  const keys = asked
    .map(({ key }) => key)
    .sort()
    .filter((key) => request.after === undefined || key > request.after);
  const page = new Set(keys.slice(0, SOURCES_PER_PAGE));
  const prices = openPriceBook({ store: deps.store, source: deps.prices, log: deps.log }, deps.currency, request.now);
  const sums = new Sums(page, new Set(asked.map(({ key }) => key)));
  const { budget } = await planLive(
    deps,
    { ...request, noteGone: false, entries: request.part.budget ? all : asked },
    async (source, rules) => {
      if (sums.isAsked(source)) sums.add(source, rules, await weighSource(deps, prices, source));
    },
  );
  const next = keys.length > SOURCES_PER_PAGE ? (keys[SOURCES_PER_PAGE - 1] ?? null) : null;
  return sums.finish(deps.currency, request.part, budget, next);
}

/** Bytes and money of one source's points, before and after. */
interface WeighedSource {
  readonly before: number | null;
  readonly freedById: ReadonlyMap<string, number | null>;
  /** Micro-units a month; null where a price or a figure is missing. */
  readonly costBefore: number | null;
  readonly costAfter: number | null;
}

async function weighSource(deps: PlanDeps, prices: PriceBook, source: PlannedSource): Promise<WeighedSource> {
  const { live } = source;
  const goes = deletedIds(source);
  const own = new Map(live.points.map(({ point }) => [point.id, point]));
  const freedById = new Map<string, number | null>();
  let before: number | null = 0;
  let costBefore: number | null = 0;
  let costAfter: number | null = 0;
  for (const [diskUniqueId, sku] of disksOf(source)) {
    const key = chainKey(diskUniqueId);
    const nodes = await deps.chains.nodes(key);
    const { freedByPoint } = await weighDeletions(deps.chains, key, nodes, (id) => goes.has(id));
    let stored: number | null = 0;
    for (const node of nodes)
      if (own.has(node.pointId))
        stored = node.writtenBytes === null || stored === null ? null : stored + node.writtenBytes;
    let freed: number | null = 0;
    for (const [id, bytes] of freedByPoint) {
      freed = bytes === null || freed === null ? null : freed + bytes;
      const known: number | null | undefined = freedById.get(id);
      freedById.set(id, known === null || bytes === null ? null : (known ?? 0) + bytes);
    }
    const answer = await prices.priceOf(live.entry.region, sku === null ? null : redundancyOfSku(sku));
    const cost = (bytes: number | null): number | null =>
      bytes === null || answer.kind !== 'known' ? null : monthlyMicroUnits(bytes, answer.price.microUnitsPerGiBMonth);
    before = plus(before, stored);
    costBefore = plus(costBefore, cost(stored));
    costAfter = plus(costAfter, cost(stored === null || freed === null ? null : stored - freed));
  }
  // A succeeded point that no chain knows yet is not measured.
  const known = [...goes].every((id) => own.get(id)?.state !== 'succeeded' || freedById.has(id));
  return known
    ? { before, freedById, costBefore, costAfter }
    : { before: null, freedById, costBefore: null, costAfter: null };
}

function plus(sum: number | null, part: number | null): number | null {
  return sum === null || part === null ? null : sum + part;
}

/** The disks that a source's points have snapshots of, with the SKU of those snapshots. */
function disksOf({ live }: PlannedSource): ReadonlyMap<string, string | null> {
  const disks = new Map<string, string | null>();
  for (const { point } of live.points) {
    for (const { diskUniqueId, snapshotId } of point.snapshots) {
      disks.set(diskUniqueId, disks.get(diskUniqueId) ?? live.view.sku(snapshotId));
    }
  }
  return disks;
}

/** Ids of the points that a decision deletes. */
function deletedIds({ live, decided, givenUp }: PlannedSource): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const [at, place] of decided.order.entries()) {
    const goes = !isKept(decided.masks[at] as number) || givenUp?.[at] === 1;
    if (goes) ids.add(live.retention[place]?.id ?? '');
  }
  return ids;
}

/** Adds sources up to an answer. */
class Sums {
  readonly #page: ReadonlySet<string>;
  readonly #asked: ReadonlySet<string>;
  readonly #freedById = new Map<string, number | null>();
  readonly #pages = new Map<string, { source: PreviewSource; verdicts: PreviewPlan['verdicts'] }>();
  #points = 0;
  #unmeasured = 0;
  #before: number | null = 0;
  #after: number | null = 0;
  #costBefore: number | null = 0;
  #costAfter: number | null = 0;

  constructor(page: ReadonlySet<string>, asked: ReadonlySet<string>) {
    this.#page = page;
    this.#asked = asked;
  }

  isAsked({ live }: PlannedSource): boolean {
    return this.#asked.has(live.entry.key);
  }

  add(planned: PlannedSource, rules: PreparedRules, weighed: WeighedSource): void {
    const { live } = planned;
    const deleted = deletedIds(planned);
    let freed: number | null = 0;
    for (const id of deleted) {
      const bytes = weighed.freedById.get(id) ?? null;
      this.#freedById.set(id, bytes);
      if (weighed.freedById.has(id)) freed = plus(freed, bytes);
    }
    const after = weighed.before === null || freed === null ? null : weighed.before - freed;
    this.#points += live.points.length;
    if (after === null) this.#unmeasured += 1;
    this.#before = plus(this.#before, weighed.before);
    this.#after = plus(this.#after, after);
    this.#costBefore = plus(this.#costBefore, weighed.costBefore);
    this.#costAfter = plus(this.#costAfter, weighed.costAfter);
    if (!this.#page.has(live.entry.key)) return;
    const { key, name, kind } = live.entry;
    const source: PreviewSource = {
      source: key,
      name,
      kind,
      points: live.points.length,
      deletes: deleted.size,
      storedBytes: weighed.before === null || after === null ? null : { before: weighed.before, after },
    };
    this.#pages.set(key, { source, verdicts: verdictsOf(planned, rules, weighed) });
  }

  finish(currency: string, part: RetentionPart, budget: LiveBudget | null, next: string | null): LiveDeletions {
    const pages = [...this.#pages.values()].sort((a, b) => (a.source.source < b.source.source ? -1 : 1));
    const money = this.#costBefore !== null && this.#costAfter !== null;
    const preview: LivePreview = {
      verdicts: pages.flatMap(({ verdicts }) => verdicts),
      storedBytes: this.#before === null || this.#after === null ? null : { before: this.#before, after: this.#after },
      monthlyCost: money
        ? { before: fromMicroUnits(this.#costBefore ?? 0), after: fromMicroUnits(this.#costAfter ?? 0), currency }
        : null,
      budget: budget ? showBudget(part, budget) : null,
      points: this.#points,
      deletes: this.#freedById.size,
      sources: pages.map(({ source }) => source),
      unmeasured: this.#unmeasured,
      budgetGroups: budget?.groups ?? [],
      next,
    };
    return { preview, freedById: this.#freedById };
  }
}

function verdictsOf(
  { live, decided, givenUp }: PlannedSource,
  rules: PreparedRules,
  { freedById }: WeighedSource,
): PreviewPlan['verdicts'] {
  const verdicts = explain(live.retention, decided, rules, givenUp ? { givenUp } : {});
  return verdicts.map(({ id, action, because }) => {
    const freedBytes = action === 'delete' ? (freedById.get(id) ?? null) : null;
    const reasons = freedBytes === null ? because : because.map((reason) => ({ ...reason, freedBytes }));
    return { id, source: live.entry.key, action, because: reasons };
  });
}

/** The budget as the offline preview shows it; of several groups the one that exceeds most. */
function showBudget({ budget }: RetentionPart, { groups }: LiveBudget): PreviewPlan['budget'] {
  const fits = groups.every((group) => group.fits);
  const gapPercent = groups.reduce((most, group) => Math.max(most, group.gapPercent), 0);
  const alarms = groups.flatMap(({ alarm }) => alarm ?? []);
  const worst = alarms.sort((a, b) => b.exceedsByMicroUnits - a.exceedsByMicroUnits)[0];
  if (!worst || !budget) return { fits, gapPercent };
  const { currency } = budget.amountPerMonth;
  return { fits, gapPercent, exceedsBy: fromMicroUnits(worst.exceedsByMicroUnits), currency, change: worst.change };
}
