import * as z from 'zod';
import { moment, next, open, text } from './schema-parts.ts';

const drill = z.strictObject({
  id: text,
  policy: text,
  by: text,
  state: text,
  step: text.optional().describe('while it runs'),
  kind: text.describe('what is brought back'),
  pick: text.describe('how its source was chosen'),
  source: z.unknown(),
  point: text.nullable(),
  takenAt: moment.nullable(),
  disk: text.nullable(),
  path: text.optional(),
  restore: text.nullable(),
  checks: z.array(open).describe('what was proven'),
  reason: z.unknown().describe('why it proved nothing; null where it did'),
  restoreSeconds: z.number().nullable(),
  secondsByStep: z.record(text, z.unknown()),
  leftBehind: z.unknown(),
  startedAt: moment,
  finishedAt: moment.nullable(),
});

/** What is answered about drills. */
export const drillAnswers = {
  Drill: drill,
  DrillList: z.strictObject({ drills: z.array(drill), next }),
};
