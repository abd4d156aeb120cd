import type { Audit } from '../audit/audit.ts';
import { sameResource } from '../base/ids.ts';
import type { Problem } from '../base/problem.ts';
import { MINUTE_MS } from '../base/time.ts';
import type { Source } from '../inventory/inventory.ts';
import { matchSources, subscriptionsOf } from '../inventory/match-sources.ts';
import { listOnce, readEstate } from '../inventory/read-estate.ts';
import { resolveScopes } from '../inventory/resolve-scopes.ts';
import type { Policy } from '../policy/policy.ts';
import { messageOf } from '../work/messages.ts';
import type { WorkItem } from '../work/work.ts';
import { planPoint } from './plan-point.ts';
import type { Point } from './point.ts';
import type { ScheduleDeps } from './run-schedules.ts';

const RESEND_AFTER_MS = 5 * MINUTE_MS;

/** What planning a point on demand needs. */
export type TakeNowDeps = ScheduleDeps & { readonly audit: Audit };

export type TakenNow =
  | { readonly kind: 'planned'; readonly point: Point }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/**
 * Plans a point outside the schedule: for a source that a policy protects, kept by that policy's retention.
 *
 * Safety: `at` is the operation's own moment, so that repeating the request plans the same point.
 */
export async function takeNow(
  deps: TakeNowDeps,
  request: { source: string; policy: string | null; by: string; at: number },
): Promise<TakenNow> {
  const active = (await deps.policies.list()).filter(
    (stored) => stored.state === 'active' && (request.policy === null || stored.policy.name === request.policy),
  );
  if (active.length === 0)
    return refuse('$.policy', 'names no policy', request.policy ?? 'nothing', 'the name of a policy');
  const found: { policy: Policy; source: Source }[] = [];
  const reader = listOnce(deps.estate);
  for (const { policy } of active) {
    const resolved = await resolveScopes(reader, policy);
    const estate = await readEstate(reader, subscriptionsOf([resolved]));
    const source = matchSources(resolved, estate).sources.find(
      (candidate) => candidate.key === request.source || sameResource(candidate.id, request.source),
    );
    if (source) found.push({ policy, source });
  }
  const [match, second] = found;
  if (!match)
    return refuse(
      '$.source',
      'is no source that a policy protects',
      request.source,
      'the key or resource id of a protected virtual machine or disk',
    );
  if (second)
    return refuse(
      '$.policy',
      'several policies protect this source',
      'nothing',
      `one of ${found.map(({ policy }) => policy.name).join(', ')}`,
    );
  const point = planPoint({ ...match, slot: request.at, schedules: [], trigger: 'demand', now: request.at });
  await deps.sources.see(match.policy.name, [match.source], request.at);
  await deps.catalogue.insert(point);
  const item: WorkItem = { kind: 'take', id: point.id, dueAt: deps.clock.now() + RESEND_AFTER_MS };
  await deps.agenda.change([item]);
  await deps.audit.record({
    at: request.at,
    actor: request.by,
    action: 'point.take',
    target: point.id,
    facts: { source: match.source.id, policy: match.policy.name },
  });
  await deps.store.queue('snapshots').send([messageOf(item)]);
  return { kind: 'planned', point };
}

function refuse(path: string, message: string, found: string, allowed: string): TakenNow {
  return { kind: 'problems', problems: [{ path, message, found, allowed }] };
}
