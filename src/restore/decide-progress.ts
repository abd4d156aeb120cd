import type { EpochMs } from '../base/time.ts';
import { isFinished, type Restore } from './restore.ts';
import type { StepTimes } from './restore-times.ts';

/** What a step counts where no earlier run tells. Units: ms. */
const UNKNOWN_STEP_MS = 10_000;
/** The least that a step counts, so that a step of no time is still seen to be passed. Units: ms. */
const LEAST_STEP_MS = 250;

export interface Progress {
  /** 0 to 100; 100 only when it has succeeded. */
  readonly percent: number;
  /** When it will be done, by what earlier runs took; null where there were none, or it has ended. */
  readonly expectedAt: EpochMs | null;
}

/**
 * How far a restore is. Each step counts what it took in earlier runs; within a step Azure's own percent counts where it tells one, the time that has passed
 * otherwise.
 */
export function decideProgress(
  restore: Restore,
  stepNames: readonly string[],
  times: StepTimes,
  now: EpochMs,
): Progress {
  if (restore.state === 'succeeded') return { percent: 100, expectedAt: null };
  const weights = stepNames.map((name) => Math.max(LEAST_STEP_MS, times[name] ?? UNKNOWN_STEP_MS));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const done = weights.slice(0, restore.step).reduce((sum, weight) => sum + weight, 0);
  const weight = weights[restore.step] ?? 0;
  const within = restore.state === 'running' ? withinStep(restore, weight, now) : 0;
  const percent = total === 0 ? 0 : Math.min(99, Math.floor(((done + within) / total) * 100));
  const isKnown = stepNames.some((name) => times[name] !== undefined);
  const expected = isKnown && restore.state === 'running' ? now + total - done - within : null;
  return { percent, expectedAt: isFinished(restore) ? null : expected };
}

function withinStep(restore: Restore, weight: number, now: EpochMs): number {
  const percents = restore.operations.flatMap(({ percent }) => percent ?? []);
  if (percents.length > 0) return (Math.min(...percents) / 100) * weight;
  const startedAt = restore.steps[restore.step]?.startedAt;
  // A step that takes longer than it ever did is nearly done for ever.
  return startedAt === undefined ? 0 : Math.min(0.9 * weight, Math.max(0, now - startedAt));
}
