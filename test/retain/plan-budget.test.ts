import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GIB } from '../../src/base/bytes.ts';
import { DAY_MS, UTC } from '../../src/base/time.ts';
import type { Budget, FloorRule } from '../../src/policy/policy.ts';
import { followBlocks } from '../../src/retain/block-lives.ts';
import { sourceCosts } from '../../src/retain/chain-costs.ts';
import type { CoveredSource } from '../../src/retain/covered-source.ts';
import { decideMasks, prepareRules } from '../../src/retain/decide-masks.ts';
import { planBudget } from '../../src/retain/plan-budget.ts';
import { BLOCK, extentsOf, storedBytes } from './chains.ts';
import { point, retention } from './retentions.ts';

const NOW = Date.UTC(2026, 2, 20, 12);

/** A budget that pays for so many blocks: a micro-unit a block. */
const PRICE = GIB / BLOCK;
function budgetOf(blocks: number, floors: readonly FloorRule[] = []): Budget {
  return { amountPerMonth: { microUnits: blocks, currency: 'EUR' }, per: { kind: 'policy' }, floors };
}

/** A source with a point a day, the last one this morning, on disks that changed as told. */
function dailySource(disks: readonly (readonly string[])[], rest: Parameters<typeof point>[2] = {}): CoveredSource {
  const days = disks[0]?.length ?? 0;
  const points = Array.from({ length: days }, (_, day) =>
    point(`d${day}`, NOW - 3_600_000 - (days - 1 - day) * DAY_MS, rest),
  );
  return {
    points,
    protectedSince: points[0]?.takenAt ?? NOW,
    chains: disks.map((touches) => ({
      lives: followBlocks(touches.map((row) => extentsOf(row))),
      snapshotOf: Int32Array.from(touches.keys()),
      others: [],
      microUnitsPerGiBMonth: PRICE,
    })),
  };
}

function plan(sources: readonly CoveredSource[], rules: Parameters<typeof retention>[0], budget: Budget) {
  const keep = retention(rules);
  const prepared = prepareRules(keep, UTC, NOW);
  const decided = sources.map(({ points }) => decideMasks(points, prepared));
  const answer = planBudget({ sources, retention: keep, budget, rules: prepared }, decided);
  const given = answer.givenUp.map((marks, at) =>
    [...marks.entries()]
      .filter(([, mark]) => mark === 1)
      .map(([position]) => sources[at]?.points[decided[at]?.order[position] ?? -1]?.id)
      .sort(),
  );
  return { ...answer, given };
}

const everyDay = (days: number, blocks = 4) => Array.from({ length: days }, () => 'w'.repeat(blocks));

