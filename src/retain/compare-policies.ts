import type { EpochMs } from '../base/time.ts';
import type { RetentionPart } from '../policy/parse-policy.ts';
import type { PlanDeps } from './live-plan.ts';
import { type LivePreview, previewLive } from './live-preview.ts';

/** Points that an answer lists by name. */
const LISTED = 100;

/**
 * What a change of a policy would do to its live points, beside what the policy does as it stands.
 *
 * Shape:  `deletes` counts the points that the change deletes and the policy as it stands keeps, `keeps` those that it is the other way round with.
 *         `frees` is what the former free, in bytes and money; null where something is not measured. `before` and `after` are a month's cost of
 *         what stays under the policy as it stands and under the changed one.
 */
export interface PolicyChangeEffect {
  readonly points: number;
  readonly deletes: number;
  readonly keeps: number;
  readonly freesBytes: number | null;
  readonly monthlyCost: { readonly before: number; readonly after: number; readonly currency: string } | null;
  readonly storedBytes: { readonly before: number; readonly after: number } | null;
  readonly budget: LivePreview['budget'];
  readonly deleted: readonly string[];
}

/**
 * Holds a policy's change against the live points. Writes nothing.
 *
 * Shape:  `current` is null where there is no such policy yet: then everything that is there stays as it stands.
 */
export async function comparePolicies(
  deps: PlanDeps,
  request: {
    readonly policyName: string;
    readonly current: RetentionPart | null;
    readonly changed: RetentionPart;
    readonly now: EpochMs;
  },
): Promise<PolicyChangeEffect> {
  const { policyName, current, changed, now } = request;
  const after = await previewLive(deps, { policyName, part: changed, now });
  const before = current ? await previewLive(deps, { policyName, part: current, now }) : null;
  const deleted = [...after.freedById.keys()].filter((id) => !before?.freedById.has(id));
  const keeps = [...(before?.freedById.keys() ?? [])].filter((id) => !after.freedById.has(id)).length;
  const { storedBytes, monthlyCost, points, budget } = after.preview;
  const stays = before?.preview ?? null;
  const bytesBefore = stays ? stays.storedBytes?.after : storedBytes?.before;
  const costBefore = stays ? stays.monthlyCost?.after : monthlyCost?.before;
  return {
    points,
    deletes: deleted.length,
    keeps,
    freesBytes: storedBytes === null || bytesBefore === undefined ? null : bytesBefore - storedBytes.after,
    storedBytes:
      storedBytes === null || bytesBefore === undefined ? null : { before: bytesBefore, after: storedBytes.after },
    monthlyCost:
      monthlyCost === null || costBefore === undefined
        ? null
        : { before: costBefore, after: monthlyCost.after, currency: monthlyCost.currency },
    budget,
    deleted: deleted.sort().slice(0, LISTED),
  };
}
