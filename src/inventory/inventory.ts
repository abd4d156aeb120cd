import type { SourceKind } from '../policy/policy.ts';

export type Tags = Readonly<Record<string, string>>;

/** A managed disk as ARM lists it. Ids keep Azure's case: compare them with `sameResource`. */
export interface Disk {
  readonly id: string;
  readonly name: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly region: string;
  /** Azure's own identity of the disk: a disk made anew under the same name has another. */
  readonly uniqueId: string;
  readonly tags: Tags;
  readonly sizeBytes: number;
  readonly sku: string;
  readonly zones: readonly string[];
  /** The virtual machine it is attached to; null where it is not. */
  readonly attachedTo: string | null;
}

/** A disk as a virtual machine names it: `lun` is null for the OS disk. */
export interface AttachedDisk {
  readonly diskId: string;
  readonly lun: number | null;
}

export interface VirtualMachine {
  readonly id: string;
  readonly name: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly region: string;
  /** Azure's own identity of the machine (`properties.vmId`). */
  readonly vmId: string;
  readonly tags: Tags;
  readonly disks: readonly AttachedDisk[];
}

/** A disk of a source. */
export interface SourceDisk {
  readonly id: string;
  readonly name: string;
  readonly uniqueId: string;
  readonly lun: number | null;
  readonly sizeBytes: number;
  readonly sku: string;
}

/** What is protected: a virtual machine with its disks, or a single disk. `key` is short, stable and fit for URLs and table keys. */
export interface Source {
  readonly key: string;
  readonly kind: SourceKind;
  readonly id: string;
  readonly name: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly region: string;
  readonly tags: Tags;
  readonly disks: readonly SourceDisk[];
}

/**
 * Reads the estate by ARM lists.
 *
 * Errors: AppError of Azure's kinds; never a part of a list: on a failed page the whole call fails.
 */
export interface EstateReader {
  listVirtualMachines(subscriptionId: string): Promise<readonly VirtualMachine[]>;
  listDisks(subscriptionId: string): Promise<readonly Disk[]>;
  /** Names of all resource groups of a subscription, as Azure writes them. */
  listResourceGroups(subscriptionId: string): Promise<readonly string[]>;
  /** Ids of all subscriptions below a management group, at any depth, in lower case. */
  listSubscriptions(managementGroup: string): Promise<readonly string[]>;
}
