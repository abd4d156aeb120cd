import type { EpochMs } from '../base/time.ts';
import type { Source } from '../inventory/inventory.ts';
import type { Policy } from '../policy/policy.ts';
import { snapshotGroup } from '../policy/snapshot-group.ts';
import { pointId, snapshotName } from '../schedule/point-names.ts';
import type { Point } from './point.ts';

/** Holdfast's own tags: what carries them and has a row in the catalogue is Holdfast's, nothing else. */
export const TAG_POINT = 'holdfast-point';
export const TAG_POLICY = 'holdfast-policy-name';
export const TAG_SOURCE = 'holdfast-source';
export const TAG_SLOT = 'holdfast-slot';
export const TAG_ORIGIN = 'holdfast-origin';
export const TAG_HOLD = 'holdfast-hold';
export const TAG_DELETE_AFTER = 'holdfast-delete-after';

/**
 * The point of a source at a slot, not yet taken: every name in it follows from policy, source and slot, so that planning it twice plans one point.
 */
export function planPoint(plan: {
  readonly policy: Policy;
  readonly source: Source;
  readonly slot: EpochMs;
  readonly schedules: readonly string[];
  readonly trigger: 'schedule' | 'demand';
  readonly now: EpochMs;
}): Point {
  const { policy, source, slot } = plan;
  const { disks, ...origin } = source;
  const resourceGroup = snapshotGroup(policy.snapshot.resourceGroup, source.region);
  return {
    id: pointId({ sourceKey: source.key, policy: policy.name, slot }),
    policy: policy.name,
    slot,
    schedules: plan.schedules,
    trigger: plan.trigger,
    source: origin,
    state: 'planned',
    plannedAt: plan.now,
    startedAt: null,
    takenAt: null,
    finishedAt: null,
    skewMs: null,
    attempts: 0,
    deletingSince: null,
    error: null,
    snapshots: disks.map((disk) => ({
      diskId: disk.id,
      diskName: disk.name,
      diskUniqueId: disk.uniqueId,
      lun: disk.lun,
      diskSku: disk.sku,
      sizeBytes: disk.sizeBytes,
      snapshotId: `/subscriptions/${source.subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/snapshots/${snapshotName({ policy: policy.name, diskName: disk.name, diskUniqueId: disk.uniqueId, slot })}`,
      createdAt: null,
      familyId: null,
      state: 'planned',
    })),
    hold: null,
    mark: null,
  };
}
