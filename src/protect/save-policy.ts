import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../base/clock.ts';
import { isAppError } from '../base/errors.ts';
import type { Parsed, Problem } from '../base/problem.ts';
import type { EstateReader } from '../inventory/inventory.ts';
import { matchSources, subscriptionsOf } from '../inventory/match-sources.ts';
import { type Estate, readEstate } from '../inventory/read-estate.ts';
import { type Resolved, resolveScopes } from '../inventory/resolve-scopes.ts';
import { emptyProtections, tooManyPoints } from '../policy/check-policy.ts';
import { parsePolicy } from '../policy/parse-policy.ts';
import type { Policy } from '../policy/policy.ts';
import { policyDocument, scopeText } from '../policy/policy-document.ts';
import { snapshotGroup } from '../policy/snapshot-group.ts';
import type { PolicyBook, SaveResult } from './policy-book.ts';
import type { ScheduleStates } from './schedule-state.ts';

export interface SaveDeps {
  readonly policies: PolicyBook;
  readonly states: ScheduleStates;
  readonly estate: EstateReader;
  readonly audit: Audit;
  readonly clock: Clock;
}

export type Saved =
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }
  | (SaveResult & { readonly document: unknown });

/** A document to check. `objections` are those that other rooms have against a policy that is sound by itself. */
export interface CheckRequest {
  readonly name: string;
  readonly body: unknown;
  readonly force: boolean;
  readonly objections?: (policy: Policy) => readonly Problem[];
}

/** Says everything that can be said against a policy document at once; see `savePolicy`. Writes nothing. */
export async function checkPolicy(deps: Pick<SaveDeps, 'estate'>, request: CheckRequest): Promise<Parsed<Policy>> {
  const parsed = parsePolicy(request.body, { name: request.name });
  if (!parsed.ok) return parsed;
  const policy = parsed.value;
  const problems = [
    ...tooManyPoints(policy),
    ...(request.force ? [] : emptyProtections(policy)),
    ...(request.objections?.(policy) ?? []),
  ];
  if (problems.length === 0) problems.push(...(await checkEstate(deps.estate, policy, request.force)));
  return problems.length > 0 ? { ok: false, problems } : parsed;
}

/**
 * Saves a policy document, after everything that can be said against it has been said at once: its form, what it would protect in the live
 * estate, and the resource groups its snapshots need.
 *
 * Errors: AppError where the estate cannot be read: a policy that cannot be checked is not saved.
 * Safety: the schedules are woken before the policy is written, so that no policy is ever without them. A policy that was disabled starts anew:
 *         what it would have taken meanwhile is not made up for.
 */
export async function savePolicy(
  deps: SaveDeps,
  request: CheckRequest & { by: string; ifMatch?: string | null },
): Promise<Saved> {
  const checked = await checkPolicy(deps, request);
  if (!checked.ok) return { kind: 'problems', problems: checked.problems };
  const policy = checked.value;
  const before = await deps.policies.get(policy.name);
  const now = deps.clock.now();
  const document = policyDocument(policy);
  // Seen here already, so that a refusal leaves nothing behind; the write itself asks once more.
  const seen = before?.state === 'active' ? before.version : null;
  if (request.ifMatch !== undefined && request.ifMatch !== seen) return { kind: 'changed', version: seen, document };
  const startsAnew = before === null || before.state === 'deleted' || !before.policy.enabled;
  await deps.states.wake(policy.name, now, { forget: startsAnew });
  const saved = await deps.policies.save({
    policy,
    document,
    by: request.by,
    now,
    state: 'active',
    ...(request.ifMatch === undefined ? {} : { ifMatch: request.ifMatch }),
  });
  if (saved.kind === 'created' || saved.kind === 'replaced') {
    await deps.audit.record({
      at: now,
      actor: request.by,
      action: 'policy.save',
      target: policy.name,
      facts: { version: saved.version, enabled: policy.enabled },
    });
  }
  return { ...saved, document };
}

/** Deletes a policy: its points stay, or expire by its retention where it says so. */
export async function deletePolicy(
  deps: SaveDeps,
  request: { name: string; by: string; ifMatch?: string },
): Promise<SaveResult | null> {
  const stored = await deps.policies.get(request.name);
  if (!stored || stored.state === 'deleted') return null;
  const now = deps.clock.now();
  const saved = await deps.policies.save({
    policy: stored.policy,
    document: stored.document,
    by: request.by,
    now,
    state: 'deleted',
    ...(request.ifMatch === undefined ? {} : { ifMatch: request.ifMatch }),
  });
  if (saved.kind !== 'changed') {
    await deps.audit.record({
      at: now,
      actor: request.by,
      action: 'policy.delete',
      target: request.name,
      facts: { onDelete: stored.policy.onDelete },
    });
  }
  return saved;
}

async function checkEstate(reader: EstateReader, asked: Policy, force: boolean): Promise<readonly Problem[]> {
  const unread = await unreadGroups(reader, asked);
  if (unread.length > 0) return unread;
  return checkSources(reader, await resolveScopes(reader, asked), force);
}

/** Every management group of a policy that cannot be read. */
async function unreadGroups(reader: EstateReader, { select }: Policy): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const [index, scope] of select.scopes.entries()) {
    if (!('managementGroup' in scope)) continue;
    try {
      await reader.listSubscriptions(scope.managementGroup);
    } catch (error) {
      if (!isAppError(error, 'not-found', 'azure-denied')) throw error;
      problems.push({
        path: `$.select.scopes[${index}]`,
        message: 'the management group cannot be read',
        found: scopeText(scope),
        allowed: 'a management group whose descendants Holdfast has the right to read',
      });
    }
  }
  return problems;
}

async function checkSources(
  reader: EstateReader,
  policy: Resolved<Policy>,
  force: boolean,
): Promise<readonly Problem[]> {
  const subscriptionIds = subscriptionsOf([policy]);
  let estate: Estate;
  try {
    estate = await readEstate(reader, subscriptionIds);
  } catch (error) {
    if (!isAppError(error, 'not-found', 'azure-denied')) throw error;
    return [
      {
        path: '$.select.scopes',
        message: 'a subscription cannot be read',
        found: subscriptionIds.join(', '),
        allowed: 'subscriptions that Holdfast has the right to read',
      },
    ];
  }
  const { sources } = matchSources(policy, estate);
  if (sources.length === 0) {
    return force
      ? []
      : [
          {
            path: '$.select',
            message: 'would protect nothing: no virtual machine or disk matches now',
            found: '0 sources',
            allowed: 'a selector that matches something, or ?force=true',
          },
        ];
  }
  const problems: Problem[] = [];
  const needed = new Map<string, { subscriptionId: string; name: string }>();
  for (const source of sources) {
    const name = snapshotGroup(policy.snapshot.resourceGroup, source.region);
    needed.set(`${source.subscriptionId}/${name.toLowerCase()}`, { subscriptionId: source.subscriptionId, name });
  }
  const groupsBySubscription = new Map<string, readonly string[]>();
  for (const { subscriptionId, name } of needed.values()) {
    const groups = groupsBySubscription.get(subscriptionId) ?? (await reader.listResourceGroups(subscriptionId));
    groupsBySubscription.set(subscriptionId, groups);
    if (groups.some((group) => group.toLowerCase() === name.toLowerCase())) continue;
    problems.push({
      path: '$.snapshot.resourceGroup',
      message: 'the resource group for the snapshots does not exist',
      found: name,
      allowed: `create ${name} in subscription ${subscriptionId} first`,
    });
  }
  return problems;
}
