import { diskSteps } from './disk-steps.ts';
import { isFinished, type Restore } from './restore.ts';

/** The name of the step a restore is at; null once it has ended. */
export function restoreStepName(restore: Restore): string | null {
  return isFinished(restore) ? null : (diskSteps[restore.step]?.name ?? null);
}

/** How far a restore is, 0 to 100: its steps count alike, a long-running operation of Azure within its step. */
export function restorePercent(restore: Restore): number {
  if (restore.state === 'succeeded') return 100;
  const withinStep = restore.operation === null ? 0 : (restore.operationPercent ?? 0) / 100;
  return Math.min(99, Math.round(((restore.step + withinStep) / diskSteps.length) * 100));
}
