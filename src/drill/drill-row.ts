import * as z from 'zod';
import { drillSettingsSchema } from '../policy/drill-settings.ts';

const text = z.string();
const orNull = text.nullable();
const moment = z.number().int();

const checkSchema = z.strictObject({
  name: z.enum(['bytes', 'file-system', 'files', 'boot']),
  /** `skipped`: it was not asked for, or cannot be told; the detail says why. */
  result: z.enum(['passed', 'failed', 'skipped']),
  detail: text,
});

const stepSchema = z.strictObject({ name: text, startedAt: moment, finishedAt: moment.nullable() });

/**
 * One drill: a restore made to prove that it works, then removed. While it runs this is its state, and afterwards the evidence.
 *
 * `pick` -> `restore` -> `check` -> `remove` -> `finish`; whatever fails goes on with `remove`.
 */
export const drillSchema = z.strictObject({
  v: z.literal(1),
  id: text,
  policy: text,
  by: text,
  state: z.enum(['running', 'passed', 'failed']),
  settings: drillSettingsSchema,
  /** The source that was asked for; null for any. */
  wantedSource: orNull,
  step: z.enum(['pick', 'restore', 'check', 'remove', 'finish']),
  attempts: z.number().int().min(0),
  /** What was picked. */
  source: z.strictObject({ key: text, name: text }).nullable(),
  pointId: orNull,
  takenAt: moment.nullable(),
  /** The disk of the point that is drilled; null for all of a machine. */
  disk: orNull,
  /** The restore that it orders: in the row before it is ordered, so that it is never left behind. */
  restoreId: orNull,
  /** The disk and the snapshot may be open for reading: noted before they are opened. */
  isOpen: z.boolean(),
  checks: z.array(checkSchema),
  reason: z.strictObject({ code: text, message: text }).nullable(),
  steps: z.array(stepSchema),
  /** The steps of the restore, with their times. */
  restoreSteps: z.array(stepSchema),
  /** What the restore had made and could not remove, as it is no longer its own: resource ids. */
  leftBehind: z.array(text),
  createdAt: moment,
  finishedAt: moment.nullable(),
});

export type Drill = z.infer<typeof drillSchema>;
export type Check = z.infer<typeof checkSchema>;

/** MiB that are compared where nobody says otherwise. */
export const SAMPLE_MIB = 16;

/** How long each step took, those of the restore under its name. Units: seconds. */
export function secondsByStep(drill: Pick<Drill, 'steps' | 'restoreSteps'>): Readonly<Record<string, number>> {
  const named = [
    ...drill.steps,
    ...drill.restoreSteps.map((step) => ({ ...step, name: `restore: ${step.name}` })),
  ].flatMap(({ name, startedAt, finishedAt }) =>
    finishedAt === null ? [] : [[name, finishedAt - startedAt] as const],
  );
  return Object.fromEntries(named.map(([name, ms]) => [name, ms / 1_000]));
}
