import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Store } from '../base/store.ts';
import { type EpochMs, MINUTE_MS } from '../base/time.ts';
import type { EstateReader } from '../inventory/inventory.ts';
import { subscriptionsOf } from '../inventory/match-sources.ts';
import { resolveScopes } from '../inventory/resolve-scopes.ts';
import { matchesGlob } from '../policy/match-names.ts';
import { snapshotGroup } from '../policy/snapshot-group.ts';
import { groupKey, type PolicyBook, type ScheduleStates, type SnapshotGroup } from '../protect/protect.ts';
import { messageOf } from '../work/messages.ts';
import type { Agenda, WorkItem } from '../work/work.ts';
import type { Rebuild, RebuildBook } from './rebuild-book.ts';

export interface StartRebuildDeps {
  readonly store: Store;
  readonly policies: PolicyBook;
  readonly states: ScheduleStates;
  readonly rebuilds: RebuildBook;
  readonly agenda: Agenda;
  readonly estate: EstateReader;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long a message has before its item is sent again. */
const RESEND_AFTER_MS = 10 * MINUTE_MS;

/** The agenda's id of one group of a rebuild. */
export function rebuildItemId(rebuildId: string, group: SnapshotGroup): string {
  return `${rebuildId}|${groupKey(group)}`;
}

/**
 * Starts to make the catalogue anew from Azure: policies from their mirror at once, each resource group of snapshots as a piece of work of its own.
 *
 * Shape:  the rebuild; the same id again is the same rebuild.
 * Errors: 'azure-denied' and others where a management group or the resource groups cannot be listed: nothing is written but the policies.
 * Safety: nothing is written over: what the tables still have stays. From here on no policy deletes anything until `confirmRebuild`.
 */
export async function startRebuild(
  deps: StartRebuildDeps,
  request: { readonly id: string; readonly by: string; readonly groups: readonly SnapshotGroup[] },
): Promise<Rebuild> {
  const known = await deps.rebuilds.get(request.id);
  if (known) return known;
  const now = deps.clock.now();
  const { restored, unreadable } = await deps.policies.takeBack(request.by, now);
  await wakeAll(deps, now);
  const groups = await findGroups(deps, request.groups);
  const rebuild: Rebuild = {
    id: request.id,
    startedAt: now,
    by: request.by,
    policiesRestored: restored,
    policiesUnreadable: unreadable,
    confirmedAt: null,
    confirmedBy: null,
  };
  const items = groups.map(
    (group): WorkItem => ({ kind: 'rebuild', id: rebuildItemId(request.id, group), dueAt: now + RESEND_AFTER_MS }),
  );
  await deps.rebuilds.addGroups(request.id, groups);
  await deps.agenda.change(items);
  // Last of all: until it is there, the same call begins anew.
  await deps.rebuilds.start(rebuild);
  await deps.store.queue('prunes').send(items.map(messageOf));
  const facts = { policies: restored.length, unreadable: unreadable.length, groups: groups.length };
  await deps.audit.record({ at: now, actor: request.by, action: 'rebuild.start', target: request.id, facts });
  deps.log.warn('the catalogue is made anew from Azure', facts);
  return rebuild;
}

/** Schedules whose state is gone begin now; nothing of the time without it is made up for. */
async function wakeAll(deps: StartRebuildDeps, now: EpochMs): Promise<void> {
  const known = new Set((await deps.states.list()).map(({ policy }) => policy));
  for (const { policy } of await deps.policies.list())
    if (!known.has(policy.name)) await deps.states.wake(policy.name, now, { forget: true });
}

/** Groups that the policies' snapshots lie in, whatever the region, and those that were named. */
async function findGroups(deps: StartRebuildDeps, named: readonly SnapshotGroup[]): Promise<readonly SnapshotGroup[]> {
  const found = new Map(named.map((group) => [groupKey(group), group]));
  const policies = (await deps.policies.list()).map(({ policy }) => policy);
  const resolved = await Promise.all(policies.map((policy) => resolveScopes(deps.estate, policy)));
  for (const subscriptionId of subscriptionsOf(resolved)) {
    const patterns = new Set(policies.map(({ snapshot }) => snapshotGroup(snapshot.resourceGroup, '*')));
    for (const resourceGroup of await deps.estate.listResourceGroups(subscriptionId)) {
      if (![...patterns].some((pattern) => matchesGlob(pattern, resourceGroup))) continue;
      const group = { subscriptionId, resourceGroup };
      found.set(groupKey(group), group);
    }
  }
  if (found.size === 0) {
    throw new AppError('not-found', 'No policy was found, and so no resource group of snapshots: name the groups', {});
  }
  return [...found.values()];
}

/**
 * Lets the policies delete again after a rebuild.
 *
 * Errors: 'not-found'; 'conflict' while groups are still being read.
 */
export async function confirmRebuild(deps: StartRebuildDeps, id: string, by: string): Promise<void> {
  const rebuild = await deps.rebuilds.get(id);
  if (!rebuild) throw new AppError('not-found', 'There is no rebuild of this id', {});
  const waiting = (await deps.rebuilds.groups(id)).filter(({ state }) => state === 'waiting').length;
  if (waiting > 0) throw new AppError('conflict', 'The rebuild is not finished', { groupsWaiting: waiting });
  const now = deps.clock.now();
  await deps.policies.confirm();
  await deps.rebuilds.noteConfirmed(rebuild, by, now);
  await deps.audit.record({ at: now, actor: by, action: 'rebuild.confirm', target: id, facts: {} });
}
