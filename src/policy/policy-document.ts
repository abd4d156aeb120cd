import { fromMicroUnits } from '../base/money.ts';
import type { Budget, Matcher, Policy, Retention, Schedule, Scope } from './policy.ts';
import type { PolicyDocument } from './policy-schema.ts';

/**
 * Writes a policy as the document that it is, with every default filled in: what `GET policies/{name}` answers.
 *
 * Shape:  reading it again gives the same policy.
 */
export function policyDocument(policy: Policy): PolicyDocument {
  return {
    name: policy.name,
    enabled: policy.enabled,
    timeZone: policy.timeZone,
    select: {
      scopes: policy.select.scopes.map(scopeText),
      kinds: [...policy.select.kinds],
      include: policy.select.include.map(sourceForm),
      exclude: policy.select.exclude.map(sourceForm),
      excludeDisks: policy.select.excludeDisks.map(diskForm),
    },
    schedules: policy.schedules.map(scheduleForm),
    retention: retentionForm(policy.retention),
    ...(policy.budget ? { budget: budgetForm(policy.budget) } : {}),
    onDelete: policy.onDelete,
    consistency: { ...policy.consistency },
    copies: [],
    ...(policy.drills ? { drills: policy.drills } : {}),
    snapshot: { ...policy.snapshot, tags: { ...policy.snapshot.tags } },
  };
}

/** A scope as the document writes it. */
export function scopeText(scope: Scope): string {
  if ('managementGroup' in scope) return `/providers/Microsoft.Management/managementGroups/${scope.managementGroup}`;
  const subscription = `/subscriptions/${scope.subscriptionId}`;
  return scope.resourceGroup === null ? subscription : `${subscription}/resourceGroups/${scope.resourceGroup}`;
}

type DiskForm = PolicyDocument['select']['excludeDisks'][number];
type SourceForm = PolicyDocument['select']['include'][number];

function diskForm(matcher: Matcher): DiskForm {
  return matcher.kind === 'lun' ? { lun: matcher.lun } : sourceForm(matcher);
}

function sourceForm(matcher: Matcher): SourceForm {
  switch (matcher.kind) {
    case 'tagEquals':
      return { tag: matcher.tag, equals: matcher.equals };
    case 'tagIn':
      return { tag: matcher.tag, in: [...matcher.in] };
    case 'tagExists':
      return { tag: matcher.tag, exists: matcher.exists };
    case 'name':
      return { name: matcher.name };
    case 'lun':
      throw new TypeError('a source has no LUN: the schema refuses such a condition');
  }
}

function scheduleForm(schedule: Schedule): PolicyDocument['schedules'][number] {
  return {
    name: schedule.name,
    cron: schedule.cron,
    startWindow: schedule.startWindow.text,
    ...(schedule.jitter ? { jitter: schedule.jitter.text } : {}),
    catchUp: schedule.catchUp,
  };
}

function retentionForm(retention: Retention): PolicyDocument['retention'] {
  const { minimum, graceHours, maxDeletePercent } = retention;
  const form: PolicyDocument['retention'] = { minimum, graceHours, maxDeletePercent };
  for (const rule of ['keepLast', 'keepHourly', 'keepDaily', 'keepWeekly', 'keepMonthly', 'keepYearly'] as const) {
    const count = retention[rule];
    if (count !== null) form[rule] = count;
  }
  for (const rule of [
    'keepWithin',
    'keepWithinHourly',
    'keepWithinDaily',
    'keepWithinWeekly',
    'keepWithinMonthly',
    'keepWithinYearly',
    'maxAge',
  ] as const) {
    const duration = retention[rule];
    if (duration !== null) form[rule] = duration.text;
  }
  return form;
}

function budgetForm(budget: Budget): NonNullable<PolicyDocument['budget']> {
  const { amountPerMonth, per, floors } = budget;
  return {
    amountPerMonth: fromMicroUnits(amountPerMonth.microUnits),
    currency: amountPerMonth.currency,
    per: per.kind === 'tag' ? `tag:${per.tag}` : per.kind,
    floors: [...floors],
  };
}
