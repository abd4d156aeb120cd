import { type EpochMs, formatIso } from '../base/time.ts';
import { type ChainNode, type Chains, chainKey } from '../cost/cost.ts';
import { isHeld, type Point } from './point.ts';

/**
 * A point as the API shows it.
 *
 * Shape:  times are ISO 8601 in UTC; `storedBytes` is what the point's snapshots store beyond the ones before them, null until it is measured.
 */
export async function showPoint(chains: Chains, point: Point, now: EpochMs) {
  const snapshots = [];
  for (const snapshot of point.snapshots) {
    const node = await findNode(chains, chainKey(snapshot.diskUniqueId), point.id);
    snapshots.push({
      id: snapshot.snapshotId,
      disk: snapshot.diskName,
      diskId: snapshot.diskId,
      lun: snapshot.lun,
      sizeBytes: snapshot.sizeBytes,
      state: snapshot.state,
      createdAt: iso(snapshot.createdAt),
      storedBytes: node?.writtenBytes ?? null,
    });
  }
  const bytes = snapshots.map((snapshot) => snapshot.storedBytes);
  return {
    id: point.id,
    source: point.source.key,
    sourceName: point.source.name,
    policy: point.policy,
    slot: formatIso(point.slot),
    schedules: point.schedules,
    trigger: point.trigger,
    state: point.state === 'planned' || point.state === 'started' ? 'pending' : point.state,
    takenAt: iso(point.takenAt),
    consistency: point.snapshots.length > 1 ? 'disk' : 'crash',
    skewMs: point.skewMs,
    storedBytes: bytes.every((value) => value !== null) ? bytes.reduce((sum, value) => sum + value, 0) : null,
    held:
      isHeld(point, now) && point.hold
        ? { reason: point.hold.reason, until: iso(point.hold.until), by: point.hold.by }
        : null,
    marked: point.mark ? { because: point.mark.because, deleteAfter: formatIso(point.mark.deleteAfter) } : null,
    error: point.error,
    snapshots,
  };
}

async function findNode(chains: Chains, key: string, pointId: string): Promise<ChainNode | null> {
  return (await chains.nodes(key)).find((node) => node.pointId === pointId) ?? null;
}

function iso(instant: EpochMs | null): string | null {
  return instant === null ? null : formatIso(instant);
}
