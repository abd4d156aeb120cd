import { inParallel } from '../base/in-parallel.ts';
import { type EpochMs, formatIso, parseIso } from '../base/time.ts';
import type { Snapshot } from '../protect/ports.ts';
import { groupOf, isHeld, type Point, TAG_HOLD, TAG_POINT } from '../protect/protect.ts';
import type { SnapshotRemover } from './ports.ts';
import type { RetentionPoint } from './verdict.ts';

const FOREVER = 'forever';
const MAX_TAG_VALUE = 256;

/** The value of the hold tag: until when, then why, as far as a tag has room. */
export function holdTag(hold: { readonly reason: string; readonly until: EpochMs | null }): string {
  return `${hold.until === null ? FOREVER : formatIso(hold.until)} ${hold.reason}`.slice(0, MAX_TAG_VALUE);
}

/** True while a hold tag stands. What cannot be read counts as a hold. */
export function isHeldByTag(value: string | undefined, now: EpochMs): boolean {
  if (value === undefined) return false;
  const until = parseIso(value.split(' ')[0] ?? '');
  return until === null || until > now;
}

/** What Azure shows of one resource group: its snapshots, and what is locked there. Null where the group itself is gone. */
export interface GroupView {
  readonly snapshotById: ReadonlyMap<string, Snapshot>;
  readonly isLocked: (resourceId: string) => boolean;
  /** Chains with a snapshot that is not Holdfast's: what deleting frees there is an estimate. */
  readonly foreignFamilies: ReadonlySet<string>;
}

/**
 * Reads one point's snapshots by themselves, just before they are deleted. Locks are not asked for: Azure refuses then, and that is told.
 */
export async function viewPoint(remover: SnapshotRemover, point: Point): Promise<GroupView> {
  const seen = await inParallel(point.snapshots, 4, ({ snapshotId }) => remover.get(snapshotId));
  return {
    snapshotById: new Map(seen.flatMap((snapshot) => (snapshot ? [[snapshot.id.toLowerCase(), snapshot]] : []))),
    isLocked: () => false,
    foreignFamilies: new Set(),
  };
}

/**
 * Reads what stands against deletions in a resource group: one list, and its management locks.
 *
 * Errors: AppError where either cannot be read whole: then nothing of the group is deleted.
 */
export async function viewGroup(remover: SnapshotRemover, point: Point): Promise<GroupView | null> {
  const group = groupOf(point);
  const listed = await remover.list(group.subscriptionId, group.resourceGroup);
  if (listed === null) return null;
  const locked = await remover.lockedResources(group.subscriptionId, group.resourceGroup);
  return {
    snapshotById: new Map(listed.map((snapshot) => [snapshot.id.toLowerCase(), snapshot])),
    isLocked: (resourceId) =>
      locked.some((scope) => resourceId.toLowerCase() === scope || resourceId.toLowerCase().startsWith(`${scope}/`)),
    foreignFamilies: new Set(
      listed.flatMap(({ tags, familyId }) => (tags[TAG_POINT] === undefined && familyId !== null ? [familyId] : [])),
    ),
  };
}

/** A point of the catalogue as retention sees it, with what Azure says against its deletion. */
export function retentionPoint(point: Point, view: GroupView, now: EpochMs): RetentionPoint {
  const seen = point.snapshots.flatMap((snapshot) => view.snapshotById.get(snapshot.snapshotId.toLowerCase()) ?? []);
  return {
    id: point.id,
    takenAt: point.takenAt ?? point.slot,
    state: point.state === 'succeeded' ? 'succeeded' : point.state === 'failed' ? 'failed' : 'pending',
    held: isHeld(point, now) || seen.some((snapshot) => isHeldByTag(snapshot.tags[TAG_HOLD], now)),
    immutable:
      seen.some((snapshot) => snapshot.immutable) ||
      point.snapshots.some((snapshot) => view.isLocked(snapshot.snapshotId)),
  };
}
