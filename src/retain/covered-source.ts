import type { EpochMs } from '../base/time.ts';
import type { Budget, Retention } from '../policy/policy.ts';
import type { BlockLives } from './block-lives.ts';
import type { PricedChain } from './chain-costs.ts';
import type { MaskedPoints, PreparedRules } from './decide-masks.ts';
import { isKept } from './reason-bits.ts';
import type { RetentionPoint } from './verdict.ts';

/**
 * The chain of one disk of a source.
 *
 * Shape:  `snapshotOf` has by point, as `points` of the source counts them, the number of its snapshot in the chain, or -1 where it has none of this disk;
 *         numbers rise with time. `others` are the numbers of snapshots that other policies keep, ascending.
 */
export interface SourceChain {
  readonly lives: BlockLives;
  readonly snapshotOf: Int32Array;
  readonly others: readonly number[];
  readonly microUnitsPerGiBMonth: number;
}

/** A source that a budget covers. */
export interface CoveredSource {
  readonly points: readonly RetentionPoint[];
  readonly protectedSince: EpochMs;
  readonly chains: readonly SourceChain[];
}

/** What a budget is held against: the sources that it covers together, their policy, and the moment. */
export interface BudgetCase {
  readonly sources: readonly CoveredSource[];
  readonly retention: Retention;
  readonly budget: Budget;
  readonly rules: PreparedRules;
}

/** Positions of the succeeded points that are kept so far, oldest first. */
export function keptPositions(points: readonly RetentionPoint[], { order, masks }: MaskedPoints): Int32Array {
  const positions: number[] = [];
  for (let at = order.length - 1; at >= 0; at -= 1) {
    if (!isKept(masks[at] as number)) continue;
    if ((points[order[at] as number] as RetentionPoint).state === 'succeeded') positions.push(at);
  }
  return Int32Array.from(positions);
}

/** The source's chains with the snapshots of the points at some positions. */
export function chainsOf(source: CoveredSource, order: Int32Array, positions: Int32Array): PricedChain[] {
  return source.chains.map(({ lives, snapshotOf, others, microUnitsPerGiBMonth }) => ({
    lives,
    snapshots: positions.map((position) => snapshotOf[order[position] as number] as number),
    others,
    microUnitsPerGiBMonth,
  }));
}
