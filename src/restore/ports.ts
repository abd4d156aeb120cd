import type { Tags } from '../inventory/inventory.ts';

export interface DiskRequest {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly region: string;
  readonly snapshotId: string;
  readonly sku: string;
  readonly zone: string | null;
  /** At least the source's size. Units: GiB, as Azure takes it. */
  readonly sizeGiB: number;
  readonly diskEncryptionSetId: string | null;
  readonly tags: Tags;
}

export interface RestoredDisk {
  readonly id: string;
  readonly uniqueId: string;
  readonly tags: Tags;
  readonly state: 'pending' | 'succeeded' | 'failed';
  readonly sizeBytes: number;
  readonly attachedTo: string | null;
}

/** A long-running operation of Azure that can be asked for again after a restart; null where Azure answered at once. */
export type OperationUrl = string | null;

/** How an operation stands. `retryAfterMs` is what Azure asked to wait before the next look. */
export type OperationState =
  | { readonly kind: 'running'; readonly retryAfterMs: number; readonly percent: number | null }
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/**
 * Creates and removes disks: what restoring a disk needs of Azure.
 *
 * Errors: AppError; 'not-found' for a missing snapshot or group, 'conflict' for a name that is taken by something else.
 * Safety: `deleteDisk` is only called for what the restore's own row says it created.
 */
export interface DiskMaker {
  createDisk(request: DiskRequest): Promise<OperationUrl>;
  getDisk(subscriptionId: string, resourceGroup: string, name: string): Promise<RestoredDisk | null>;
  deleteDisk(subscriptionId: string, resourceGroup: string, name: string): Promise<OperationUrl>;
  operation(url: string): Promise<OperationState>;
}
