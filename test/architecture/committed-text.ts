import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Breach } from './rules.ts';

/** A text file as git sees it. */
export interface CommittedFile {
  readonly path: string;
  readonly text: string;
}

const BINARY = /\.(?:gz|png|jpe?g|ico|zip|vhd|img|woff2?)$/;
const LARGEST_BYTES = 4_000_000;

/** The files that are committed or would be: tracked, or new and not ignored. */
export function committedFiles(root: string): readonly CommittedFile[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed
    .split('\0')
    .filter((path) => path !== '' && !BINARY.test(path))
    .flatMap((path) => {
      const file = join(root, path);
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat?.isFile() && stat.size < LARGEST_BYTES ? [{ path, text: readFileSync(file, 'utf8') }] : [];
    });
}

const RULES: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  {
    name: 'a path of one machine',
    pattern: /(?<![\w.$}/-])\/(?:work|home|root|Users|mnt)\/[\w.]/,
  },
  { name: 'a path of one machine', pattern: /\b[A-Z]:\\Users\\/ },
  {
    name: 'the address of a package registry',
    pattern: /\bregistry\.(?:npmjs|yarnpkg)\b|\bapi\.nuget\b|\bdeb\.debian\b/,
  },
  {
    name: 'a download address in the lock file',
    pattern: /"resolved":\s"http/,
  },
  { name: 'a registry setting', pattern: /^\s*(?:@[\w-]+:)?registry\s*=/m },
];

/** A fresh clone must work on any machine, with any registry: nothing that is committed may name one. */
export function machineTraces(files: readonly CommittedFile[]): readonly Breach[] {
  return files.flatMap(({ path, text }) =>
    RULES.flatMap(({ name, pattern }) => {
      const found = pattern.exec(text);
      if (!found) return [];
      const line = text.slice(0, found.index).split('\n').length;
      return [{ path: `${path}:${line}`, message: `${name}: ${found[0]}` }];
    }),
  );
}

interface LockFile {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly optionalDependencies?: Readonly<Record<string, string>> }>
  >;
}

/**
 * Optional packages (those of other platforms) that the lock file does not name: `npm ci` refuses such a file.
 *
 * A registry that serves only some platforms makes `npm install` drop the others from the file without a word. Write them back by hand: version,
 * os, cpu and libc are enough.
 */
export function packagesNotLocked(lockFile: string): readonly Breach[] {
  const { packages } = JSON.parse(lockFile) as LockFile;
  const locked = (from: string, name: string) =>
    [`${from}/node_modules/${name}`, `node_modules/${name}`].some((path) => packages[path.replace(/^\//, '')]?.version);
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !locked(path, name))
      .map((name) => ({
        path: 'package-lock.json',
        message: `${name}, which ${path} asks for, is not locked: npm ci will refuse the file`,
      })),
  );
}
