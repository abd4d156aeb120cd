import { expect, test } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { copyFolder, type FolderTarget } from '../../src/files/copy-folder.ts';
import { attachmentHeader } from '../../src/files/decide-range.ts';
import type { FileSystem } from '../../src/files/ports.ts';
import { zipFolder } from '../../src/files/zip-folder.ts';
import { loadImage, openImage, readAll, tools } from './images.ts';

/** How an entry of an archive's directory begins. */
const CENTRAL_ENTRY = new RegExp(Buffer.from([0x50, 0x4b, 1, 2]).toString('latin1'), 'g');

/** A folder of files in memory. */
class MemoryTarget implements FolderTarget {
  readonly files = new Map<string, Buffer>();
  puts = 0;
  async has(name: string, sizeBytes: number): Promise<boolean> {
    return this.files.get(name)?.length === sizeBytes;
  }
  async put(name: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    this.puts += 1;
    this.files.set(name, await readAll(bytes));
  }
}

/** The odd image without its file of 2 TiB. */
async function oddFolder(): Promise<FileSystem> {
  const fileSystem = await openImage(loadImage('ext4-odd'));
  const list: FileSystem['list'] = async (path, page) => {
    const found = await fileSystem.list(path, page);
    return found && { ...found, entries: found.entries.filter(({ name }) => name !== 'sparse.bin') };
  };
  return {
    notes: [],
    list,
    stat: (path) => fileSystem.stat(path),
    read: (path, offset, length) => fileSystem.read(path, offset, length),
    close: () => fileSystem.close(),
  };
}

test('a folder is copied; links, devices and pipes are named and left out', async () => {
  const target = new MemoryTarget();
  const done = await copyFolder(await oddFolder(), [], target);
  expect(target.files.get('tiny.txt')?.toString()).toBe('in the inode\n');
  expect(target.files.get(`deep/${'d/'.repeat(200)}bottom.txt`)?.toString()).toBe('bottom\n');
  expect(done).toMatchObject({ files: 9, skippedCount: 6 });
  expect(done.skipped.map(({ path }) => path)).toEqual(['long-link', 'loop-a', 'loop-b', 'pipe', 'sda', 'way-out']);
});

test('one file alone', async () => {
  const target = new MemoryTarget();
  await copyFolder(await oddFolder(), ['back\\slash.txt'], target);
  expect([...target.files.keys()]).toEqual(['back\\slash.txt']);
});

test('a copy that was stopped goes on behind what it has done', async () => {
  const target = new MemoryTarget();
  await copyFolder(await oddFolder(), [], target, async ({ files }) => files < 3);
  expect(target.puts).toBe(3);
  await copyFolder(await oddFolder(), [], target);
  expect(target.puts).toBe(9);
});

test('what fails for other reasons than the disk ends the copy', async () => {
  const target: FolderTarget = {
    has: async () => false,
    put: () => Promise.reject(new AppError('storage-unavailable', 'no')),
  };
  await expect(copyFolder(await oddFolder(), [], target)).rejects.toMatchObject({ code: 'storage-unavailable' });
});

test('an archive holds the files, and says what it lacks', async () => {
  const bytes = await readAll(zipFolder(await oddFolder(), [], tools));
  const names = [...bytes.toString('latin1').matchAll(CENTRAL_ENTRY)].map(({ index }) =>
    bytes.toString('utf8', index + 46, index + 46 + bytes.readUInt16LE(index + 28)),
  );
  expect(names.filter((name) => !name.endsWith('/')).slice(0, 3)).toEqual([
    '..twodots',
    'back\\slash.txt',
    `deep/${'d/'.repeat(200)}bottom.txt`,
  ]);
  expect(names.at(-1)).toBe('_left-out.txt');
  expect(names.some((name) => name.split('/').includes('..'))).toBe(false);
  expect(bytes.includes('way-out: a link to ../../../etc/passwd')).toBe(true);
});

test.each([
  ['plain.txt', 'plain.txt', 'plain.txt'],
  ['Übersicht.txt', '_bersicht.txt', '%C3%9Cbersicht.txt'],
  ['../../etc/passwd', '__.._etc_passwd', '__.._etc_passwd'],
  ['a"; filename="b.exe', 'a__ filename=_b.exe', 'a__%20filename%3D_b.exe'],
  ['line\r\nSet-Cookie: x', 'line__Set-Cookie_ x', 'line__Set-Cookie_%20x'],
  ['gpj.\u202eexe', 'gpj._exe', 'gpj._exe'],
  ['.bashrc', '_bashrc', '_bashrc'],
  ['', 'file', 'file'],
])('the name %j in a header', (name, plain, encoded) => {
  expect(attachmentHeader(name)).toBe(`attachment; filename="${plain}"; filename*=UTF-8''${encoded}`);
});
