import { inParallel } from '../base/in-parallel.ts';
import { type ChainNode, type Chains, decodeExtents } from '../cost/cost.ts';
import { type BlockLives, type Extents, followBlocks, type Ranges } from './block-lives.ts';

/** Blobs of one chain that are read at the same time. */
const BLOBS_AT_ONCE = 8;

/**
 * Reads what neighbouring nodes of a chain changed, and follows every block through them.
 *
 * Shape:  null where a node's ranges are not there any more. What the first node shows counts as written for it.
 * Errors: 'data-unreadable' for damaged ranges.
 */
export async function readLives(
  chains: Chains,
  chainKey: string,
  nodes: readonly ChainNode[],
): Promise<BlockLives | null> {
  const extents = await inParallel(nodes, BLOBS_AT_ONCE, async (node): Promise<Extents | null> => {
    const blob = await chains.readExtents(chainKey, node);
    if (blob === null) return null;
    const { written, cleared } = decodeExtents(blob);
    return { written: lengthsOf(written), cleared: lengthsOf(cleared) };
  });
  const present = extents.filter((each) => each !== null);
  return present.length < nodes.length ? null : followBlocks(present);
}

/** Ranges as start and end become offset and length. */
function lengthsOf(edges: Float64Array): Ranges {
  const ranges = Float64Array.from(edges);
  for (let at = 1; at < ranges.length; at += 2) ranges[at] = (edges[at] as number) - (edges[at - 1] as number);
  return ranges;
}
