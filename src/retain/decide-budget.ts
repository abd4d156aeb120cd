import type { EpochMs } from '../base/time.ts';
import { type BudgetSource, measurePath, type PathGraph, pathGraph } from './budget-paths.ts';
import { closeGap, type Proven } from './close-gap.ts';
import { fillBudget, takeBack } from './fill-budget.ts';
import { type Choice, chooseAll, relaxBudget } from './relax-budget.ts';

/**
 * What the budget decides for all sources that it covers together.
 *
 * Shape:  `kept[s][j]` is 1 where node j of source s stays. `fits` is false where the floors alone exceed the limit: then only they stay.
 *         `gapPercent` bounds how much more the choice loses than the best possible one; 0 where it is the best.
 * Units:  `loss` in the contract's measure, hours; `cost` as the edges have it.
 */
export interface BudgetDecision {
  readonly kept: readonly Uint8Array[];
  readonly fits: boolean;
  readonly gapPercent: number;
  readonly loss: number;
  readonly cost: number;
}

/** The contract's proof: at most 1 % from the best. */
const PROVEN_GAP = 0.01;
/** Work to put in, one try after another, until the gap is proven. The first one finds the best itself where sources are few. */
const efforts = [2_000_000, 10_000_000, 50_000_000, 250_000_000];
/** A gap below this part is a difference of rounding. */
const ROUNDING = 1e-11;

/**
 * Gives up the points whose loss hurts recovery least until the bill fits.
 *
 * Shape:  minimises the sum of losses over neighbouring kept points, subject to the sum of edge costs being at most `limit`; equal loss keeps more points.
 * Units:  `limit` as the edges' costs.
 * Safety: floors stay, whatever the limit. Where everything fits nothing is given up, so a decision applied and taken again gives up nothing more.
 */
export function decideBudget(sources: readonly BudgetSource[], limit: number, now: EpochMs): BudgetDecision {
  const graphs = sources.map((source) => pathGraph(source, now));
  const everything = chooseAll(graphs.map((graph) => measurePath(graph, new Uint8Array(graph.nodes).fill(1))));
  if (everything.cost <= limit) return decision(everything, true, 0);
  const least = chooseAll(graphs.map((graph) => measurePath(graph, floorsOnly(graph))));
  if (least.cost > limit) return decision(least, false, 0);
  if (least.cost === limit) return decision(takeBack(graphs, limit, least), true, 0);
  const { choice, bound } = solve(graphs, limit, everything, least);
  const gap = choice.loss - bound;
  return decision(choice, true, gap <= ROUNDING * choice.loss ? 0 : (100 * gap) / bound);
}

function solve(graphs: readonly PathGraph[], limit: number, everything: Choice, least: Choice): Proven {
  const relaxed = relaxBudget(graphs, limit, everything, least);
  const filled = fillBudget(graphs, limit, relaxed);
  if (filled.loss - relaxed.bound <= ROUNDING * filled.loss) return { choice: filled, bound: filled.loss };
  let proven: Proven = { choice: filled, bound: relaxed.bound };
  for (const effort of efforts) {
    const { choice, bound } = closeGap(graphs, limit, proven.choice, relaxed.bound, relaxed.price, effort);
    const taken = takeBack(graphs, limit, choice);
    proven = { choice: taken, bound: Math.min(taken.loss, Math.max(bound, proven.bound)) };
    if (taken.loss - proven.bound <= PROVEN_GAP * proven.bound) break;
  }
  return proven;
}

function floorsOnly(graph: PathGraph): Uint8Array {
  const kept = Uint8Array.from(graph.floors);
  kept[0] = 1;
  kept[graph.nodes - 1] = 1;
  return kept;
}

function decision({ paths, loss, cost }: Choice, fits: boolean, gapPercent: number): BudgetDecision {
  return { kept: paths.map(({ kept }) => kept), fits, gapPercent, loss, cost };
}
