import type { EpochMs } from '../base/time.ts';
import { invertedSlot, policyKey } from './point-names.ts';

const LAST_SLOT = 999_999_999_999_999;
const DRILL_ID = /^(\d{15})\.([A-Za-z0-9_-]{1,22})\.([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/;

/** The mark of a drill that its policy's schedule has asked for. */
export const BY_SCHEDULE = 'schedule';

/**
 * The id of a drill: `<inverted moment>.<mark>.<policy>`. A function of what asked for it, so that asking again meets the same drill. `mark` tells drills of
 * one moment apart.
 */
export function drillId(drill: { readonly policy: string; readonly at: EpochMs; readonly mark: string }): string {
  return `${invertedSlot(drill.at)}.${drill.mark}.${drill.policy}`;
}

/** What a drill's id says: its table keys (newest first within a policy), its policy and its moment. Null for any text that is no such id. */
export function drillKeys(id: string): {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly policy: string;
  readonly mark: string;
  readonly at: EpochMs;
} | null {
  const [, inverted, mark, policy] = DRILL_ID.exec(id) ?? [];
  if (!inverted || !mark || !policy) return null;
  const at = LAST_SLOT - Number(inverted);
  return { partitionKey: policyKey(policy), rowKey: `${inverted}.${mark}`, policy, mark, at };
}
