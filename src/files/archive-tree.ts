import { compareNames, escapeName } from './file-names.ts';
import type { FileEntry, FilePage, PageRequest } from './ports.ts';
import type { ArchiveEntry } from './read-listing.ts';

/** Where the library shows what is no file of anybody: the file system's own, and what was deleted. */
const HIDDEN = /^\[(?:SYSTEM|DELETED|UNKNOWN|LOST)\]/;

/** One name. Kept small: there are two hundred thousand of them. */
interface Node {
  /** The name as the library knows it. */
  readonly raw: string;
  readonly sizeBytes: number;
  /** Epoch milliseconds; not a number where the volume does not tell it. */
  readonly modifiedAt: number;
  readonly id: string;
  readonly link: string;
  readonly isEncrypted: boolean;
  readonly children: Map<string, Node> | null;
}

/** All names of a volume, as a tree. */
export class ArchiveTree {
  readonly #root: Node = folder('');

  /** Adds an entry. A name that would lead elsewhere becomes one that does not; the first of two equal ones counts. */
  add(entry: ArchiveEntry): void {
    if (HIDDEN.test(entry.raw)) return;
    const parts = entry.raw.split('/');
    const rawName = parts.pop() ?? '';
    if (rawName === '') return;
    let parent = this.#root;
    for (const part of parts) {
      const name = shownName(part);
      let next = parent.children?.get(name);
      if (!next?.children) {
        next = folder(flat(part));
        parent.children?.set(name, next);
      }
      parent = next;
    }
    const name = shownName(rawName);
    const known = parent.children?.get(name);
    if (known && (!entry.isFolder || !Number.isNaN(known.modifiedAt))) return;
    const modifiedAt = Date.parse(`${entry.modified.slice(0, 23).replace(' ', 'T')}Z`);
    parent.children?.set(name, {
      raw: name === rawName ? name : flat(rawName),
      sizeBytes: entry.isFolder ? 0 : entry.sizeBytes,
      modifiedAt,
      id: entry.id === '' ? '' : flat(entry.id),
      link: entry.link,
      isEncrypted: entry.attributes.includes('E'),
      children: entry.isFolder ? (known?.children ?? new Map()) : null,
    });
  }

  /** What a path names, and how the library calls it. */
  find(path: readonly string[]): { readonly entry: FileEntry; readonly raw: string } | null {
    const raw: string[] = [];
    let node = this.#root;
    for (const name of path) {
      const next = node.children?.get(name);
      if (!next) return null;
      raw.push(next.raw);
      node = next;
    }
    return { entry: show(path.at(-1) ?? '', node), raw: raw.join('/') };
  }

  /** A page of a folder; null for what is none. */
  list(path: readonly string[], { after, limit }: PageRequest): FilePage | null {
    let node = this.#root;
    for (const name of path) {
      const next = node.children?.get(name);
      if (!next) return null;
      node = next;
    }
    const { children } = node;
    if (!children) return null;
    const names = [...children.keys()].filter((name) => after === null || name > after).sort(compareNames);
    const asked = names.slice(0, limit);
    const entries = asked.map((name) => show(name, children.get(name) as Node));
    return { entries, next: names.length > asked.length ? (asked.at(-1) ?? null) : null };
  }
}

function folder(raw: string): Node {
  return { raw, sizeBytes: 0, modifiedAt: Number.NaN, id: '', link: '', isEncrypted: false, children: new Map() };
}

function shownName(raw: string): string {
  return flat(raw === '..' || raw === '.' || raw === '' ? raw.replaceAll('.', '\\x2e') : escapeName(raw));
}

/** A text of its own: a part of a longer one would keep that alive. */
function flat(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

function show(name: string, { sizeBytes, modifiedAt, id, link, isEncrypted, children }: Node): FileEntry {
  return {
    name,
    kind: link !== '' ? 'symlink' : children ? 'directory' : 'file',
    sizeBytes,
    modifiedAt: Number.isNaN(modifiedAt) ? null : modifiedAt,
    mode: null,
    id: id === '' && !children ? `${modifiedAt}.${sizeBytes}` : id,
    ...(link === '' ? {} : { target: link }),
    ...(isEncrypted && !children ? { unreadable: 'the file is encrypted' } : {}),
  };
}
