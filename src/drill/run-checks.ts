import { AppError } from '../base/errors.ts';
import type { PointSnapshot } from '../protect/protect.ts';
import { diskIdOf, type Restore } from '../restore/restore.ts';
import { checkDisk, type DrilledDisk } from './check-disk.ts';
import { checkFiles } from './check-files.ts';
import { checkMachine } from './check-machine.ts';
import type { DrillDeps } from './drill-deps.ts';
import type { Check, Drill } from './drill-row.ts';

/** Does the checks of a drill, as its kind has them. */
export async function runChecks(deps: DrillDeps, drill: Drill): Promise<readonly Check[]> {
  const restore = (await deps.restores.get(drill.restoreId ?? ''))?.restore;
  if (restore?.state !== 'succeeded')
    throw new AppError('conflict', 'The restore is gone before it was checked', { restore: drill.restoreId });
  if (drill.settings.kind === 'vm') return checkMachine(deps, drill, restore);
  const snapshot = await snapshotOf(deps, drill);
  if (!snapshot) throw new AppError('conflict', 'The point is gone', { point: drill.pointId });
  if (drill.settings.kind === 'files') return checkFiles(deps, drill, restore, snapshot);
  return checkDisk(deps, drill, { snapshot, diskId: madeDisk(restore) });
}

/** The disk and the snapshot that a drill may have open; null where it opens none. */
export async function drilledDisk(deps: DrillDeps, drill: Drill, restore: Restore): Promise<DrilledDisk | null> {
  if (drill.settings.kind !== 'disk') return null;
  const snapshot = await snapshotOf(deps, drill);
  return snapshot && { snapshot, diskId: madeDisk(restore) };
}

async function snapshotOf(deps: DrillDeps, drill: Drill): Promise<PointSnapshot | null> {
  const point = drill.pointId === null ? null : (await deps.catalogue.get(drill.pointId))?.point;
  return point?.snapshots.find(({ diskName }) => diskName === drill.disk) ?? null;
}

function madeDisk(restore: Restore): string {
  const [disk] = restore.disks;
  if (!disk) throw new AppError('data-unreadable', 'The row of a restore lacks its disk', { restore: restore.id });
  return diskIdOf(disk);
}
