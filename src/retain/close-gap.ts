import { forEachUsefulEdge, type Leg, makeLeg, pricesAround } from './budget-legs.ts';
import { edgeCost, edgeLoss, measurePath, type PathGraph } from './budget-paths.ts';
import { LabelStore } from './label-store.ts';
import { type Choice, chooseAll } from './relax-budget.ts';

/** A choice that fits, and the proof: no choice that fits loses less than `bound`. */
export interface Proven {
  readonly choice: Choice;
  readonly bound: number;
}

const MAX_LABELS_PER_NODE = 4_000;
const MIN_LABELS_PER_NODE = 2;
/** A gap wider than this part of the bound is worth bounds at more prices. */
const WIDE_GAP = 0.002;
/** Differences below this part of the loss are rounding. */
const ROUNDING = 1e-12;

/**
 * Searches for the best choice between a choice that fits and a lower bound: partial paths (labels) of loss and cost through one source after another,
 * dropped where they cannot lead to less loss than the best that is known, or where another one is no worse in both. Where a node has too many, labels
 * of nearly equal loss are thinned out, and what that may have lost is added to what the answer may be off.
 *
 * Units:  `effort` in extensions of labels, some ten million a second: a bound of the work, by thinning more.
 * Source: I. Dumitrescu and N. Boland, "Improved preprocessing, labeling and scaling algorithms for the weight-constrained shortest path problem",
 *         Networks 42 (2003): bounds by reduced cost, dominance, and thinning with a proven error.
 */
export function closeGap(
  graphs: readonly PathGraph[],
  limit: number,
  start: Choice,
  bound: number,
  price: number,
  effort: number,
): Proven {
  return new Search(graphs, limit, start, bound, price).run(effort);
}

class Search {
  readonly #graphs: readonly PathGraph[];
  readonly #limit: number;
  readonly #price: number;
  readonly #bound: number;
  readonly #start: Choice;
  readonly #legs: readonly Leg[];
  readonly #labels = new LabelStore();
  /** The weight of the best relaxed choice: what is above it in a partial path is its excess. */
  readonly #relaxed: number;
  #best: number;
  #bestLabel = -1;
  #bestLeg = 0;
  #bestNode = 0;
  /** What thinning may have lost on the way to here. */
  #error = 0;
  #cap = MAX_LABELS_PER_NODE;

