import { describe, expect, test } from 'vitest';
import { decideFileSystem, SIGNATURE_BYTES } from '../../src/files/decide-file-system.ts';
import { readDisk } from '../../src/files/read-disk.ts';
import { ImageDisk, loadImage, openImage, tools } from './images.ts';

const SECTOR = 512;
const MIB = 1_048_576;

function mbr(entries: readonly { type: number; start: number; sectors: number; boot?: number }[]): Uint8Array {
  const sector = Buffer.alloc(SECTOR);
  for (const [index, { type, start, sectors, boot = 0 }] of entries.entries()) {
    const at = 446 + index * 16;
    sector[at] = boot;
    sector[at + 4] = type;
    sector.writeUInt32LE(start, at + 8);
    sector.writeUInt32LE(sectors, at + 12);
  }
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

const found = async (disk: ImageDisk) =>
  (await readDisk(disk, tools)).volumes.map(({ name, offset, sizeBytes, fileSystem }) => [
    name,
    offset / SECTOR,
    sizeBytes / SECTOR,
    fileSystem,
  ]);

describe('partition tables', () => {
  test('MBR with logical partitions, and a file system in one', async () => {
    const ext = loadImage('ext2-pointers');
    const disk = new ImageDisk(64 * MIB)
      .write(
        0,
        mbr([
          { type: 0x83, start: 2_048, sectors: 2_048, boot: 0x80 },
          { type: 0x05, start: 8_192, sectors: 100_000 },
        ]),
      )
      .write(
        8_192 * SECTOR,
        mbr([
          { type: 0x83, start: 2_048, sectors: 16_384 },
          { type: 0x05, start: 40_000, sectors: 10_000 },
        ]),
      )
      .write(48_192 * SECTOR, mbr([{ type: 0x82, start: 64, sectors: 8_000 }]))
      .write(10_240 * SECTOR, ext.peek(0, ext.sizeBytes));
    expect(await found(disk)).toEqual([
      ['p1', 2_048, 2_048, 'empty'],
      ['p5', 10_240, 16_384, 'ext2'],
      ['p6', 48_256, 8_000, 'empty'],
    ]);
    expect((await (await openImage(disk, 'p5')).stat(['folder', 'readings.csv']))?.sizeBytes).toBe(200_000);
  });

  test('a chain of logical partitions that bites its tail ends', async () => {
    const disk = new ImageDisk(64 * MIB)
      .write(0, mbr([{ type: 0x0f, start: 2_048, sectors: 100_000 }]))
      .write(
        2_048 * SECTOR,
        mbr([
          { type: 0x83, start: 64, sectors: 64 },
          { type: 0x05, start: 4_096, sectors: 64 },
        ]),
      )
      .write(
        6_144 * SECTOR,
        mbr([
          { type: 0x83, start: 64, sectors: 64 },
          { type: 0x05, start: 4_096, sectors: 64 },
        ]),
      );
    expect((await found(disk)).map(([name]) => name)).toEqual(['p5', 'p6']);
  });

  test('partitions that reach past the disk are left out', async () => {
    const disk = new ImageDisk(16 * MIB).write(
      0,
      mbr([
        { type: 0x83, start: 64, sectors: 4_000_000_000 },
        { type: 0x83, start: 128, sectors: 64 },
      ]),
    );
    expect((await found(disk)).map(([name]) => name)).toEqual(['p2']);
  });

  test('GPT, by its backup where the first is damaged; none where both are', async () => {
    const disk = loadImage('windows');
    const names = [
      ['p1', 'fat16'],
      ['p2', 'empty'],
      ['p3', 'ntfs'],
    ];
    const short = async () => (await found(disk)).map(([name, , , fileSystem]) => [name, fileSystem]);
    expect(await short()).toEqual(names);
    disk.write(SECTOR, new Uint8Array(SECTOR));
    expect(await short()).toEqual(names);
    disk.write(disk.sizeBytes - SECTOR, new Uint8Array(SECTOR));
    await expect(readDisk(disk, tools)).rejects.toMatchObject({ code: 'damaged' });
  });

  test('a GPT of four thousand million entries, far away', async () => {
    const disk = loadImage('windows').write(SECTOR + 80, Buffer.from([0xff, 0xff, 0xff, 0xff]));
    await expect(readDisk(disk, tools)).resolves.toBeDefined();
    disk.write(SECTOR + 72, Buffer.alloc(8, 0xff));
    await expect(readDisk(disk, tools)).resolves.toMatchObject({ table: 'gpt' });
    expect(disk.bytes).toBeLessThan(4 * MIB);
  });

  test('a disk without a table is one file system; a disk of nothing is empty', async () => {
    expect(await found(loadImage('ext4-odd'))).toEqual([['p0', 0, 32_768, 'ext4']]);
    expect(await found(new ImageDisk(4_096))).toEqual([['p0', 0, 8, 'empty']]);
    expect(await found(new ImageDisk(100))).toHaveLength(1);
  });
});

describe('what cannot be read is refused by its name', () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['xfs', 0, 'XFSB'],
    ['btrfs', 65_600, '_BHRfS_M'],
    ['lvm', 512, 'LABELONE'],
    ['bitlocker', 3, '-FVE-FS-'],
    ['luks', 0, 'LUKS\xba\xbe'],
    ['refs', 3, 'ReFS\0\0\0\0'],
    ['exfat', 3, 'EXFAT   '],
    ['swap', 4_086, 'SWAPSPACE2'],
    ['raid', 4_096, '\xfc\x4e\x2b\xa9'],
    ['unknown', 7, 'something'],
  ];
  test.each(cases)('%s', async (name, at, bytes) => {
    const disk = new ImageDisk(MIB).write(at, Buffer.from(bytes, 'latin1'));
    const contents = await readDisk(disk, tools);
    const [volume] = contents.volumes;
    expect(volume).toMatchObject({ name: 'p0', fileSystem: name });
    expect(volume?.unreadable).toMatch(/\S/);
    if (volume)
      await expect(contents.open(volume)).rejects.toMatchObject({ code: 'unsupported', facts: { fileSystem: name } });
  });

  test('an encryption over an older file system counts before it', () => {
    const head = Buffer.from(loadImage('ext4-odd').peek(0, SIGNATURE_BYTES));
    expect(decideFileSystem(head).name).toBe('ext4');
    head.write('LUKS\xba\xbe', 'latin1');
    expect(decideFileSystem(head)).toMatchObject({ name: 'luks', readable: null });
  });

  test('NTFS of more than 200,000 records', async () => {
    const disk = loadImage('windows');
    const volume = (await readDisk(disk, tools)).volumes[2];
    const start = volume?.offset ?? 0;
    const boot = Buffer.from(disk.peek(start, SECTOR));
    const record = start + Number(boot.readBigUInt64LE(48)) * boot.readUInt16LE(11) * (boot[13] ?? 0);
    const bytes = Buffer.from(disk.peek(record, 1_024));
    let at = bytes.readUInt16LE(20);
    while (bytes.readUInt32LE(at) !== 0x80) at += bytes.readUInt32LE(at + 4);
    disk.write(record + at + 48, Buffer.from(new BigUint64Array([200_001n * 1_024n]).buffer));
    await expect(openImage(disk, 'p3')).rejects.toMatchObject({
      code: 'unsupported',
      facts: { fileSystem: 'ntfs', records: 200_001, allowed: 200_000 },
    });
  });

  test.each([
    ['an ext4 larger than its disk', 4, [0xff, 0xff, 0xff, 0x7f], 'damaged'],
    ['blocks of 2 GiB', 24, [21, 0, 0, 0], 'damaged'],
    ['inodes of three bytes', 88, [3, 0], 'damaged'],
    ['no inodes in a group', 40, [0, 0, 0, 0], 'damaged'],
    ['features that nobody knows', 96, [0, 0, 0, 0x40], 'unsupported'],
  ])('%s', async (_case, at, bytes, code) => {
    const disk = loadImage('ext4-odd').write(1_024 + at, Uint8Array.from(bytes));
    await expect(openImage(disk)).rejects.toMatchObject({ code });
  });
});
