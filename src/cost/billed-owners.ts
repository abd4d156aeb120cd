import type { BilledOwner } from './billed-row.ts';
import { measuredBy } from './chain-node.ts';
import type { Chains } from './chains.ts';
import type { ChainLabels } from './ledger-row.ts';

/** The form of the names that `snapshotName` gives: a snapshot of Holdfast that is gone from its books is known by it. */
const OWN_NAME = /\/hf-[^/]+-\d{8}t\d{4}z-[0-9a-f]{16}$/i;

/** Whose the snapshots are that Holdfast keeps now, by resource id in lower case; and the subscriptions that they live in. */
export interface BilledOwners {
  readonly byResource: ReadonlyMap<string, BilledOwner>;
  readonly subscriptionIds: ReadonlySet<string>;
  readonly labelsByChain: ReadonlyMap<string, ChainLabels>;
  /** Snapshots whose ranges are not known: what Azure bills for them is the best that there is. */
  readonly unmeasured: ReadonlySet<string>;
}

/** Reads whose the snapshots are. */
export async function readBilledOwners(chains: Pick<Chains, 'withNodes'>): Promise<BilledOwners> {
  const byResource = new Map<string, BilledOwner>();
  const subscriptionIds = new Set<string>();
  const labelsByChain = new Map<string, ChainLabels>();
  const unmeasured = new Set<string>();
  for await (const { head, nodes } of chains.withNodes()) {
    subscriptionIds.add(head.subscriptionId.toLowerCase());
    const { key, diskName, subscriptionId, region, source } = head;
    labelsByChain.set(key, { chainKey: key, diskName, source: { ...source, subscriptionId, region } });
    for (const node of nodes) {
      const id = node.snapshotId.toLowerCase();
      byResource.set(id, { chainKey: key, pointId: node.pointId, policy: node.policy });
      if (measuredBy(node) !== 'ranges') unmeasured.add(id);
    }
  }
  return { byResource, subscriptionIds, labelsByChain, unmeasured };
}

/** True for a snapshot that others have taken: it has no owner in the books, and no name of ours. */
export function isForeign(figure: { readonly resourceId: string; readonly owner: BilledOwner | null }): boolean {
  return figure.owner === null && !OWN_NAME.test(figure.resourceId);
}