  constructor(graphs: readonly PathGraph[], limit: number, start: Choice, bound: number, price: number) {
    this.#graphs = graphs;
    this.#limit = limit;
    this.#price = price;
    this.#bound = bound;
    this.#start = start;
    this.#best = start.loss;
    const others = start.loss - bound > WIDE_GAP * bound ? pricesAround(price) : [];
    this.#legs = graphs.map((graph, source) => makeLeg(graph, source, price, others));
    const otherAfter = new Float64Array(others.length);
    const after = { value: 0, cost: 0, loss: 0, least: 0 };
    for (const leg of [...this.#legs].reverse()) {
      leg.after = { ...after };
      for (const [index, other] of leg.otherPrices.entries()) {
        other.after = otherAfter[index] as number;
        otherAfter[index] = other.after + (other.toEnd[0] as number);
      }
      after.value += leg.toEnd.values[0] as number;
      after.cost += leg.costToEnd[0] as number;
      after.loss += leg.lossToEnd[0] as number;
      after.least += leg.leastCost[0] as number;
    }
    this.#relaxed = after.value;
  }

  run(effort: number): Proven {
    const edges = this.#countEdges();
    this.#cap = Math.min(MAX_LABELS_PER_NODE, Math.max(MIN_LABELS_PER_NODE, Math.floor(effort / (edges + 1))));
    let labels: readonly number[] = [this.#labels.add(0, 0, -1, -1, 0)];
    for (let at = 0; at < this.#legs.length; at += 1) labels = this.#walk(at, labels);
    const choice = this.#bestLabel < 0 ? this.#start : this.#finish();
    const proven = Math.max(this.#bound, this.#best * (1 - ROUNDING) - this.#error);
    return { choice, bound: Math.min(proven, choice.loss) };
  }

  /** Everything below this weight may still be better than the best known. */
  #ceiling(): number {
    return this.#best * (1 - ROUNDING) + this.#price * this.#limit;
  }

  #countEdges(): number {
    let edges = 0;
    for (const leg of this.#legs)
      forEachUsefulEdge(leg, this.#slack(), () => {
        edges += 1;
      });
    return edges;
  }

  /** How much more than the best relaxed choice a path may weigh and still be of use. */
  #slack(): number {
    return this.#ceiling() - this.#relaxed;
  }

  /** Leads labels through one source. */
  #walk(at: number, entering: readonly number[]): readonly number[] {
    const leg = this.#legs[at] as Leg;
    const { nodes } = leg.graph;
    const incoming: number[][] = Array.from({ length: nodes }, () => []);
    incoming[0] = [...entering];
    const errors = new Float64Array(nodes);
    errors[0] = this.#error;
    const targets: number[][] = Array.from({ length: nodes }, () => []);
    forEachUsefulEdge(leg, this.#slack(), (from, to) => (targets[from] as number[]).push(to));
    for (let node = 0; node < nodes - 1; node += 1) {
      const kept = this.#dominate(incoming[node] as number[], errors, node);
      incoming[node] = [];
      for (const to of targets[node] as number[]) {
        errors[to] = Math.max(errors[to] as number, errors[node] as number);
        this.#extend(leg, at, node, to, kept, incoming[to] as number[]);
      }
    }
    const leaving = this.#dominate(incoming[nodes - 1] as number[], errors, nodes - 1);
    this.#error = errors[nodes - 1] as number;
    return leaving;
  }

  #extend(leg: Leg, at: number, from: number, to: number, labels: readonly number[], into: number[]): void {
    const store = this.#labels;
    const loss = edgeLoss(leg.graph, from, to);
    const cost = edgeCost(leg.graph, from, to);
    const value = loss + this.#price * cost + (leg.toEnd.values[to] as number) + leg.after.value;
    const least = cost + (leg.leastCost[to] as number) + leg.after.least;
    const finishCost = cost + (leg.costToEnd[to] as number) + leg.after.cost;
    const finishLoss = loss + (leg.lossToEnd[to] as number) + leg.after.loss;
    for (const label of labels) {
      const labelCost = store.costs[label] as number;
      const labelLoss = store.losses[label] as number;
      if (labelCost + least > this.#limit) break;
      if (labelLoss + this.#price * labelCost + value >= this.#ceiling()) continue;
      if (this.#isHopeless(leg, to, labelLoss + loss, labelCost + cost)) continue;
      const made = store.add(labelLoss + loss, labelCost + cost, label, leg.source, to);
      into.push(made);
      if (labelCost + finishCost <= this.#limit && labelLoss + finishLoss < this.#best) {
        this.#best = labelLoss + finishLoss;
        this.#bestLabel = made;
        this.#bestLeg = at;
        this.#bestNode = to;
      }
    }
  }

  /** True where some price of money shows that the rest of the way must lose too much with what is left of the budget. */
  #isHopeless(leg: Leg, node: number, loss: number, cost: number): boolean {
    const left = this.#limit - cost;
    const room = this.#best * (1 - ROUNDING) - loss;
    for (const { price, toEnd, after } of leg.otherPrices) {
      if ((toEnd[node] as number) + after - price * left >= room) return true;
    }
    return false;
  }

  /** Keeps the labels that no other one beats in both, by rising cost; thins them where they are too many. */
  #dominate(labels: number[], errors: Float64Array, node: number): number[] {
    const { costs, losses } = this.#labels;
    labels.sort((a, b) => (costs[a] as number) - (costs[b] as number) || (losses[a] as number) - (losses[b] as number));
    const front = thin(labels, losses, 0);
    if (front.length <= this.#cap) return front;
    const spread = (losses[front[0] as number] as number) - (losses[front.at(-1) as number] as number);
    const step = spread / this.#cap;
    errors[node] = (errors[node] as number) + step;
    return thin(front, losses, step);
  }

  /** The best choice: its labels lead back to the start, the relaxed ways lead on to the end. */
  #finish(): Choice {
    const kepts = this.#graphs.map(({ nodes }) => new Uint8Array(nodes).fill(1, 0, 1));
    for (let label = this.#bestLabel; label >= 0; label = this.#labels.previous[label] as number) {
      const source = this.#labels.sources[label] as number;
      if (source >= 0) (kepts[source] as Uint8Array)[this.#labels.nodes[label] as number] = 1;
    }
    for (let at = this.#bestLeg; at < this.#legs.length; at += 1) {
      const { graph, source, toEnd } = this.#legs[at] as Leg;
      let node = at === this.#bestLeg ? this.#bestNode : 0;
      while (node < graph.nodes - 1) {
        node = toEnd.steps[node] as number;
        (kepts[source] as Uint8Array)[node] = 1;
      }
    }
    const choice = chooseAll(this.#graphs.map((graph, source) => measurePath(graph, kepts[source] as Uint8Array)));
    // The same sums in another order: rounding must not carry the bill over the limit.
    return choice.cost <= this.#limit ? choice : this.#start;
  }
}

/** Of labels by rising cost those whose loss falls by more than a step. */
function thin(labels: readonly number[], losses: Float64Array, step: number): number[] {
  const kept: number[] = [];
  let loss = Number.POSITIVE_INFINITY;
  for (const label of labels) {
    const own = losses[label] as number;
    if (own < loss - step) {
      kept.push(label);
      loss = own;
    }
  }
  return kept;
}
