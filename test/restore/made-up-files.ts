import type { FileEntry, FileSystem } from '../../src/files/files.ts';
import type { StepDeps } from '../../src/restore/step.ts';

/** Files of a made-up disk, by their paths. */
export const FILES: Readonly<Record<string, string>> = {
  'var/www/index.html': 'hello',
  'var/www/img/logo': 'a picture',
  'var/www/img/large': 'x'.repeat(10_000),
  'etc/hosts': 'not asked for',
};

function entryAt(path: readonly string[]): FileEntry | null {
  const at = path.join('/');
  const text = FILES[at];
  const isFolder = at === '' || Object.keys(FILES).some((name) => name.startsWith(`${at}/`));
  if (text === undefined && !isFolder) return null;
  return {
    name: path.at(-1) ?? '',
    kind: text === undefined ? 'directory' : 'file',
    sizeBytes: text?.length ?? 0,
    modifiedAt: null,
    mode: null,
    id: at,
  };
}

const fileSystem: FileSystem = {
  notes: [],
  stat: async (path) => entryAt(path),
  list: async (path) => {
    const prefix = path.length === 0 ? '' : `${path.join('/')}/`;
    const below = Object.keys(FILES).filter((name) => name.startsWith(prefix));
    const names = [...new Set(below.map((name) => name.slice(prefix.length).split('/')[0] ?? ''))].sort();
    return { entries: names.flatMap((name) => entryAt([...path, name]) ?? []), next: null };
  },
  read: async function* (path, offset, length) {
    yield Buffer.from(FILES[path.join('/')] ?? '').subarray(offset, offset + length);
  },
  close: async () => {},
};

/** Opens the same disk for every snapshot. */
export const madeUpDisks: StepDeps['openDisks'] = {
  use: async (_snapshot, run) => {
    const volume = { name: 'p1', offset: 0, sizeBytes: 1, label: '', fileSystem: 'ext4', unreadable: null };
    const open = async () => fileSystem;
    return run({ contents: { table: 'gpt', volumes: [volume], open }, fileSystem: open });
  },
};
