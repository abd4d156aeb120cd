import { escapeName } from './file-names.ts';

/** A line of more is none. */
const LINE_BYTES_MAX = 65_536;

/** An entry as the library lists it. The path is shown with names made fit; `raw` asks for it. */
export interface ArchiveEntry {
  readonly raw: string;
  readonly isFolder: boolean;
  readonly sizeBytes: number;
  readonly modified: string;
  readonly attributes: string;
  readonly link: string;
  readonly id: string;
}

/** Reads the technical listing of the library: blocks of `Name = value` lines behind a line of dashes. */
export class ListingReader {
  readonly #found: (entry: ArchiveEntry) => void;
  #rest = Buffer.alloc(0);
  #begun = false;
  #fields: Record<string, string> = {};

  constructor(found: (entry: ArchiveEntry) => void) {
    this.#found = found;
  }

  add(bytes: Uint8Array): void {
    const text = Buffer.concat([this.#rest, bytes]);
    let from = 0;
    for (let end = text.indexOf(10, from); end >= 0; end = text.indexOf(10, from)) {
      this.#line(text.toString('utf8', from, end));
      from = end + 1;
    }
    this.#rest = text.subarray(from);
    if (this.#rest.length > LINE_BYTES_MAX) throw new Error('a line of the listing does not end');
  }

  end(): void {
    this.#line('');
  }

  #line(line: string): void {
    if (!this.#begun) {
      this.#begun = line.startsWith('----------');
      return;
    }
    const at = line.indexOf(' = ');
    if (at > 0) {
      const name = line.slice(0, at);
      // The first of a name counts: a file's name may hold line breaks, and with them what looks like a field.
      this.#fields[name] ??= line.slice(at + 3);
      return;
    }
    if (line !== '') return;
    const { Path: raw } = this.#fields;
    if (raw !== undefined)
      this.#found({
        raw,
        isFolder: this.#fields.Folder === '+',
        sizeBytes: Number(this.#fields.Size) || 0,
        modified: this.#fields.Modified ?? '',
        attributes: this.#fields.Attributes ?? '',
        link: escapeName(this.#fields.Link ?? ''),
        id: this.#fields.iNode ?? '',
      });
    this.#fields = {};
  }
}
