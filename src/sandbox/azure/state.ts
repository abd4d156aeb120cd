import type { SnapshotBytes, VolumeBytes, Workload } from '../bytes/bytes.ts';
import type { SandboxClock } from './clock.ts';
import { Collection } from './collection.ts';
import { FaultBook } from './faults.ts';
import { Grants } from './grants.ts';
import type { Json } from './json.ts';
import { LIST_PAGE_SIZE } from './limits.ts';
import { detachAll, interfacesOf } from './machine-parts.ts';
import { Operations } from './operations.ts';
import { RequestLog } from './request-log.ts';
import { keyOf, resourceId } from './resource-id.ts';
import { Throttle } from './throttle.ts';
import { guidOf, type TokenAuthority } from './token.ts';

/** A subscription of the sandbox. */
export interface Subscription {
  readonly id: string;
  readonly name: string;
  tags: Record<string, string>;
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
  readonly workload: Workload | null;
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
  readonly sizeGiB: number;
  sku: string;
  state: 'Updating' | 'Succeeded' | 'Failed';
  /** When its creation ends. */
  readyMs: number;
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

/** What can be turned while the sandbox runs. Units: milliseconds on the sandbox clock. */
export interface Settings {
  snapshotMs: number;
  operationMs: number;
  pageSize: number;
}

/** A resource that is gone, kept a while for lists that are ordered to be stale. */
export interface Tombstone {
  readonly resource: Resource;
  readonly removedMs: number;
}

const TOMBSTONES_MAX = 1_000;

/** Everything the sandbox Azure knows. One object, passed to every route. */
export class AzureState {
  readonly clock: SandboxClock;
  readonly authority: TokenAuthority;
  readonly throttle: Throttle;
  readonly settings: Settings = { snapshotMs: 10_000, operationMs: 0, pageSize: LIST_PAGE_SIZE };
  readonly subscriptions = new Map<string, Subscription>();
  readonly groups = new Collection<Group>();
  readonly disks = new Collection<Disk>();
  readonly snapshots = new Collection<Snapshot>();
  readonly machines = new Collection<Machine>();
  readonly interfaces = new Collection<NetworkResource>();
  readonly networks = new Collection<NetworkResource>();
  readonly locks = new Map<string, Lock>();
  readonly operations = new Operations();
  readonly grants: Grants;
  readonly faults = new FaultBook();
  readonly log: RequestLog;
  readonly tombstones: Tombstone[] = [];
  /** What disks that are being exported held when access was granted. */
  readonly exports = new Map<string, SnapshotBytes>();
  readonly sasSecret: string;
  /** What X-IDENTITY-HEADER must say; anything where this is empty. */
  identityHeader = '';
  /** Set when the https server listens. */
  baseUrl = '';
  private sequence = 0;
  private readonly incrementalCounts = new Map<string, number>();

  constructor(clock: SandboxClock, authority: TokenAuthority, throttled: boolean, sasSecret: string) {
    this.clock = clock;
    this.sasSecret = sasSecret;
    this.authority = authority;
    this.throttle = new Throttle(throttled);
    this.grants = new Grants();
    this.log = new RequestLog();
  }

  /** The next number of a resource, ever greater. */
  nextSequence(): number {
    this.sequence += 1;
    return this.sequence;
  }

  /** A new GUID: the same sequence of requests gets the same ones. */
  nextGuid(): string {
    return guidOf(`sandbox ${this.nextSequence()}`);
  }

  /** The common part of a new resource in an existing group. */
  resource(group: Group, type: string, name: string, region: string, tags: Record<string, string>): Resource {
    const id = resourceId(group.subscriptionId, group.name, type, name);
    const now = this.clock.now();
    return {
      id,
      key: keyOf(id),
      subscriptionKey: group.subscriptionKey,
      groupKey: group.key,
      sequence: this.nextSequence(),
      subscriptionId: group.subscriptionId,
      group: group.name,
      name,
      type,
      region,
      createdMs: now,
      changedMs: now,
      tags,
    };
  }

  /** Remembers a removed resource for lists that are ordered to be stale. */
  bury(resource: Resource): void {
    this.tombstones.push({ resource, removedMs: this.clock.now() });
    if (this.tombstones.length > TOMBSTONES_MAX) this.tombstones.shift();
  }

