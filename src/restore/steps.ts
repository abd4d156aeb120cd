import { diskSteps } from './disk-steps.ts';
import { filesSteps } from './files-steps.ts';
import { machineSteps } from './machine-steps.ts';
import type { RestoreKind } from './restore.ts';
import type { Step } from './step.ts';
import { swapSteps } from './swap-steps.ts';

/** What each kind of restore does, in order. */
export const stepsByKind: Readonly<Record<RestoreKind, readonly Step[]>> = {
  disk: diskSteps,
  vm: machineSteps,
  swap: swapSteps,
  files: filesSteps,
};
