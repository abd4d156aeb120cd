import type { EpochMs } from '../base/time.ts';

/** What retention needs to know of a recovery point. `id` is unique among the points that are decided together. */
export interface RetentionPoint {
  readonly id: string;
  readonly takenAt: EpochMs;
  readonly state: 'succeeded' | 'pending' | 'failed';
  readonly held: boolean;
  /** Under a snapshot immutability policy or a management lock. */
  readonly immutable: boolean;
}

/** The keep rules of a policy by the names that verdicts use, in the order of `floorRules` and of the bits of a reason mask. */
export const keepRules = [
  'last',
  'hourly',
  'daily',
  'weekly',
  'monthly',
  'yearly',
  'within',
  'within-hourly',
  'within-daily',
  'within-weekly',
  'within-monthly',
  'within-yearly',
] as const;
export type KeepRule = (typeof keepRules)[number];

/** Why a point is kept although, or beside that, no rule of the policy counts it. */
export const guardRules = ['minimum', 'held', 'immutable', 'pending', 'future', 'no-policy'] as const;
export type GuardRule = (typeof guardRules)[number];

/** Why a point is deleted. A deleted point has exactly one of them. */
export const deleteRules = ['max-age', 'failed', 'unkept'] as const;
export type DeleteRule = (typeof deleteRules)[number] | 'budget';

/**
 * One reason of a verdict.
 *
 * Shape: `nth` (from 1) with `last` and the counted tiers; `bucket` with every bucket rule; `tier` with `oldest`; `freedBytes` with deletions whose bytes are known.
 */
export interface Reason {
  readonly rule: KeepRule | 'oldest' | GuardRule | DeleteRule;
  readonly nth?: number;
  readonly bucket?: string;
  readonly tier?: KeepRule;
  readonly freedBytes?: number;
}

/** What becomes of one point, and all reasons for it. */
export interface Verdict {
  readonly id: string;
  readonly action: 'keep' | 'delete';
  readonly because: readonly Reason[];
}
