import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { walkFolder } from '../../src/files/walk-folder.ts';
import { Fault, type ImageDisk, loadImage, openImage, readAll, readings, readText, tools } from './images.ts';

describe('what a kernel wrote is read', () => {
  test('ext2 with pointers three deep: a file, and the bytes of one that is mostly holes', async () => {
    const fileSystem = await openImage(loadImage('ext2-pointers'));
    expect(await readText(fileSystem, 'folder/readings.csv')).toBe(readings(200_000));
    for (const at of [11, 12, 267, 268, 65_803, 65_804, 70_000].map((block) => block * 1_024)) {
      const bytes = await readAll(fileSystem.read(['far.bin'], at - 1, 11));
      expect(bytes.toString('latin1')).toBe(`\0${String(at).padStart(10, '0')}`);
    }
  });

  test('ext4 with descriptors in every group', async () => {
    const fileSystem = await openImage(loadImage('ext4-meta-groups'));
    expect(await readText(fileSystem, 'folder/readings.csv')).toBe(readings(200_000));
  });

  test('a dirty journal is replayed: what was written late is there, what was deleted late is gone', async () => {
    const disk = loadImage('ext4-dirty');
    const fileSystem = await openImage(disk);
    const names = (await fileSystem.list([], { after: null, limit: 10 }))?.entries.map(({ name }) => name);
    expect(names).toEqual(['early.txt', 'late folder', 'late.txt', 'lost+found']);
    expect(await readText(fileSystem, 'late folder/inside.txt')).toBe('inside\n');
    expect(await readText(fileSystem, 'late.txt')).toBe('written late\n');
    expect(fileSystem.notes).toEqual([]);
  });

  test('a journal that makes no sense is left out, and every listing says so', async () => {
    const disk = loadImage('ext4-dirty');
    const mark = Buffer.from([0xc0, 0x3b, 0x39, 0x98, 0, 0, 0, 4]);
    const at = findBytes(disk, mark);
    disk.write(at + 12, Buffer.from([0, 0, 0, 1]));
    const fileSystem = await openImage(disk);
    expect(fileSystem.notes).toEqual(['journal not replayed']);
    expect(await readText(fileSystem, 'early.txt')).toBe('early\n');
    expect(await fileSystem.stat(['late.txt'])).toBeNull();
  });
});

describe('what is legal and odd', () => {
  let disk: ImageDisk;
  beforeAll(() => {
    disk = loadImage('ext4-odd');
  });

  test('names are fit for a path, kinds and modes are told, links are shown', async () => {
    const page = await (await openImage(disk)).list([], { after: null, limit: 100 });
    const shown = page?.entries.map(({ name, kind, mode, target }) => [name, kind, mode, target ?? null]);
    expect(shown).toEqual([
      ['..twodots', 'file', '0644', null],
      ['back\\slash.txt', 'file', '0644', null],
      ['deep', 'directory', '0755', null],
      ['holes.bin', 'file', '0644', null],
      ['inline-more.txt', 'file', '0644', null],
      ['latin-\\xe4.txt', 'file', '0644', null],
      ['long-link', 'symlink', '0777', `/a/long/way/${'x'.repeat(100)}`],
      ['loop-a', 'symlink', '0777', 'loop-b'],
      ['loop-b', 'symlink', '0777', 'loop-a'],
      ['lost+found', 'directory', '0700', null],
      ['new\\x0aline.txt', 'file', '0644', null],
      ['pipe', 'other', '0644', null],
      ['sda', 'other', '0644', null],
      ['sparse.bin', 'file', '0644', null],
      ['tiny.txt', 'file', '4755', null],
      ['way-out', 'symlink', '0777', '../../../etc/passwd'],
      ['Übersicht 2025 – ж 中.txt', 'file', '0644', null],
    ]);
  });

  test.each([
    ['a name that is no UTF-8', 'latin-\\xe4.txt', 'latin\n'],
    ['a name with a line break', 'new\\x0aline.txt', 'line\n'],
    ['content in the inode', 'tiny.txt', 'in the inode\n'],
    ['content in the inode and its attributes', 'inline-more.txt', 'm'.repeat(100)],
    ['200 folders deep', `deep/${'d/'.repeat(200)}bottom.txt`, 'bottom\n'],
  ])('%s', async (_case, path, content) => {
    expect(await readText(await openImage(disk), path)).toBe(content);
  });

  test('holes are zeros', async () => {
    const bytes = await readAll((await openImage(disk)).read(['holes.bin'], 0, 1_000_000));
    const expected = Buffer.alloc(1_000_000);
    for (let i = 0; i < 40; i += 1) expected.write(String(i).padStart(4, '0'), i * 20_000);
    expect(bytes.equals(expected)).toBe(true);
  });

  test('the end of a file of 2 TiB without a byte, in a moment', async () => {
    const before = disk.bytes;
    const bytes = await readAll((await openImage(disk)).read(['sparse.bin'], 2 ** 41 - 100, 1_000));
    expect(bytes.equals(Buffer.alloc(100))).toBe(true);
    expect(disk.bytes - before).toBeLessThan(1_000_000);
  });

  test.each(['sda', 'pipe', 'loop-a', 'deep'])('%s is never opened as a file', async (name) => {
    const fileSystem = await openImage(disk);
    await expect(readAll(fileSystem.read([name], 0, 10))).rejects.toThrow(Fault);
  });

  test('what leads through a link, upwards or nowhere is not there', async () => {
    const fileSystem = await openImage(disk);
    for (const path of [['loop-a', 'x'], ['way-out'].concat('y'), ['..'], ['deep', '..', 'tiny.txt'], ['no']])
      expect(await fileSystem.stat(path)).toBeNull();
  });

  test('a directory is listed in pages that join without a gap', async () => {
    const fileSystem = await openImage(disk);
    const names: string[] = [];
    for (let after: string | null = null; ; ) {
      const page = await fileSystem.list([], { after, limit: 4 });
      names.push(...(page?.entries.map(({ name }) => name) ?? []));
      after = page?.next ?? null;
      if (after === null) break;
    }
    expect(names).toHaveLength(17);
    expect(new Set(names).size).toBe(17);
  });
});

