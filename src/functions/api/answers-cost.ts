import * as z from 'zod';
import { amount, bytes, count, day, microUnits, moment, open, text } from './schema-parts.ts';

const month = z.strictObject({
  month: text,
  cost: amount,
  costMicroUnits: microUnits,
  knownDays: count,
  days: count,
  billed: amount,
  billedMicroUnits: microUnits,
  billedDays: count,
});

const figures = {
  storedBytes: bytes,
  points: count,
  unmeasuredPoints: count,
  unpricedBytes: bytes,
  cost: amount,
  costMicroUnits: microUnits,
  costThisMonth: amount,
  costThisMonthMicroUnits: microUnits,
  costLastMonth: amount,
  costLastMonthMicroUnits: microUnits,
  costPerMonth: amount,
  costPerMonthMicroUnits: microUnits,
  billed: amount,
  billedMicroUnits: microUnits,
  estimateOfBilledDays: amount,
  estimateOfBilledDaysMicroUnits: microUnits,
  madeDiskCost: amount,
  madeDiskCostMicroUnits: microUnits,
  pruned: z.strictObject({
    points: count,
    freedBytes: z.number(),
    naiveBytes: z.number().describe('what adding up sizes would have claimed'),
    costPerMonth: amount,
    costPerMonthMicroUnits: microUnits,
  }),
};

const groupDay = z.strictObject({
  day,
  storedBytes: bytes.nullable(),
  cost: amount.nullable(),
  costMicroUnits: microUnits.nullable(),
});

const named = { key: text, name: text, detail: text.optional() };
const dearest = z.strictObject({ ...named, cost: amount, costMicroUnits: microUnits });

/** What is answered about money. */
export const costAnswers = {
  CostReport: z.strictObject({
    kind: z.literal('estimate'),
    basis: text,
    from: day,
    to: day,
    timeZone: z.literal('UTC'),
    currency: text,
    generatedAt: moment,
    asOf: text.nullable().describe('how far the figures of today reach'),
    lastMonth: month,
    month,
    forecast: open.nullable(),
    prices: z.array(open),
    notices: z.array(z.unknown()).describe('what is missing or uncertain in these figures'),
    total: z.strictObject(figures),
    billed: open.nullable().describe('what Azure has billed beside the estimate of the same days'),
    days: z.array(
      groupDay.extend({
        state: text,
        billed: amount.nullable(),
        billedMicroUnits: microUnits.optional(),
      }),
    ),
    breakdowns: z.array(
      z.strictObject({
        groupBy: text,
        groups: z.array(z.strictObject({ ...named, ...figures, days: z.array(groupDay).optional() })),
      }),
    ),
    dearest: z.strictObject({ machines: z.array(dearest), disks: z.array(dearest) }),
    madeDisks: z.array(open),
    budgets: z.array(open),
    advice: open.nullable().describe('what can be saved, as it was worked out last'),
  }),
  SentMonths: z.strictObject({
    months: z.array(
      z.strictObject({
        month: text,
        state: text,
        writtenAt: moment,
        container: text,
        files: z.array(open),
        currency: text,
        estimate: amount,
        billed: amount.nullable(),
      }),
    ),
  }),
  SendingMonth: z.strictObject({ month: text, id: text }),
  StoredPriceSheet: z.strictObject({
    name: text.nullable(),
    currency: text,
    prices: z.array(
      z.strictObject({
        region: text,
        sku: z.enum(['Standard_LRS', 'Standard_ZRS']),
        price: amount,
        unit: z.literal('1 GB/Month'),
        from: day,
        to: day.nullable(),
        meterId: text.nullable(),
      }),
    ),
    version: text,
    updatedAt: moment,
    updatedBy: text,
  }),
};
