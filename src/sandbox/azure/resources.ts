import type { ImageChanges, SnapshotBytes, VolumeBytes, Workload } from '../bytes/bytes.ts';
import type { Immutability } from './decide-immutability.ts';
import type { Json } from './json.ts';

/** A subscription of the sandbox. */
export interface Subscription {
  readonly id: string;
  readonly name: string;
  tags: Record<string, string>;
}

/** A management group. Shape: `parent` is the key of another one, in lower case; `subscriptionIds` those right below it. */
export interface ManagementGroup {
  readonly name: string;
  readonly displayName: string;
  parent: string | null;
  readonly subscriptionIds: Set<string>;
}

/** What every resource has. Shape: `key` is the id in lower case; the id keeps the case it was created with. Units: milliseconds. */
export interface Resource {
  readonly id: string;
  readonly key: string;
  readonly subscriptionKey: string;
  readonly groupKey: string;
  readonly sequence: number;
  readonly subscriptionId: string;
  readonly group: string;
  readonly name: string;
  readonly type: string;
  readonly region: string;
  readonly createdMs: number;
  changedMs: number;
  tags: Record<string, string>;
}

/** A resource group. */
export interface Group extends Resource {
  state: 'Succeeded' | 'Deleting';
}

/** A managed disk with its bytes. Shape: `settings` are the properties as they were asked for. Units: GiB. */
export interface Disk extends Resource {
  readonly uniqueId: string;
  readonly settings: Json;
  readonly volume: VolumeBytes;
  readonly workload: Workload | ImageChanges | null;
  sku: string;
  zones: readonly string[];
  sizeGiB: number;
  state: 'Updating' | 'Succeeded' | 'Failed';
  managedBy: string | null;
  /** A disk that no running machine has is not written to: how long that was in all, and since when it is so. */
  pausedMs: number;
  pausedSinceMs: number | null;
  /** Times of the incremental snapshots of the last five minutes. */
  recentSnapshotsMs: number[];
}

/** Bytes on their way into a snapshot: from another region, or from a disk of the kinds that are copied after the fact. */
export interface BackgroundCopy {
  readonly kind: 'region' | 'hydration';
  /** Key of the snapshot or disk that must stay until it is done. */
  readonly sourceKey: string;
  readonly startedMs: number;
  /** What it takes, were it not held up. Units: milliseconds. */
  readonly nominalMs: number;
  state: 'running' | 'done' | 'failed';
  /** Where it stopped when it failed. */
  stoppedPercent: number;
}

/** A managed snapshot, a point in time of a disk. Units: GiB. */
export interface Snapshot extends Resource {
  readonly uniqueId: string;
  readonly settings: Json;
  readonly creation: Json;
  readonly bytes: SnapshotBytes;
  readonly incremental: boolean;
  readonly familyId: string | null;
  readonly sourceUniqueId: string;
  readonly sourceName: string;
  /** Of the disk that it once was a state of, however often it has been copied. */
  readonly originUniqueId: string;
  readonly sizeGiB: number;
  sku: string;
  state: 'Updating' | 'Succeeded' | 'Failed';
  /** When its creation ends. */
  readyMs: number;
  /** Bytes that are still on their way; null where they were there at once. */
  background: BackgroundCopy | null;
  immutability: Immutability | null;
}

/** A virtual machine. Shape: `properties` as they were asked for, with ids of disks and interfaces inside. */
export interface Machine extends Resource {
  readonly vmId: string;
  readonly zones: readonly string[];
  properties: Json;
  extras: Json;
  power: 'running' | 'deallocated' | 'stopped';
}

/** A resource of Microsoft.Network that is kept as it was written. */
export interface NetworkResource extends Resource {
  properties: Json;
  extras: Json;
}

/** A management lock. Shape: `scope` in lower case. */
export interface Lock {
  readonly id: string;
  readonly scope: string;
  readonly name: string;
  readonly level: 'CanNotDelete' | 'ReadOnly';
  readonly notes: string;
}
