import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/base/time.ts';
import { followBlocks } from '../../src/retain/block-lives.ts';
import { edgeBytes } from '../../src/retain/chain-bytes.ts';
import { decideBudget } from '../../src/retain/decide-budget.ts';
import { extentsOf } from './chains.ts';

const START = Date.UTC(2026, 0, 1, 2);
const DAYS = 365;
const BLOCKS = 200;

/** A fixed sequence of dice: the same year every time. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A day's changes: a hot part that is written daily, and something everywhere else. */
function yearOfChanges(): string[] {
  const roll = dice(42);
  return Array.from({ length: DAYS }, (_, day) =>
    Array.from({ length: BLOCKS }, (_, block) => {
      if (day === 0) return 'w';
      const chance = block < 20 ? 0.8 : 0.04;
      return roll() < chance ? 'w' : '.';
    }).join(''),
  );
}

/** Sweeps once a day for a year: each day one more point, then the budget over all that are left. */
function sweepDaily(limitOf: (fullBytes: number) => number): {
  readonly kept: readonly number[];
  readonly nowAt: number;
} {
  const chain = yearOfChanges();
  const lives = followBlocks(chain.map((touches) => extentsOf(touches)));
  const limit = limitOf(BLOCKS * 512);
  let kept: number[] = [];
  for (let day = 0; day < DAYS; day += 1) {
    kept.push(day);
    const now = START + day * DAY_MS + HOUR_MS;
    const source = {
      times: Float64Array.from([START, ...kept.map((at) => START + at * DAY_MS)]),
      floors: Uint8Array.from({ length: kept.length + 1 }, (_, node) => (node === kept.length ? 1 : 0)),
      edgeCosts: edgeBytes(lives, Int32Array.from(kept)),
    };
    const decision = decideBudget([source], limit, now);
    kept = kept.filter((_, at) => decision.kept[0]?.[at + 1] === 1);
  }
  return { kept, nowAt: DAYS - 1 };
}

describe('a year of daily sweeps under one tight budget', () => {
  const { kept, nowAt } = sweepDaily((full) => full * 4);
  const ages = kept.map((day) => nowAt - day).reverse();

  it('leaves a ladder of ages, not just the newest days', () => {
    expect(ages[0]).toBe(0);
    expect(ages.length).toBeGreaterThan(5);
    // Something from each season of the past, not only the last weeks.
    expect(ages.filter((age) => age >= 7).length).toBeGreaterThanOrEqual(3);
    expect(ages.filter((age) => age >= 30).length).toBeGreaterThanOrEqual(2);
    expect(ages.some((age) => age >= 90)).toBe(true);
  });

  it('has wider gaps the further back it goes', () => {
    const gaps = ages.slice(1).map((age, at) => age - (ages[at] ?? 0));
    const half = Math.floor(gaps.length / 2);
    const mean = (list: readonly number[]) => list.reduce((sum, gap) => sum + gap, 0) / list.length;
    expect(mean(gaps.slice(half))).toBeGreaterThan(2 * mean(gaps.slice(0, half)));
    expect(gaps[0]).toBeLessThanOrEqual(2);
  });
});
