import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FileSystem } from '../../src/files/ports.ts';
import { type ImageDisk, loadImage, openImage, readAll, readings, readText } from './images.ts';

describe('NTFS and FAT', () => {
  let disk: ImageDisk;
  let ntfs: FileSystem;
  beforeAll(async () => {
    disk = loadImage('windows');
    ntfs = await openImage(disk, 'p3');
  });
  afterAll(() => ntfs.close());

  test('folders are listed by name, in pages, without what is the file system’s own', async () => {
    const first = await ntfs.list([], { after: null, limit: 2 });
    expect(first?.entries.map(({ name, kind }) => [name, kind])).toEqual([
      ['Users', 'directory'],
      ['packed', 'directory'],
    ]);
    expect((await ntfs.list([], { after: first?.next ?? null, limit: 10 }))?.entries.map(({ name }) => name)).toEqual([
      'sparse.bin',
      'way.lnk',
    ]);
    expect(await ntfs.list(['$MFT'], { after: null, limit: 1 })).toBeNull();
    expect(await ntfs.stat(['..'])).toBeNull();
    expect(ntfs.notes).toEqual([]);
  });

  test.each([
    ['a name of many alphabets', 'Users/Åsa/Documents/brief – ж 中.txt', 'Guten Tag\n'],
    ['a second name of a file', 'Users/linked.csv', readings(150_000)],
    ['a compressed file', 'packed/readings.csv', readings(150_000)],
  ])('%s', async (_case, path, content) => {
    expect(await readText(ntfs, path)).toBe(content);
  });

  test('a part of a file; who stops in the middle leaves the reader free for the next', async () => {
    const names = ['Users', 'Åsa', 'Documents', 'readings.csv'];
    expect((await readAll(ntfs.read(names, 100_000, 50))).toString()).toBe(readings(150_000).slice(100_000, 100_050));
    for await (const piece of ntfs.read(names, 0, 150_000)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect((await readAll(ntfs.read(names, 149_990, 100))).toString()).toBe(readings(150_000).slice(149_990));
  });

  test('a volume that was not closed in order says so', async () => {
    const mark = Buffer.from('FILE');
    const copy = disk.copy();
    const start = 10 * 1_048_576;
    const boot = Buffer.from(copy.peek(start, 512));
    const table = start + Number(boot.readBigUInt64LE(48)) * boot.readUInt16LE(11) * (boot[13] ?? 0);
    const record = Buffer.from(copy.peek(table + 2 * 1_024, 1_024));
    expect(record.subarray(0, 4).equals(mark)).toBe(true);
    let at = record.readUInt16LE(20);
    while (record.readUInt32LE(at) !== 0x80) at += record.readUInt32LE(at + 4);
    const run = at + record.readUInt16LE(at + 32);
    const widths = record[run] ?? 0;
    const cluster = record.readUIntLE(run + 1 + (widths & 15), widths >> 4);
    const page = Buffer.alloc(4_096);
    page.write('RSTR', 'latin1');
    page.writeUInt16LE(48, 24);
    copy.write(start + cluster * boot.readUInt16LE(11) * (boot[13] ?? 0), page);
    const dirty = await openImage(copy, 'p3');
    expect(dirty.notes).toEqual(['journal not replayed']);
    await dirty.close();
  });

  test('a file system of nonsense behind a good boot sector is refused, and harms nothing', async () => {
    const copy = disk.copy();
    for (let at = 0; at < 4 * 1_048_576; at += 4_096)
      copy.write(10 * 1_048_576 + 8_192 + at, Buffer.alloc(4_096, 0xa5));
    await expect(openImage(copy, 'p3')).rejects.toMatchObject({ code: 'damaged' });
  });

  test('FAT', async () => {
    const fat = await openImage(disk, 'p1');
    expect(await readText(fat, 'EFI/Boot/a long loader name.efi')).toBe('no real loader\n');
    await fat.close();
  });
});
