import {
  type Distances,
  distancesFromStart,
  distancesToEnd,
  edgeCost,
  edgeLoss,
  type PathGraph,
} from './budget-paths.ts';

const PRICE_STEPS = 12;
const PRICE_RATIO = 1.3;

/** A bound at another price of money: by node what a path to the end weighs at least, and the same for all later sources. */
export interface PriceBound {
  readonly price: number;
  readonly toEnd: Float64Array;
  after: number;
}

/** A source on the way: what distances there are, and what the sources after it will add at least. */
export interface Leg {
  readonly graph: PathGraph;
  readonly source: number;
  readonly price: number;
  readonly fromStart: Distances;
  readonly toEnd: Distances;
  /** By node: cost and loss of the way to the end along `toEnd`, and the least cost to the end. */
  readonly costToEnd: Float64Array;
  readonly lossToEnd: Float64Array;
  readonly leastCost: Float64Array;
  readonly otherPrices: readonly PriceBound[];
  /** Sums over all later legs. */
  after: { value: number; cost: number; loss: number; least: number };
}

/** Prices below and above one, the nearest first. Where much or little of the budget is left, another price than that of the whole gives the sharper bound. */
export function pricesAround(price: number): readonly number[] {
  return Array.from(
    { length: 2 * PRICE_STEPS },
    (_, at) => price * PRICE_RATIO ** (((at >> 1) + 1) * (at % 2 ? 1 : -1)),
  );
}

/** Readies a source for the search: all distances at the price, and bounds at the others. */
export function makeLeg(graph: PathGraph, source: number, price: number, others: readonly number[]): Leg {
  const { nodes } = graph;
  const toEnd = distancesToEnd(graph, price);
  const costToEnd = new Float64Array(nodes);
  const lossToEnd = new Float64Array(nodes);
  const leastCost = new Float64Array(nodes);
  for (let node = nodes - 2; node >= 0; node -= 1) {
    const next = toEnd.steps[node] as number;
    costToEnd[node] = edgeCost(graph, node, next) + (costToEnd[next] as number);
    lossToEnd[node] = edgeLoss(graph, node, next) + (lossToEnd[next] as number);
    // A point more never makes a chain cheaper, so jumping from floor to floor is the cheapest way.
    const floor = graph.nextFloor[node] as number;
    leastCost[node] = edgeCost(graph, node, floor) + (leastCost[floor] as number);
  }
  return {
    graph,
    source,
    price,
    fromStart: distancesFromStart(graph, price),
    toEnd,
    costToEnd,
    lossToEnd,
    leastCost,
    otherPrices: others.map((other) => ({ price: other, toEnd: distancesToEnd(graph, other).values, after: 0 })),
    after: { value: 0, cost: 0, loss: 0, least: 0 },
  };
}

/** Visits the edges that a path of little excess can take. */
export function forEachUsefulEdge(leg: Leg, slack: number, visit: (from: number, to: number) => void): void {
  const { graph, fromStart, toEnd } = leg;
  const room = (toEnd.values[0] as number) + slack;
  // An edge's weight is summed here in another order than in the distances.
  const rounding = Math.abs(room) * 1e-12;
  for (let from = 0; from < graph.nodes - 1; from += 1) {
    const base = fromStart.values[from] as number;
    const last = graph.nextFloor[from] as number;
    for (let to = from + 1; to <= last; to += 1) {
      const value =
        base + edgeLoss(graph, from, to) + leg.price * edgeCost(graph, from, to) + (toEnd.values[to] as number);
      if (value <= room + rounding) visit(from, to);
    }
  }
}
