import type { Parsed } from '../base/problem.ts';

const PATH_CHARACTERS_MAX = 4_096;
const SEGMENTS_MAX = 255;

/** A path on a disk: the volume's name, and the way in its file system. No volume at the root. */
export interface DiskPath {
  readonly volume: string | null;
  readonly names: readonly string[];
}

/**
 * Reads a path such as `/p1/etc/hosts`.
 *
 * Shape:  the first name is the partition's; the root is `/` or nothing.
 * Safety: `.`, `..` and what no name can hold are refused: a path means what it says.
 */
export function parsePath(text: string | null): Parsed<DiskPath> {
  const names = (text ?? '').split('/').filter((name) => name !== '');
  const refuse = (message: string, found: string) =>
    ({
      ok: false,
      problems: [
        {
          path: '?path',
          message,
          found: found.slice(0, 80),
          allowed: 'a path such as /p1/etc/hosts, as the listing names it',
        },
      ],
    }) as const;
  if ((text ?? '').length > PATH_CHARACTERS_MAX || names.length > SEGMENTS_MAX)
    return refuse('is too long', text ?? '');
  const bad = names.find((name) => name === '.' || name === '..' || name.includes('\0'));
  if (bad !== undefined) return refuse('has a part that is no name', bad);
  const [volume = null, ...rest] = names;
  if (volume !== null && !/^p\d{1,4}$/.test(volume)) return refuse('does not begin with a partition', volume);
  return { ok: true, value: { volume, names: rest } };
}

/** Joins what `parsePath` took apart. */
export function formatPath({ volume, names }: DiskPath): string {
  return `/${[...(volume === null ? [] : [volume]), ...names].join('/')}`;
}
