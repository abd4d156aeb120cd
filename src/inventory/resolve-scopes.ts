import type { Clock } from '../base/clock.ts';
import { type AppError, isAppError } from '../base/errors.ts';
import { inParallel } from '../base/in-parallel.ts';
import { type EpochMs, MINUTE_MS } from '../base/time.ts';
import type { Policy, Selector, SubscriptionScope } from '../policy/policy.ts';
import type { EstateReader } from './inventory.ts';

/** A selector that names subscriptions alone: what sources are matched by. */
export interface ResolvedSelector extends Omit<Selector, 'scopes'> {
  readonly scopes: readonly SubscriptionScope[];
}

/** A policy whose management groups are resolved. */
export type Resolved<P extends Pick<Policy, 'select'>> = Omit<P, 'select'> & { readonly select: ResolvedSelector };

/** Management groups that are asked for at the same time: they all fall under the tenant's one bucket. */
const AT_ONCE = 4;

/**
 * How long the subscriptions below a management group are remembered. A subscription that was moved waits so long for its first point; asking at every
 * tick would take calls of the tenant's bucket, which everybody in it shares, for what changes a few times a year.
 */
const REMEMBERED_MS = 5 * MINUTE_MS;

/**
 * Puts every subscription below a policy's management groups in their place.
 *
 * Errors: what the reader throws, 'not-found' and 'azure-denied' for a group that cannot be read: never a part of the scopes, so that nothing seems gone.
 */
export async function resolveScopes<P extends Pick<Policy, 'select'>>(
  reader: Pick<EstateReader, 'listSubscriptions'>,
  policy: P,
): Promise<Resolved<P>> {
  const scopes = await inParallel(policy.select.scopes, AT_ONCE, async (scope) => {
    if (!('managementGroup' in scope)) return [scope];
    const subscriptionIds = await reader.listSubscriptions(scope.managementGroup);
    return subscriptionIds.map((subscriptionId): SubscriptionScope => ({ subscriptionId, resourceGroup: null }));
  });
  return { ...policy, select: { ...policy.select, scopes: scopes.flat() } };
}

/** Resolves what can be, for those who go on with the rest; a policy of which one group cannot be read is left out whole. */
export async function resolveReadable<P extends Pick<Policy, 'select'>>(
  reader: Pick<EstateReader, 'listSubscriptions'>,
  policies: readonly P[],
): Promise<{
  readonly resolved: readonly Resolved<P>[];
  readonly unread: readonly { readonly policy: P; readonly error: AppError }[];
}> {
  const resolved: Resolved<P>[] = [];
  const unread: { policy: P; error: AppError }[] = [];
  for (const policy of policies) {
    try {
      resolved.push(await resolveScopes(reader, policy));
    } catch (error) {
      if (!isAppError(error)) throw error;
      unread.push({ policy, error });
    }
  }
  return { resolved, unread };
}

/** Remembers for some minutes what lies below a management group. What failed is asked again. */
export function rememberSubscriptions(reader: EstateReader, clock: Clock): EstateReader {
  const known = new Map<string, { readonly until: EpochMs; readonly answer: Promise<readonly string[]> }>();
  return {
    listVirtualMachines: (subscriptionId) => reader.listVirtualMachines(subscriptionId),
    listDisks: (subscriptionId) => reader.listDisks(subscriptionId),
    listResourceGroups: (subscriptionId) => reader.listResourceGroups(subscriptionId),
    listSubscriptions: (managementGroup) => {
      const key = managementGroup.toLowerCase();
      const before = known.get(key);
      if (before && clock.now() < before.until) return before.answer;
      const answer = reader.listSubscriptions(managementGroup);
      known.set(key, { until: clock.now() + REMEMBERED_MS, answer });
      answer.catch(() => known.get(key)?.answer === answer && known.delete(key));
      return answer;
    },
  };
}
