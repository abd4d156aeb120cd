import * as z from 'zod';
import type { EpochMs } from '../base/time.ts';

/** Where a restored disk goes. */
export const targetSchema = z.strictObject({
  subscriptionId: z.string(),
  resourceGroup: z.string(),
  name: z.string(),
  region: z.string(),
  sku: z.string(),
  zone: z.string().nullable(),
  sizeGiB: z.number().int(),
  diskEncryptionSetId: z.string().nullable(),
  tags: z.record(z.string(), z.string()),
});

/**
 * One restore: an asynchronous operation, kept as a row and advanced step by step.
 *
 * `running` -> `succeeded`, or `running` -> `undoing` -> `failed` | `cancelled`.
 */
export const restoreSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('disk'),
  state: z.enum(['running', 'undoing', 'succeeded', 'failed', 'cancelled']),
  by: z.string(),
  pointId: z.string(),
  takenAt: z.number().int().nullable(),
  sourceName: z.string(),
  diskId: z.string(),
  snapshotId: z.string(),
  target: targetSchema,
  step: z.number().int().min(0),
  attempts: z.number().int().min(0),
  steps: z.array(
    z.strictObject({ name: z.string(), startedAt: z.number().int(), finishedAt: z.number().int().nullable() }),
  ),
  operation: z.string().nullable(),
  operationPercent: z.number().nullable(),
  /** What the restore has made, noted before it is made: its undo deletes this and nothing else. */
  created: z.array(z.strictObject({ type: z.literal('disk'), id: z.string() })),
  cancelRequested: z.boolean(),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  createdAt: z.number().int(),
  finishedAt: z.number().int().nullable(),
});

export type Restore = z.infer<typeof restoreSchema>;
export type RestoreTarget = z.infer<typeof targetSchema>;

/** The tag that names the restore on what it made. */
export const TAG_RESTORE = 'holdfast-restore';

/** True once nothing more will happen. */
export function isFinished(restore: Restore): boolean {
  return restore.state === 'succeeded' || restore.state === 'failed' || restore.state === 'cancelled';
}

/** The moment a restore's id names its row by: newest first. */
export function restoreId(createdAt: EpochMs, hash: string): string {
  return `${String(999_999_999_999_999 - createdAt).padStart(15, '0')}.${hash}`;
}
