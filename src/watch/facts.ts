import * as z from 'zod';
import type { Incident } from '../audit/audit.ts';
import type { EpochMs } from '../base/time.ts';
import type { BudgetState } from '../retain/retain.ts';
import type { PolicyTimes } from './plan-times.ts';

/** A source under one policy, as far as watching needs it. */
export interface WatchedSource {
  readonly key: string;
  readonly name: string;
  readonly firstSeenAt: EpochMs;
  readonly leftAt: EpochMs | null;
  readonly lastPointAt: EpochMs | null;
}

/** An active policy. `savedAt` is when it was written last: a pause is at least as old as that. */
export interface WatchedPolicy {
  readonly name: string;
  readonly enabled: boolean;
  readonly savedAt: EpochMs;
  readonly times: PolicyTimes;
  readonly everRan: boolean;
  readonly sources: readonly WatchedSource[];
  /** Slots of the last day that nothing was planned for, newest first. */
  readonly gaps: readonly { readonly schedule: string; readonly slot: EpochMs; readonly because: string }[];
}

const text = z.string();
const total = z.number().int();

/** What the look at every chain and resource group has found. Lists are cut; the totals are not. */
export const booksSchema = z.strictObject({
  at: total,
  /** Chains with many snapshots. */
  full: z.array(z.strictObject({ chain: text, disk: text, snapshots: total })),
  /** Chains with snapshots that could not be measured for long. */
  unmeasured: z.array(z.strictObject({ chain: text, disk: text, snapshots: total, error: text })),
  groups: z.array(
    z.strictObject({
      subscriptionId: text,
      resourceGroup: text,
      /** Snapshots of the books that Azure does not have. */
      missing: total,
      missingIds: z.array(text),
      /** Snapshots with Holdfast's tag that no point of the catalogue names. */
      unknown: total,
      unknownIds: z.array(text),
      /** What is locked in or above it. */
      locked: z.array(text),
    }),
  ),
});
export type Books = z.infer<typeof booksSchema>;

/** Everything that conditions are decided from. */
export interface Facts {
  readonly now: EpochMs;
  readonly policies: readonly WatchedPolicy[];
  readonly books: Books | null;
  readonly poison: readonly { readonly queue: string; readonly at: EpochMs }[];
  readonly incidents: readonly Incident[];
  /** How budgets stand that policies still have. */
  readonly budgets: readonly BudgetState[];
  readonly stoppedSweeps: readonly { readonly policy: string; readonly deletes: number; readonly askedAt: EpochMs }[];
  readonly undelivered: readonly { readonly target: string; readonly title: string; readonly at: EpochMs }[];
}
