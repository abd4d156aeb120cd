import { AppError } from '../../src/base/errors.ts';
import type { ByteRange, RangeReader, SnapshotAccess } from '../../src/cost/ports.ts';
import { clearedSince, toRanges, writtenSince } from './memory-pages.ts';
import { find } from './memory-snapshots.ts';
import { type AzureWorld, type MemorySnapshot, stateOf } from './memory-world.ts';

/** Source: Azure's restrictions of incremental snapshots. */
const OPEN_PER_FAMILY_MAX = 5;
const HOST = 'https://memory.example/';

/** Opens snapshots in memory and reads their ranges. */
export function createMemoryAccess(world: AzureWorld): { access: SnapshotAccess; ranges: RangeReader } {
  const access: SnapshotAccess = {
    open: (snapshotId, durationSeconds) =>
      world.call({ operation: 'open', target: snapshotId.toLowerCase() }, async () => {
        const key = snapshotId.toLowerCase();
        const stored = find(world, key);
        const token = grant(world, key, stored, durationSeconds);
        stored.snapshot = { ...stored.snapshot, networkAccess: 'allow' };
        if (world.operationMs > 0) await world.clock.wait(world.operationMs);
        return `${HOST}${token}`;
      }),
    close: (snapshotId) =>
      world.call({ operation: 'close', target: snapshotId.toLowerCase() }, () => {
        const key = snapshotId.toLowerCase();
        for (const [token, { snapshotKey }] of world.grants) if (snapshotKey === key) world.grants.delete(token);
        const stored = world.snapshots.get(key);
        if (stored) stored.snapshot = { ...stored.snapshot, networkAccess: 'deny' };
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
  return find(world, found.snapshotKey);
}
