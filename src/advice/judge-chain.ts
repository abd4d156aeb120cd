import { DAY_MS, type EpochMs } from '../base/time.ts';
import { type ChainNode, nodeBytes } from '../cost/cost.ts';

const RECENT_MS = 7 * DAY_MS;
const EARLIER_MS = 28 * DAY_MS;

/**
 * What a chain holds and how fast it grows.
 *
 * Shape:  rates are null where fewer than two snapshots of the time are measured.
 * Units:  bytes; bytes a day. `usedBytes` is what the oldest measured snapshot holds: all that was allocated on the disk then.
 */
export interface ChainFacts {
  readonly points: number;
  readonly storedBytes: number;
  readonly usedBytes: number;
  readonly recentPerDay: number | null;
  readonly earlierPerDay: number | null;
  readonly newestAt: EpochMs;
  readonly oldestAt: EpochMs;
  readonly policies: readonly string[];
}

/** Looks at the snapshots of a chain, oldest first; null without any. Pure. */
export function judgeChain(nodes: readonly ChainNode[], now: EpochMs): ChainFacts | null {
  const [first, last] = [nodes[0], nodes.at(-1)];
  if (!first || !last) return null;
  return {
    points: nodes.length,
    storedBytes: nodes.reduce((sum, node) => sum + (nodeBytes(node) ?? 0), 0),
    usedBytes: nodes.map(nodeBytes).find((bytes) => bytes !== null) ?? 0,
    recentPerDay: rate(nodes, now - RECENT_MS, now),
    earlierPerDay: rate(nodes, now - EARLIER_MS, now - RECENT_MS),
    newestAt: last.createdAt,
    oldestAt: first.createdAt,
    policies: [...new Set(nodes.map(({ policy }) => policy))].sort(),
  };
}

/** What the snapshots of a time have added a day: each stands for the time since the one that it was measured against. */
function rate(nodes: readonly ChainNode[], from: EpochMs, to: EpochMs): number | null {
  const createdAt = new Map(nodes.map((node) => [node.key, node.createdAt]));
  let bytes = 0;
  let ms = 0;
  let count = 0;
  for (const node of nodes) {
    const baseAt = node.base === null ? undefined : createdAt.get(node.base);
    const written = nodeBytes(node);
    if (baseAt === undefined || written === null || node.createdAt <= from || node.createdAt > to) continue;
    bytes += written;
    ms += node.createdAt - baseAt;
    count += 1;
  }
  return count < 2 || ms <= 0 ? null : (bytes / ms) * DAY_MS;
}
