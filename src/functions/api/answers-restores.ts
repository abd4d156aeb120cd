import * as z from 'zod';
import { count, moment, open, text } from './schema-parts.ts';

const step = z.strictObject({ name: text, startedAt: moment, finishedAt: moment.nullable() });

const restore = z.strictObject({
  id: text,
  kind: z.enum(['disk', 'vm', 'swap', 'files']),
  state: z.enum(['queued', 'running', 'undoing', 'succeeded', 'failed', 'cancelled', 'undone', 'removed']),
  by: text,
  drill: text.optional(),
  set: text.optional(),
  point: text,
  takenAt: moment.nullable(),
  source: text,
  sourceKey: text,
  target: open.optional().describe('the disk that is made'),
  machine: open.optional().describe('the machine that is made'),
  swap: open.optional().describe('the table from the old disks to the new'),
  files: open.optional().describe('what is written, and where'),
  step: text.nullable(),
  percent: z.number().min(0).max(100),
  expectedAt: moment.nullable().describe('from what earlier restores took'),
  steps: z.array(step),
  created: z.array(z.strictObject({ type: text, id: text, removedAt: moment.nullable() })),
  outcome: text.nullable(),
  error: z
    .strictObject({
      code: text,
      message: text,
      step: text.nullable(),
      azureCode: text.nullable(),
      reasons: z.array(open),
    })
    .nullable(),
  createdAt: moment,
  finishedAt: moment.nullable(),
  expiresAt: moment.nullable(),
});

/** What is answered about restores and rebuilds. */
export const restoreAnswers = {
  Restore: restore,
  RestoreSet: z.strictObject({
    id: text,
    kind: z.literal('set'),
    state: z.enum(['running', 'succeeded', 'failed']),
    by: text,
    createdAt: moment,
    percent: z.number().min(0).max(100),
    succeeded: count,
    failed: count,
    open: count,
    restores: z.array(restore),
  }),
  RestoreList: z.strictObject({ restores: z.array(restore) }),
  Rebuild: z.strictObject({
    id: text,
    state: z.enum(['running', 'awaits confirmation', 'confirmed']),
    startedAt: moment,
    by: text,
    policiesRestored: z.array(text).nullable(),
    policiesUnreadable: z.array(text).nullable(),
    groups: z.strictObject({ all: count, waiting: count }),
    points: count,
    snapshots: count,
    doubts: z.strictObject({ count, first: z.array(open) }),
    confirmedAt: moment.nullable(),
    confirmedBy: text.nullable(),
  }),
};
