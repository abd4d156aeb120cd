import { AppError } from '../../src/base/errors.ts';
import type { DiskAccess } from '../../src/drill/ports.ts';
import type { DiskByteSource } from '../../src/files/ports.ts';
import { PAGE_BYTES, type Pages } from './memory-pages.ts';
import { type AzureWorld, stateOf } from './memory-world.ts';

const HOST = 'https://memory.example/';

/** Opens disks in memory, and reads the bytes behind any access URL. */
export function createMemoryDiskAccess(world: AzureWorld): { diskAccess: DiskAccess; bytes: DiskByteSource } {
  const diskAccess: DiskAccess = {
    open: (diskId, durationSeconds) =>
      world.call({ operation: 'openDisk', target: diskId.toLowerCase() }, () => {
        const key = diskId.toLowerCase();
        const stored = world.disks.get(key);
        if (!stored) throw new AppError('not-found', 'There is no such disk', { id: diskId });
        if (stored.disk.attachedTo !== null || stateOf(stored.creation, world.clock.now()) !== 'succeeded')
          throw new AppError('conflict', 'The disk is in no state to be read');
        const token = `token-${world.nextNumber()}`;
        const endsAt = world.clock.now() + durationSeconds * 1_000;
        world.grants.set(token, { snapshotKey: key, familyId: null, endsAt });
        return `${HOST}${token}`;
      }),
    close: (diskId) =>
      world.call({ operation: 'closeDisk', target: diskId.toLowerCase() }, () => {
        for (const [token, { snapshotKey }] of world.grants)
          if (snapshotKey === diskId.toLowerCase()) world.grants.delete(token);
      }),
  };
  const bytes: DiskByteSource = {
    read: (url, offset, length) =>
      world.call({ operation: 'readBytes', target: '' }, () => {
        const grant = world.grants.get(url.slice(HOST.length));
        if (!grant || grant.endsAt <= world.clock.now())
          throw new AppError('azure-denied', 'The access to a disk has ended or was never given');
        const pages = world.snapshots.get(grant.snapshotKey)?.pages ?? world.disks.get(grant.snapshotKey)?.pages;
        if (!pages) throw new AppError('not-found', 'The disk behind an access URL is gone');
        return bytesOf(pages, offset, length);
      }),
  };
  return { diskAccess, bytes };
}

/** Each page is full of the number of the write that filled it. */
function bytesOf(pages: Pages, offset: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(length);
  for (const [page, write] of pages) {
    const from = Math.max(page * PAGE_BYTES, offset);
    const to = Math.min((page + 1) * PAGE_BYTES, offset + length);
    if (to > from) bytes.fill(`${write}|`, from - offset, to - offset);
  }
  return bytes;
}
