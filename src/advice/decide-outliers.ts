import { GIB } from '../base/bytes.ts';
import type { Outlier } from './advice.ts';

/** What changes less than this a day is worth nobody's time. */
const LEAST_PER_DAY = GIB;
/** So many times its own rate of the weeks before, or so many times the usual share of a disk that changes. */
const TIMES_ITSELF = 4;
const TIMES_OTHERS = 8;
/** Fewer disks have no usual rate. */
const DISKS_FOR_USUAL = 5;
const LISTED_MAX = 20;

/** A disk with how fast its snapshots grow. Units: bytes a day. */
export interface ChangingDisk {
  readonly chainKey: string;
  readonly diskName: string;
  readonly sourceName: string;
  readonly owner: string | null;
  readonly recentPerDay: number | null;
  readonly earlierPerDay: number | null;
  readonly usedBytes: number;
  readonly microUnitsPerGiBMonth: number | null;
}

/** The disks that change far more than they did, or than the others do for their size: the fastest first. Pure. */
export function findOutliers(disks: readonly ChangingDisk[]): readonly Outlier[] {
  const shares = disks
    .flatMap(({ recentPerDay, usedBytes }) =>
      recentPerDay === null || usedBytes === 0 ? [] : recentPerDay / usedBytes,
    )
    .sort((a, b) => a - b);
  const usualShare = shares.length < DISKS_FOR_USUAL ? null : (shares[Math.floor(shares.length / 2)] ?? null);
  return disks
    .flatMap((disk): Outlier[] => {
      const { recentPerDay, earlierPerDay, usedBytes } = disk;
      if (recentPerDay === null || recentPerDay < LEAST_PER_DAY) return [];
      if (earlierPerDay !== null && recentPerDay >= TIMES_ITSELF * earlierPerDay)
        return [outlier(disk, recentPerDay, 'itself', earlierPerDay)];
      const usual = usualShare === null ? null : usualShare * usedBytes;
      if (usual !== null && recentPerDay >= TIMES_OTHERS * usual) return [outlier(disk, recentPerDay, 'others', usual)];
      return [];
    })
    .sort((a, b) => b.perDay - a.perDay)
    .slice(0, LISTED_MAX);
}

function outlier(disk: ChangingDisk, perDay: number, than: Outlier['than'], usualPerDay: number): Outlier {
  const { chainKey, diskName, sourceName, owner, usedBytes, microUnitsPerGiBMonth } = disk;
  return {
    ...{ chainKey, diskName, sourceName, owner, usedBytes, than },
    perDay: Math.round(perDay),
    usualPerDay: Math.round(usualPerDay),
    // What a day's change adds to each month's bill for as long as it is kept.
    microUnitsPerMonth: microUnitsPerGiBMonth === null ? null : Math.round((perDay / GIB) * microUnitsPerGiBMonth),
  };
}
