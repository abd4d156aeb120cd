import type { Audit } from '../audit/audit.ts';
import { readCells } from '../base/cells.ts';
import type { Clock } from '../base/clock.ts';
import { inParallel } from '../base/in-parallel.ts';
import type { Store } from '../base/store.ts';
import type { EpochMs } from '../base/time.ts';
import { undelivered } from '../notify/notify.ts';
import type { Webhooks } from '../notify/ports.ts';
import { snapshotGroup } from '../policy/snapshot-group.ts';
import type { PolicyBook, ProtectedSource, SnapshotGroup, SourceBook, StoredPolicy } from '../protect/protect.ts';
import type { BudgetState } from '../retain/retain.ts';
import { policyKey } from '../schedule/point-names.ts';
import { listPoison } from '../work/poison.ts';
import { TOLD_FOR_MS } from './decide-conditions.ts';
import type { Facts, WatchedPolicy } from './facts.ts';
import { planTimes, targetOf } from './plan-times.ts';
import { readGaps } from './read-gaps.ts';

export interface FactsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly policies: Pick<PolicyBook, 'list'>;
  readonly sources: Pick<SourceBook, 'ofPolicy'>;
  readonly audit: Pick<Audit, 'incidents'>;
  readonly budgets: { states(): Promise<readonly BudgetState[]> };
  readonly approvals: {
    list(): Promise<
      readonly {
        readonly policy: string;
        readonly deletes: number;
        readonly askedAt: EpochMs;
        readonly approvedBy: string | null;
      }[]
    >;
  };
  readonly webhooks: Webhooks;
}

/** An active policy with its sources. */
export interface ReadPolicy {
  readonly stored: StoredPolicy;
  readonly sources: readonly ProtectedSource[];
}

/** Rows of each kind that one look takes in. */
const ROWS = 500;

const POLICIES_AT_ONCE = 8;

/** RPO targets by version of their policy: a year of slots is not walked through at every look. */
const targets = new Map<string, number | null>();
const TARGETS_KEPT = 1_000;

/** Reads the active policies and what each protects: one call, and one for each policy. */
export async function readPolicies({
  policies,
  sources,
}: Pick<FactsDeps, 'policies' | 'sources'>): Promise<readonly ReadPolicy[]> {
  const active = (await policies.list()).filter(({ state }) => state === 'active');
  return inParallel(active, POLICIES_AT_ONCE, async (stored) => ({
    stored,
    sources: await Array.fromAsync(sources.ofPolicy(stored.policy.name)),
  }));
}

/** A policy as watching sees it, at a moment. */
export function watchedPolicy(
  { stored, sources }: ReadPolicy,
  gaps: WatchedPolicy['gaps'],
  now: EpochMs,
): WatchedPolicy {
  const { policy, version, updatedAt } = stored;
  const known = targets.get(version);
  const targetMs = known === undefined ? targetOf(policy.schedules, updatedAt) : known;
  if (targets.size >= TARGETS_KEPT) targets.clear();
  targets.set(version, targetMs);
  return {
    name: policy.name,
    enabled: policy.enabled,
    savedAt: updatedAt,
    times: planTimes({ ...policy, savedAt: updatedAt, targetMs, now }),
    everRan: sources.some(({ protectedSince }) => protectedSince !== null),
    sources: sources.map(({ source, firstSeenAt, leftAt, lastPointAt }) => ({
      ...{ key: source.key, name: source.name },
      ...{ firstSeenAt, leftAt, lastPointAt },
    })),
    gaps,
  };
}

/** Gathers what conditions are decided from: eight calls and two for each policy, each of a bounded range. */
export async function gatherFacts(
  deps: FactsDeps,
  read: readonly ReadPolicy[],
  now: EpochMs,
): Promise<Omit<Facts, 'books'>> {
  const from = now - TOLD_FOR_MS;
  const names = new Set(read.map(({ stored }) => stored.policy.name));
  const hasBudget = new Set(read.filter(({ stored }) => stored.policy.budget).map(({ stored }) => stored.policy.name));
  // None of them depends on another: side by side a look takes as long as its slowest call.
  const [policies, budgets, givenUp, poison, incidents, stoppedSweeps] = await Promise.all([
    inParallel(read, POLICIES_AT_ONCE, async (each) =>
      watchedPolicy(each, await readGaps(deps.store, each.stored.policy.name, from, ROWS), now),
    ),
    hasBudget.size === 0 ? [] : deps.budgets.states(),
    deps.webhooks.targets.length === 0 ? [] : undelivered(deps.store, ROWS),
    listPoison(deps.store, ROWS),
    deps.audit.incidents(from, ROWS),
    stillStopped(deps, names),
  ]);
  return {
    now,
    policies,
    poison,
    incidents,
    budgets: budgets.filter(({ policy }) => hasBudget.has(policy)),
    stoppedSweeps,
    undelivered: givenUp.map(({ target, notice, finishedAt }) => ({
      ...{ target, title: notice.title, at: finishedAt ?? notice.at },
    })),
  };
}

/** Sweeps that wait for an approval. One that finished later needed none: what was asked for is over. */
async function stillStopped(
  { store, approvals }: FactsDeps,
  policies: ReadonlySet<string>,
): Promise<Facts['stoppedSweeps']> {
  const asked = (await approvals.list()).filter(
    ({ policy, approvedBy }) => approvedBy === null && policies.has(policy),
  );
  const stopped: (typeof asked)[number][] = [];
  for (const each of asked) {
    const row = await store.table('sweeps').get({ partitionKey: 'sweep', rowKey: policyKey(each.policy) });
    if (row === null || readCells(row).number('finishedAt') < each.askedAt) stopped.push(each);
  }
  return stopped;
}

/** The resource groups that the policies' snapshots belong in. */
export function expectedGroups(read: readonly ReadPolicy[]): readonly SnapshotGroup[] {
  return read.flatMap(({ stored, sources }) =>
    sources.map(({ source: { subscriptionId, region } }) => ({
      subscriptionId,
      resourceGroup: snapshotGroup(stored.policy.snapshot.resourceGroup, region),
    })),
  );
}
