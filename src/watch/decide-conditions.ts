import type { Incident } from '../audit/audit.ts';
import { fromMicroUnits } from '../base/money.ts';
import { DAY_MS, type EpochMs, formatIso, MINUTE_MS } from '../base/time.ts';
import { type ConditionKind, conditionKinds } from './condition-kinds.ts';
import type { Facts, WatchedPolicy, WatchedSource } from './facts.ts';
import { POINT_TAKES_MS } from './plan-times.ts';

/**
 * A condition that holds now.
 *
 * Shape:  `subject` tells it from others of its kind; those of one `group` are told in one message. `facts` hold moments, never ages: what has not changed
 *         reads the same at every look.
 */
export interface Sighting {
  readonly kind: ConditionKind;
  readonly subject: string;
  readonly group: string;
  readonly name: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** A policy that is off for longer than this was forgotten. */
export const PAUSED_TOO_LONG_MS = 7 * DAY_MS;
/** What happened once is told for so long after it happened last. */
export const TOLD_FOR_MS = DAY_MS;
/** Azure's clock and ours may differ by so much. */
const CLOCKS_DIFFER_MS = MINUTE_MS;

type Told = Omit<Sighting, 'kind'>;
type Judge = (facts: Facts) => readonly Told[];

/** Decides which conditions hold. Pure. Shape: by kind, then subject; each subject of a kind once. */
export function decideConditions(facts: Facts): readonly Sighting[] {
  return conditionKinds.flatMap((kind) => {
    const bySubject = new Map(judges[kind](facts).map((told) => [told.subject, { kind, ...told }]));
    return [...bySubject.values()].sort((a, b) => (a.subject < b.subject ? -1 : 1));
  });
}

const judges: Readonly<Record<ConditionKind, Judge>> = {
  'missed-slots': (facts) => [...facts.policies.flatMap(missedBySource(facts.now)), ...facts.policies.flatMap(gapsOf)],
  'never-ran': ({ policies }) =>
    policies
      .filter(({ enabled, everRan, times }) => enabled && !everRan && times.missedAt !== null)
      .map((policy) => ofPolicy(policy.name, { saved: formatIso(policy.savedAt) })),
  'paused-too-long': ({ policies, now }) =>
    policies
      .filter(({ enabled, savedAt }) => !enabled && now - savedAt > PAUSED_TOO_LONG_MS)
      .map(({ name, savedAt }) => ofPolicy(name, { offSince: formatIso(savedAt) })),
  'rpo-over-target': (facts) => facts.policies.flatMap(overTarget(facts.now)),
  'snapshot-headroom': ({ books }) =>
    (books?.full ?? []).map(({ chain, disk, snapshots }) => ({
      ...{ subject: chain, group: 'disks', name: disk },
      facts: { snapshots },
    })),
  'metering-failed': ({ books }) =>
    (books?.unmeasured ?? []).map(({ chain, disk, snapshots, error }) => ({
      ...{ subject: chain, group: 'disks', name: disk },
      facts: { snapshots, error },
    })),
  'poison-messages': ({ poison, now }) =>
    [...Map.groupBy(recent(poison, now), ({ queue }) => queue)].map(([queue, messages]) => ({
      ...{ subject: queue, group: queue, name: queue },
      facts: { messages: messages.length, last: lastOf(messages) },
    })),
  drift: (facts) => [...driftOfGroups(facts), ...lostPoints(facts)],
  'budget-burn': ({ budgets }) =>
    budgets
      .filter(({ fits, costMicroUnits, amountMicroUnits }) => !fits || costMicroUnits > amountMicroUnits)
      .map(({ policy, group, amountMicroUnits, costMicroUnits, currency }) => ({
        ...{ subject: `${policy}|${group}`, group: policy, name: group === '' ? policy : `${policy} (${group})` },
        facts: { amount: amountOf(amountMicroUnits, currency), cost: amountOf(costMicroUnits, currency) },
      })),
  'lock-conflicts': (facts) => [...lockedGroups(facts), ...refusedDeletions(facts)],
  'sweep-stopped': ({ stoppedSweeps }) =>
    stoppedSweeps.map(({ policy, deletes, askedAt }) =>
      ofPolicy(policy, { wouldDelete: deletes, asked: formatIso(askedAt) }),
    ),
  'undelivered-notices': ({ undelivered, now }) =>
    [...Map.groupBy(recent(undelivered, now), ({ target }) => target)].map(([target, messages]) => ({
      ...{ subject: target, group: target, name: target },
      facts: { messages: messages.length, last: lastOf(messages), title: messages[0]?.title ?? '' },
    })),
};

/** True where a point of that slot should be there and none has come since. A source that was seen only just now has its point under way. */
function lacks(source: WatchedSource, slot: EpochMs | null, now: EpochMs): boolean {
  if (slot === null || source.leftAt !== null || now - source.firstSeenAt < POINT_TAKES_MS) return false;
  return (source.lastPointAt ?? 0) + CLOCKS_DIFFER_MS < slot;
}

function missedBySource(now: EpochMs) {
  return ({ enabled, name: policy, times, sources }: WatchedPolicy): readonly Told[] =>
    sources
      .filter((source) => enabled && lacks(source, times.missedAt, now))
      .map((source) => ofSource(policy, source, {}));
}

function gapsOf({ name, gaps }: WatchedPolicy): readonly Told[] {
  const [newest] = gaps;
  if (!newest) return [];
  return [ofPolicy(name, { slots: gaps.length, last: formatIso(newest.slot), because: newest.because })];
}

/** True where a source's newest point is older than its target, and a slot has passed that should have renewed it. Also what the report shows. */
export function isOverTarget(source: WatchedSource, times: WatchedPolicy['times'], now: EpochMs): boolean {
  const { targetMs, dueAt } = times;
  if (targetMs === null || !lacks(source, dueAt, now)) return false;
  return now - (source.lastPointAt ?? source.firstSeenAt) > targetMs + POINT_TAKES_MS;
}

function overTarget(now: EpochMs) {
  return ({ enabled, name: policy, times, sources }: WatchedPolicy): readonly Told[] =>
    sources
      .filter((source) => enabled && isOverTarget(source, times, now))
      .map((source) => ofSource(policy, source, { targetMinutes: Math.round((times.targetMs ?? 0) / MINUTE_MS) }));
}

function driftOfGroups({ books }: Facts): readonly Told[] {
  return (books?.groups ?? []).flatMap(({ resourceGroup, missing, missingIds, unknown, unknownIds, ...group }) => {
    const subject = `${group.subscriptionId}|${resourceGroup}`.toLowerCase();
    const what = { group: subject, name: resourceGroup };
    return [
      ...(missing > 0
        ? [{ ...what, subject: `${subject}|missing`, facts: { missing, first: missingIds[0] ?? '' } }]
        : []),
      ...(unknown > 0
        ? [{ ...what, subject: `${subject}|unknown`, facts: { unknown, first: unknownIds[0] ?? '' } }]
        : []),
    ];
  });
}

/** What a sweep has found deleted by others is out of the books by now, so that the books agree again: it is told all the same. */
function lostPoints({ incidents, now }: Facts): readonly Told[] {
  return byPolicy(incidents, 'point.lost', now).map(([policy, lost]) =>
    ofPolicy(policy, { deletedByOthers: lost.length, last: lastOf(lost), first: lost[0]?.target ?? '' }),
  );
}

function lockedGroups({ books }: Facts): readonly Told[] {
  return (books?.groups ?? [])
    .filter(({ locked }) => locked.length > 0)
    .map(({ subscriptionId, resourceGroup, locked }) => ({
      ...{ subject: `${subscriptionId}|${resourceGroup}`.toLowerCase(), group: resourceGroup, name: resourceGroup },
      facts: { locked: locked.length, first: locked[0] ?? '' },
    }));
}

function refusedDeletions({ incidents, now }: Facts): readonly Told[] {
  return byPolicy(incidents, 'point.locked', now).map(([policy, refused]) =>
    ofPolicy(policy, { refused: refused.length, last: lastOf(refused), first: refused[0]?.target ?? '' }),
  );
}

function byPolicy(incidents: readonly Incident[], action: string, now: EpochMs): [string, Incident[]][] {
  const wanted = recent(incidents, now).filter((incident) => incident.action === action);
  return [...Map.groupBy(wanted, ({ facts }) => String(facts.policy ?? 'unknown'))];
}

function recent<T extends { readonly at: EpochMs }>(things: readonly T[], now: EpochMs): readonly T[] {
  return things.filter(({ at }) => now - at < TOLD_FOR_MS);
}

function lastOf(things: readonly { readonly at: EpochMs }[]): string {
  return formatIso(Math.max(...things.map(({ at }) => at)));
}

function ofPolicy(policy: string, facts: Told['facts']): Told {
  return { subject: `policy ${policy}`, group: policy, name: policy, facts };
}

function ofSource(policy: string, { key, name, lastPointAt }: WatchedSource, more: Told['facts']): Told {
  const facts = { policy, newestPoint: lastPointAt === null ? 'never' : formatIso(lastPointAt), ...more };
  return { subject: `${policy}|${key}`, group: policy, name, facts };
}

function amountOf(microUnits: number, currency: string): string {
  return `${fromMicroUnits(microUnits)} ${currency}`;
}
