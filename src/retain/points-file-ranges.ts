import type { Extents, Ranges } from './block-lives.ts';
import type { ProblemList } from './problem-list.ts';

/**
 * The largest managed disk there is: 65,536 GiB. A range beyond it lies on no disk.
 * Source: learn.microsoft.com/azure/virtual-machines/disks-types (Ultra Disks and Premium SSD v2: 64 TiB).
 */
export const LARGEST_DISK_BYTES = 65_536 * 2 ** 30;

const NO_RANGES: Ranges = new Float64Array(0);
const allowedList = 'a list of ranges [offset, length], ascending and without overlap';

/**
 * Reads what a point says of the bytes that changed.
 *
 * Shape: null where `changed` is absent. Problems name the first range of a list that is wrong, by path.
 */
export function readRanges(
  changed: unknown,
  cleared: unknown,
  at: (field: string) => string,
  list: ProblemList,
): Extents | null {
  const problemsBefore = list.problems.length;
  const written = changed === undefined ? null : readList(changed, at('changed'), list);
  const freed = cleared === undefined ? NO_RANGES : readList(cleared, at('cleared'), list);
  if (list.problems.length > problemsBefore || written === null || freed === null) return null;
  const overlap = firstOverlap(written, freed);
  if (overlap >= 0) {
    const found = [freed[overlap * 2], freed[overlap * 2 + 1]];
    list.add(
      `${at('cleared')}[${overlap}]`,
      'overlaps a range of changed',
      found,
      'bytes that are either changed or cleared',
    );
    return null;
  }
  return { written, cleared: freed };
}

function readList(value: unknown, path: string, list: ProblemList): Ranges | null {
  if (!Array.isArray(value)) {
    list.add(path, 'is not a list', value, allowedList);
    return null;
  }
  const ranges = new Float64Array(value.length * 2);
  let end = 0;
  for (let index = 0; index < value.length; index += 1) {
    const range: unknown = value[index];
    const wrong = wrongRange(range, end);
    if (wrong !== null) {
      list.add(`${path}[${index}]`, wrong.message, range, wrong.allowed);
      return null;
    }
    const [offset, length] = range as [number, number];
    ranges[index * 2] = offset;
    ranges[index * 2 + 1] = length;
    end = offset + length;
  }
  return ranges;
}

function wrongRange(range: unknown, end: number): { message: string; allowed: string } | null {
  if (!Array.isArray(range) || range.length !== 2 || !range.every(Number.isSafeInteger)) {
    return { message: 'is not a range', allowed: 'a pair [offset, length] of whole numbers of bytes' };
  }
  const [offset, length] = range as [number, number];
  if (offset < 0) return { message: 'starts before the disk', allowed: 'an offset from 0' };
  if (length <= 0) return { message: 'has no length', allowed: 'a length above 0' };
  if (offset + length > LARGEST_DISK_BYTES) {
    return { message: 'runs past the end of the largest disk', allowed: `an end of at most ${LARGEST_DISK_BYTES}` };
  }
  if (offset < end)
    return { message: 'overlaps the range before it or is not in order', allowed: `an offset from ${end}` };
  return null;
}

/** The first range of `b` that overlaps one of `a`; -1 where none does. */
function firstOverlap(a: Ranges, b: Ranges): number {
  let at = 0;
  for (let index = 0; index < b.length; index += 2) {
    const start = b[index] as number;
    const end = start + (b[index + 1] as number);
    while (at < a.length && (a[at] as number) + (a[at + 1] as number) <= start) at += 2;
    if (at < a.length && (a[at] as number) < end) return index / 2;
  }
  return -1;
}
