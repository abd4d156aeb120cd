import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digest, NotComparableError, VolumeBytes } from '../../../src/sandbox/bytes/bytes.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const PAGE = 512;

function disk(sizeBytes = GIB, seed = 1): VolumeBytes {
  return new VolumeBytes({ sizeBytes, seed });
}

describe('seeded content', () => {
  test('any part can be read by itself, at any byte', () => {
    const volume = disk();
    volume.writeSeeded(8 * PAGE, 64 * PAGE);
    const whole = volume.read(0, 100 * PAGE);
    for (const [offset, length] of [
      [8 * PAGE, PAGE],
      [4_097, 1],
      [5_000, 3_333],
      [70 * PAGE + 17, 2 * PAGE],
    ] as const) {
      expect(Buffer.compare(volume.read(offset, length), whole.subarray(offset, offset + length))).toBe(0);
    }
  });

  test('depends on seed, write number and page, and on nothing else', () => {
    const page = (volume: VolumeBytes, number: number) => Buffer.from(volume.read(number * PAGE, PAGE)).toString('hex');
    const written = (seed: number, writes: number) => {
      const volume = disk(64 * 2 ** 40, seed);
      for (let i = 0; i < writes; i += 1) volume.writeSeeded(0, 4 * PAGE);
      return volume;
    };
    expect(page(written(1, 3), 1)).toBe(page(written(1, 3), 1));
    const contents = [written(1, 1), written(1, 2), written(1, 1_025), written(2, 1), written(1 + 2 ** 32, 1)].flatMap(
      (volume) => [0, 1, 2].map((n) => page(volume, n)),
    );
    expect(new Set(contents).size).toBe(contents.length);
    const far = disk(64 * 2 ** 40, 1);
    far.writeSeeded(2 ** 41, PAGE);
    far.writeSeeded(2 ** 42, PAGE);
    expect(page(far, 2 ** 32)).not.toBe(page(written(1, 1), 0));
  });
});

describe('sources', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandbox-bytes-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([{ suffix: '' }, { suffix: '.gz' }])(
    'an image file "disk.img$suffix" is sparse: only blocks that are not zero are allocated',
    ({ suffix }) => {
      const image = new Uint8Array(9 * MIB + 700);
      image.fill(1, 3 * 4_096 + 5, 3 * 4_096 + 6);
      image.fill(2, 4 * MIB - 10, 4 * MIB + 10);
      image.fill(3, 9 * MIB + 600);
      const path = join(folder, `disk.img${suffix}`);
      writeFileSync(path, suffix === '' ? image : gzipSync(image));
      const volume = new VolumeBytes({ sizeBytes: 64 * MIB, seed: 1, source: { kind: 'image', path } });
      expect(volume.allocated(0, 64 * MIB)).toEqual([
        { offset: 3 * 4_096, length: 4_096 },
        { offset: 4 * MIB - 4_096, length: 8_192 },
        { offset: 9 * MIB, length: 1_024 },
      ]);
      expect(Buffer.compare(volume.read(0, image.length), image)).toBe(0);
    },
  );

  test('seeded ranges are allocated as given', () => {
    const allocated = [
      { offset: 0, length: 3 * 2 ** 40 },
      { offset: 31 * 2 ** 40, length: PAGE },
    ];
    const volume = new VolumeBytes({ sizeBytes: 32 * 2 ** 40, seed: 1, source: { kind: 'seeded', allocated } });
    expect(volume.allocated(0, volume.sizeBytes)).toEqual(allocated);
    expect(volume.usedBytes()).toBe(3 * 2 ** 40 + PAGE);
  });

  test('the committed ext4 image is a partitioned disk with a file system', () => {
    const path = join(import.meta.dirname, '../../../src/sandbox/images/ext4.img.gz');
    const volume = new VolumeBytes({ sizeBytes: GIB, seed: 1, source: { kind: 'image', path } });
    expect(readFileSync(path).length).toBeLessThan(MIB);
    const sector = volume.read(0, PAGE);
    expect([sector[510], sector[511], sector[446 + 4]]).toEqual([0x55, 0xaa, 0x83]);
    const superblock = volume.read(MIB + 1_024, 1_024);
    expect([superblock[0x38], superblock[0x39]]).toEqual([0x53, 0xef]);
    const image = gunzipSync(readFileSync(path));
    expect(Buffer.compare(volume.read(0, image.length), image)).toBe(0);
    expect(volume.usedBytes()).toBeLessThan(16 * MIB);
  });
});

