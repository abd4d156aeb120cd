import { hashId, parseResourceId } from '../base/ids.ts';
import { matches, matchesGlob } from '../policy/match-names.ts';
import type { Policy, SourceKind, SubscriptionScope } from '../policy/policy.ts';
import { snapshotGroup } from '../policy/snapshot-group.ts';
import type { Disk, Source, SourceDisk, Tags, VirtualMachine } from './inventory.ts';
import type { Estate } from './read-estate.ts';
import type { Resolved, ResolvedSelector } from './resolve-scopes.ts';

/**
 * Something that a policy asks for and that cannot be protected as asked.
 * - `no-disk-left`: every disk of the virtual machine is left out; it is no source.
 * - `disk-missing`: the virtual machine names a disk that the list of disks lacks (deleted meanwhile, or out of sight); its other disks are protected.
 * - `disk-shared`: the disk belongs to another source of the policy already, and one policy takes one snapshot of a disk at a slot.
 * - `no-identity`: Azure tells no identity of it, so its points could not be told from those of a namesake; left out.
 * - `in-snapshot-group`: it lies in the group of the policy's own snapshots; who deletes that group would delete both. Left out.
 */
export interface Finding {
  readonly kind: 'no-disk-left' | 'disk-missing' | 'disk-shared' | 'no-identity' | 'in-snapshot-group';
  /** The virtual machine or single disk that it is about. */
  readonly id: string;
  /** The disk of a virtual machine that it is about. */
  readonly diskId?: string;
}

export interface MatchedSources {
  /** By resource id, whatever order Azure listed them in. */
  readonly sources: readonly Source[];
  readonly findings: readonly Finding[];
}

/** The short, stable key of a source: from its kind and Azure's own identity of it (`vmId` or the disk's `uniqueId`). */
export function sourceKey(kind: SourceKind, identity: string): string {
  return hashId('source', kind, identity.toLowerCase());
}

/** The subscriptions that a set of policies looks at, each once. */
export function subscriptionsOf(policies: readonly { readonly select: ResolvedSelector }[]): readonly string[] {
  const ids = policies.flatMap(({ select }) => select.scopes.map(({ subscriptionId }) => subscriptionId.toLowerCase()));
  return [...new Set(ids)].sort();
}

/**
 * Finds the sources of a policy, its management groups resolved, in an estate. Pure.
 *
 * A virtual machine that is selected is one source with all its disks, minus `excludeDisks`. A disk that is selected is a source by itself,
 * unless it belongs to a virtual machine that this policy selects: what is left out there stays left out.
 */
export function matchSources(policy: Resolved<Pick<Policy, 'select' | 'snapshot'>>, estate: Estate): MatchedSources {
  const { select } = policy;
  const findings: Finding[] = [];
  const sources: Source[] = [];
  const diskById = new Map(estate.disks.map((disk) => [disk.id.toLowerCase(), disk]));
  const taken = new Set<string>();
  const machines = select.kinds.includes('virtualMachine')
    ? byId(estate.virtualMachines).filter((vm) => isSelected(select, vm))
    : [];
  for (const vm of machines) {
    const outcome = machineSource(policy, vm, diskById, taken);
    for (const finding of outcome.findings) findings.push(finding);
    if (outcome.source) sources.push(outcome.source);
  }
  if (!select.kinds.includes('disk')) return { sources, findings };
  const machineIds = new Set(machines.map(({ id }) => id.toLowerCase()));
  const ofMachines = new Set(machines.flatMap(({ disks }) => disks.map(({ diskId }) => diskId.toLowerCase())));
  const lunById = lunsOf(estate.virtualMachines);
  for (const disk of byId(estate.disks)) {
    const id = disk.id.toLowerCase();
    if (ofMachines.has(id) || (disk.attachedTo !== null && machineIds.has(disk.attachedTo.toLowerCase()))) continue;
    const lun = lunById.get(id) ?? null;
    if (!isSelected(select, disk) || isLeftOut(select, disk, lun)) continue;
    const obstacle = obstacleOf(policy, disk, disk.uniqueId);
    if (obstacle) findings.push({ kind: obstacle, id: disk.id });
    else sources.push(sourceOf('disk', disk, disk.uniqueId, [sourceDisk(disk, lun)]));
  }
  return { sources, findings };
}

