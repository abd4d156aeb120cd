import { HOUR_MS } from '../../src/base/time.ts';
import { followBlocks } from '../../src/retain/block-lives.ts';
import type { BudgetSource } from '../../src/retain/budget-paths.ts';
import { edgeBytes } from '../../src/retain/chain-bytes.ts';
import { extentsOf, type Touches } from './chains.ts';

/** The moment of all budget tests. */
export const NOW = Date.UTC(2026, 10, 22);

/** The contract's loss between two kept neighbours. Times in epoch milliseconds. */
export function lossBetween(a: number, b: number, now: number): number {
  const gap = (b - a) / HOUR_MS;
  return gap ** 2 / 2 / Math.max(1, (now - b) / HOUR_MS);
}

/** A source of one chain: what each point touched, when, and which must stay (the newest always). */
export function sourceOf(
  chain: readonly Touches[],
  times: readonly number[],
  protectedSince: number,
  floors: readonly number[],
): BudgetSource {
  const last = chain.length;
  return {
    times: Float64Array.from([protectedSince, ...times]),
    floors: Uint8Array.from({ length: last + 1 }, (_, node) => (node === last || floors.includes(node) ? 1 : 0)),
    edgeCosts: edgeBytes(followBlocks(chain.map((touches) => extentsOf(touches))), Int32Array.from(chain.keys())),
  };
}

export interface Measured {
  readonly loss: number;
  readonly cost: number;
  readonly count: number;
}

/** Adds up a choice by the contract's formulas. `kept[0]` is the moment protection began. */
export function measure({ times, edgeCosts }: BudgetSource, kept: (node: number) => boolean, now: number): Measured {
  let last = 0;
  let [loss, cost, count] = [0, 0, 0];
  for (let node = 1; node < times.length; node += 1) {
    if (!kept(node)) continue;
    loss += lossBetween(times[last] as number, times[node] as number, now);
    cost += edgeCosts[last * times.length + node] as number;
    count += 1;
    last = node;
  }
  return { loss, cost, count };
}

/** Every choice that leaves the floors alone, of all sources together. */
export function everyChoice(sources: readonly BudgetSource[], now: number): Measured[] {
  let choices: Measured[] = [{ loss: 0, cost: 0, count: 0 }];
  for (const source of sources) {
    const points = source.times.length - 1;
    const own: Measured[] = [];
    for (let bits = 0; bits < 2 ** points; bits += 1) {
      const kept = (node: number) => (bits & (1 << (node - 1))) !== 0;
      let allowed = true;
      for (let node = 1; node <= points; node += 1) if (source.floors[node] === 1 && !kept(node)) allowed = false;
      if (allowed) own.push(measure(source, kept, now));
    }
    choices = choices.flatMap((a) =>
      own.map((b) => ({ loss: a.loss + b.loss, cost: a.cost + b.cost, count: a.count + b.count })),
    );
  }
  return choices;
}

/** Each point writes as many bytes of its own, and half of the one before it anew: an edge is not only what a point itself wrote. */
export function lumpySource(sizes: readonly number[], hours: readonly number[] = sizes.map(() => 24)): BudgetSource {
  const count = sizes.length;
  const width = count + 1;
  const edgeCosts = new Float64Array(width * width);
  for (let from = 0; from < count; from += 1) {
    let sum = 0;
    for (let to = from + 1; to <= count; to += 1) {
      sum = Math.floor(sum / 2) + (sizes[to - 1] as number) * 4_096;
      edgeCosts[from * width + to] = sum;
    }
  }
  const age = (node: number) => hours.slice(node).reduce((sum, gap) => sum + gap, 0);
  const times = Float64Array.from({ length: width }, (_, node) => NOW - age(node) * HOUR_MS);
  const floors = Uint8Array.from({ length: width }, (_, node) => (node === count ? 1 : 0));
  return { times, floors, edgeCosts };
}
