import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** How a file comes to another: by a declaration (types included), by `import()`, or as a file of its own (`new URL`). */
export type ImportKind = 'static' | 'dynamic' | 'url';

/** Something that a file asks for. `target` is a path below the repository for our own files, else the package as written. */
export interface Import {
  readonly kind: ImportKind;
  readonly target: string;
  readonly own: boolean;
}

/** A source file as the rules see it. `code` is the text without comments and with every string emptied, line by line as in the file. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly code: string;
  readonly imports: readonly Import[];
}

const DECLARATION = /^(?:import|export)\b(?:[^;'"]*?\bfrom)?\s*['"]([^'"]+)['"]/gm;
const DYNAMIC = /\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/g;
const OWN_URL = /\bnew URL\(\s*['"](\.{1,2}\/[^'"]+)['"]\s*,\s*import\.meta\.url\s*\)/g;

/** Reads one file's imports, those of types too: esbuild's import graph leaves them out, and an arrow of types is an arrow. */
export function sourceFile(path: string, text: string): SourceFile {
  const readable = withoutComments(text);
  const imports: Import[] = [];
  const add = (kind: ImportKind, pattern: RegExp) => {
    for (const [, written] of readable.matchAll(pattern)) {
      if (!written) continue;
      const own = written.startsWith('.');
      imports.push({
        kind,
        own,
        target: own ? posix.join(posix.dirname(path), written) : written,
      });
    }
  };
  add('static', DECLARATION);
  add('dynamic', DYNAMIC);
  add('url', OWN_URL);
  return { path, text, code: strip(text, { strings: true }), imports };
}

/** All TypeScript files below a folder of the repository, by path. */
export function readSourceFiles(root: string, folder: string): readonly SourceFile[] {
  const names = readdirSync(join(root, folder), {
    recursive: true,
    encoding: 'utf8',
  });
  return names
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => sourceFile(path, readFileSync(join(root, path), 'utf8')));
}

function withoutComments(text: string): string {
  return strip(text, { strings: false });
}

/** A `/` after one of these begins a regular expression, not a division. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of))\s*$/;

/** Blanks comments and regular expressions, and strings where asked; templates stay, since code stands inside them. */
function strip(text: string, blank: { readonly strings: boolean }): string {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    if (rest === '//') {
      at = endOf(text, '\n', at);
    } else if (rest === '/*') {
      const end = Math.min(text.length, endOf(text, '*/', at + 2) + 2);
      out += text.slice(at, end).replace(/[^\n]/g, ' ');
      at = end;
    } else if (rest[0] === "'" || rest[0] === '"') {
      const end = endOfQuoted(text, at, rest[0]);
      out += blank.strings ? `${rest[0]}${rest[0]}` : text.slice(at, end);
      at = end;
    } else if (rest[0] === '/' && BEFORE_REGEX.test(out.slice(-20))) {
      at = endOfQuoted(text, at, '/');
      out += '/_/';
    } else {
      out += rest[0];
      at += 1;
    }
  }
  return out;
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found;
}

function endOfQuoted(text: string, from: number, quote: string): number {
  let at = from + 1;
  let inClass = false;
  while (at < text.length && text[at] !== '\n') {
    if (text[at] === '\\') at += 1;
    else if (quote === '/' && text[at] === '[') inClass = true;
    else if (quote === '/' && text[at] === ']') inClass = false;
    else if (text[at] === quote && !inClass) return at + 1;
    at += 1;
  }
  return at;
}