function machineSource(
  policy: Resolved<Pick<Policy, 'select' | 'snapshot'>>,
  vm: VirtualMachine,
  diskById: ReadonlyMap<string, Disk>,
  taken: Set<string>,
): { readonly source: Source | null; readonly findings: readonly Finding[] } {
  const obstacle = obstacleOf(policy, vm, vm.vmId);
  if (obstacle) return { source: null, findings: [{ kind: obstacle, id: vm.id }] };
  const findings: Finding[] = [];
  const disks: SourceDisk[] = [];
  for (const { diskId, lun } of vm.disks) {
    const id = diskId.toLowerCase();
    const disk = diskById.get(id);
    if (isLeftOut(policy.select, disk ?? unseenDisk(diskId), lun)) continue;
    const finding = disk ? diskFinding(disk, taken.has(id)) : 'disk-missing';
    if (finding) findings.push({ kind: finding, id: vm.id, diskId });
    if (!disk || finding) continue;
    taken.add(id);
    disks.push(sourceDisk(disk, lun));
  }
  if (disks.length === 0) return { source: null, findings: [...findings, { kind: 'no-disk-left', id: vm.id }] };
  return { source: sourceOf('virtualMachine', vm, vm.vmId, disks), findings };
}

function diskFinding(disk: Disk, isTaken: boolean): Finding['kind'] | null {
  if (isTaken) return 'disk-shared';
  return disk.uniqueId === '' ? 'no-identity' : null;
}

type Resource = Pick<Disk, 'id' | 'name' | 'subscriptionId' | 'resourceGroup' | 'region' | 'tags'>;

function obstacleOf(policy: Pick<Policy, 'snapshot'>, resource: Resource, identity: string): Finding['kind'] | null {
  if (identity === '') return 'no-identity';
  const group = snapshotGroup(policy.snapshot.resourceGroup, resource.region);
  return group.toLowerCase() === resource.resourceGroup.toLowerCase() ? 'in-snapshot-group' : null;
}

function isSelected(select: ResolvedSelector, resource: Resource): boolean {
  return (
    select.scopes.some((scope) => isInScope(scope, resource)) &&
    select.include.every((matcher) => matches(matcher, resource)) &&
    !select.exclude.some((matcher) => matches(matcher, resource))
  );
}

function isInScope(scope: SubscriptionScope, resource: Resource): boolean {
  if (scope.subscriptionId.toLowerCase() !== resource.subscriptionId.toLowerCase()) return false;
  return scope.resourceGroup === null || matchesGlob(scope.resourceGroup, resource.resourceGroup);
}

function isLeftOut(select: ResolvedSelector, disk: SeenDisk, lun: number | null): boolean {
  const { name, tags } = disk;
  return select.excludeDisks.some((matcher) =>
    tags === null
      ? !('tag' in matcher) && matches(matcher, { name, tags: {}, lun })
      : matches(matcher, { name, tags, lun }),
  );
}

interface SeenDisk {
  readonly name: string;
  /** Null where they are not known. */
  readonly tags: Tags | null;
}

/** A disk that the list lacks: its name is in its id, of its tags nothing is known. */
function unseenDisk(diskId: string): SeenDisk {
  return { name: parseResourceId(diskId)?.name ?? '', tags: null };
}

function sourceOf(kind: SourceKind, resource: Resource, identity: string, disks: readonly SourceDisk[]): Source {
  const { id, name, subscriptionId, resourceGroup, region, tags } = resource;
  return { key: sourceKey(kind, identity), kind, id, name, subscriptionId, resourceGroup, region, tags, disks };
}

function sourceDisk(disk: Disk, lun: number | null): SourceDisk {
  const { id, name, uniqueId, sizeBytes, sku } = disk;
  return { id, name, uniqueId, lun, sizeBytes, sku };
}

/** The LUN of each attached disk; of a disk that several machines share, as the first of them has it. */
function lunsOf(machines: readonly VirtualMachine[]): ReadonlyMap<string, number | null> {
  const lunById = new Map<string, number | null>();
  for (const { disks } of byId(machines)) {
    for (const { diskId, lun } of disks) if (!lunById.has(diskId.toLowerCase())) lunById.set(diskId.toLowerCase(), lun);
  }
  return lunById;
}

function byId<T extends { readonly id: string }>(resources: readonly T[]): readonly T[] {
  const keyed = resources.map((resource) => ({ key: resource.id.toLowerCase(), resource }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ resource }) => resource);
}
