import { GIB } from '../../src/base/bytes.ts';
import { AppError } from '../../src/base/errors.ts';
import type { DiskMaker, DiskRequest, OperationState, OperationUrl } from '../../src/restore/ports.ts';
import { find } from './memory-snapshots.ts';
import { type AzureWorld, findGroup, type MemoryOperation, makeDisk, resourceId, stateOf } from './memory-world.ts';

const POLL_MS = 2_000;

/** Creates and deletes disks in memory. */
export function createMemoryDiskMaker(world: AzureWorld): DiskMaker {
  const idOf = (subscriptionId: string, resourceGroup: string, name: string) =>
    resourceId({ subscriptionId, resourceGroup, name }, 'disks').toLowerCase();
  return {
    createDisk: (request) => {
      const target = idOf(request.subscriptionId, request.resourceGroup, request.name);
      return world.call({ operation: 'createDisk', target }, () => create(world, request, target));
    },
    getDisk: (subscriptionId, resourceGroup, name) => {
      const target = idOf(subscriptionId, resourceGroup, name);
      return world.call({ operation: 'getDisk', target }, () => {
        const stored = world.disks.get(target);
        if (!stored) return null;
        const { id, uniqueId, tags, sizeBytes, sku, zones, attachedTo } = stored.disk;
        const kind = { sku, zone: zones[0] ?? null, diskEncryptionSetId: null };
        return {
          ...kind,
          id,
          uniqueId,
          tags,
          sizeBytes,
          attachedTo,
          state: stateOf(stored.creation, world.clock.now()),
        };
      });
    },
    deleteDisk: (subscriptionId, resourceGroup, name) => {
      const target = idOf(subscriptionId, resourceGroup, name);
      return world.call({ operation: 'deleteDisk', target }, () => remove(world, target));
    },
    operation: (url) => world.call({ operation: 'askOperation', target: url }, () => ask(world, url)),
  };
}

function create(world: AzureWorld, request: DiskRequest, key: string): OperationUrl {
  findGroup(world, request.subscriptionId, request.resourceGroup);
  const source = find(world, request.snapshotId.toLowerCase());
  const known = world.disks.get(key);
  if (known) {
    if (known.fromSnapshotId === source.snapshot.id) return remember(world, known.creation);
    throw new AppError('conflict', 'The name is taken by another disk', { id: key });
  }
  if (stateOf(source.creation, world.clock.now()) !== 'succeeded') {
    throw new AppError('conflict', 'The snapshot is not ready');
  }
  if (request.sizeGiB * GIB < source.snapshot.sizeBytes || request.region !== source.snapshot.region) {
    throw new AppError('azure-rejected', 'The disk does not fit its snapshot');
  }
  const creation = world.begin({ operation: 'createDisk', target: key }, world.operationMs);
  makeDisk(world, { ...request, sizeBytes: request.sizeGiB * GIB }, source.pages, creation, source.snapshot.id);
  return remember(world, creation);
}

function remove(world: AzureWorld, key: string): OperationUrl {
  const stored = world.disks.get(key);
  if (!stored) return null;
  if (stored.disk.attachedTo !== null) throw new AppError('conflict', 'The disk is attached');
  for (const { snapshotKey, endsAt } of world.grants.values())
    if (snapshotKey === key && endsAt > world.clock.now())
      throw new AppError('conflict', 'Somebody has access to the disk');
  const deletion = world.begin({ operation: 'deleteDisk', target: key }, world.operationMs);
  if (deletion.ending !== 'fails') stored.deletion = deletion;
  world.settle();
  return remember(world, deletion);
}

/** Gives an operation an address, unless it has ended well already. */
export function remember(world: AzureWorld, operation: MemoryOperation): OperationUrl {
  if (operation.ending === 'succeeds' && operation.endsAt <= world.clock.now()) return null;
  const url = `https://memory.example/operations/${world.nextNumber()}`;
  world.operations.set(url, operation);
  return url;
}

function ask(world: AzureWorld, url: string): OperationState {
  const operation = world.operations.get(url);
  if (!operation) throw new AppError('not-found', 'Azure knows no such operation');
  const state = stateOf(operation, world.clock.now());
  if (state === 'pending') return { kind: 'running', retryAfterMs: POLL_MS, percent: null };
  return state === 'succeeded' ? { kind: 'succeeded' } : { kind: 'failed', code: 'Ordered', message: 'as ordered' };
}
