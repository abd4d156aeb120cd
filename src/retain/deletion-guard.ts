import { inParallel } from '../base/in-parallel.ts';
import type { EpochMs } from '../base/time.ts';
import type { Snapshot } from '../protect/ports.ts';
import { isHeld, type Point, readHoldTag, type SnapshotGroup, TAG_HOLD, TAG_POINT } from '../protect/protect.ts';
import type { SnapshotRemover } from './ports.ts';
import type { RetentionPoint } from './verdict.ts';

/** True while a hold tag stands. What cannot be read counts as a hold. */
export function isHeldByTag(value: string | undefined, now: EpochMs): boolean {
  if (value === undefined) return false;
  const { until } = readHoldTag(value);
  return until === null || until > now;
}

/**
 * What Azure shows of some snapshots, and what is locked there: as little as decisions need, since a group holds tens of thousands of them.
 *
 * Shape:  ids in any case. `holdTag` is undefined where there is none.
 */
export interface GroupView {
  isThere(snapshotId: string): boolean;
  holdTag(snapshotId: string): string | undefined;
  isImmutable(snapshotId: string): boolean;
  isLocked(snapshotId: string): boolean;
  /** Null where the snapshot is not there. */
  sku(snapshotId: string): string | null;
  /** True for a chain with a snapshot that is not Holdfast's: what deleting frees there is an estimate. */
  isShared(familyId: string): boolean;
}

/** The view of a list of snapshots. `locked` are scopes in lower case. */
export function viewOf(listed: readonly Snapshot[], locked: readonly string[]): GroupView {
  const there = new Set<number>();
  const holds = new Map<string, string>();
  const immutable = new Set<string>();
  const shared = new Set<string>();
  const skus = new Map<string, string>();
  const usualSku = listed[0]?.sku ?? null;
  for (const snapshot of listed) {
    const id = snapshot.id.toLowerCase();
    there.add(shortHash(id));
    const hold = snapshot.tags[TAG_HOLD];
    if (hold !== undefined) holds.set(id, hold);
    if (snapshot.immutable) immutable.add(id);
    if (snapshot.sku !== usualSku) skus.set(id, snapshot.sku);
    if (snapshot.tags[TAG_POINT] === undefined && snapshot.familyId !== null) shared.add(snapshot.familyId);
  }
  const isThere = (id: string) => there.has(shortHash(id.toLowerCase()));
  return {
    isThere,
    holdTag: (id) => holds.get(id.toLowerCase()),
    isImmutable: (id) => immutable.has(id.toLowerCase()),
    isLocked: (id) => locked.some((scope) => id.toLowerCase() === scope || id.toLowerCase().startsWith(`${scope}/`)),
    sku: (id) => (isThere(id) ? (skus.get(id.toLowerCase()) ?? usualSku) : null),
    isShared: (familyId) => shared.has(familyId),
  };
}

/**
 * A number for an id: 52 bits of two mixes (FNV-1a), so that a large group takes megabytes, not hundreds. Should two ids ever share one, a snapshot that is
 * gone counts as there: on doubt it stays.
 */
function shortHash(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x050c5d1f;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code ^ (low >>> 24), 0x01000193);
  }
  return (high >>> 12) * 2 ** 32 + (low >>> 0);
}

/** Reads one point's snapshots by themselves, just before they are deleted. Locks are not asked for: Azure refuses then, and that is told. */
export async function readSnapshots(remover: SnapshotRemover, point: Point): Promise<readonly Snapshot[]> {
  const seen = await inParallel(point.snapshots, 4, ({ snapshotId }) => remover.get(snapshotId));
  return seen.flatMap((snapshot) => snapshot ?? []);
}

/**
 * Reads what stands against deletions in a resource group: one list, and its management locks. Null where the group itself is gone.
 *
 * Errors: AppError where either cannot be read whole: then nothing of the group is deleted.
 */
export async function viewGroup(remover: SnapshotRemover, group: SnapshotGroup): Promise<GroupView | null> {
  const listed = await remover.list(group.subscriptionId, group.resourceGroup);
  if (listed === null) return null;
  return viewOf(listed, await remover.lockedResources(group.subscriptionId, group.resourceGroup));
}

/** A point of the catalogue as retention sees it, with what Azure says against its deletion. */
export function retentionPoint(point: Point, view: GroupView, now: EpochMs): RetentionPoint {
  const ids = point.snapshots.map(({ snapshotId }) => snapshotId);
  return {
    id: point.id,
    takenAt: point.takenAt ?? point.slot,
    state: point.state === 'succeeded' ? 'succeeded' : point.state === 'failed' ? 'failed' : 'pending',
    held: isHeld(point, now) || ids.some((id) => isHeldByTag(view.holdTag(id), now)),
    immutable: ids.some((id) => view.isImmutable(id) || view.isLocked(id)),
  };
}
