import { inParallel } from '../base/in-parallel.ts';
import { fromMicroUnits } from '../base/money.ts';
import type { Chains, PriceBook } from '../cost/cost.ts';
import type { RetentionPart } from '../policy/parse-policy.ts';
import type { Budget } from '../policy/policy.ts';
import type { BudgetAlarm } from './budget-alarm.ts';
import type { MaskedPoints, PreparedRules } from './decide-masks.ts';
import type { LiveSource, SourceEntry } from './live-sources.ts';
import { type BudgetPlan, planBudget } from './plan-budget.ts';
import { findWeighable, type NotWeighed, readCovered, type WeighableSource } from './weighable-source.ts';

/** A source with what tiers and age say of its points. */
export interface DecidedSource {
  readonly live: LiveSource;
  readonly decided: MaskedPoints;
}

/** A point that the budget gives up, and the points of its source that it counts on staying before and after it. Null: none stays before it. */
export interface GivenUp {
  readonly pointId: string;
  readonly older: string | null;
  readonly newer: string;
}

/**
 * How the budget comes out for what it covers together.
 *
 * Shape:  `group` is empty with `per: policy`, else the subscription or the tag's value. `partial` names sources of which something could not be weighed.
 * Units:  micro-units a month; `costMicroUnits` is what is known of what stays, `uncertainMicroUnits` what the rest of it may cost beside: it fits where both do.
 */
export interface BudgetGroup {
  readonly group: string;
  readonly amountMicroUnits: number;
  readonly costMicroUnits: number;
  readonly uncertainMicroUnits: number;
  readonly fits: boolean;
  readonly gapPercent: number;
  readonly alarm: BudgetAlarm | null;
  /** How many points it gives up. */
  readonly givenUp: number;
  readonly partial: readonly { readonly source: string; readonly name: string; readonly because: NotWeighed }[];
}

/** `givenUp` by source and by position in its decision's order. */
export interface LiveBudget {
  readonly groups: readonly BudgetGroup[];
  readonly givenUp: ReadonlyMap<string, Uint8Array>;
  readonly entries: readonly GivenUp[];
}

/** Chains whose ranges are read at the same time. */
const SOURCES_AT_ONCE = 4;

/**
 * Holds a policy's budget against its live points: all that it covers together at once.
 *
 * Safety: what is not measured, has no price or shares its chain with snapshots of others is not given up, and that is said; where it is known what
 *         it costs, it counts.
 */
export async function planLiveBudget(
  deps: { readonly chains: Chains; readonly prices: PriceBook },
  part: RetentionPart & { readonly budget: Budget },
  sources: readonly DecidedSource[],
  rules: PreparedRules,
): Promise<LiveBudget> {
  const byGroup = new Map<string, WeighableSource[]>();
  const weighable = await inParallel(sources, SOURCES_AT_ONCE, ({ live, decided }) =>
    findWeighable(deps, live, decided),
  );
  for (const source of weighable) {
    const group = groupOfSource(part.budget, source.live.entry);
    byGroup.set(group, [...(byGroup.get(group) ?? []), source]);
  }
  const groups: BudgetGroup[] = [];
  const givenUp = new Map<string, Uint8Array>();
  const entries: GivenUp[] = [];
  for (const [group, members] of [...byGroup].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const plan = await planGroup(deps, part, members, rules);
    groups.push({ group, ...plan.outcome });
    for (const [key, marks] of plan.givenUp) givenUp.set(key, marks);
    for (const entry of plan.entries) entries.push(entry);
  }
  return { groups, givenUp, entries };
}

/** What a source is covered together with. Azure's tag names know no case; sources without the tag are covered together. */
function groupOfSource({ per }: Budget, entry: SourceEntry): string {
  if (per.kind === 'policy') return '';
  if (per.kind === 'subscription') return entry.subscriptionId.toLowerCase();
  const wanted = per.tag.toLowerCase();
  return Object.entries(entry.tags).find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';
}

interface GroupPlan {
  readonly outcome: Omit<BudgetGroup, 'group'>;
  readonly givenUp: ReadonlyMap<string, Uint8Array>;
  readonly entries: readonly GivenUp[];
}

