import { IMMUTABILITY_DAYS_MAX } from './limits.ts';

/** A snapshot's protection from deletion. Units: days; `startMs` on the sandbox clock. */
export interface Immutability {
  readonly type: 'Unlocked' | 'Locked';
  readonly days: number;
  readonly startMs: number;
}

/** What an update becomes: a policy, or why not. */
export type ImmutabilityVerdict =
  | { readonly policy: Immutability }
  | { readonly refused: 'conflict' | 'invalid'; readonly message: string };

const DAY_MS = 86_400_000;

/** Units: epoch milliseconds. */
export function expiryMs(policy: Immutability): number {
  return policy.startMs + policy.days * DAY_MS;
}

/** Whether a policy forbids deletion now. */
export function isImmutable(policy: Immutability | null, nowMs: number): boolean {
  return policy !== null && expiryMs(policy) > nowMs;
}

/**
 * What an update of a policy does. `through` is the action it came by: only the lock action may lock, shorten or end one.
 *
 * Source: reference of Set- and Remove-AzSnapshotImmutabilityPolicy (azps-17.0.0): an active policy keeps its start, the duration counts from
 * there; a locked one can only be extended; an unlocked one is ended with 0 days, which leaves it expired; an expired one starts anew.
 */
export function decideImmutability(
  current: Immutability | null,
  asked: { readonly type: 'Unlocked' | 'Locked'; readonly days: number },
  through: 'update' | 'lock',
  nowMs: number,
): ImmutabilityVerdict {
  const active = isImmutable(current, nowMs) ? current : null;
  const ends = through === 'lock' && asked.type === 'Unlocked' && asked.days === 0;
  if (asked.days > IMMUTABILITY_DAYS_MAX || (asked.days < 1 && !ends)) {
    return { refused: 'invalid', message: `immutabilityDurationDays must lie between 1 and ${IMMUTABILITY_DAYS_MAX}.` };
  }
  if (through === 'update' && asked.type === 'Locked') {
    return { refused: 'invalid', message: 'A policy is locked by updateImmutabilityPolicyLock.' };
  }
  if (active === null && ends) return { refused: 'conflict', message: 'There is no active immutability policy.' };
  if (active === null) return { policy: { ...asked, startMs: nowMs } };
  if (active.type === 'Locked' && (through === 'update' || asked.type === 'Unlocked')) {
    return { refused: 'conflict', message: 'The immutability policy is locked until it expires.' };
  }
  const shorter = asked.days < active.days;
  if (shorter && active.type === 'Locked') {
    return { refused: 'conflict', message: 'A locked immutability policy can only be extended.' };
  }
  if (shorter && through === 'update') {
    return { refused: 'conflict', message: 'Only updateImmutabilityPolicyLock shortens an immutability policy.' };
  }
  return { policy: { ...asked, startMs: active.startMs } };
}
