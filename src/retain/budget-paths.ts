import { type EpochMs, HOUR_MS } from '../base/time.ts';

/**
 * What the budget chooses from in one source: a path of kept points from the moment its protection began to its newest point.
 *
 * Shape:  node 0 is the moment protection began, nodes 1 to m are the points that tiers and age keep, oldest first; `floors[j]` is 1 where node j must
 *         stay, as the last one must. `edgeCosts[i * (m + 1) + j]` is what node j costs where i is kept before it and nothing between.
 * Units:  epoch milliseconds; costs in any unit, the same for all sources of a decision.
 */
export interface BudgetSource {
  readonly times: Float64Array;
  readonly floors: Uint8Array;
  readonly edgeCosts: Float64Array;
}

/** A source made ready: times in hours, and what loss weighs at each node. */
export interface PathGraph {
  readonly nodes: number;
  readonly hours: Float64Array;
  readonly weights: Float64Array;
  readonly edgeCosts: Float64Array;
  /** By node: the next floor after it, beyond which no edge may jump. */
  readonly nextFloor: Int32Array;
  readonly floors: Uint8Array;
}

/** Kept nodes of one source (node 0 included), with what the path loses and costs. */
export interface Path {
  readonly kept: Uint8Array;
  readonly loss: number;
  readonly cost: number;
}

/** Readies a source for decisions at `now`. Hours are counted from the first moment, so that no precision is lost. */
export function pathGraph({ times, floors, edgeCosts }: BudgetSource, now: EpochMs): PathGraph {
  const nodes = times.length;
  const origin = times[0] as number;
  const hours = times.map((time) => (time - origin) / HOUR_MS);
  const weights = times.map((time) => 0.5 / Math.max(1, (now - time) / HOUR_MS));
  const nextFloor = new Int32Array(nodes);
  for (let node = nodes - 2; node >= 0; node -= 1) {
    nextFloor[node] = floors[node + 1] === 1 || node + 1 === nodes - 1 ? node + 1 : (nextFloor[node + 1] as number);
  }
  return { nodes, hours, weights, edgeCosts, nextFloor, floors };
}

/** What is lost where `to` is the next kept point after `from`: half the square of the gap, in hours, by the age of its end. */
export function edgeLoss(graph: PathGraph, from: number, to: number): number {
  const gap = (graph.hours[to] as number) - (graph.hours[from] as number);
  return gap * gap * (graph.weights[to] as number);
}

/** What the edge between two nodes costs. */
export function edgeCost(graph: PathGraph, from: number, to: number): number {
  return graph.edgeCosts[from * graph.nodes + to] as number;
}

/** Adds up a path that is given by its kept nodes. */
export function measurePath(graph: PathGraph, kept: Uint8Array): Path {
  let loss = 0;
  let cost = 0;
  let last = 0;
  for (let node = 1; node < graph.nodes; node += 1) {
    if (kept[node] !== 1) continue;
    loss += edgeLoss(graph, last, node);
    cost += edgeCost(graph, last, node);
    last = node;
  }
  return { kept, loss, cost };
}

/** Distances by node under one price of money, and the way they were reached. */
export interface Distances {
  readonly values: Float64Array;
  readonly steps: Int32Array;
}

/** Shortest distances from node 0 to every node, an edge weighing loss + price x cost. Among equals the path with more points. */
export function distancesFromStart(graph: PathGraph, price: number, into?: Distances): Distances {
  const { nodes, hours, weights, edgeCosts, nextFloor } = graph;
  const values = into?.values ?? new Float64Array(nodes);
  const steps = into?.steps ?? new Int32Array(nodes);
  values.fill(Number.POSITIVE_INFINITY, 0, nodes);
  values[0] = 0;
  for (let from = 0; from < nodes - 1; from += 1) {
    const base = values[from] as number;
    const start = hours[from] as number;
    const row = from * nodes;
    const last = nextFloor[from] as number;
    for (let to = from + 1; to <= last; to += 1) {
      const gap = (hours[to] as number) - start;
      const value = base + gap * gap * (weights[to] as number) + price * (edgeCosts[row + to] as number);
      if (value <= (values[to] as number)) {
        values[to] = value;
        steps[to] = from;
      }
    }
  }
  return { values, steps };
}

/** Shortest distances from every node to the last one; `steps` leads forward. */
export function distancesToEnd(graph: PathGraph, price: number): Distances {
  const { nodes } = graph;
  const values = new Float64Array(nodes).fill(Number.POSITIVE_INFINITY);
  const steps = new Int32Array(nodes);
  values[nodes - 1] = 0;
  for (let from = nodes - 2; from >= 0; from -= 1) {
    const last = graph.nextFloor[from] as number;
    for (let to = last; to > from; to -= 1) {
      const value = (values[to] as number) + edgeLoss(graph, from, to) + price * edgeCost(graph, from, to);
      if (value <= (values[from] as number)) {
        values[from] = value;
        steps[from] = to;
      }
    }
  }
  return { values, steps };
}

/** The path that leads to the last node by the steps of `distancesFromStart`. */
export function pathBack(graph: PathGraph, steps: Int32Array): Path {
  const kept = new Uint8Array(graph.nodes);
  kept[0] = 1;
  for (let node = graph.nodes - 1; node > 0; node = steps[node] as number) kept[node] = 1;
  return measurePath(graph, kept);
}
