import { formatIso } from '../base/time.ts';
import type { Notice } from '../notify/notify.ts';
import { type ConditionKind, conditionRules } from './condition-kinds.ts';
import type { Condition } from './decide-changes.ts';
import type { Sighting } from './decide-conditions.ts';

/** A message to send, and the conditions that are told by it. */
export interface PlannedNotice {
  readonly notice: Notice;
  readonly tells: readonly Condition[];
}

/** Facts that a message shows; what is more is counted. */
const SHOWN = 9;

/**
 * Plans the messages for conditions of which people have not been told. Pure: the same conditions give the same keys, so that a message is sent once.
 *
 * Shape:  one message for all conditions of a kind and group that opened at the same look, and one when the last of those has cleared.
 */
export function planNotices(
  standing: readonly Condition[],
  leftOutByKind: ReadonlyMap<ConditionKind, number>,
): readonly PlannedNotice[] {
  const batches = Map.groupBy(standing, ({ kind, group, openedAt }) => `${kind}|${group}|${openedAt}`);
  return [...batches].flatMap(([batch, conditions]) => {
    const open = conditions.filter(({ clearedAt }) => clearedAt === null);
    const untold = conditions.filter(({ told }) => !told);
    if (untold.length === 0) return [];
    if (open.some(({ told }) => !told)) return [{ notice: openNotice(batch, open, leftOutByKind), tells: open }];
    return open.length > 0 ? [] : [{ notice: clearedNotice(batch, conditions), tells: untold }];
  });
}

function openNotice(
  batch: string,
  conditions: readonly Condition[],
  leftOutByKind: ReadonlyMap<ConditionKind, number>,
): Notice {
  const [first] = conditions as readonly [Condition];
  const { severity, title, text, todo } = conditionRules[first.kind];
  const leftOut = leftOutByKind.get(first.kind) ?? 0;
  return {
    key: `alert|${batch}`,
    topic: 'alert',
    severity: severity === 1 ? 'critical' : 'warning',
    title: `${title}: ${subjectOf(conditions)}`,
    text: `${text} ${todo}`,
    facts: [...shown(conditions), ...(leftOut > 0 ? [{ name: 'and not listed', value: String(leftOut) }] : [])],
  };
}

function clearedNotice(batch: string, conditions: readonly Condition[]): Notice {
  const [first] = conditions as readonly [Condition];
  const clearedAt = Math.max(...conditions.map((condition) => condition.clearedAt ?? 0));
  return {
    key: `alert|${batch}|cleared`,
    topic: 'alert',
    severity: 'resolved',
    title: `Cleared: ${conditionRules[first.kind].title}: ${subjectOf(conditions)}`,
    text: `It was open from ${formatIso(first.openedAt)} to ${formatIso(clearedAt)}.`,
    facts: shown(conditions),
  };
}

function subjectOf(conditions: readonly Condition[]): string {
  const [first] = conditions as readonly [Condition];
  if (conditions.length === 1) return first.name;
  return `${conditions.length} in ${first.group}`;
}

function shown(conditions: readonly Condition[]): Notice['facts'] {
  const first = conditions.slice(0, conditions.length > SHOWN ? SHOWN - 1 : SHOWN);
  const more = conditions.length - first.length;
  return [
    ...first.map(({ name, facts }) => ({
      name,
      value: showFacts(facts),
    })),
    ...(more > 0 ? [{ name: 'and more', value: String(more) }] : []),
  ];
}

/** Facts as people read them: `newest point 2026-03-01 02:30, target 6 h`; moments in UTC. */
export function showFacts(facts: Sighting['facts']): string {
  return Object.entries(facts)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${wordsOf(key)} ${typeof value === 'string' ? shortened(value) : value}`)
    .join(', ');
}

function wordsOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function shortened(value: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) ? value.slice(0, 16).replace('T', ' ') : value;
}
