import { edgeCost, edgeLoss, measurePath, type PathGraph } from './budget-paths.ts';
import { type Choice, chooseAll, type Relaxed } from './relax-budget.ts';

/** A given-up point that could be taken back. */
interface Candidate {
  readonly source: number;
  readonly node: number;
  readonly worth: number;
}

/**
 * Spends what a relaxed choice leaves of the budget: first whole paths of the choice just beyond the limit, then single points, the most
 * recovery for the money first.
 *
 * Shape: a choice that fits and loses no more than `relaxed.fitting`.
 */
export function fillBudget(graphs: readonly PathGraph[], limit: number, relaxed: Relaxed): Choice {
  return takeBack(graphs, limit, takePaths(limit, relaxed));
}

function takePaths(limit: number, { fitting, beyond }: Relaxed): Choice {
  const paths = [...fitting.paths];
  let { cost } = fitting;
  const gains = paths
    .map((path, source) => ({ source, gain: path.loss - (beyond.paths[source]?.loss ?? path.loss) }))
    .filter(({ gain }) => gain > 0)
    .sort((a, b) => b.gain - a.gain || a.source - b.source);
  for (const { source } of gains) {
    const [from, to] = [paths[source], beyond.paths[source]];
    if (!from || !to || cost - from.cost + to.cost > limit) continue;
    paths[source] = to;
    cost += to.cost - from.cost;
  }
  return chooseAll(paths);
}

/** Takes single points back while any fits. A point with equal loss is taken back too: equal loss keeps more points. */
export function takeBack(graphs: readonly PathGraph[], limit: number, choice: Choice): Choice {
  const kepts = choice.paths.map(({ kept }) => Uint8Array.from(kept));
  let cost = choice.cost;
  let changed = true;
  let any = false;
  while (changed) {
    changed = false;
    const slack = limit - cost;
    const candidates: Candidate[] = [];
    forEachGivenUp(graphs, kepts, (source, node, gain, extra) => {
      if (extra <= slack) candidates.push({ source, node, worth: gain / Math.max(extra, Number.MIN_VALUE) });
    });
    candidates.sort((a, b) => b.worth - a.worth || a.source - b.source || a.node - b.node);
    for (const { source, node } of candidates) {
      const extra = insertion(graphs[source] as PathGraph, kepts[source] as Uint8Array, node).cost;
      if (cost + extra > limit) continue;
      (kepts[source] as Uint8Array)[node] = 1;
      cost += extra;
      changed = true;
      any = true;
    }
  }
  if (!any) return choice;
  const filled = chooseAll(graphs.map((graph, source) => measurePath(graph, kepts[source] as Uint8Array)));
  // Rounding of the running sum must not carry the bill over the limit.
  return filled.cost <= limit ? filled : choice;
}

function forEachGivenUp(
  graphs: readonly PathGraph[],
  kepts: readonly Uint8Array[],
  visit: (source: number, node: number, gain: number, extra: number) => void,
): void {
  for (const [source, graph] of graphs.entries()) {
    const kept = kepts[source] as Uint8Array;
    for (let node = 1; node < graph.nodes; node += 1) {
      if (kept[node] === 1) continue;
      const { gain, cost } = insertion(graph, kept, node);
      visit(source, node, gain, cost);
    }
  }
}

/** What taking one node back gains and costs, between its kept neighbours. */
function insertion(graph: PathGraph, kept: Uint8Array, node: number): { gain: number; cost: number } {
  let from = node - 1;
  while (kept[from] !== 1) from -= 1;
  let to = node + 1;
  while (kept[to] !== 1) to += 1;
  return {
    gain: edgeLoss(graph, from, to) - edgeLoss(graph, from, node) - edgeLoss(graph, node, to),
    cost: edgeCost(graph, from, node) + edgeCost(graph, node, to) - edgeCost(graph, from, to),
  };
}
