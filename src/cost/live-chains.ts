import { measuredBy, nodeBytes } from './chain-node.ts';
import type { Chains } from './chains.ts';
import type { LiveChain } from './ledger-row.ts';

/** The chains as they are now, for closing a day and for today's figures: every snapshot that Azure still bills counts, those being deleted too. */
export async function* liveChains(chains: Chains): AsyncIterable<LiveChain> {
  for await (const { head, nodes } of chains.withNodes()) {
    if (nodes.length === 0) continue;
    yield {
      chainKey: head.key,
      diskName: head.diskName,
      source: { ...head.source, subscriptionId: head.subscriptionId, region: head.region },
      sku: head.snapshotSku,
      shared: head.shared,
      points: nodes.map((node) => ({
        pointId: node.pointId,
        policy: node.policy,
        storedBytes: nodeBytes(node),
        measured: measuredBy(node),
      })),
    };
  }
}
