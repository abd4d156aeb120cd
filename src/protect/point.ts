import * as z from 'zod';
import type { EpochMs } from '../base/time.ts';
import type { Source } from '../inventory/inventory.ts';
import { storedOriginSchema } from '../inventory/stored-source.ts';

/** One disk's snapshot inside a point. Times are epoch milliseconds, sizes bytes. */
export interface PointSnapshot {
  readonly diskId: string;
  readonly diskName: string;
  readonly diskUniqueId: string;
  readonly lun: number | null;
  readonly diskSku: string;
  readonly sizeBytes: number;
  /** The snapshot's resource id: known before it exists, as its name follows from policy, disk and slot. */
  readonly snapshotId: string;
  readonly createdAt: EpochMs | null;
  readonly familyId: string | null;
  readonly state: 'planned' | 'started' | 'succeeded' | 'failed';
}

export interface Hold {
  readonly reason: string;
  readonly until: EpochMs | null;
  readonly by: string;
  readonly at: EpochMs;
}

/** A mark for deletion: nothing is deleted before `deleteAfter`, and only if the decision still stands then. */
export interface Mark {
  readonly at: EpochMs;
  readonly deleteAfter: EpochMs;
  readonly because: string;
}

/**
 * A recovery point in the catalogue: the state of one source at one slot.
 *
 * `planned` -> `started` (every PUT is sent) -> `succeeded` | `failed` -> `deleting` (the deletes are sent) -> gone.
 */
export interface Point {
  readonly id: string;
  readonly policy: string;
  readonly slot: EpochMs;
  readonly schedules: readonly string[];
  /** `rebuild`: taken back into the catalogue from what Azure still has. */
  readonly trigger: 'schedule' | 'demand' | 'rebuild';
  readonly source: Omit<Source, 'disks'>;
  readonly state: 'planned' | 'started' | 'succeeded' | 'failed' | 'deleting';
  readonly plannedAt: EpochMs;
  readonly startedAt: EpochMs | null;
  /** When Azure froze the first of the disks: the moment the point stands for. */
  readonly takenAt: EpochMs | null;
  readonly finishedAt: EpochMs | null;
  /** How far apart the disks of a virtual machine were frozen. Null until it has succeeded. */
  readonly skewMs: number | null;
  readonly attempts: number;
  /** When its deletes were sent. */
  readonly deletingSince: EpochMs | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly snapshots: readonly PointSnapshot[];
  readonly hold: Hold | null;
  readonly mark: Mark | null;
  /** The manifest of its virtual machine; none for a single disk, or where it could not be had. */
  readonly manifest?: string | undefined;
}

/** The stored form of a point: read strictly, so that a damaged row is reported and never acted on. */
export const pointSchema = z.strictObject({
  id: z.string(),
  policy: z.string(),
  slot: z.number().int(),
  schedules: z.array(z.string()),
  trigger: z.enum(['schedule', 'demand', 'rebuild']),
  source: storedOriginSchema,
  state: z.enum(['planned', 'started', 'succeeded', 'failed', 'deleting']),
  plannedAt: z.number().int(),
  startedAt: z.number().int().nullable(),
  takenAt: z.number().int().nullable(),
  finishedAt: z.number().int().nullable(),
  skewMs: z.number().nullable(),
  attempts: z.number().int(),
  deletingSince: z.number().int().nullable(),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  snapshots: z.array(
    z.strictObject({
      diskId: z.string(),
      diskName: z.string(),
      diskUniqueId: z.string(),
      lun: z.number().int().nullable(),
      diskSku: z.string(),
      sizeBytes: z.number(),
      snapshotId: z.string(),
      createdAt: z.number().int().nullable(),
      familyId: z.string().nullable(),
      state: z.enum(['planned', 'started', 'succeeded', 'failed']),
    }),
  ),
  hold: z
    .strictObject({ reason: z.string(), until: z.number().int().nullable(), by: z.string(), at: z.number().int() })
    .nullable(),
  mark: z.strictObject({ at: z.number().int(), deleteAfter: z.number().int(), because: z.string() }).nullable(),
  manifest: z.string().optional(),
});

/** True while a hold stands: a hold that has expired no longer forbids anything. */
export function isHeld(point: Pick<Point, 'hold'>, now: EpochMs): boolean {
  return point.hold !== null && (point.hold.until === null || point.hold.until > now);
}
