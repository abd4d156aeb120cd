import * as z from 'zod';
import { amount, bytes, count, moment, next, text } from './schema-parts.ts';

const beforeAndAfter = z.strictObject({ before: bytes, after: bytes });
const moneyBeforeAndAfter = z.strictObject({ before: amount, after: amount, currency: text });

const budgetOutcome = z
  .strictObject({
    fits: z.boolean(),
    gapPercent: z.number().min(0).describe('how far the plan may be from the best one'),
    exceedsBy: amount.optional(),
    currency: text.optional(),
    change: z.unknown().optional().describe('the cheapest single change of the policy that would fit'),
  })
  .nullable()
  .describe('how the budget comes out; null where the policy has none');

const reason = z.strictObject({
  rule: text.describe('the rule that keeps or deletes it'),
  nth: z.number().int().min(1).optional(),
  bucket: text.optional(),
  tier: text.optional(),
  freedBytes: z.number().int().optional(),
});

const verdict = z.strictObject({
  id: text,
  source: text,
  action: z.enum(['keep', 'delete']),
  because: z.array(reason).min(1),
});

const schedule = z.strictObject({ name: text, cron: text });

/** What is answered about policies. */
export const policyAnswers = {
  PolicyList: z.strictObject({
    policies: z.array(
      z.strictObject({
        name: text,
        enabled: z.boolean(),
        timeZone: text,
        schedules: z.array(schedule),
        version: text,
        updatedAt: moment,
        updatedBy: text,
        awaitsConfirmation: z.boolean(),
      }),
    ),
  }),
  PolicyChange: z.strictObject({
    dryRun: z.literal(true),
    at: moment,
    policy: text,
    enabled: z.boolean(),
    points: count,
    deletes: count.describe('points that the change would delete and that stay without it'),
    keeps: count.describe('points that the change would keep and that go without it'),
    freesBytes: z.number().int().nullable().describe('null where something is not measured'),
    monthlyCost: moneyBeforeAndAfter.nullable(),
    storedBytes: beforeAndAfter.nullable(),
    budget: budgetOutcome,
    deleted: z.array(text).describe('ids of points'),
  }),
  PolicyPreview: z.strictObject({
    at: moment,
    policy: text,
    points: count,
    deletes: count,
    verdicts: z.array(verdict),
    storedBytes: beforeAndAfter.nullable(),
    monthlyCost: moneyBeforeAndAfter.nullable(),
    budget: budgetOutcome,
    sources: z.array(
      z.strictObject({
        source: text,
        name: text,
        kind: z.enum(['virtualMachine', 'disk']),
        points: count,
        deletes: count,
        storedBytes: beforeAndAfter.nullable(),
      }),
    ),
    unmeasured: count.describe('sources whose bytes are not all known'),
    budgetGroups: z.array(z.record(text, z.unknown())),
    next,
  }),
  Simulation: z.strictObject({
    policy: text,
    from: moment,
    days: z.number().int().min(1),
    timeZone: text,
    currency: text,
    sources: count,
    basis: z.unknown().describe('what the bytes are played with'),
    budget: z.strictObject({ amountPerMonth: amount, fits: z.boolean() }).nullable(),
    perDay: z.array(
      z.strictObject({
        endsAt: moment,
        points: count,
        marked: count,
        storedBytes: z.number(),
        costPerMonth: amount.nullable(),
      }),
    ),
    points: z.array(z.strictObject({ takenAt: moment, goneAt: moment.nullable(), because: z.unknown() })),
  }),
  StoppedSweeps: z.strictObject({
    stopped: z.array(
      z.strictObject({
        policy: text,
        deletes: count,
        points: count,
        askedAt: moment,
        approvedBy: text.nullable(),
      }),
    ),
  }),
};
