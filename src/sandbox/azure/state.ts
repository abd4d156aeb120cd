import type { SnapshotBytes, SnapshotCopies, VolumeBytes } from '../bytes/bytes.ts';
import { BackgroundCopies, hasBytes } from './background-copies.ts';
import type { SandboxClock } from './clock.ts';
import { Collection } from './collection.ts';
import { CostRecords } from './cost-records.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import { FaultBook } from './faults.ts';
import { Grants } from './grants.ts';
import { LIST_PAGE_SIZE } from './limits.ts';
import { Operations } from './operations.ts';
import { QueryUnits } from './query-units.ts';
import { RequestLog } from './request-log.ts';
import { keyOf, resourceId } from './resource-id.ts';
import type {
  Disk,
  Group,
  Lock,
  Machine,
  ManagementGroup,
  NetworkResource,
  Resource,
  Snapshot,
  Subscription,
} from './resources.ts';
import { RoleBook } from './roles.ts';
import { Throttle } from './throttle.ts';
import { guidOf, type TokenAuthority } from './token.ts';

/** What can be turned while the sandbox runs. Units: milliseconds on the sandbox clock. */
export interface Settings {
  snapshotMs: number;
  operationMs: number;
  /** Cores that a subscription may have in a region, in all and of each family. */
  coreQuota: number;
  pageSize: number;
  /** How fast bytes go to another region, and the least that it takes. Units: MiB a second, milliseconds. */
  copyMiBPerSecond: number;
  copyLeastMs: number;
  /** How late a day's costs are shown, and how much less of them is shown until when. Units: milliseconds after the day, percent. */
  costLagMs: number;
  costCorrectionMs: number;
  costCorrectionPercent: number;
  /** How much less than the list prices an agreement bills. Units: percent. */
  costDiscountPercent: number;
}

/** A resource that is gone, kept a while for lists that are ordered to be stale. */
export interface Tombstone {
  readonly resource: Resource;
  readonly removedMs: number;
}

const HOUR_MS = 3_600_000;
const TOMBSTONES_MAX = 1_000;

/** Everything the sandbox Azure knows. One object, passed to every route. */
export class AzureState {
  readonly clock: SandboxClock;
  readonly authority: TokenAuthority;
  readonly throttle: Throttle;
  readonly settings: Settings = {
    snapshotMs: 10_000,
    operationMs: 0,
    coreQuota: 350,
    pageSize: LIST_PAGE_SIZE,
    copyMiBPerSecond: 200,
    copyLeastMs: 60_000,
    costLagMs: 8 * HOUR_MS,
    costCorrectionMs: 72 * HOUR_MS,
    costCorrectionPercent: 0,
    costDiscountPercent: 0,
  };
  readonly subscriptions = new Map<string, Subscription>();
  /** By name in lower case. */
  readonly managementGroups = new Map<string, ManagementGroup>();
  readonly groups = new Collection<Group>();
  readonly disks = new Collection<Disk>();
  readonly snapshots = new Collection<Snapshot>();
  readonly machines = new Collection<Machine>();
  readonly interfaces = new Collection<NetworkResource>();
  readonly networks = new Collection<NetworkResource>();
  readonly securityGroups = new Collection<NetworkResource>();
  readonly locks = new Map<string, Lock>();
  /** Which machine has a network interface, by the interface's id in lower case. */
  readonly interfaceOwners = new Map<string, Machine>();
  readonly operations = new Operations();
  readonly copies = new BackgroundCopies();
  readonly costs: CostRecords;
  readonly queryUnits = new QueryUnits();
  /** Whether callers of the data plane stand in a network that private endpoints lead from: what is AllowPrivate answers them then. */
  privateEndpoints = false;
  /** What the subscriptions are billed in. */
  billingCurrency = 'USD';
  /** The copies of a chain in another place, by the chain's family, the subscription and the region. */
  readonly copyLines = new Map<string, { readonly copies: SnapshotCopies; lastSequence: number }>();
  readonly grants: Grants;
  readonly faults = new FaultBook();
  readonly roles = new RoleBook();
  readonly log: RequestLog;
  readonly tombstones: Tombstone[] = [];
  /** What disks that are being exported held when access was granted. */
  readonly exports = new Map<string, SnapshotBytes>();
  readonly sasSecret: string;
  /** What is asked and answered, where somebody wants to check it. */
  exchanges: ExchangeRecord | null = null;
  /** Exports without the footer that makes them a VHD. */
  rawExports = false;
  /** What X-IDENTITY-HEADER must say; anything where this is empty. */
  identityHeader = '';
  /** Set when the https server listens. */
  baseUrl = '';
  private sequence = 0;
  private readonly incrementalCounts = new Map<string, number>();

