import type { PointAnswer } from './app-answers.ts';
import { expectedSlots } from './expected-slots.ts';
import { keptByTiers, type SimpleRetention } from './kept-by-tiers.ts';

/** A policy as the record holds the app against it. */
export interface ExpectedPolicy {
  readonly name: string;
  readonly timeZone: string;
  readonly crons: readonly string[];
  readonly retention: SimpleRetention;
  /** Names of the sources that it must protect, with how many disks each has. */
  readonly disksBySource: Readonly<Record<string, number>>;
}

/** What the record says of the days that were played. */
export interface RecordResult {
  readonly slotsExpected: number;
  readonly pointsTaken: number;
  readonly snapshotsExpected: number;
  readonly snapshotsTaken: number;
  /** Slots without a succeeded point: `gold vm-shop-01 2026-03-01T06:00:00.000Z`. */
  readonly missed: readonly string[];
  /** Points at no slot of their policy, or a second one at the same slot. */
  readonly unexpected: readonly string[];
  readonly pointsPruned: number;
  readonly snapshotsPruned: number;
  /** Points that a rule keeps and that are gone. */
  readonly keptButGone: readonly string[];
}

interface Seen {
  readonly id: string;
  readonly slot: number;
  takenAt: number | null;
  succeeded: boolean;
  readonly snapshots: number;
  there: boolean;
}

/**
 * Remembers every point that the app has shown, day by day, so that the end can be held against what the schedules ask for and the rules keep.
 *
 * A point is there for its grace of 24 hours at least before it is deleted, so whoever looks once a day has seen every one.
 */
export class PointRecord {
  readonly #seen = new Map<string, Map<string, Seen>>();

  /** Takes in everything that is there now. `existing` says whether Azure has a snapshot, by its id: a row alone is no backup. */
  look(points: readonly PointAnswer[], existing: (snapshotId: string) => boolean): void {
    for (const known of this.#seen.values()) for (const point of known.values()) point.there = false;
    for (const point of points) this.#take(point, existing);
  }

  /** Holds all that was seen against the policies. Units: epoch milliseconds; the days played are (`from`, `to`]. */
  judge(policies: readonly ExpectedPolicy[], from: number, to: number): RecordResult {
    const parts = policies.flatMap((policy) => {
      const slots = expectedSlots(policy.crons, policy.timeZone, from, to);
      return Object.entries(policy.disksBySource).map(([source, disks]) =>
        judgeSource({
          policy,
          source,
          disks,
          slots,
          to,
          seen: [...(this.#seen.get(`${policy.name} ${source}`)?.values() ?? [])],
        }),
      );
    });
    const sum = (of: (part: RecordResult) => number) => parts.reduce((total, part) => total + of(part), 0);
    const known = new Set(
      policies.flatMap((policy) => Object.keys(policy.disksBySource).map((source) => `${policy.name} ${source}`)),
    );
    const strangers = [...this.#seen.keys()].filter((key) => !known.has(key));
    return {
      slotsExpected: sum((part) => part.slotsExpected),
      pointsTaken: sum((part) => part.pointsTaken),
      snapshotsExpected: sum((part) => part.snapshotsExpected),
      snapshotsTaken: sum((part) => part.snapshotsTaken),
      missed: parts.flatMap((part) => part.missed),
      unexpected: [...parts.flatMap((part) => part.unexpected), ...strangers],
      pointsPruned: sum((part) => part.pointsPruned),
      snapshotsPruned: sum((part) => part.snapshotsPruned),
      keptButGone: parts.flatMap((part) => part.keptButGone),
    };
  }

  #take(point: PointAnswer, existing: (snapshotId: string) => boolean): void {
    const key = `${point.policy} ${point.sourceName}`;
    const known = this.#seen.get(key) ?? new Map<string, Seen>();
    this.#seen.set(key, known);
    const seen = known.get(point.id) ?? {
      id: point.id,
      slot: Date.parse(point.slot),
      takenAt: null,
      succeeded: false,
      snapshots: point.snapshots.length,
      there: true,
    };
    known.set(point.id, seen);
    if (point.state === 'succeeded') seen.succeeded = true;
    if (point.takenAt !== null) seen.takenAt = Date.parse(point.takenAt);
    seen.there = point.snapshots.every((snapshot) => existing(snapshot.id));
  }
}

function judgeSource(part: {
  readonly policy: ExpectedPolicy;
  readonly source: string;
  readonly disks: number;
  readonly slots: readonly number[];
  readonly to: number;
  readonly seen: readonly Seen[];
}): RecordResult {
  const { policy, source, disks, slots, to, seen } = part;
  const name = (at: number) => `${policy.name} ${source} ${new Date(at).toISOString()}`;
  const succeeded = seen.filter((point) => point.succeeded);
  const pointBySlot = new Map(succeeded.map((point) => [point.slot, point]));
  const due = new Set(slots);
  const gone = succeeded.filter((point) => !point.there);
  const momentOf = (point: Seen) => point.takenAt ?? point.slot;
  const kept = new Set(keptByTiers(succeeded.map(momentOf), policy.retention, policy.timeZone, to));
  return {
    slotsExpected: slots.length,
    pointsTaken: succeeded.length,
    snapshotsExpected: slots.length * disks,
    snapshotsTaken: succeeded.reduce((total, point) => total + point.snapshots, 0),
    missed: slots.filter((slot) => pointBySlot.get(slot)?.snapshots !== disks).map(name),
    unexpected: succeeded
      .filter((point) => !due.has(point.slot) || pointBySlot.get(point.slot) !== point)
      .map((point) => name(point.slot)),
    pointsPruned: gone.length,
    snapshotsPruned: gone.reduce((total, point) => total + point.snapshots, 0),
    keptButGone: gone.filter((point) => kept.has(momentOf(point))).map((point) => name(point.slot)),
  };
}
