import { isAppError } from '../base/errors.ts';
import { DAY_MS, type EpochMs } from '../base/time.ts';
import { lastProofs } from '../drill/drill.ts';
import type { EstateReader } from '../inventory/inventory.ts';
import { subscriptionsOf } from '../inventory/match-sources.ts';
import { readEstate } from '../inventory/read-estate.ts';
import { resolveScopes } from '../inventory/resolve-scopes.ts';
import type { SourceKind } from '../policy/policy.ts';
import type { ProtectedSource } from '../protect/protect.ts';
import { ConditionBook } from './condition-book.ts';
import type { Condition } from './decide-changes.ts';
import { isOverTarget } from './decide-conditions.ts';
import type { WatchedPolicy } from './facts.ts';
import { type FactsDeps, type ReadPolicy, readPolicies, watchedPolicy } from './gather-facts.ts';
import { type Coverage, planCoverage } from './plan-coverage.ts';
import { lastDays, planRpo } from './plan-rpo.ts';
import type { RestoreList } from './ports.ts';
import { type Gap, readGaps } from './read-gaps.ts';

export interface ProtectionDeps extends Pick<FactsDeps, 'store' | 'clock' | 'policies' | 'sources'> {
  readonly estate: EstateReader;
  readonly restores: RestoreList;
}

/** Evidence that a source's points can be restored. */
export interface Proof {
  readonly at: EpochMs;
  readonly kind: 'drill' | 'restore';
}

/** One source under one policy. Units: milliseconds. */
export interface SourceProtection {
  readonly key: string;
  readonly kind: SourceKind;
  readonly id: string;
  readonly name: string;
  readonly policy: string;
  readonly targetMs: number | null;
  readonly lastPointAt: EpochMs | null;
  readonly ageMs: number | null;
  readonly isOver: boolean;
  /** Achieved on each of the report's days; null where nothing is known. */
  readonly achievedMs: readonly (number | null)[];
  readonly lastProof: Proof | null;
}

export interface PolicyProtection extends Pick<WatchedPolicy, 'name' | 'enabled' | 'everRan' | 'savedAt'> {
  readonly targetMs: number | null;
  readonly sources: number;
  readonly over: number;
}

/** How well everything is protected. */
export interface Protection {
  readonly at: EpochMs;
  readonly days: readonly string[];
  /** Null where the estate could not be read; `coverageError` then says why. */
  readonly coverage: Coverage | null;
  readonly coverageError: string | null;
  readonly policies: readonly PolicyProtection[];
  /** What is over its target first, then by name. */
  readonly sources: readonly SourceProtection[];
  /** Sources that have points and that no policy matches any more. */
  readonly left: number;
  /** Slots of the report's days that nothing was planned for, newest first. */
  readonly missed: readonly (Gap & { readonly policy: string })[];
  readonly conditions: readonly Condition[];
  readonly watchedAt: EpochMs | null;
}

/** Slots of one policy that a report looks at. */
const GAPS = 1_000;
const RESTORES = 1_000;

/** Reads how well everything is protected: the estate as it is now, and what is remembered of the last days. */
export async function readProtection(deps: ProtectionDeps, days: number): Promise<Protection> {
  const now = deps.clock.now();
  const read = await readPolicies(deps);
  const shownDays = lastDays(now, days);
  const proofs = await readProofs(deps);
  const [policies, sources, missed] = [
    [] as PolicyProtection[],
    [] as SourceProtection[],
    [] as Protection['missed'][number][],
  ];
  let left = 0;
  for (const each of read) {
    const gaps = await readGaps(deps.store, each.stored.policy.name, now - days * DAY_MS, GAPS);
    const policy = watchedPolicy(each, gaps, now);
    const own = each.sources.filter(({ leftAt }) => leftAt === null);
    left += each.sources.length - own.length;
    const shown = own.map((source) => sourceProtection(source, policy, { days: shownDays, proofs, now }));
    sources.push(...shown);
    missed.push(...gaps.map((gap) => ({ ...gap, policy: policy.name })));
    const { name, enabled, everRan, savedAt, times } = policy;
    const over = shown.filter(({ isOver }) => isOver).length;
    policies.push({ name, enabled, everRan, savedAt, targetMs: times.targetMs, sources: own.length, over });
  }
  const { conditions, look } = await new ConditionBook(deps.store).read();
  return {
    ...{ at: now, days: shownDays, policies, left },
    ...(await readCoverage(deps, read)),
    sources: sources.sort((a, b) => Number(b.isOver) - Number(a.isOver) || (a.name < b.name ? -1 : 1)),
    missed: missed.sort((a, b) => b.slot - a.slot),
    conditions: conditions.filter(({ clearedAt }) => clearedAt === null),
    watchedAt: look?.lookedAt ?? null,
  };
}

function sourceProtection(
  source: ProtectedSource,
  policy: WatchedPolicy,
  context: { days: readonly string[]; proofs: ReadonlyMap<string, Proof>; now: EpochMs },
): SourceProtection {
  const { key, kind, id, name } = source.source;
  const { lastPointAt, firstSeenAt, leftAt } = source;
  return {
    ...{ key, kind, id, name, policy: policy.name, lastPointAt },
    targetMs: policy.times.targetMs,
    ageMs: lastPointAt === null ? null : context.now - lastPointAt,
    isOver: policy.enabled && isOverTarget({ key, name, firstSeenAt, leftAt, lastPointAt }, policy.times, context.now),
    achievedMs: planRpo(source, context.days, context.now),
    lastProof: context.proofs.get(key) ?? null,
  };
}

/** The newest proof of each source: a drill that has passed, or a restore that somebody needed. What a drill restored alone is none: it may have failed its checks. */
async function readProofs({ restores, store }: ProtectionDeps): Promise<ReadonlyMap<string, Proof>> {
  const proofs = new Map<string, Proof>();
  const note = (sourceKey: string, proof: Proof) => {
    if ((proofs.get(sourceKey)?.at ?? 0) < proof.at) proofs.set(sourceKey, proof);
  };
  for (const { sourceKey, state, drill, finishedAt } of await restores.newest(RESTORES)) {
    const hasSucceeded = state === 'succeeded' || state === 'removed' || state === 'undone';
    if (hasSucceeded && drill === null && finishedAt !== null) note(sourceKey, { at: finishedAt, kind: 'restore' });
  }
  for await (const { sourceKey, lastPassedAt } of lastProofs(store))
    if (lastPassedAt !== null) note(sourceKey, { at: lastPassedAt, kind: 'drill' });
  return proofs;
}

async function readCoverage(
  { estate }: ProtectionDeps,
  read: readonly ReadPolicy[],
): Promise<Pick<Protection, 'coverage' | 'coverageError'>> {
  const policies = read.map(({ stored }) => stored.policy);
  try {
    const resolved = await Promise.all(policies.map((policy) => resolveScopes(estate, policy)));
    const found = await readEstate(estate, subscriptionsOf(resolved));
    return { coverage: planCoverage(resolved, found), coverageError: null };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { coverage: null, coverageError: error.code };
  }
}