  constructor(clock: SandboxClock, authority: TokenAuthority, throttled: boolean, sasSecret: string) {
    this.clock = clock;
    this.costs = new CostRecords(clock.now());
    this.sasSecret = sasSecret;
    this.authority = authority;
    this.throttle = new Throttle(throttled);
    this.grants = new Grants();
    this.log = new RequestLog();
  }

  /** Does all that time has brought: operations end, days are recorded, in their order. Costs two comparisons while nothing is due. */
  settle(): void {
    const now = this.clock.now();
    while (this.costs.nextEndMs <= now) {
      this.operations.settle(this.costs.nextEndMs);
      this.costs.closeDay(this.snapshots);
    }
    this.operations.settle(now);
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
    return this.interfaceOwners.get(keyOf(interfaceId)) ?? null;
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

  private collections(): Collection<Resource>[] {
    return [
      this.disks,
      this.snapshots,
      this.machines,
      this.interfaces,
      this.networks,
      this.securityGroups,
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

  /** Incremental snapshots that exist in a region of the disk with this unique id. */
  incrementalCountOf(diskUniqueId: string, region: string): number {
    return this.incrementalCounts.get(`${diskUniqueId}|${region}`) ?? 0;
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
    this.failHydrations(disk);
    this.bury(disk);
  }

  /** Removes a snapshot: what its next neighbour still needs goes over to it. */
  removeSnapshot(snapshot: Snapshot): void {
    if (this.snapshots.get(snapshot.key) !== snapshot) return;
    this.snapshots.remove(snapshot);
    this.grants.revoke(snapshot.key);
    this.countIncremental(snapshot, -1);
    this.copies.forget(snapshot);
    if (hasBytes(snapshot)) snapshot.bytes.remove();
    this.bury(snapshot);
    for (const copy of this.copies.from(snapshot.key)) this.failCopy(copy);
  }

  /** Snapshots that still need their disk fail when it goes, or changes its size. Source: ACD, incremental snapshot restrictions. */
  failHydrations(disk: Disk): void {
    for (const snapshot of this.copies.from(disk.key)) {
      this.failCopy(snapshot);
      snapshot.state = 'Failed';
    }
  }

  /** A copy whose source has gone stays as a resource that says so, without bytes. */
  failCopy(copy: Snapshot): void {
    if (this.copies.fail(copy, this.clock.now())) copy.bytes.remove();
  }

  /** A snapshot whose creation failed stays as a resource, without bytes. */
  failSnapshot(snapshot: Snapshot): void {
    if (this.snapshots.get(snapshot.key) !== snapshot) return;
    if (hasBytes(snapshot)) snapshot.bytes.remove();
    this.copies.forget(snapshot);
    snapshot.state = 'Failed';
  }

  private countIncremental(snapshot: Snapshot, by: number): void {
    if (!snapshot.incremental) return;
    const { originUniqueId, region } = snapshot;
    this.incrementalCounts.set(`${originUniqueId}|${region}`, this.incrementalCountOf(originUniqueId, region) + by);
  }
}
