import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ImageChanges, VolumeBytes } from '../../../src/sandbox/bytes/bytes.ts';

const IMAGES = join(import.meta.dirname, '../../../src/sandbox/images');
const GIB = 2 ** 30;

/** Where the ext4 partition's superblock has its mark. */
const MARK_AT = 1_048_576 + 1_024 + 56;

test('a packed image is laid on a disk of 1 TiB, and takes what it has', () => {
  const path = join(IMAGES, 'ext4-1tib.blocks.gz');
  const volume = new VolumeBytes({ sizeBytes: 1_024 * GIB, seed: 1, source: { kind: 'image', path } });
  const snapshot = volume.snapshot({ incremental: false });
  expect([...snapshot.read(1_024 + 56, 2)]).toEqual([0x53, 0xef]);
  expect(volume.usedBytes()).toBeLessThan(16 * 1_048_576);
});

test('changes come when their moment has come, once', () => {
  const source = { kind: 'image', path: join(IMAGES, 'ext4.img.gz') } as const;
  const volume = new VolumeBytes({ sizeBytes: GIB, seed: 1, source });
  const changes = new ImageChanges(volume, [{ atMs: 1_000, path: join(IMAGES, 'ext4-deleted.blocks.gz') }]);
  const image = () => Buffer.from(volume.snapshot({ incremental: false }).read(0, 64 * 1_048_576));
  const before = image();
  changes.advanceTo(999);
  expect(image().equals(before)).toBe(true);
  changes.advanceTo(1_000);
  const after = image();
  expect(after.equals(before)).toBe(false);
  expect([...after.subarray(MARK_AT, MARK_AT + 2)]).toEqual([0x53, 0xef]);
  volume.writeBytes(0, new Uint8Array(512));
  changes.advanceTo(5_000);
  expect([...image().subarray(510, 512)]).toEqual([0, 0]);
});
