import { AppError } from '../base/errors.ts';
import type { Problem } from '../base/problem.ts';
import type { Point, PointSnapshot } from '../protect/protect.ts';

/** The disk of a point that is meant; the problem where that cannot be told. */
export type FoundDisk =
  | { readonly kind: 'disk'; readonly snapshot: PointSnapshot }
  | { readonly kind: 'several'; readonly disks: readonly PointSnapshot[] }
  | { readonly kind: 'problem'; readonly problem: Problem };

/**
 * Finds the disk of a point by its name, or its LUN (`os` for the one without).
 *
 * Errors: 'conflict' for a point that is not complete, or is being deleted.
 */
export function findDisk(point: Point, disk: string | null): FoundDisk {
  if (point.state !== 'succeeded')
    throw new AppError('conflict', 'Files can be read from a succeeded point only', {
      point: point.id,
      state: point.state,
    });
  const { snapshots } = point;
  const wanted = disk?.toLowerCase();
  const found =
    wanted === undefined
      ? snapshots
      : snapshots.filter(
          ({ diskName, lun }) => diskName.toLowerCase() === wanted || (lun === null ? 'os' : String(lun)) === wanted,
        );
  const [snapshot] = found;
  if (found.length > 1) return { kind: 'several', disks: found };
  if (snapshot) return { kind: 'disk', snapshot };
  const allowed = snapshots.map(({ diskName }) => diskName).join(', ');
  return {
    kind: 'problem',
    problem: { path: '?disk', message: 'is no disk of this point', found: (disk ?? '').slice(0, 80), allowed },
  };
}

/** The problem of a question that needs one disk, about a point that has several. */
export function severalDisks(disks: readonly PointSnapshot[]): Problem {
  return {
    path: '?disk',
    message: 'is missing: the point has several disks',
    found: 'nothing',
    allowed: disks.map(({ diskName }) => diskName).join(', '),
  };
}