  /** A disk's bytes as they are now: what its workload has written until this moment included. */
  volumeNow(disk: Disk): VolumeBytes {
    disk.workload?.advanceTo((disk.pausedSinceMs ?? this.clock.now()) - disk.pausedMs);
    return disk.volume;
  }

  /** The machine that uses a network interface. */
  interfaceOwner(interfaceId: string): Machine | null {
    const key = keyOf(interfaceId);
    for (const machine of this.machines.values()) {
      if (interfacesOf(machine).some((id) => keyOf(id) === key)) return machine;
    }
    return null;
  }

  /** The region whose buckets a request of Compute falls under: that of its group, or `all` for a list of a subscription. */
  regionOfRequest(values: readonly string[]): string {
    const [subscriptionId, group] = values;
    if (group === undefined) return 'all';
    return this.groups.get(`/subscriptions/${subscriptionId}/resourceGroups/${group}`)?.region ?? 'all';
  }

  /** Any resource or group by its id. */
  anyResource(id: string): Resource | null {
    for (const collection of this.collections()) {
      const found = collection.get(id);
      if (found !== undefined) return found;
    }
    return this.groups.get(id) ?? null;
  }

  /** Every resource below a subscription or group key. */
  resourcesOf(scopeKey: string): Resource[] {
    return this.collections().flatMap((collection) => [...collection.all(scopeKey)]);
  }

  /** Removes a group with everything in it. */
  removeGroup(group: Group): void {
    for (const machine of [...this.machines.all(group.key)]) {
      detachAll(this, machine);
      this.machines.remove(machine);
    }
    for (const snapshot of [...this.snapshots.all(group.key)]) this.removeSnapshot(snapshot);
    for (const disk of [...this.disks.all(group.key)]) this.removeDisk(disk);
    for (const each of [...this.interfaces.all(group.key)]) this.interfaces.remove(each);
    for (const each of [...this.networks.all(group.key)]) this.networks.remove(each);
    this.groups.remove(group);
  }

  private collections(): Collection<Resource>[] {
    return [
      this.disks,
      this.snapshots,
      this.machines,
      this.interfaces,
      this.networks,
    ] as unknown as Collection<Resource>[];
  }

  /** Stops or resumes what writes to a disk. */
  setWriting(disk: Disk, writing: boolean): void {
    const now = this.clock.now();
    if (!writing) disk.pausedSinceMs ??= now;
    else if (disk.pausedSinceMs !== null) {
      disk.pausedMs += now - disk.pausedSinceMs;
      disk.pausedSinceMs = null;
    }
  }

  /** Incremental snapshots that exist of the disk with this unique id. */
  incrementalCountOf(diskUniqueId: string): number {
    return this.incrementalCounts.get(diskUniqueId) ?? 0;
  }

  addSnapshot(snapshot: Snapshot): void {
    this.snapshots.add(snapshot);
    this.countIncremental(snapshot, 1);
  }

  /** Removes a disk. */
  removeDisk(disk: Disk): void {
    this.disks.remove(disk);
    this.grants.revoke(disk.key);
    this.exports.delete(disk.key);
    this.bury(disk);
  }

  /** Removes a snapshot: what its next neighbour still needs goes over to it. */
  removeSnapshot(snapshot: Snapshot): void {
    if (this.snapshots.get(snapshot.key) !== snapshot) return;
    this.snapshots.remove(snapshot);
    this.grants.revoke(snapshot.key);
    this.countIncremental(snapshot, -1);
    if (snapshot.state !== 'Failed') snapshot.bytes.remove();
    this.bury(snapshot);
  }

  /** A snapshot whose creation failed stays as a resource, without bytes. */
  failSnapshot(snapshot: Snapshot): void {
    if (this.snapshots.get(snapshot.key) !== snapshot) return;
    snapshot.bytes.remove();
    snapshot.state = 'Failed';
  }

  private countIncremental(snapshot: Snapshot, by: number): void {
    if (!snapshot.incremental) return;
    this.incrementalCounts.set(snapshot.sourceUniqueId, this.incrementalCountOf(snapshot.sourceUniqueId) + by);
  }
}
