import type { Tags } from '../inventory/inventory.ts';
import type { Snapshot } from '../protect/ports.ts';

/**
 * Deletes snapshots: what pruning needs of Azure.
 *
 * Errors: 'azure-locked' where a management lock, an immutability policy or an open access forbids it: reported, never worked around.
 * Safety: `delete` is only called right after `get` has shown Holdfast's own tags; it does not wait for the operation to end.
 */
export interface SnapshotRemover {
  get(id: string): Promise<Snapshot | null>;
  list(subscriptionId: string, resourceGroup: string): Promise<readonly Snapshot[] | null>;
  /** Sets the whole set of tags (a PATCH); the caller passes those it has read, changed. */
  setTags(id: string, tags: Tags): Promise<void>;
  delete(id: string): Promise<void>;
  /** Management locks that forbid deletion in a resource group, its resources included: their resource ids (of what is locked), in lower case. */
  lockedResources(subscriptionId: string, resourceGroup: string): Promise<readonly string[]>;
}
