import type { z } from 'zod';
import { type Problem, showFound } from '../base/problem.ts';
import { jsonPath, MAX_PROBLEMS, valueAt } from '../base/schema-problems.ts';
import { approximateMs, type CalendarDuration, parseDuration, subtractDuration, UTC } from '../base/time.ts';
import { drillProblems } from './drill-settings.ts';
import { floorRules } from './policy.ts';
import { budgetSchema, scheduleSchema, snapshotSchema } from './policy-schema.ts';
import { isGroupTemplate } from './snapshot-group.ts';

/**
 * What the fields of a document mean to each other. Each check looks at the parts that are sound by themselves, so that one broken field
 * does not hide what is wrong elsewhere.
 */
export function sectionProblems(document: unknown): readonly Problem[] {
  return [
    ...scheduleProblems(valueAt(document, ['schedules'])),
    ...retentionProblems(valueAt(document, ['retention'])),
    ...budgetProblems(valueAt(document, ['budget']), valueAt(document, ['retention'])),
    ...snapshotProblems(valueAt(document, ['snapshot'])),
    ...drillProblems(valueAt(document, ['drills']), ['drills']),
    ...drilledKindProblems(document),
  ].slice(0, MAX_PROBLEMS);
}

/** A drill of machines needs machines. */
function drilledKindProblems(document: unknown): readonly Problem[] {
  const kinds = valueAt(document, ['select', 'kinds']);
  const isMachine = valueAt(document, ['drills', 'kind']) === 'vm';
  if (!isMachine || !Array.isArray(kinds) || kinds.length === 0 || kinds.includes('virtualMachine')) return [];
  const message = 'restores virtual machines, and the policy selects none';
  return [{ path: '$.drills.kind', message, found: '"vm"', allowed: '"disk" or "files", or other $.select.kinds' }];
}

/** Longer than this a slot's data has little to do with its time any more. */
const MAX_START_WINDOW = 'P7D';

function scheduleProblems(schedules: unknown): readonly Problem[] {
  if (!Array.isArray(schedules)) return [];
  const problems: Problem[] = [];
  const firstByName = new Map<string, number>();
  for (const [index, raw] of schedules.entries()) {
    const at = (field: string) => jsonPath(['schedules', index, field]);
    const name = valueAt(raw, ['name']);
    if (typeof name === 'string') {
      const first = firstByName.get(name);
      if (first === undefined) firstByName.set(name, index);
      else
        problems.push({
          path: at('name'),
          message: 'is the name of another schedule too',
          found: showFound(name),
          allowed: `a name that ${jsonPath(['schedules', first])} does not have`,
        });
    }
    const schedule = sound(scheduleSchema, raw);
    if (!schedule) continue;
    const windowMs = lengthMs(schedule.startWindow);
    if (windowMs > lengthMs(MAX_START_WINDOW)) {
      problems.push({
        path: at('startWindow'),
        message: 'is too long',
        found: showFound(schedule.startWindow),
        allowed: `at most ${MAX_START_WINDOW}`,
      });
    }
    if (schedule.jitter !== undefined && lengthMs(schedule.jitter) >= windowMs) {
      problems.push({
        path: at('jitter'),
        message: 'is not shorter than startWindow',
        found: showFound(schedule.jitter),
        allowed: `less than ${schedule.startWindow}`,
      });
    }
  }
  return problems;
}

const withinRules = [
  'keepWithin',
  'keepWithinHourly',
  'keepWithinDaily',
  'keepWithinWeekly',
  'keepWithinMonthly',
  'keepWithinYearly',
] as const;

function retentionProblems(raw: unknown): readonly Problem[] {
  const maxAgeText = valueAt(raw, ['maxAge']);
  const maxAge = typeof maxAgeText === 'string' ? parseDuration(maxAgeText) : null;
  if (maxAge === null) return [];
  return withinRules.flatMap((rule) => {
    const text = valueAt(raw, [rule]);
    const within = typeof text === 'string' ? parseDuration(text) : null;
    if (within === null || !isAlwaysShorter(maxAge, within)) return [];
    return [
      {
        path: jsonPath(['retention', 'maxAge']),
        message: `is shorter than ${rule}, which could never be fulfilled`,
        found: showFound(maxAgeText),
        allowed: `at least ${rule} (${within.text})`,
      },
    ];
  });
}

