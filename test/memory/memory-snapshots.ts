import { AppError } from '../../src/base/errors.ts';
import { MINUTE_MS } from '../../src/base/time.ts';
import type { Snapshot, SnapshotRequest, SnapshotTaker } from '../../src/protect/ports.ts';
import type { SnapshotRemover } from '../../src/retain/ports.ts';
import {
  type AzureCall,
  type AzureWorld,
  findGroup,
  type MemorySnapshot,
  resourceId,
  stateOf,
} from './memory-world.ts';

/** Source: Azure's restrictions of incremental snapshots. */
const SNAPSHOTS_PER_DISK_MAX = 500;
const SNAPSHOTS_PER_WINDOW_MAX = 7;
const WINDOW_MS = 5 * MINUTE_MS;

/** Takes, lists, tags and deletes snapshots in memory, with Azure's limits and refusals. */
export function createMemorySnapshots(world: AzureWorld): SnapshotTaker & SnapshotRemover {
  const one = <T>(operation: AzureCall['operation'], id: string, work: (key: string) => T) =>
    world.call({ operation, target: id.toLowerCase() }, () => work(id.toLowerCase()));
  return {
    start: (request) => {
      const id = resourceId(request, 'snapshots');
      return one('startSnapshot', id, () => start(world, request, id));
    },
    list: async (subscriptionId, resourceGroup) => {
      const target = `${subscriptionId}/${resourceGroup}`.toLowerCase();
      return world.call({ operation: 'listSnapshots', target }, () => {
        if (!world.groups.get(subscriptionId.toLowerCase())?.has(resourceGroup.toLowerCase())) return null;
        return [...world.snapshots.values()]
          .filter(({ snapshot }) => `${snapshot.subscriptionId}/${snapshot.resourceGroup}`.toLowerCase() === target)
          .map((stored) => show(world, stored));
      });
    },
    get: (id) =>
      one('getSnapshot', id, (key) => {
        const stored = world.snapshots.get(key);
        return stored ? show(world, stored) : null;
      }),
    setTags: (id, tags) =>
      one('setTags', id, (key) => {
        const stored = find(world, key);
        stored.snapshot = { ...stored.snapshot, tags: { ...tags } };
      }),
    delete: (id) => one('deleteSnapshot', id, (key) => remove(world, key)),
    lockedResources: (subscriptionId, resourceGroup) => {
      const group = `/subscriptions/${subscriptionId}/resourcegroups/${resourceGroup}`.toLowerCase();
      return world.call({ operation: 'lockedResources', target: group }, () =>
        [...world.locks].filter((scope) => scope === group || scope.startsWith(`${group}/`)),
      );
    },
  };
}

export function find(world: AzureWorld, key: string): MemorySnapshot {
  const stored = world.snapshots.get(key);
  if (!stored) throw new AppError('not-found', 'Azure knows no such resource', { id: key });
  return stored;
}

function show(world: AzureWorld, { snapshot, creation }: MemorySnapshot): Snapshot {
  const state = stateOf(creation, world.clock.now());
  // Azure names the chain once the snapshot is there.
  return { ...snapshot, state, familyId: state === 'succeeded' ? snapshot.familyId : null };
}

function start(world: AzureWorld, request: SnapshotRequest, id: string): void {
  const key = id.toLowerCase();
  const resourceGroup = findGroup(world, request.subscriptionId, request.resourceGroup);
  const known = world.snapshots.get(key);
  if (known && stateOf(known.creation, world.clock.now()) !== 'failed') {
    if (known.snapshot.sourceDiskId?.toLowerCase() === request.diskId.toLowerCase()) return;
    throw new AppError('conflict', 'The name is taken by a snapshot of another disk', { id });
  }
  const source = world.disks.get(request.diskId.toLowerCase());
  if (!source) throw new AppError('not-found', 'Azure knows no such resource', { id: request.diskId });
  const { disk } = source;
  checkLimits(world, disk.uniqueId);
  const { subscriptionId, name, region, sku, tags, networkAccess } = request;
  world.snapshots.set(key, {
    snapshot: {
      ...{ id, name, subscriptionId, resourceGroup, region, sku, networkAccess },
      tags: { ...tags },
      createdAt: world.clock.now(),
      incremental: true,
      familyId: `family-${disk.uniqueId}`,
      sourceDiskId: disk.id,
      sourceUniqueId: disk.uniqueId,
      sizeBytes: disk.sizeBytes,
      immutable: false,
      network: networkOf(request),
      sectorBytes: 512,
    },
    // The bytes are those of this moment, whenever the operation ends.
    pages: source.pages,
    creation: world.begin({ operation: 'startSnapshot', target: key }, world.snapshotMs),
    deletion: null,
  });
}

function networkOf({ networkAccess, diskAccessId }: SnapshotRequest): Snapshot['network'] {
  const policies = { deny: 'DenyAll', private: 'AllowPrivate', allow: 'AllowAll' } as const;
  return {
    policy: policies[networkAccess],
    publicAccess: networkAccess === 'allow' ? 'Enabled' : 'Disabled',
    diskAccessId: diskAccessId ?? null,
  };
}

function checkLimits(world: AzureWorld, uniqueId: string): void {
  const now = world.clock.now();
  const starts = (world.startsByDisk.get(uniqueId) ?? []).filter((at) => at > now - WINDOW_MS);
  const [oldest] = starts;
  if (oldest !== undefined && starts.length >= SNAPSHOTS_PER_WINDOW_MAX) {
    throw new AppError('throttled', 'Azure asks to slow down', {}, { retryAfterMs: oldest + WINDOW_MS - now });
  }
  const existing = [...world.snapshots.values()].filter(({ snapshot }) => snapshot.sourceUniqueId === uniqueId);
  if (existing.length >= SNAPSHOTS_PER_DISK_MAX) throw new AppError('conflict', 'The disk has too many snapshots');
  world.startsByDisk.set(uniqueId, [...starts, now]);
}

function remove(world: AzureWorld, key: string): void {
  const stored = world.snapshots.get(key);
  // A deletion that got stuck can be asked for again.
  if (!stored || (stored.deletion !== null && stored.deletion.ending !== 'never')) return;
  const locked = [...world.locks].some((scope) => key === scope || key.startsWith(`${scope}/`));
  const now = world.clock.now();
  const open = [...world.grants.values()].some((grant) => grant.snapshotKey === key && grant.endsAt > now);
  if (locked || open || stored.snapshot.immutable) {
    throw new AppError('azure-locked', 'A lock, an immutability policy or an open access forbids it', { id: key });
  }
  const deletion = world.begin({ operation: 'deleteSnapshot', target: key }, world.operationMs);
  // A deletion that fails leaves the snapshot as it was, and can be asked for again.
  stored.deletion = deletion.ending === 'fails' ? null : deletion;
  world.settle();
}