async function planGroup(
  deps: { readonly chains: Chains },
  part: RetentionPart & { readonly budget: Budget },
  members: readonly WeighableSource[],
  rules: PreparedRules,
): Promise<GroupPlan> {
  const amountMicroUnits = part.budget.amountPerMonth.microUnits;
  const upper = members.reduce((sum, member) => sum + member.upperMicroUnits, 0);
  const partialOf = (source: WeighableSource, because: NotWeighed) => ({
    source: source.live.entry.key,
    name: source.live.entry.name,
    because,
  });
  const partial = members.flatMap((member) => (member.notWeighed ? [partialOf(member, member.notWeighed)] : []));
  const uncertainMicroUnits = Math.ceil(members.reduce((sum, member) => sum + member.uncertainMicroUnits, 0));
  if (upper <= amountMicroUnits) {
    // All that the chains store is within the budget: no need to read a single range.
    const outcome = {
      amountMicroUnits,
      costMicroUnits: Math.ceil(upper),
      uncertainMicroUnits,
      fits: upper + uncertainMicroUnits <= amountMicroUnits,
      gapPercent: 0,
      alarm: null,
      givenUp: 0,
      partial,
    };
    return { outcome, givenUp: new Map(), entries: [] };
  }
  const read = await inParallel(members, SOURCES_AT_ONCE, async (member) => ({
    member,
    ready: member.weighed.length === 0 ? null : await readCovered(deps.chains, member),
  }));
  for (const { member, ready } of read)
    if (ready === null && member.notWeighed === null && member.weighed.length > 0)
      partial.push(partialOf(member, 'not measured'));
  const ready = read.flatMap((each) => (each.ready ? [{ member: each.member, ...each.ready }] : []));
  const rest = Math.ceil(
    read.reduce((sum, each) => sum + (each.ready ? each.member.restMicroUnits : each.member.upperMicroUnits), 0),
  );
  const left = { ...part.budget.amountPerMonth, microUnits: Math.max(0, amountMicroUnits - rest) };
  const plan = planBudget(
    {
      sources: ready.map(({ covered }) => covered),
      retention: part.retention,
      budget: { ...part.budget, amountPerMonth: left },
      rules,
    },
    ready.map(({ decided }) => decided),
  );
  const marks = ready.map(({ member, decided }, at) => spread(member, decided, plan.givenUp[at] as Uint8Array));
  const entries = marks.flatMap((each) => each.entries);
  return {
    outcome: {
      amountMicroUnits,
      costMicroUnits: plan.costMicroUnits + rest,
      uncertainMicroUnits,
      fits: plan.fits && plan.costMicroUnits + rest + uncertainMicroUnits <= amountMicroUnits,
      gapPercent: plan.gapPercent,
      alarm: alarmWith(plan, amountMicroUnits, rest),
      givenUp: entries.length,
      partial,
    },
    givenUp: new Map(marks.map(({ key, positions }) => [key, positions])),
    entries,
  };
}

/** An alarm about the whole amount, where the plan was made for what the unweighed leaves of it. */
function alarmWith({ alarm, costMicroUnits }: BudgetPlan, amountMicroUnits: number, rest: number): BudgetAlarm | null {
  const cost = costMicroUnits + rest;
  const raise = {
    path: '$.budget.amountPerMonth',
    from: fromMicroUnits(amountMicroUnits),
    to: fromMicroUnits(cost),
  };
  if (alarm === null) {
    return rest <= amountMicroUnits ? null : { exceedsByMicroUnits: cost - amountMicroUnits, change: raise };
  }
  const change = alarm.change.path === raise.path ? raise : alarm.change;
  return { exceedsByMicroUnits: cost - amountMicroUnits, change };
}

/** From positions among the weighed points to positions among all, with the neighbours that each given-up point leaves. */
function spread(
  { live, decided: all, weighed }: WeighableSource,
  decided: MaskedPoints,
  givenUp: Uint8Array,
): { readonly key: string; readonly positions: Uint8Array; readonly entries: readonly GivenUp[] } {
  const positionOf = new Map([...all.order.entries()].map(([position, place]) => [place, position]));
  const positions = new Uint8Array(all.order.length);
  const entries: GivenUp[] = [];
  let waiting: string[] = [];
  let newer = '';
  const settle = (older: string | null) => {
    for (const pointId of waiting) entries.push({ pointId, older, newer });
    waiting = [];
  };
  // Newest first: the newest one always stays.
  for (const [at, index] of decided.order.entries()) {
    const place = weighed[index] as number;
    const { point } = live.points[place] as (typeof live.points)[number];
    if (givenUp[at] === 1) {
      positions[positionOf.get(place) as number] = 1;
      waiting.push(point.id);
    } else {
      settle(point.id);
      newer = point.id;
    }
  }
  settle(null);
  return { key: live.entry.key, positions, entries };
}
