import type { ChainNode, Chains } from '../cost/cost.ts';
import { weighChain } from './chain-bytes.ts';
import { type ChainSegment, segmentsOf } from './chain-segments.ts';
import { readLives } from './read-lives.ts';

/**
 * What deletions from a disk's chain free.
 *
 * Shape:  `freedByPoint` for each deleted point that has a node here, null where it is not known; taken one after another, oldest first, so that known
 *         figures of a chain sum to what all of them free.
 * Units:  bytes.
 */
export interface DiskBytes {
  readonly freedByPoint: ReadonlyMap<string, number | null>;
}

/**
 * Weighs the deletion of some points from a disk's chain.
 * Deleting what lies between two kept snapshots changes nothing beyond them, so only the ranges of each run of deletions, and of the snapshot that is kept
 * after it, are read.
 */
export async function weighDeletions(
  chains: Chains,
  chainKey: string,
  nodes: readonly ChainNode[],
  isDeleted: (pointId: string) => boolean,
): Promise<DiskBytes> {
  const freedByPoint = new Map<string, number | null>();
  for (const segment of segmentsOf(nodes)) {
    for (const [from, to] of runsOf(segment, isDeleted)) {
      const run = segment.nodes.slice(from, to + 1);
      const lives = to < segment.measured ? await readLives(chains, chainKey, run) : null;
      const kept = Uint8Array.from(run, (node) => (isGoing(node, isDeleted) ? 0 : 1));
      const weighed = lives === null ? null : weighChain(lives, kept);
      for (const [at, node] of run.entries()) {
        if (kept[at] === 0 && isDeleted(node.pointId))
          freedByPoint.set(node.pointId, weighed === null ? null : (weighed.freedBytes[at] as number));
      }
    }
  }
  return { freedByPoint };
}

function isGoing(node: ChainNode, isDeleted: (pointId: string) => boolean): boolean {
  return node.state === 'deleting' || isDeleted(node.pointId);
}

/** First and last place of each run of deletions, the node that is kept after it included. */
function runsOf({ nodes }: ChainSegment, isDeleted: (pointId: string) => boolean): [number, number][] {
  const runs: [number, number][] = [];
  let from = -1;
  for (const [at, node] of nodes.entries()) {
    const going = isGoing(node, isDeleted);
    if (going && from < 0) from = at;
    if (from < 0 || (going && at < nodes.length - 1)) continue;
    if (nodes.slice(from, at + 1).some(({ pointId }) => isDeleted(pointId))) runs.push([from, at]);
    from = -1;
  }
  return runs;
}
