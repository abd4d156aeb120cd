import type { StoredPolicy } from '../protect/protect.ts';
import type { Orphan } from './advice.ts';

/** What becomes of the points of a disk that is gone, if nobody does anything. Pure. */
export function judgeOrphan(
  policies: readonly Pick<StoredPolicy, 'policy' | 'state'>[],
  heldPoints: number,
): Pick<Orphan, 'verdict' | 'why'> {
  if (heldPoints > 0)
    return { verdict: 'held', why: `${heldPoints} held: nothing goes before the hold is lifted or expires` };
  const kept = policies.find(({ state, policy }) => state === 'deleted' && policy.onDelete === 'keep');
  if (policies.length === 0)
    return {
      verdict: 'no-policy',
      why: 'its policy is unknown: nothing prunes it, delete the points if nobody needs them',
    };
  if (kept)
    return {
      verdict: 'no-policy',
      why: `its policy ${kept.policy.name} was deleted with onDelete: keep: nothing prunes it`,
    };
  const [first] = policies;
  const { minimum, maxAge } = first?.policy.retention ?? { minimum: 1, maxAge: null };
  const newest = minimum === 1 ? 'the newest point' : `the newest ${minimum} points`;
  if (maxAge !== null)
    return {
      verdict: 'expires',
      why: `goes by maxAge, but for ${newest} (minimum): delete ${minimum === 1 ? 'it' : 'them'} to end the cost`,
    };
  return {
    verdict: 'kept-by-policy',
    why: `no new points replace the old ones, so the tiers keep them for good: a maxAge would let them go, but for ${newest}`,
  };
}
