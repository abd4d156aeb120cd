import { hasBytes } from './background-copies.ts';
import type { Snapshot } from './resources.ts';
import type { AzureState } from './state.ts';

/** What the snapshots of one disk cost to keep. Units: bytes as they are billed. */
export interface BilledChain {
  readonly familyId: string | null;
  readonly diskUniqueId: string;
  readonly diskName: string;
  readonly storedBytes: number;
  readonly snapshots: readonly {
    readonly id: string;
    readonly name: string;
    readonly createdAt: string;
    readonly storedBytes: number;
  }[];
}

/** The bill of this moment: bytes stored, per chain and snapshot. */
export interface Bill {
  readonly now: number;
  readonly chains: readonly BilledChain[];
  readonly totalBytes: number;
}

/** Adds up what every snapshot stores. Shape: a full snapshot is a chain of its own, without a family; one that failed is not billed. */
export function billOf(state: AzureState): Bill {
  const byChain = new Map<string, Snapshot[]>();
  for (const snapshot of state.snapshots.values()) {
    if (!hasBytes(snapshot)) continue;
    const key = snapshot.familyId ?? snapshot.id;
    const chain = byChain.get(key);
    if (chain === undefined) byChain.set(key, [snapshot]);
    else chain.push(snapshot);
  }
  const chains = [...byChain.values()].flatMap((list) => {
    const [first] = list;
    if (first === undefined) return [];
    const snapshots = list.map((each) => ({
      id: each.id,
      name: each.name,
      createdAt: new Date(each.createdMs).toISOString(),
      storedBytes: each.bytes.storedBytes(),
    }));
    const storedBytes = snapshots.reduce((sum, each) => sum + each.storedBytes, 0);
    return [
      {
        familyId: first.familyId,
        diskUniqueId: first.originUniqueId,
        diskName: first.sourceName,
        storedBytes,
        snapshots,
      },
    ];
  });
  return { now: state.clock.now(), chains, totalBytes: chains.reduce((sum, each) => sum + each.storedBytes, 0) };
}
