import { assert } from '../base/assert.ts';
import { GIB } from '../base/bytes.ts';
import type { BlockLives } from './block-lives.ts';
import { edgeBytes } from './chain-bytes.ts';

/**
 * One disk's chain under a source's points.
 *
 * Shape:  `snapshots` has the number of each point's snapshot in the chain, oldest first, or -1 where the point has none of this disk; `others` the numbers
 *         of snapshots that other policies keep, ascending. Snapshots in neither are gone, or will be.
 */
export interface PricedChain {
  readonly lives: BlockLives;
  readonly snapshots: Int32Array;
  readonly others: readonly number[];
  readonly microUnitsPerGiBMonth: number;
}

/**
 * What a source's points cost by the point kept before each: the sum over its chains.
 *
 * Shape:  `edgeCosts` as `BudgetSource` has it. `fixedCost` is the rest that no choice changes: what the points add to the snapshots that other policies
 *         keep after them, less what those would cost alone. So the sum is what the source's points cost on top of everybody else's.
 * Units:  bytes x micro-units; `budgetLimit` says what a budget is in these.
 */
export function sourceCosts(
  points: number,
  chains: readonly PricedChain[],
): { edgeCosts: Float64Array; fixedCost: number } {
  const only = chains.length === 1 ? (chains[0] as PricedChain) : null;
  // The usual case needs no second square of edges.
  if (only && only.others.length === 0 && !only.snapshots.includes(-1)) {
    const edges = edgeBytes(only.lives, only.snapshots);
    return { edgeCosts: edges.map((bytes) => bytes * only.microUnitsPerGiBMonth), fixedCost: 0 };
  }
  const width = points + 1;
  const edgeCosts = new Float64Array(width * width);
  let fixedCost = 0;
  for (const chain of chains) {
    const route = routeOf(chain);
    for (let from = 0; from < points; from += 1) {
      for (let to = from + 1; to <= points; to += 1) {
        const cell = from * width + to;
        edgeCosts[cell] = (edgeCosts[cell] as number) + route.bytes(from, to) * chain.microUnitsPerGiBMonth;
      }
    }
    fixedCost += route.fixedBytes * chain.microUnitsPerGiBMonth;
  }
  return { edgeCosts, fixedCost };
}

/** A monthly amount in the unit of edge costs: exact, as a GiB is a power of two. */
export function budgetLimit(microUnitsPerMonth: number): number {
  return microUnitsPerMonth * GIB;
}

/** Ways through one chain: what lies between two points of the source, over the snapshots of others on the way. */
interface Route {
  bytes(from: number, to: number): number;
  readonly fixedBytes: number;
}

function routeOf({ lives, snapshots, others }: PricedChain): Route {
  const nodes = Int32Array.from([...snapshots.filter((snapshot) => snapshot >= 0), ...others]).sort();
  const edges = edgeBytes(lives, nodes);
  const edge = (from: number, to: number) => edges[from * (nodes.length + 1) + to] as number;
  const nodeOf = new Map([...nodes].map((snapshot, at) => [snapshot, at + 1]));
  assert(nodeOf.size === nodes.length, 'a snapshot belongs to one policy');
  const otherNodes = others.map((snapshot) => nodeOf.get(snapshot) as number);
  // Bytes of the way over others alone, up to and including each.
  const alone = [0];
  for (const [at, node] of otherNodes.entries()) {
    alone.push((alone[at] as number) + edge(otherNodes[at - 1] ?? 0, node));
  }
  // How many of the others stand before each node.
  const countBelow = new Int32Array(nodes.length + 2);
  for (const node of otherNodes) countBelow.fill((countBelow[node + 1] as number) + 1, node + 1);
  const places = placesOf(snapshots, nodeOf, otherNodes);
  const between = (from: number, to: number): number => {
    const first = countBelow[from + 1] as number;
    const last = (countBelow[to] as number) - 1;
    if (last < first) return to > from ? edge(from, to) : 0;
    const onTheWay = (alone[last + 1] as number) - (alone[first + 1] as number);
    return edge(from, otherNodes[first] as number) + onTheWay + edge(otherNodes[last] as number, to);
  };
  const end = otherNodes.at(-1) ?? 0;
  const lastPlace = places.at(-1) as number;
  const tail = end > lastPlace ? between(lastPlace, end) : 0;
  return {
    bytes: (from, to) => between(places[from] as number, places[to] as number),
    fixedBytes: tail - (alone.at(-1) as number),
  };
}

/**
 * The node of each point, 0 for the moment before the first. A point without this disk is set back to the last of the others' snapshots that surely lies
 * before it: the next point then costs rather too much than too little.
 */
function placesOf(snapshots: Int32Array, nodeOf: ReadonlyMap<number, number>, otherNodes: readonly number[]): number[] {
  const places = [0];
  let present = 0;
  for (const snapshot of snapshots) {
    if (snapshot >= 0) present = nodeOf.get(snapshot) as number;
    places.push(snapshot >= 0 ? present : (otherNodes.findLast((node) => node < present) ?? 0));
  }
  return places;
}
