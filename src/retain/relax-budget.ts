import { distancesFromStart, type Path, type PathGraph, pathBack } from './budget-paths.ts';

/** A choice for all sources together. */
export interface Choice {
  readonly paths: readonly Path[];
  readonly loss: number;
  readonly cost: number;
}

/** What the relaxation finds: a choice that fits, a bound that no choice that fits can lose less than, and the price of money that proves it. */
export interface Relaxed {
  readonly fitting: Choice;
  readonly beyond: Choice;
  readonly bound: number;
  readonly price: number;
}

/** The hull of (cost, loss) is walked in far fewer steps; a bound keeps a sweep from hanging on numbers that do not behave. */
const MAX_STEPS = 60;
/** A bound this close to what is found needs no better price. */
const CLOSE_ENOUGH = 1e-9;

/** Adds up paths. */
export function chooseAll(paths: readonly Path[]): Choice {
  let loss = 0;
  let cost = 0;
  for (const path of paths) {
    loss += path.loss;
    cost += path.cost;
  }
  return { paths, loss, cost };
}

/**
 * Relaxes the budget: instead of a limit, money has a price, and each source takes its own best path at that price. The price is moved to where the
 * choices just within and just beyond the limit weigh the same.
 *
 * Shape:  `everything` must be beyond the limit and `least` within.
 * Source: M. Fisher, "The Lagrangian Relaxation Method for Solving Integer Programming Problems", Management Science 27 (1981): for any price, the
 *         relaxed optimum less price x limit is a lower bound.
 */
export function relaxBudget(graphs: readonly PathGraph[], limit: number, everything: Choice, least: Choice): Relaxed {
  let beyond = everything;
  let fitting = least;
  let bound = beyond.loss;
  let bestPrice = 0;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const price = (fitting.loss - beyond.loss) / (beyond.cost - fitting.cost);
    if (!(price > 0) || !Number.isFinite(price)) break;
    const choice = cheapestAt(graphs, price);
    const value = choice.loss + price * choice.cost;
    if (value - price * limit > bound) {
      bound = value - price * limit;
      bestPrice = price;
    }
    if (fitting.loss - bound <= CLOSE_ENOUGH * bound) break;
    const corner = beyond.loss + price * beyond.cost;
    if (value >= corner * (1 - 1e-12)) break;
    if (choice.cost <= limit) fitting = choice;
    else beyond = choice;
  }
  return { fitting, beyond, bound, price: bestPrice };
}

function cheapestAt(graphs: readonly PathGraph[], price: number): Choice {
  return chooseAll(graphs.map((graph) => pathBack(graph, distancesFromStart(graph, price).steps)));
}
