import * as z from 'zod';
import { count, day, moment, open, text } from './schema-parts.ts';

const severity = z.number().int().min(0).describe('as Azure Monitor counts it: 0 is the worst');

const condition = z.strictObject({
  kind: text,
  severity,
  title: text,
  name: text,
  group: text,
  facts: open,
  openedAt: moment,
  goneSince: moment.nullable(),
  todo: text.describe('what to do about it'),
});

const missedSlot = z.strictObject({ policy: text, schedule: text, slot: moment, because: text });
const seconds = z.number().int().nullable();

const uncovered = z.strictObject({ total: count, first: z.array(open) });

/** What is answered about the app itself and about how well everything is protected. */
export const healthAnswers = {
  Health: z.strictObject({ status: z.enum(['up', 'degraded']) }),
  HealthDetails: z.strictObject({
    status: z.enum(['up', 'degraded']),
    at: moment,
    reasons: z.array(text),
    conditions: z.array(condition).describe('what is open now'),
    watched: z
      .array(z.strictObject({ kind: text, severity, title: text, text, todo: text, clears: text, open: count }))
      .describe('everything that is watched'),
    watchedAt: moment.nullable(),
    drift: z.strictObject({ at: moment, groups: z.array(open) }).nullable(),
    overdue: z.array(z.strictObject({ kind: text, id: text, dueAt: moment })),
    poisoned: z.array(z.strictObject({ queue: text, body: text, at: moment })),
    missedSlots: z.array(missedSlot),
    undelivered: z.array(
      z.strictObject({ at: moment, title: text, target: text, error: text.nullable(), attempts: count }),
    ),
    stoppedSweeps: count,
    budgetAlarms: z.array(open),
  }),
  ProtectionReport: z.strictObject({
    at: moment,
    days: z.array(day),
    coverage: z.union([
      z.strictObject({ error: text.nullable() }),
      z.strictObject({ machines: open, disks: open, uncoveredMachines: uncovered, uncoveredDisks: uncovered }),
    ]),
    policies: z.array(
      z.strictObject({
        name: text,
        enabled: z.boolean(),
        everRan: z.boolean(),
        savedAt: moment,
        targetSeconds: seconds,
        sources: count,
        over: count,
      }),
    ),
    sources: z.array(
      z.strictObject({
        source: text,
        kind: z.enum(['virtualMachine', 'disk']),
        id: text,
        name: text,
        policy: text,
        targetSeconds: seconds,
        lastPointAt: moment.nullable(),
        rpoSeconds: seconds,
        overTarget: z.boolean(),
        worstSeconds: seconds,
        achievedSeconds: z.array(seconds).describe('by the days of the report'),
        lastProof: z.strictObject({ at: moment, kind: z.enum(['drill', 'restore']) }).nullable(),
      }),
    ),
    sourcesOverTarget: count,
    sourcesNoLongerMatched: count,
    missedSlots: z.array(missedSlot),
    missedSlotsTotal: count,
    conditions: z.array(condition),
    watchedAt: moment.nullable(),
  }),
};
