import { assert } from '../../src/base/assert.ts';
import { DAY_MS, HOUR_MS, parseZone } from '../../src/base/time.ts';
import { type Extents, followBlocks } from '../../src/retain/block-lives.ts';
import type { BudgetSource } from '../../src/retain/budget-paths.ts';
import { edgeBytes } from '../../src/retain/chain-bytes.ts';
import { decideBudget } from '../../src/retain/decide-budget.ts';
import { decideMasks, prepareRules } from '../../src/retain/decide-masks.ts';
import { isKept } from '../../src/retain/reason-bits.ts';
import type { RetentionPoint } from '../../src/retain/verdict.ts';
import { retention } from '../retain/retentions.ts';

/**
 * The figures of retention and budget. Alone: `node test/bench/retain.ts`.
 * Each is the middle one of several runs after a first one that is not counted: the sweep's process is warm when it comes to a chain.
 */
interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: string;
}

const NOW = Date.UTC(2026, 10, 22, 12);
const RUNS = 5;

/** A fixed sequence of dice. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

function middle(run: () => number): number {
  run();
  const values = Array.from({ length: RUNS }, run).sort((a, b) => a - b);
  return values[RUNS >> 1] as number;
}

function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function decideMillion(): number {
  const zone = parseZone('Europe/Vienna');
  assert(zone !== null, 'a known zone');
  const tiers = { keepLast: 3, keepHourly: 24, keepDaily: 7, keepWeekly: 4, keepMonthly: 12, keepYearly: 'all' };
  const rules = prepareRules(retention(tiers), zone, NOW);
  let ms = 0;
  let kept = 0;
  for (let chain = 0; chain < 10_000; chain += 1) {
    const points = Array.from({ length: 100 }, (_, at): RetentionPoint => {
      const takenAt = NOW - (at + 1) * (1 + (chain % 30)) * 6 * HOUR_MS - chain * 1_000;
      return { id: `${chain}-${at}`, takenAt, state: 'succeeded', held: false, immutable: false };
    });
    ms += timed(() => {
      for (const mask of decideMasks(points, rules).masks) if (isKept(mask)) kept += 1;
    });
  }
  assert(kept > 100_000, 'the tiers keep points');
  return ms;
}

/** Page-aligned changes: half of them where the disk is hot, the rest anywhere. */
function chainOf(snapshots: number, ranges: number, seed: number): Extents[] {
  const roll = dice(seed);
  const page = 4_096;
  return Array.from({ length: snapshots }, () => {
    const written = new Float64Array(ranges * 2);
    let offset = 0;
    for (let range = 0; range < ranges; range += 1) {
      const hot = range < ranges / 2;
      offset += page * (1 + Math.floor(roll() * (hot ? 40 : 60_000)));
      const length = page * (1 + Math.floor(roll() * 16));
      written[range * 2] = offset;
      written[range * 2 + 1] = length;
      offset += length;
    }
    return { written, cleared: new Float64Array(0) };
  });
}

function sourceOf(chain: readonly Extents[], floorEvery: number): BudgetSource {
  const count = chain.length;
  return {
    times: Float64Array.from({ length: count + 1 }, (_, node) => NOW - (count + 1 - Math.max(1, node)) * DAY_MS),
    floors: Uint8Array.from({ length: count + 1 }, (_, node) =>
      node === count || (node > 0 && node % floorEvery === 0) ? 1 : 0,
    ),
    edgeCosts: edgeBytes(followBlocks(chain), Int32Array.from(chain.keys())),
  };
}

function bill({ times, floors, edgeCosts }: BudgetSource, floorsOnly: boolean): number {
  let sum = 0;
  let last = 0;
  for (let node = 1; node < times.length; node += 1) {
    if (floorsOnly && floors[node] !== 1) continue;
    sum += edgeCosts[last * times.length + node] as number;
    last = node;
  }
  return sum;
}

/** The limits to try: parts of the way from what the floors cost to what everything costs. */
const parts = [0.1, 0.5, 0.9];

function slowest(sources: readonly BudgetSource[]): { ms: number; gapPercent: number } {
  const least = sources.reduce((sum, source) => sum + bill(source, true), 0);
  const most = sources.reduce((sum, source) => sum + bill(source, false), 0);
  let ms = 0;
  let gapPercent = 0;
  for (const part of parts) {
    const run = timed(() => {
      const decision = decideBudget(sources, least + part * (most - least), NOW);
      assert(decision.fits, 'the limit is above the floors');
      gapPercent = Math.max(gapPercent, decision.gapPercent);
    });
    ms = Math.max(ms, run);
  }
  return { ms, gapPercent };
}

/** Runs all of them. */
export async function run(): Promise<Figure[]> {
  const million = middle(decideMillion);
  const residentMiB = process.memoryUsage().rss / 2 ** 20;
  const chain = chainOf(500, 2_000, 7);
  const edges = middle(() => timed(() => void edgeBytes(followBlocks(chain), Int32Array.from(chain.keys()))));
  const long = sourceOf(chain, Number.POSITIVE_INFINITY);
  const longMs = middle(() => slowest([long]).ms);
  const many = Array.from({ length: 1_000 }, (_, at) => sourceOf(chainOf(100, 50, at), 25));
  const all = slowest(many);
  return [
    {
      name: '1,000,000 points decided (10,000 chains of 100, six tiers, Europe/Vienna)',
      value: million,
      unit: 'ms',
      target: '< 1000',
    },
    { name: 'memory after that', value: residentMiB, unit: 'MiB', target: '< 400' },
    { name: 'edges of a 500-point chain with 1,000,000 ranges', value: edges, unit: 'ms', target: '< 200' },
    { name: 'budget of that chain, slowest of three limits', value: longMs, unit: 'ms', target: '< 500' },
    { name: 'its proven gap', value: slowest([long]).gapPercent, unit: '%', target: '<= 1' },
    { name: 'budget of 1,000 chains of 100, slowest of three limits', value: all.ms, unit: 'ms', target: '< 3000' },
    { name: 'their proven gap', value: all.gapPercent, unit: '%', target: '<= 1' },
  ];
}

if (import.meta.main) {
  for (const { name, value, unit, target } of await run()) {
    console.log(
      `${name}: ${value < 1 ? value.toPrecision(3) : value.toFixed(0)} ${unit}${target ? ` (${target})` : ''}`,
    );
  }
}
