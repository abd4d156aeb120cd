import { assert } from '../base/assert.ts';
import { toMicroUnits } from '../base/money.ts';
import { type Parsed, type Problem, showFound } from '../base/problem.ts';
import { schemaProblems, valueAt } from '../base/schema-problems.ts';
import { type CalendarDuration, parseDuration, parseZone, type ZoneId } from '../base/time.ts';
import { sectionProblems } from './check-sections.ts';
import { type Capability, notSupportedYet, unsupportedProblems } from './not-supported-yet.ts';
import type { Budget, Matcher, Policy, Retention, Schedule, Scope } from './policy.ts';
import { type PolicyDocument, policySchema } from './policy-schema.ts';
import { splitScope } from './scope.ts';

/**
 * Reads a policy document.
 *
 * Shape:  a policy with every default filled in, or every problem at once: by JSON path, with what was found and what is allowed.
 *         Whether it protects anything at all is asked of `check-policy.ts`.
 */
export function parsePolicy(
  input: unknown,
  options: {
    /** The name that the document is written under: the two must agree. */
    readonly name?: string;
    readonly notSupportedYet?: ReadonlySet<Capability>;
  } = {},
): Parsed<Policy> {
  const problems = [
    ...schemaProblems(policySchema, input),
    ...nameProblems(input, options.name),
    ...unsupportedProblems(input, options.notSupportedYet ?? notSupportedYet),
    ...sectionProblems(input),
  ];
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: policyOf(policySchema.parse(input)) };
}

/** The part of a policy that decides what is kept: all that the offline preview needs. */
export type RetentionPart = Pick<Policy, 'retention' | 'budget' | 'timeZone'>;

/** What of a document decides what is kept. */
export const retentionPartSchema = policySchema.pick({ retention: true, budget: true, timeZone: true });

/** Reads a document of `retention`, `budget` and `timeZone` alone, by the rules of the whole. */
export function parseRetentionPart(
  input: unknown,
  options: { readonly notSupportedYet?: ReadonlySet<Capability> } = {},
): Parsed<RetentionPart> {
  const problems = [
    ...schemaProblems(retentionPartSchema, input),
    ...unsupportedProblems(input, options.notSupportedYet ?? notSupportedYet),
    ...sectionProblems(input),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const document = retentionPartSchema.parse(input);
  return {
    ok: true,
    value: {
      retention: retentionOf(document.retention),
      budget: document.budget ? budgetOf(document.budget) : null,
      timeZone: zoneOf(document.timeZone),
    },
  };
}

function nameProblems(input: unknown, expected: string | undefined): readonly Problem[] {
  const name = valueAt(input, ['name']);
  if (expected === undefined || typeof name !== 'string' || name === expected) return [];
  return [
    { path: '$.name', message: 'is not the name in the address', found: showFound(name), allowed: showFound(expected) },
  ];
}

function policyOf(document: PolicyDocument): Policy {
  const { select, snapshot } = document;
  return {
    name: document.name,
    enabled: document.enabled,
    timeZone: zoneOf(document.timeZone),
    select: {
      scopes: select.scopes.map(scopeOf),
      kinds: [...new Set(select.kinds)],
      include: select.include.map(matcherOf),
      exclude: select.exclude.map(matcherOf),
      excludeDisks: select.excludeDisks.map(matcherOf),
    },
    schedules: document.schedules.map(scheduleOf),
    retention: retentionOf(document.retention),
    budget: document.budget ? budgetOf(document.budget) : null,
    onDelete: document.onDelete,
    drills: document.drills ?? null,
    consistency: document.consistency,
    snapshot,
  };
}

function zoneOf(text: string): ZoneId {
  const zone = parseZone(text);
  assert(zone !== null, 'the schema refuses unknown zones');
  return zone;
}

function scopeOf(text: string): Scope {
  const scope = splitScope(text);
  assert(scope !== null, 'the schema refuses what is no scope');
  return scope;
}

function matcherOf(form: PolicyDocument['select']['excludeDisks'][number]): Matcher {
  if ('lun' in form) return { kind: 'lun', lun: form.lun };
  if ('name' in form) return { kind: 'name', name: form.name };
  if ('equals' in form) return { kind: 'tagEquals', tag: form.tag, equals: form.equals };
  if ('in' in form) return { kind: 'tagIn', tag: form.tag, in: form.in };
  return { kind: 'tagExists', tag: form.tag, exists: form.exists };
}

function scheduleOf(schedule: PolicyDocument['schedules'][number]): Schedule {
  const startWindow = durationOf(schedule.startWindow);
  assert(startWindow !== null, 'the schema fills in a start window');
  return {
    name: schedule.name,
    cron: schedule.cron,
    startWindow,
    jitter: durationOf(schedule.jitter),
    catchUp: schedule.catchUp,
  };
}

function retentionOf(retention: PolicyDocument['retention']): Retention {
  return {
    keepLast: retention.keepLast ?? null,
    keepHourly: retention.keepHourly ?? null,
    keepDaily: retention.keepDaily ?? null,
    keepWeekly: retention.keepWeekly ?? null,
    keepMonthly: retention.keepMonthly ?? null,
    keepYearly: retention.keepYearly ?? null,
    keepWithin: durationOf(retention.keepWithin),
    keepWithinHourly: durationOf(retention.keepWithinHourly),
    keepWithinDaily: durationOf(retention.keepWithinDaily),
    keepWithinWeekly: durationOf(retention.keepWithinWeekly),
    keepWithinMonthly: durationOf(retention.keepWithinMonthly),
    keepWithinYearly: durationOf(retention.keepWithinYearly),
    maxAge: durationOf(retention.maxAge),
    minimum: retention.minimum,
    graceHours: retention.graceHours,
    maxDeletePercent: retention.maxDeletePercent,
  };
}

function budgetOf(budget: NonNullable<PolicyDocument['budget']>): Budget {
  const { per } = budget;
  return {
    amountPerMonth: { microUnits: toMicroUnits(budget.amountPerMonth), currency: budget.currency },
    per: per === 'policy' || per === 'subscription' ? { kind: per } : { kind: 'tag', tag: per.slice('tag:'.length) },
    floors: [...new Set(budget.floors)],
  };
}

function durationOf(text: string | undefined): CalendarDuration | null {
  if (text === undefined) return null;
  const duration = parseDuration(text);
  assert(duration !== null, 'the schema refuses what is no duration');
  return duration;
}
