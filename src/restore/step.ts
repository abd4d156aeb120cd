import type { Problem } from '../base/problem.ts';
import type { OpenDisks } from '../files/files.ts';
import type { SnapshotTaker } from '../protect/ports.ts';
import type { Catalogue, PointsInUse, TakeNowDeps } from '../protect/protect.ts';
import type { DiskMaker, MachineMaker, OperationUrl } from './ports.ts';
import type { Restore } from './restore.ts';

/** What the steps act on. */
export interface StepDeps extends TakeNowDeps {
  readonly snapshots: Pick<SnapshotTaker, 'get' | 'list' | 'start'>;
  readonly catalogue: Catalogue;
  readonly disks: DiskMaker;
  readonly machines: MachineMaker;
  readonly inUse: PointsInUse;
  readonly openDisks: Pick<OpenDisks, 'use'>;
}

/** What was sent to Azure, and what goes into the row. */
export interface StepSent {
  readonly operations?: readonly OperationUrl[];
  readonly changed?: Partial<Restore>;
}

/** What a look has come to: go on, look again after a while, or give up for these reasons. */
export type StepResult = { readonly changed?: Partial<Restore> } & (
  | { readonly kind: 'next' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly reasons: readonly Problem[] }
);

/**
 * One idempotent step: it may run twice, late, or half.
 *
 * `intent` is in the row before `do` runs; `do` sends what there is to send and waits for nothing; the operations it began are followed by their URLs; `check`
 * looks at what came of it. `undo` takes back what the step may have done, called again until it says `next`.
 */
export interface Step {
  readonly name: string;
  /** How often `do` and `check` are tried where the failure is worth it. */
  readonly tries: number;
  /** From its beginning; what takes longer has failed. */
  readonly timeoutMs: number;
  readonly intent?: (restore: Restore) => Partial<Restore>;
  readonly do?: (deps: StepDeps, restore: Restore) => Promise<StepSent>;
  readonly check?: (deps: StepDeps, restore: Restore) => Promise<StepResult>;
  readonly undo?: (deps: StepDeps, restore: Restore) => Promise<StepResult>;
}

/** Between two looks where Azure names no time. */
export const POLL_MS = 2_000;

export const NEXT: StepResult = { kind: 'next' };
export const LOOK_AGAIN: StepResult = { kind: 'wait', ms: POLL_MS };
