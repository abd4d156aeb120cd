import * as z from 'zod';
import type { EpochMs } from '../base/time.ts';
import { machineShape } from '../inventory/manifest.ts';

const text = z.string();
const orNull = text.nullable();
const moment = z.number().int();
const tags = z.record(text, text);

/** One disk that a restore makes. Units: GiB, as Azure takes it. */
export const diskPlanSchema = z.strictObject({
  subscriptionId: text,
  resourceGroup: text,
  name: text,
  region: text,
  snapshotId: text,
  sku: text,
  zone: orNull,
  sizeGiB: z.number().int(),
  diskEncryptionSetId: orNull,
  tags,
  /** The disk that it is a state of, by name; and where that is attached: null for an OS disk or a disk by itself. */
  sourceName: text,
  lun: z.number().int().nullable(),
  isOsDisk: z.boolean(),
});

const newInterfaceSchema = z.strictObject({
  id: text,
  primary: z.boolean(),
  subnetId: text,
  privateAddress: orNull,
  networkSecurityGroupId: orNull,
  acceleratedNetworking: z.boolean(),
  ipForwarding: z.boolean(),
  dnsServers: z.array(text),
});

/** The virtual machine that a restore makes. */
export const machinePlanSchema = z.strictObject({
  id: text,
  region: text,
  zone: orNull,
  ...machineShape,
  tags,
  cachingByLun: z.record(text, z.enum(['None', 'ReadOnly', 'ReadWrite'])),
  writeAcceleratorLuns: z.array(text),
  /** Interfaces that are made, or those of the original that are taken over. */
  newInterfaces: z.array(newInterfaceSchema),
  originalInterfaces: z.array(z.strictObject({ id: text, primary: z.boolean() })),
  isolated: z.boolean(),
  /** What the original had and the new machine has not: listed, not installed. */
  extensions: z.array(text),
});

/** One disk of a swap: the old one in its place, and the new one. Both stay; the row is the table that leads from one to the other. */
const swappedSchema = z.strictObject({
  lun: z.number().int().nullable(),
  caching: z.enum(['None', 'ReadOnly', 'ReadWrite']),
  fromId: text,
  fromUniqueId: text,
  toId: text,
});

export const swapPlanSchema = z.strictObject({
  machineId: text,
  vmId: orNull,
  disks: z.array(swappedSchema),
  /** Null until the machine has been looked at. */
  wasRunning: z.boolean().nullable(),
  startAfter: z.boolean(),
  /** The recovery point that is taken of the machine before it is touched; null where none was asked for. */
  safetyPointId: orNull,
  takeSafetyPoint: z.boolean(),
});

/** Files of a point, and the container of blobs that they go to. */
export const filesPlanSchema = z.strictObject({
  disk: text,
  volume: text,
  names: z.array(text),
  container: text,
  prefix: text,
});

const reasonSchema = z.strictObject({
  path: text,
  message: text,
  found: text.optional(),
  allowed: text.optional(),
});

export const restoreStates = [
  'queued',
  'running',
  'undoing',
  'succeeded',
  'failed',
  'cancelled',
  'undone',
  'removed',
] as const;

/**
 * One restore: an asynchronous operation, kept as a row and advanced step by step.
 *
 * `queued` -> `running` -> `succeeded`, or `running` -> `undoing` -> `failed` | `cancelled`; later `succeeded` -> `undoing` -> `undone` (asked for) | `removed`
 * (its time is over).
 */
export const restoreSchema = z.strictObject({
  v: z.literal(1),
  id: text,
  kind: z.enum(['disk', 'vm', 'swap', 'files']),
  state: z.enum(restoreStates),
  by: text,
  /** The drill that it was made for; null for one that somebody asked for. */
  drill: orNull,
  set: orNull,
  subscriptionId: text,
  pointId: text,
  takenAt: moment.nullable(),
  sourceKey: text,
  sourceName: text,
  disks: z.array(diskPlanSchema),
  machine: machinePlanSchema.nullable(),
  swap: swapPlanSchema.nullable(),
  files: filesPlanSchema.nullable(),
  step: z.number().int().min(0),
  phase: z.enum(['do', 'check']),
  attempts: z.number().int().min(0),
  /** Somebody is sending what the step sends, until then: two of them at once would send it twice. */
  busyUntil: moment.nullable(),
  steps: z.array(z.strictObject({ name: text, startedAt: moment, finishedAt: moment.nullable() })),
  /** Operations of Azure under way, by their own URLs: asked for again after a restart. */
  operations: z.array(z.strictObject({ url: text, percent: z.number().nullable() })),
  /** What the restore has made, noted before it is made: its undo deletes this and nothing else. */
  created: z.array(
    z.strictObject({
      type: z.enum(['disk', 'interface', 'machine', 'blob']),
      id: text,
      removedAt: moment.nullable(),
    }),
  ),
  cancelRequested: z.boolean(),
  /** Why it is being undone. */
  undo: z.enum(['failure', 'cancel', 'asked', 'expiry']).nullable(),
  error: z
    .strictObject({ code: text, message: text, step: orNull, azureCode: orNull, reasons: z.array(reasonSchema) })
    .nullable(),
  /** What the last step saw, in words: how far a machine has booted, how many files were written. */
  outcome: orNull,
  expiresAfterMs: z.number().int().nullable(),
  expiresAt: moment.nullable(),
  createdAt: moment,
  finishedAt: moment.nullable(),
});

export type Restore = z.infer<typeof restoreSchema>;
export type RestoreKind = Restore['kind'];
export type DiskPlan = z.infer<typeof diskPlanSchema>;
export type MachinePlan = z.infer<typeof machinePlanSchema>;
export type FilesPlan = z.infer<typeof filesPlanSchema>;
export type SwapPlan = z.infer<typeof swapPlanSchema>;
export type RestoreError = NonNullable<Restore['error']>;

/** The tag that names the restore on what it made. */
export const TAG_RESTORE = 'holdfast-restore';

/** True once nothing more will happen by itself, its expiry aside. */
export function isFinished(restore: Pick<Restore, 'state'>): boolean {
  return restore.state !== 'queued' && restore.state !== 'running' && restore.state !== 'undoing';
}

/** The moment a restore's id names its row by: newest first. */
export function restoreId(createdAt: EpochMs, hash: string): string {
  return `${String(999_999_999_999_999 - createdAt).padStart(15, '0')}.${hash}`;
}

/** The resource id of a disk that a restore makes. */
export function diskIdOf(disk: Pick<DiskPlan, 'subscriptionId' | 'resourceGroup' | 'name'>): string {
  return `/subscriptions/${disk.subscriptionId}/resourceGroups/${disk.resourceGroup}/providers/Microsoft.Compute/disks/${disk.name}`;
}
