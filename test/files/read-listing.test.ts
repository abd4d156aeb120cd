import { expect, test } from 'vitest';
import { ArchiveTree } from '../../src/files/archive-tree.ts';
import { type ArchiveEntry, ListingReader } from '../../src/files/read-listing.ts';

const head = 'Listing archive: /volume\nPath = /volume\nType = NTFS\n\n----------\n';
const block = (path: string, more = '') =>
  `Path = ${path}\nFolder = -\nSize = 5\nModified = 2026-01-02 03:04:05.6789012\nAttributes = A\n${more}iNode = 7\n\n`;

function read(text: string, step = 7): readonly ArchiveEntry[] {
  const entries: ArchiveEntry[] = [];
  const reader = new ListingReader((entry) => entries.push(entry));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += step) reader.add(bytes.subarray(at, at + step));
  reader.end();
  return entries;
}

function tree(...paths: readonly string[]): ArchiveTree {
  const made = new ArchiveTree();
  for (const entry of read(head + paths.map((path) => block(path)).join(''))) made.add(entry);
  return made;
}

const names = (made: ArchiveTree, ...path: readonly string[]) =>
  made.list(path, { after: null, limit: 100 })?.entries.map(({ name }) => name) ?? null;

test('entries come whole, however the bytes are cut', () => {
  const text = head + block('a/ж 中.txt') + block('b', 'Link = somewhere\n');
  for (const step of [1, 3, 4_096]) {
    expect(read(text, step)).toMatchObject([
      { raw: 'a/ж 中.txt', sizeBytes: 5, isFolder: false, id: '7' },
      { raw: 'b', link: 'somewhere' },
    ]);
  }
});

test('a name with line breaks does not become another field or file', () => {
  const [entry, ...more] = read(head + block('evil\nSize = 99999\nPath = other'));
  expect(entry).toMatchObject({ raw: 'evil', sizeBytes: 99_999 });
  expect(more).toEqual([]);
});

test('a line without an end is refused', () => {
  expect(() => read(head + 'Path = '.padEnd(200_000, 'x'), 4_096)).toThrow('does not end');
});

test.each([
  ['../../etc/passwd', ['\\x2e\\x2e']],
  ['./here', ['\\x2e']],
  ['[SYSTEM]/$MFT', []],
  ['[DELETED]/gone.txt', []],
  ['', []],
])('the path %j leads nowhere else', (path, expected) => {
  expect(names(tree(path))).toEqual(expected);
});

test('folders that are only named by what lies in them are there; the first of two equal names counts', () => {
  const made = tree('a/b/c.txt', 'a/b/c.txt', 'a');
  expect(names(made, 'a', 'b')).toEqual(['c.txt']);
  expect(made.find(['a', 'b', 'c.txt'])).toMatchObject({
    raw: 'a/b/c.txt',
    entry: { modifiedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678) },
  });
});
