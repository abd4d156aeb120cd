import { invalidParameter, notAllowed } from './arm-error.ts';
import { isZonalKind } from './disk-kinds.ts';
import { PENDING_SNAPSHOTS_PER_DISK_MAX } from './limits.ts';
import type { BackgroundCopy, Disk } from './resources.ts';
import type { AzureState } from './state.ts';

const MIB = 2 ** 20;

/** Refuses a snapshot that Premium SSD v2 and Ultra do not have. Source: ACD, incremental snapshot restrictions. Errors: 400, 409. */
export function checkHydration(state: AzureState, disk: Disk, incremental: boolean): void {
  if (!isZonalKind(disk.sku)) return;
  if (!incremental) throw invalidParameter('incremental', `Snapshots of ${disk.sku} disks are incremental.`);
  if (state.copies.ofDisk('hydration', disk.uniqueId) < PENDING_SNAPSHOTS_PER_DISK_MAX) return;
  throw notAllowed(
    `${PENDING_SNAPSHOTS_PER_DISK_MAX} snapshots of disk '${disk.name}' are still being completed. Wait until one is.`,
  );
}

/** What is still to come of a snapshot's bytes: nothing, but for Premium SSD v2 and Ultra, whose snapshots are filled in the background. */
export function hydrationOf(state: AzureState, disk: Disk, storedBytes: number): BackgroundCopy | null {
  if (!isZonalKind(disk.sku)) return null;
  const { copyMiBPerSecond, copyLeastMs } = state.settings;
  return {
    kind: 'hydration',
    sourceKey: disk.key,
    startedMs: state.clock.now(),
    nominalMs: Math.max(copyLeastMs, Math.ceil((storedBytes / MIB / copyMiBPerSecond) * 1_000)),
    state: 'running',
    stoppedPercent: 0,
  };
}
