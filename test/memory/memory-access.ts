import { AppError } from '../../src/base/errors.ts';
import { CLOSED, mustBeOpened } from '../../src/cost/network-state.ts';
import type { ByteRange, NetworkState, RangeReader, SnapshotAccess } from '../../src/cost/ports.ts';
import { clearedSince, toRanges, writtenSince } from './memory-pages.ts';
import { find } from './memory-snapshots.ts';
import { type AzureWorld, type MemorySnapshot, stateOf } from './memory-world.ts';

/** Source: Azure's restrictions of incremental snapshots. */
const OPEN_PER_FAMILY_MAX = 5;
const HOST = 'https://memory.example/';

/** Opens snapshots in memory and reads their ranges. */
export function createMemoryAccess(world: AzureWorld): { access: SnapshotAccess; ranges: RangeReader } {
  const access: SnapshotAccess = {
    open: (snapshotId, durationSeconds, found = CLOSED) =>
      world.call({ operation: 'open', target: snapshotId.toLowerCase() }, async () => {
        const key = snapshotId.toLowerCase();
        const stored = find(world, key);
        const token = grant(world, key, stored, durationSeconds);
        if (mustBeOpened(found)) setNetwork(stored, OPEN);
        if (world.operationMs > 0) await world.clock.wait(world.operationMs);
        return `${HOST}${token}`;
      }),
    close: (snapshotId, found = CLOSED) =>
      world.call({ operation: 'close', target: snapshotId.toLowerCase() }, () => {
        const key = snapshotId.toLowerCase();
        for (const [token, { snapshotKey }] of world.grants) if (snapshotKey === key) world.grants.delete(token);
        const stored = world.snapshots.get(key);
        if (stored && mustBeOpened(found)) setNetwork(stored, found);
      }),
  };
  const read = <T>(url: string, work: (stored: MemorySnapshot) => T) =>
    world.call({ operation: 'readRanges', target: '' }, () => work(behind(world, url)));
  const ranges: RangeReader = {
    allocated: (url, window) =>
      read(url, ({ pages }) => ({ written: toRanges([...pages.keys()], window), cleared: [] })),
    changed: (url, previousUrl, window: ByteRange) =>
      read(url, ({ pages, snapshot }) => {
        const previous = behind(world, previousUrl);
        if (previous.snapshot.familyId !== snapshot.familyId || previous.snapshot.createdAt > snapshot.createdAt) {
          throw new AppError('azure-rejected', 'These are not two snapshots of one chain, older and newer');
        }
        return {
          written: toRanges(writtenSince(pages, previous.pages), window),
          cleared: toRanges(clearedSince(pages, previous.pages), window),
        };
      }),
  };
  return { access, ranges };
}

/** Open to everybody who has an access URL. */
const OPEN: NetworkState = { policy: 'AllowAll', publicAccess: 'Enabled', diskAccessId: null };

/** Puts a snapshot's network into a state. */
export function setNetwork(stored: MemorySnapshot, network: NetworkState): void {
  stored.snapshot = { ...stored.snapshot, network, networkAccess: accessOf(network) };
}

/** How the product's own words call a state. */
export function accessOf({ policy }: NetworkState): 'deny' | 'private' | 'allow' {
  if (policy === 'DenyAll') return 'deny';
  return policy === 'AllowPrivate' ? 'private' : 'allow';
}

function grant(
  world: AzureWorld,
  key: string,
  { snapshot, creation }: MemorySnapshot,
  durationSeconds: number,
): string {
  const now = world.clock.now();
  if (stateOf(creation, now) !== 'succeeded') throw new AppError('conflict', 'The snapshot is not ready');
  const others = [...world.grants.values()].filter(
    (other) => other.familyId === snapshot.familyId && other.endsAt > now && other.snapshotKey !== key,
  );
  if (new Set(others.map((other) => other.snapshotKey)).size >= OPEN_PER_FAMILY_MAX) {
    throw new AppError('azure-locked', 'Five snapshots of the chain are open already');
  }
  const token = `token-${world.nextNumber()}`;
  world.grants.set(token, { snapshotKey: key, familyId: snapshot.familyId, endsAt: now + durationSeconds * 1_000 });
  return token;
}

function behind(world: AzureWorld, url: string): MemorySnapshot {
  const found = world.grants.get(url.slice(HOST.length));
  if (!url.startsWith(HOST) || !found || found.endsAt <= world.clock.now()) {
    throw new AppError('azure-denied', 'The access to a disk has ended or was never given');
  }
  const stored = find(world, found.snapshotKey);
  const { policy, publicAccess } = stored.snapshot.network;
  if (policy !== 'AllowAll' || publicAccess !== 'Enabled') {
    throw new AppError('azure-denied', 'The access to a disk has ended or was never given');
  }
  return stored;
}
