import { AppError } from '../base/errors.ts';
import type { ChainNode } from './chain-node.ts';
import type { Chains } from './chains.ts';
import { decodeExtents, encodeExtents, mergeExtents, writtenBytes } from './extents.ts';

/** What deleting one snapshot has freed. Null where the chain around it was not measured. `naiveBytes` is what its own size would have claimed. */
export interface Freed {
  readonly pointId: string;
  readonly policy: string;
  readonly freedBytes: number | null;
  readonly naiveBytes: number | null;
}

/**
 * Takes a snapshot that Azure has deleted out of its chain: what the next one still needs of it moves there, as Azure has moved it.
 *
 * Shape:  whether every kept node of the chain is measured now; what the deletion frees goes to `record`, which may be called again for the same deletion; not for a snapshot that was taken out before.
 * Safety: runs under the chain's lease. The merged ranges are written under a name of their own, then one transaction changes the next node and
 *         removes this one: a crash anywhere leaves the old state or the new one.
 * Source: Azure merges the data of a deleted incremental snapshot with the next one (azure-compute-docs, disks-incremental-snapshots.md).
 */
export async function forgetNode(
  chains: Chains,
  chainKey: string,
  pointId: string,
  record: (freed: Freed) => Promise<void>,
): Promise<'measured' | 'unmeasured'> {
  const nodes = await chains.nodes(chainKey);
  const node = nodes.find((candidate) => candidate.pointId === pointId);
  const isUnmeasured = (other: ChainNode) => other.state === 'kept' && other.writtenBytes === null;
  if (!node) return nodes.some(isUnmeasured) ? 'unmeasured' : 'measured';
  // More than one where a node after this one is being deleted too: what came later was measured past it.
  const nexts = nodes.filter((candidate) => candidate.base === node.key);
  const changed: ChainNode[] = [];
  let freedBytes: number | null = node.writtenBytes;
  for (const next of nexts) {
    const merged = await mergeInto(chains, chainKey, node, next);
    if (merged !== null) await chains.writeExtents(chainKey, next.key, node.base, merged.content);
    changed.push(
      merged === null
        ? { ...next, base: null, writtenBytes: null, billedBytes: null, attempts: 0 }
        : { ...next, base: node.base, writtenBytes: merged.bytes },
    );
    // The last one is the one that stays longest: what it takes over is not freed.
    freedBytes = merged === null ? null : (node.writtenBytes ?? 0) + (next.writtenBytes ?? 0) - merged.bytes;
  }
  await record({ pointId, policy: node.policy, naiveBytes: node.writtenBytes, freedBytes });
  await commit(chains, chainKey, changed, node);
  for (const next of nexts) await chains.dropExtents(chainKey, next.key, node.key);
  const rest = nodes.filter((other) => other !== node && !nexts.includes(other));
  return [...rest, ...changed].some(isUnmeasured) ? 'unmeasured' : 'measured';
}

async function mergeInto(
  chains: Chains,
  chainKey: string,
  node: ChainNode,
  next: ChainNode,
): Promise<{ content: Uint8Array; bytes: number } | null> {
  if (node.writtenBytes === null || next.writtenBytes === null) return null;
  const [earlier, later] = await Promise.all([chains.readExtents(chainKey, node), chains.readExtents(chainKey, next)]);
  if (!earlier || !later) return null;
  const extents = mergeExtents(decodeExtents(earlier), decodeExtents(later));
  return { content: encodeExtents(extents), bytes: writtenBytes(extents) };
}

async function commit(
  chains: Chains,
  chainKey: string,
  changed: readonly ChainNode[],
  removed: ChainNode,
): Promise<void> {
  if ((await chains.change(chainKey, changed, [removed])) === 'refused') {
    throw new AppError('precondition-failed', 'A chain was changed while a snapshot was taken out of it', {
      snapshot: removed.snapshotId,
    });
  }
  await chains.dropExtents(chainKey, removed.key, removed.base);
  if (removed.writtenBytes === null) await chains.dropProgress(chainKey, removed.key);
}
