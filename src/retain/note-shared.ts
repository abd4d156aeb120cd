import { type Chains, chainKey } from '../cost/cost.ts';
import type { LiveSource } from './live-sources.ts';

/** Marks the chains of a source in which Azure's list shows snapshots of somebody else's: few have any, so that most cost no call. */
export async function noteShared(chains: Chains, { entry, view, points }: LiveSource): Promise<void> {
  const keys = new Set<string>();
  for (const { point } of points) {
    for (const { familyId, diskUniqueId } of point.snapshots)
      if (familyId !== null && view.isShared(familyId)) keys.add(chainKey(diskUniqueId));
  }
  for (const key of keys) await chains.markShared(entry.subscriptionId, key);
}