describe('hostile images', () => {
  const ROOT_NAME = Buffer.from('deep');

  test('a folder that holds itself is walked once', async () => {
    const disk = loadImage('ext4-odd');
    const fileSystem = await openImage(disk);
    // The entry `deep` of the root leads back to the root.
    const at = findBytes(disk, Buffer.concat([Buffer.from([4, 2]), ROOT_NAME])) - 6;
    disk.write(at, Buffer.from([2, 0, 0, 0]));
    const steps: string[] = [];
    for await (const step of walkFolder(await openImage(disk), [], tools.isFault))
      if (step.kind === 'skipped') steps.push(`${step.path.join('/')}: ${step.why}`);
    expect(steps).toContain('deep: a loop of folders');
    expect(await fileSystem.stat(['deep'])).not.toBeNull();
  });

  test.each([
    ['a slash in a name', Buffer.from('a/./'), 'a\\x2f.\\x2f'],
    ['a name of zero bytes', Buffer.from([0, 0, 0, 0]), '\\x00\\x00\\x00\\x00'],
  ])('%s does not lead anywhere', async (_case, bytes, shown) => {
    const disk = loadImage('ext4-odd');
    disk.write(findBytes(disk, Buffer.concat([Buffer.from([4, 2]), ROOT_NAME])) + 2, bytes);
    const page = await (await openImage(disk)).list([], { after: null, limit: 100 });
    expect(page?.entries.map(({ name }) => name)).toContain(shown);
  });

  test('whatever bytes are broken, reading ends, and says nothing but what it means to say', async () => {
    const images = ['ext4-odd', 'ext4-dirty', 'ext2-pointers'].map(loadImage);
    const damage = fc.array(fc.tuple(fc.nat({ max: 600_000 }), fc.uint8Array({ minLength: 1, maxLength: 8 })), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 2 }), damage, fc.boolean(), async (index, changes, inSuperblock) => {
        const image = images[index] as ImageDisk;
        const disk = image.copy();
        for (const [offset, bytes] of changes) disk.write(inSuperblock ? 1_024 + (offset % 1_024) : offset, bytes);
        disk.bytes = 0;
        try {
          const fileSystem = await openImage(disk);
          let files = 0;
          for await (const step of walkFolder(fileSystem, [], tools.isFault)) {
            files += 1;
            if (files > 30) break;
            if (step.kind === 'entry' && step.entry.kind === 'file')
              for await (const piece of fileSystem.read(step.path, 0, 100_000))
                expect(piece.length).toBeLessThanOrEqual(1_048_576);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(Fault);
        }
        expect(disk.bytes).toBeLessThan(64 * 1_048_576);
      }),
      { numRuns: 60 },
    );
  });
});

function findBytes(disk: ImageDisk, bytes: Buffer): number {
  const at = Buffer.from(disk.peek(0, Math.min(disk.sizeBytes, 12 * 1_048_576))).indexOf(bytes);
  if (at < 0) throw new Error('these bytes are not on the disk');
  return at;
}
