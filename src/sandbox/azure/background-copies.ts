import { numberAt } from './json.ts';
import type { BackgroundCopy, Snapshot } from './resources.ts';

/** The copies that run. A few hundred at most: Azure allows a hundred a region. */
export class BackgroundCopies {
  private readonly running = new Set<Snapshot>();

  begin(snapshot: Snapshot): void {
    this.running.add(snapshot);
  }

  /** Ends it well; nothing to do where it has failed before, or the snapshot is gone. */
  finish(snapshot: Snapshot): void {
    if (this.running.delete(snapshot) && snapshot.background !== null) snapshot.background.state = 'done';
  }

  /** Ends it badly. Shape: whether it was running. */
  fail(snapshot: Snapshot, nowMs: number): boolean {
    if (!this.running.delete(snapshot) || snapshot.background === null) return false;
    snapshot.background.stoppedPercent = completionPercent(snapshot, nowMs);
    snapshot.background.state = 'failed';
    return true;
  }

  /** Takes it out because the snapshot itself goes. */
  forget(snapshot: Snapshot): void {
    this.running.delete(snapshot);
  }

  from(sourceKey: string): Snapshot[] {
    return [...this.running].filter((each) => each.background?.sourceKey === sourceKey);
  }

  all(): readonly Snapshot[] {
    return [...this.running];
  }

  /** Those of one disk, wherever its snapshots are by now. */
  ofDisk(kind: BackgroundCopy['kind'], originUniqueId: string): number {
    return this.count((each) => each.background?.kind === kind && each.originUniqueId === originUniqueId);
  }

  intoRegion(subscriptionKey: string, region: string): number {
    return this.count(
      (each) =>
        each.background?.kind === 'region' && each.subscriptionKey === subscriptionKey && each.region === region,
    );
  }

  private count(fits: (snapshot: Snapshot) => boolean): number {
    let count = 0;
    for (const each of this.running) if (fits(each)) count += 1;
    return count;
  }
}

/** How far a snapshot's bytes have come: 100 only at the end, by the sandbox clock until then. Source: SDK, `completionPercent`. */
export function completionPercent(snapshot: Snapshot, nowMs: number): number {
  const { background } = snapshot;
  if (background === null || background.state === 'done') return 100;
  if (background.state === 'failed') return background.stoppedPercent;
  const part = background.nominalMs === 0 ? 0 : (nowMs - background.startedMs) / background.nominalMs;
  return Math.min(99, Math.floor(part * 100));
}

/** Whether everything of a snapshot is there: it may be restored, copied and read. */
export function isUsable(snapshot: Snapshot): boolean {
  return snapshot.state === 'Succeeded' && (snapshot.background === null || snapshot.background.state === 'done');
}

/** Whether a snapshot has bytes, complete or on their way: one that failed has none. */
export function hasBytes(snapshot: Snapshot): boolean {
  return snapshot.state !== 'Failed' && snapshot.background?.state !== 'failed';
}

/** What may be done with a snapshot whose bytes come in the background. Shape: null where they were there at once. Source: SDK, SnapshotAccessState. */
export function accessStateOf(
  snapshot: Snapshot,
  nowMs: number,
): 'Pending' | 'Available' | 'InstantAccess' | 'AvailableWithInstantAccess' | null {
  const { background } = snapshot;
  if (background === null || background.state === 'failed' || snapshot.state === 'Failed') return null;
  const minutes = numberAt(snapshot.creation, 'instantAccessDurationMinutes') ?? 0;
  const instant = snapshot.state === 'Succeeded' && nowMs < snapshot.createdMs + minutes * 60_000;
  if (background.state === 'done') return instant ? 'AvailableWithInstantAccess' : 'Available';
  return instant ? 'InstantAccess' : 'Pending';
}