describe('digest', () => {
  test('equal bytes hash equally whatever their history', () => {
    const bytes = new Uint8Array(3 * 4_096).fill(9);
    const plain = disk();
    plain.writeBytes(8_192, bytes);
    const odd = disk(2 * GIB, 99);
    odd.writeSeeded(0, 5 * MIB);
    odd.clear(0, 5 * MIB);
    odd.writeBytes(64 * MIB, new Uint8Array(8_192));
    for (let at = bytes.length - PAGE; at >= 0; at -= PAGE) odd.writeBytes(8_192 + at, bytes.subarray(at, at + PAGE));
    expect(digest(odd)).toBe(digest(plain));
    expect(digest(odd.snapshot({ incremental: true }))).toBe(digest(plain));
    expect(digest(disk())).toBe(digest(disk(PAGE)));
    const [apart, whole] = [disk(), disk()];
    const block = new Uint8Array(4_096).fill(5, 0, PAGE).fill(6, 3 * PAGE, 4 * PAGE);
    whole.writeBytes(0, block);
    apart.writeBytes(3 * PAGE, block.subarray(3 * PAGE, 4 * PAGE));
    apart.writeBytes(0, block.subarray(0, PAGE));
    expect(digest(apart)).toBe(digest(whole));
  });

  test.each([
    {
      name: 'one changed byte',
      change: (volume: VolumeBytes) =>
        volume.writeBytes(
          8_192,
          Uint8Array.from({ length: PAGE }, (_, i) => (i === 77 ? 8 : 9)),
        ),
    },
    { name: 'a cleared page', change: (volume: VolumeBytes) => volume.clear(8_192 + 4_096, PAGE) },
    {
      name: 'the same bytes one block further',
      change: (volume: VolumeBytes) => {
        volume.clear(8_192, 4_096);
        volume.writeBytes(12_288, new Uint8Array(4_096).fill(9));
      },
    },
  ])('$name gives another digest', ({ change }) => {
    const volume = disk();
    volume.writeBytes(8_192, new Uint8Array(2 * 4_096).fill(9));
    const before = digest(volume);
    change(volume);
    expect(digest(volume)).not.toBe(before);
  });
});

describe('refused', () => {
  test.each<{ name: string; act: (volume: VolumeBytes) => unknown }>([
    { name: 'a write that is not aligned', act: (volume) => volume.writeSeeded(100, PAGE) },
    { name: 'a write behind the end', act: (volume) => volume.writeSeeded(GIB, PAGE) },
    { name: 'a clear of a broken length', act: (volume) => volume.clear(0, 1.5) },
    { name: 'a read before the start', act: (volume) => volume.read(-1, 2) },
    { name: 'shrinking', act: (volume) => volume.grow(MIB) },
    { name: 'a size that is no whole number of pages', act: () => disk(1_000) },
    {
      name: 'a disk smaller than its snapshot',
      act: (volume) => VolumeBytes.fromSnapshot(volume.snapshot({ incremental: true }), MIB, 2),
    },
  ])('$name', ({ act }) => {
    expect(() => act(disk())).toThrow(RangeError);
  });

  test('a removed snapshot is gone for every question', () => {
    const volume = disk();
    const kept = volume.snapshot({ incremental: true });
    for (const gone of [volume.snapshot({ incremental: true }), volume.snapshot({ incremental: false })]) {
      gone.remove();
      for (const ask of [
        () => gone.read(0, 1),
        () => gone.allocated(0, 1),
        () => gone.storedBytes(),
        () => gone.changedSince(kept, 0, 1),
        () => gone.remove(),
      ]) {
        expect(ask).toThrow('has been removed');
      }
    }
  });

  test.each([
    {
      reason: 'other family',
      of: (volume: VolumeBytes) => [disk().snapshot({ incremental: true }), volume.snapshot({ incremental: true })],
    },
    {
      reason: 'not incremental',
      of: (volume: VolumeBytes) => [volume.snapshot({ incremental: false }), volume.snapshot({ incremental: true })],
    },
    {
      reason: 'previous is newer',
      of: (volume: VolumeBytes) =>
        [volume.snapshot({ incremental: true }), volume.snapshot({ incremental: true })].reverse(),
    },
  ])('a difference where it is: $reason', ({ reason, of }) => {
    const [previous, snapshot] = of(disk());
    if (previous === undefined || snapshot === undefined) throw new Error('two snapshots wanted');
    expect(() => snapshot.changedSince(previous, 0, MIB)).toThrow(
      new NotComparableError(reason as NotComparableError['reason']),
    );
  });
});

test('snapshots of one volume share a family, clones and full snapshots do not', () => {
  const volume = disk();
  const [one, two] = [volume.snapshot({ incremental: true }), volume.snapshot({ incremental: true })];
  expect(one.familyId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(two.familyId).toBe(one.familyId);
  expect(VolumeBytes.fromSnapshot(one, GIB, 1).snapshot({ incremental: true }).familyId).not.toBe(one.familyId);
  expect(volume.snapshot({ incremental: false }).familyId).toBeNull();
});

test('a snapshot keeps its size when the disk grows, and new space differs as written', () => {
  const volume = disk(2 ** 40);
  const small = volume.snapshot({ incremental: true });
  volume.grow(3 * 2 ** 40);
  volume.writeSeeded(2 * 2 ** 40, 4_096);
  const big = volume.snapshot({ incremental: true });
  expect([small.sizeBytes, big.sizeBytes]).toEqual([2 ** 40, 3 * 2 ** 40]);
  expect(big.changedSince(small, 0, big.sizeBytes)).toEqual([{ offset: 2 * 2 ** 40, length: 4_096, cleared: false }]);
});