describe('planBudget', () => {
  it('gives up nothing where the bill fits', () => {
    const { given, fits, costMicroUnits } = plan([dailySource([everyDay(5)])], { keepDaily: 9 }, budgetOf(20));
    expect({ given, fits, costMicroUnits }).toEqual({ given: [[]], fits: true, costMicroUnits: 20 });
  });

  it('gives up whole points of a machine with several disks', () => {
    const machine = dailySource([everyDay(4, 3), everyDay(4, 1)]);
    const { given, costMicroUnits, fits } = plan([machine], { keepDaily: 9 }, budgetOf(8));
    expect(fits).toBe(true);
    expect(costMicroUnits).toBe(8);
    // Four blocks a point: two points stay, the newest and the one whose loss hurts most.
    expect(given[0]).toHaveLength(2);
    expect(given[0]).not.toContain('d3');
  });

  it('shares one budget among sources: the idle one keeps its points, the busy one pays', () => {
    const idle = dailySource([['wwww', '....', '....', '....']]);
    const busy = dailySource([everyDay(4)]);
    const { given, fits } = plan([idle, busy], { keepDaily: 9 }, budgetOf(12));
    expect(fits).toBe(true);
    expect(given[0]).toEqual([]);
    expect(given[1]).toHaveLength(2);
  });

  it('leaves floors alone: the named tiers, held points, minimum and the newest', () => {
    const source = dailySource([everyDay(6)]);
    const points = source.points.map((own, day) => (day === 1 ? { ...own, held: true } : own));
    const covered = { ...source, points };
    const { given, fits } = plan([covered], { keepDaily: 9, keepLast: 2 }, budgetOf(12, ['keepLast']));
    expect(fits).toBe(true);
    expect(given).toEqual([['d0', 'd2', 'd3']]);
  });

  it('gives up points that are kept for want of a policy', () => {
    const { given } = plan([dailySource([everyDay(3)])], {}, budgetOf(4));
    expect(given).toEqual([['d0', 'd1']]);
  });

  it('counts what the policy costs on top of the snapshots that other policies keep', () => {
    const chain = ['wwww', 'ww..', 'ww..', '..ww'];
    const points = [point('a', NOW - 4 * DAY_MS), point('b', NOW - 2 * DAY_MS)];
    const source: CoveredSource = {
      points,
      protectedSince: NOW - 4 * DAY_MS,
      chains: [
        {
          lives: followBlocks(chain.map((row) => extentsOf(row))),
          snapshotOf: Int32Array.of(0, 2),
          others: [1, 3],
          microUnitsPerGiBMonth: PRICE,
        },
      ],
    };
    const { costMicroUnits } = plan([source], { keepDaily: 9 }, budgetOf(1_000));
    const others = storedBytes(chain, (at) => at === 1 || at === 3);
    expect(costMicroUnits).toBe((storedBytes(chain, () => true) - others) / BLOCK);
  });

  it.each([
    {
      name: 'a smaller count of the tier that is the floor',
      rules: { keepDaily: 5, keepLast: 1 },
      floors: ['keepDaily'] as const,
      blocks: 12,
      change: { path: '$.retention.keepDaily', from: 5, to: 3 },
    },
    {
      name: 'of two tiers the one that leaves more floors',
      rules: { keepDaily: 5, keepLast: 6 },
      floors: ['keepDaily', 'keepLast'] as const,
      blocks: 20,
      change: { path: '$.retention.keepLast', from: 6, to: 5 },
    },
    {
      name: 'a window that is a floor no more',
      rules: { keepWithin: 'P9D' },
      floors: ['keepWithin'] as const,
      blocks: 5,
      change: { path: '$.budget.floors', from: ['keepWithin'], to: [] },
    },
    {
      name: 'a smaller minimum',
      rules: { keepDaily: 5, minimum: 3 },
      floors: [] as const,
      blocks: 8,
      change: { path: '$.retention.minimum', from: 3, to: 2 },
    },
    {
      name: 'the amount where nothing else would do',
      rules: { keepDaily: 5 },
      floors: [] as const,
      blocks: 3,
      change: { path: '$.budget.amountPerMonth', from: 0.000003, to: 0.000004 },
    },
  ])('names the change that would fit: $name', ({ rules, floors, blocks, change }) => {
    const answer = plan([dailySource([everyDay(6)])], rules, budgetOf(blocks, floors));
    expect(answer.fits).toBe(false);
    expect(answer.alarm?.change).toEqual(change);
    expect(answer.alarm?.exceedsByMicroUnits).toBe(answer.costMicroUnits - blocks);
    expect(answer.costMicroUnits).toBeGreaterThan(blocks);
  });

  it('has named a change that does fit', () => {
    const source = dailySource([everyDay(6)]);
    const before = plan([source], { keepDaily: 5, keepLast: 6 }, budgetOf(20, ['keepDaily', 'keepLast']));
    expect(before.fits).toBe(false);
    const after = plan([source], { keepDaily: 5, keepLast: 5 }, budgetOf(20, ['keepDaily', 'keepLast']));
    expect(after.fits).toBe(true);
  });
});

describe('sourceCosts', () => {
  it('adds up to what the chains store, other policies’ snapshots taken off, whatever is kept', () => {
    const rowArb = fc
      .array(fc.constantFrom('w', 'c', '.', '.'), { minLength: 6, maxLength: 6 })
      .map((row) => row.join(''));
    const chainArb = fc.array(fc.record({ row: rowArb, own: fc.boolean(), kept: fc.boolean() }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(chainArb, chainArb, (a, b) => {
        const count = Math.min(...[a, b].map((chain) => chain.filter(({ own }) => own).length));
        fc.pre(count > 0);
        const kept = a
          .filter(({ own }) => own)
          .slice(0, count)
          .map((step, at) => step.kept || at === count - 1);
        let expected = 0;
        const chains = [a, b].map((all) => {
          const own = [...all.keys()].filter((at) => all[at]?.own).slice(0, count);
          const others = [...all.keys()].filter((at) => !all[at]?.own);
          const rows = all.map(({ row }) => row);
          const stays = (at: number) => others.includes(at) || kept[own.indexOf(at)] === true;
          expected += storedBytes(rows, stays) - storedBytes(rows, (at) => others.includes(at));
          return {
            lives: followBlocks(rows.map((row) => extentsOf(row))),
            snapshots: Int32Array.from(own),
            others,
            microUnitsPerGiBMonth: 1,
          };
        });
        const { edgeCosts, fixedCost } = sourceCosts(count, chains);
        let sum = fixedCost;
        let last = 0;
        for (const [at, is] of kept.entries()) {
          if (!is) continue;
          sum += edgeCosts[last * (count + 1) + at + 1] as number;
          last = at + 1;
        }
        expect(sum).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('never makes a point that lacks a disk cheaper than it is', () => {
    const chain = ['wwww', 'w...', '.w..'];
    const lives = followBlocks(chain.map((row) => extentsOf(row)));
    // Three points; the second has no snapshot of this disk.
    const { edgeCosts } = sourceCosts(3, [
      { lives, snapshots: Int32Array.of(0, -1, 1), others: [], microUnitsPerGiBMonth: 1 },
    ]);
    const cost = (from: number, to: number) => edgeCosts[from * 4 + to] as number;
    expect(cost(1, 3)).toBe(BLOCK);
    expect(cost(0, 1) + cost(1, 2) + cost(2, 3)).toBeGreaterThanOrEqual(storedBytes(chain, (at) => at < 2));
  });
});
