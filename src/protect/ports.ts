import type { EpochMs } from '../base/time.ts';
import type { NetworkState } from '../cost/ports.ts';
import type { Tags } from '../inventory/inventory.ts';

/** A managed snapshot as Azure tells it. */
export interface Snapshot {
  readonly id: string;
  readonly name: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly region: string;
  readonly sku: string;
  readonly tags: Tags;
  /** When Azure froze the disk's state. */
  readonly createdAt: EpochMs;
  /** `pending` until Azure says Succeeded and 100 %; anything unknown is `pending`, never `succeeded`. */
  readonly state: 'pending' | 'succeeded' | 'failed';
  readonly incremental: boolean;
  /** The chain it belongs to; null where Azure has not said yet. */
  readonly familyId: string | null;
  readonly sourceDiskId: string | null;
  readonly sourceUniqueId: string | null;
  readonly sizeBytes: number;
  readonly networkAccess: 'deny' | 'private' | 'allow';
  readonly network: NetworkState;
  /** 4096 on disks whose snapshots are VHDX files: no page ranges can be had of them. */
  readonly sectorBytes: number;
  /** True while an immutability policy that has not expired holds it. */
  readonly immutable: boolean;
}

export interface SnapshotRequest {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly region: string;
  readonly diskId: string;
  readonly sku: string;
  readonly tags: Tags;
  readonly networkAccess: 'deny' | 'private' | 'allow';
  /** With `private`: the disk access resource whose private endpoints lead to it. */
  readonly diskAccessId?: string;
}

/**
 * Writes and lists snapshots: what taking points needs of Azure.
 *
 * Errors: AppError; 'not-found' where the disk or group is gone, 'throttled' and 'azure-unavailable' after the adapter's own retries on the product's clock.
 * Safety: `start` sends exactly one PUT at a time and does not wait for the operation; sending it again for the same name changes nothing in Azure.
 */
export interface SnapshotTaker {
  start(request: SnapshotRequest): Promise<void>;
  /** All snapshots of one resource group; null where the group is gone. */
  list(subscriptionId: string, resourceGroup: string): Promise<readonly Snapshot[] | null>;
  get(id: string): Promise<Snapshot | null>;
}
