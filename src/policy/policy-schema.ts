import * as z from 'zod';
import { isCurrencyCode } from '../base/money.ts';
import { drillSettingsSchema } from './drill-settings.ts';
import { floorRules } from './policy.ts';
import {
  countLeaf,
  cronLeaf,
  durationLeaf,
  globLeaf,
  lunLeaf,
  nameLeaf,
  tagNameLeaf,
  tagValueLeaf,
  zoneLeaf,
} from './policy-leaves.ts';
import { scopeLeaf } from './scope.ts';

/** Bounds of a document, far above what anybody writes by hand: they keep a tick over all policies short. */
const MAX_SCHEDULES = 20;
const MAX_SCOPES = 200;
const MAX_MATCHERS = 100;
const MAX_TAG_VALUES = 100;
const MAX_COPIES = 10;
const MAX_AMOUNT = 1_000_000_000;
const MAX_GRACE_HOURS = 2_160;
const MAX_MINIMUM = 100;

/** The forms of a matcher. Which one is meant follows from its fields. */
export const matcherForms = {
  tagEquals: z.strictObject({ tag: tagNameLeaf, equals: tagValueLeaf }),
  tagIn: z.strictObject({
    tag: tagNameLeaf,
    in: z.array(tagValueLeaf).min(1).max(MAX_TAG_VALUES).describe(`1 to ${MAX_TAG_VALUES} tag values`),
  }),
  tagExists: z.strictObject({ tag: tagNameLeaf, exists: z.boolean().describe('true or false') }),
  name: z.strictObject({ name: globLeaf }),
  lun: z.strictObject({ lun: lunLeaf }),
};

const sourceMatcher = z
  .union([matcherForms.tagEquals, matcherForms.tagIn, matcherForms.tagExists, matcherForms.name])
  .describe('{ tag, equals }, { tag, in }, { tag, exists } or { name }');

const diskMatcher = z
  .union([matcherForms.tagEquals, matcherForms.tagIn, matcherForms.tagExists, matcherForms.name, matcherForms.lun])
  .describe('{ tag, equals }, { tag, in }, { tag, exists }, { name } or { lun }');

export const selectSchema = z
  .strictObject({
    scopes: z
      .array(scopeLeaf)
      .max(MAX_SCOPES)
      .describe(`up to ${MAX_SCOPES} subscriptions or resource groups, or management groups`),
    kinds: z
      .array(z.enum(['virtualMachine', 'disk']).describe('"virtualMachine" or "disk"'))
      .max(2)
      .default(['virtualMachine', 'disk'])
      .describe('a list of "virtualMachine" and "disk"'),
    include: matchers(sourceMatcher, 'conditions that all have to hold'),
    exclude: matchers(sourceMatcher, 'conditions of which none may hold'),
    excludeDisks: matchers(diskMatcher, 'conditions on disks that are left out'),
  })
  .describe('an object with scopes, kinds, include, exclude and excludeDisks');

export const scheduleSchema = z
  .strictObject({
    name: nameLeaf,
    cron: cronLeaf,
    startWindow: durationLeaf.default('PT1H'),
    jitter: durationLeaf.optional(),
    catchUp: z.enum(['none', 'latest']).default('latest').describe('"none" or "latest"'),
  })
  .describe('an object with name, cron, startWindow, jitter and catchUp');

export const retentionSchema = z
  .strictObject({
    keepLast: countLeaf.optional(),
    keepHourly: countLeaf.optional(),
    keepDaily: countLeaf.optional(),
    keepWeekly: countLeaf.optional(),
    keepMonthly: countLeaf.optional(),
    keepYearly: countLeaf.optional(),
    keepWithin: durationLeaf.optional(),
    keepWithinHourly: durationLeaf.optional(),
    keepWithinDaily: durationLeaf.optional(),
    keepWithinWeekly: durationLeaf.optional(),
    keepWithinMonthly: durationLeaf.optional(),
    keepWithinYearly: durationLeaf.optional(),
    maxAge: durationLeaf.optional(),
    minimum: z.int().min(1).max(MAX_MINIMUM).default(1).describe(`a whole number from 1 to ${MAX_MINIMUM}`),
    graceHours: z.int().min(0).max(MAX_GRACE_HOURS).default(24).describe(`whole hours from 0 to ${MAX_GRACE_HOURS}`),
    maxDeletePercent: z.number().min(0).max(100).default(20).describe('a number from 0 to 100'),
  })
  .describe('an object of keep rules, maxAge, minimum, graceHours and maxDeletePercent');