/** Compared by calendar from the first of each month of four years: P90D and P3M contradict each other at no time for sure. */
function isAlwaysShorter(a: CalendarDuration, b: CalendarDuration): boolean {
  for (let month = 0; month < 48; month += 1) {
    const from = Date.UTC(2024, month, 1);
    if (subtractDuration(from, a, UTC) <= subtractDuration(from, b, UTC)) return false;
  }
  return true;
}

function budgetProblems(raw: unknown, rawRetention: unknown): readonly Problem[] {
  const budget = sound(budgetSchema, raw);
  if (!budget) return [];
  const set = floorRules.filter((rule) => valueAt(rawRetention, [rule]) !== undefined);
  return budget.floors.flatMap((floor, index) =>
    set.includes(floor)
      ? []
      : [
          {
            path: jsonPath(['budget', 'floors', index]),
            message: 'names a rule that retention does not set',
            found: showFound(floor),
            allowed: set.length > 0 ? `one of ${set.join(', ')}` : 'none, as no keep rule is set',
          },
        ],
  );
}

/** Source: learn.microsoft.com/azure/azure-resource-manager/management/tag-resources: 50 tags a resource. Holdfast sets up to eight itself. */
const MAX_TAGS = 42;
const OWN_TAG_PREFIX = 'holdfast';

function snapshotProblems(raw: unknown): readonly Problem[] {
  const problems: Problem[] = [];
  const group = valueAt(raw, ['resourceGroup']);
  const groupLeaf = snapshotSchema.shape.resourceGroup;
  if (typeof group === 'string' && sound(groupLeaf, group) !== null && !isGroupTemplate(group)) {
    problems.push({
      path: '$.snapshot.resourceGroup',
      message: 'is not a name that a resource group can have',
      found: showFound(group),
      ...(groupLeaf.description ? { allowed: groupLeaf.description } : {}),
    });
  }
  const tags = valueAt(raw, ['tags']);
  if (typeof tags === 'object' && tags !== null && !Array.isArray(tags))
    problems.push(...tagProblems(Object.keys(tags)));
  problems.push(...networkProblems(valueAt(raw, ['networkAccess']), valueAt(raw, ['diskAccessId'])));
  return problems;
}

/** Source: ⚠ the SDK names diskAccessId as what private endpoints need; Azure refuses AllowPrivate without it. */
function networkProblems(access: unknown, diskAccessId: unknown): readonly Problem[] {
  const path = '$.snapshot.diskAccessId';
  if (access === 'private' && diskAccessId === undefined) {
    const allowed = 'the id of the disk access resource whose private endpoints lead to the snapshots';
    return [{ path, message: 'is needed where networkAccess is "private"', found: 'nothing', allowed }];
  }
  if (access !== 'private' && diskAccessId !== undefined) {
    const allowed = 'no diskAccessId, or networkAccess "private"';
    return [{ path, message: 'means nothing without private access', found: showFound(diskAccessId), allowed }];
  }
  return [];
}

function tagProblems(names: readonly string[]): readonly Problem[] {
  const problems: Problem[] = [];
  if (names.length > MAX_TAGS) {
    problems.push({
      path: '$.snapshot.tags',
      message: 'has too many tags',
      found: String(names.length),
      allowed: `at most ${MAX_TAGS}: Azure takes 50, and Holdfast needs some itself`,
    });
  }
  const seen = new Set<string>();
  for (const name of names.slice(0, MAX_TAGS)) {
    const lower = name.toLowerCase();
    const path = jsonPath(['snapshot', 'tags', name]);
    if (seen.has(lower)) {
      problems.push({
        path,
        message: 'is there twice: Azure does not tell upper from lower case in tag names',
        found: showFound(name),
      });
    }
    // A record drops this key silently.
    if (lower.startsWith(OWN_TAG_PREFIX) || name === '__proto__') {
      problems.push({
        path,
        message: 'is reserved',
        found: showFound(name),
        allowed: `a tag name that does not begin with "${OWN_TAG_PREFIX}"`,
      });
    }
    seen.add(lower);
  }
  return problems;
}

function sound<T extends z.ZodType>(schema: T, raw: unknown): z.output<T> | null {
  const result = schema.safeParse(raw);
  return result.success ? result.data : null;
}

function lengthMs(text: string): number {
  const duration = parseDuration(text);
  return duration ? approximateMs(duration) : 0;
}
