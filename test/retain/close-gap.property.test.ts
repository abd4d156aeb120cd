import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measurePath, pathGraph } from '../../src/retain/budget-paths.ts';
import { closeGap } from '../../src/retain/close-gap.ts';
import { chooseAll } from '../../src/retain/relax-budget.ts';
import { everyChoice, lumpySource, NOW } from './budgets.ts';

const lumpyArb = (maxLength: number) =>
  fc
    .array(
      fc.record({
        size: fc.integer({ min: 1, max: 40 }).map((root) => root ** 2),
        hours: fc.integer({ min: 1, max: 90 }),
      }),
      {
        minLength: 1,
        maxLength,
      },
    )
    .map((steps) =>
      lumpySource(
        steps.map(({ size }) => size),
        steps.map(({ hours }) => hours),
      ),
    );

const caseArb = fc.record({
  sources: fc.oneof(fc.tuple(lumpyArb(11)), fc.array(lumpyArb(4), { minLength: 2, maxLength: 3 })),
  part: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
  /** The price that the search is given, in parts of a fair one: any price is a sound bound. */
  price: fc.constantFrom(0, 0.2, 1, 1, 5),
});

function prepare({ sources, part, price }: typeof caseArb extends fc.Arbitrary<infer T> ? T : never) {
  const graphs = sources.map((source) => pathGraph(source, NOW));
  const bare = (fill: number) =>
    chooseAll(
      graphs.map((graph) =>
        measurePath(
          graph,
          new Uint8Array(graph.nodes)
            .fill(fill)
            .fill(1, 0, 1)
            .fill(1, graph.nodes - 1),
        ),
      ),
    );
  const [least, everything] = [bare(0), bare(1)];
  const limit = least.cost + part * (everything.cost - least.cost);
  const fair = (least.loss - everything.loss) / Math.max(1, everything.cost - least.cost);
  const choices = everyChoice(sources, NOW).filter(({ cost }) => cost <= limit);
  const best = Math.min(...choices.map(({ loss }) => loss));
  return { graphs, least, everything, limit, price: price * fair, best };
}

describe('closeGap, from the worst choice and no bound', () => {
  it('finds the best by itself, at any price', () => {
    fc.assert(
      fc.property(caseArb, (input) => {
        const { graphs, least, everything, limit, price, best } = prepare(input);
        const { choice, bound } = closeGap(graphs, limit, least, everything.loss, price, 1e9);
        expect(choice.cost).toBeLessThanOrEqual(limit);
        expect(choice.loss).toBeCloseTo(best, 7);
        expect(bound).toBeLessThanOrEqual(best * (1 + 1e-9));
        expect(bound).toBeGreaterThanOrEqual(best * (1 - 1e-9));
      }),
      { numRuns: 400 },
    );
  });

  it('never claims more than it has proven, however little work it is given', () => {
    fc.assert(
      fc.property(caseArb, (input) => {
        const { graphs, least, everything, limit, price, best } = prepare(input);
        const { choice, bound } = closeGap(graphs, limit, least, everything.loss, price, 1);
        expect(choice.cost).toBeLessThanOrEqual(limit);
        expect(choice.loss).toBeGreaterThanOrEqual(best * (1 - 1e-9));
        expect(bound).toBeLessThanOrEqual(best * (1 + 1e-9));
      }),
      { numRuns: 400 },
    );
  });
});