export const budgetSchema = z
  .strictObject({
    amountPerMonth: z
      .number()
      .min(0.000001)
      .max(MAX_AMOUNT)
      .describe(`an amount of money above zero and up to ${MAX_AMOUNT}, to the millionth`),
    currency: z
      .string()
      .superRefine((text, context) => {
        if (!isCurrencyCode(text)) context.addIssue({ code: 'custom', message: 'is not a currency code' });
      })
      .describe('three capital letters of ISO 4217, such as "EUR"'),
    per: z
      .string()
      .max(516)
      .regex(/^(policy|subscription|tag:[^<>%&\\?/]+)$/)
      .default('policy')
      .describe('"policy", "subscription" or "tag:<tag name>"'),
    floors: z
      .array(z.enum(floorRules).describe(`one of ${floorRules.join(', ')}`))
      .max(floorRules.length)
      .default([])
      .describe('a list of names of keep rules'),
  })
  .describe('an object with amountPerMonth, currency, per and floors');

/** Source: resource name rules, Microsoft.Compute/diskAccesses: 1 to 80 letters, digits, "_" and "-". */
const DISK_ACCESS =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[^/?#\s]{1,108}\/providers\/Microsoft\.Compute\/diskAccesses\/[\w{}-]{1,88}$/i;

export const snapshotSchema = z
  .strictObject({
    resourceGroup: z
      .string()
      .min(1)
      .max(90)
      .default('rg-holdfast-{region}')
      .describe(
        'the name of a resource group of 1 to 90 letters, digits, "_", "(", ")", "-" and ".", not ending with "."; {region} stands for the region',
      ),
    sku: z
      .enum(['Standard_LRS', 'Standard_ZRS'])
      .default('Standard_ZRS')
      .describe('"Standard_LRS" or "Standard_ZRS": incremental snapshots always lie on Standard HDD'),
    copyTags: z.boolean().default(true).describe('true or false'),
    tags: z.record(tagNameLeaf, tagValueLeaf).default({}).describe('an object of tag names and values'),
    networkAccess: z.enum(['deny', 'private', 'allow']).default('deny').describe('"deny", "private" or "allow"'),
    diskAccessId: z
      .string()
      .regex(DISK_ACCESS)
      .optional()
      .describe(
        'the resource id of a disk access resource, /subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/diskAccesses/…; {region} stands for the region',
      ),
  })
  .describe('an object with resourceGroup, sku, copyTags, tags, networkAccess and diskAccessId');

const consistencyLevel = z
  .enum(['application', 'crash', 'disk'])
  .default('disk')
  .describe('"application", "crash" or "disk"');

const consistencySchema = z
  .strictObject({ prefer: consistencyLevel, minimum: consistencyLevel })
  .describe('an object with prefer and minimum');

const copySchema = z
  .strictObject({
    region: z
      .string()
      .regex(/^[a-z0-9]{3,40}$/)
      .describe('the name of an Azure region, such as "northeurope"'),
    retention: retentionSchema.optional(),
  })
  .describe('an object with region and retention');

const drillsSchema = drillSettingsSchema
  .extend({ cron: cronLeaf })
  .describe('an object with cron, pick, kind, path, target and check');

/**
 * The policy document as people write it. It checks each field by itself; what fields mean to each other `parsePolicy` checks.
 * The API's description is made from it.
 */
export const policySchema = z
  .strictObject({
    name: nameLeaf,
    enabled: z.boolean().default(true).describe('true or false'),
    timeZone: zoneLeaf.default('UTC'),
    select: selectSchema,
    schedules: z.array(scheduleSchema).max(MAX_SCHEDULES).describe(`a list of up to ${MAX_SCHEDULES} schedules`),
    retention: retentionSchema,
    budget: budgetSchema.optional(),
    onDelete: z.enum(['keep', 'expire']).default('keep').describe('"keep" or "expire"'),
    consistency: consistencySchema.default({ prefer: 'disk', minimum: 'disk' }),
    copies: z.array(copySchema).max(MAX_COPIES).default([]).describe(`a list of up to ${MAX_COPIES} copies`),
    drills: drillsSchema.optional(),
    snapshot: snapshotSchema.prefault({}),
  })
  .describe('a policy document: an object with name, select, schedules and retention at least');

/** A policy document as it may be written. */
export type PolicyInput = z.input<typeof policySchema>;

/** A policy document with every default filled in. */
export type PolicyDocument = z.output<typeof policySchema>;

function matchers<T extends typeof sourceMatcher | typeof diskMatcher>(matcher: T, meaning: string) {
  return z.array(matcher).max(MAX_MATCHERS).default([]).describe(`a list of up to ${MAX_MATCHERS} ${meaning}`);
}
