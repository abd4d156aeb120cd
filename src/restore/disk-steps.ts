import { AppError } from '../base/errors.ts';
import type { SnapshotTaker } from '../protect/ports.ts';
import type { PointsInUse } from '../protect/protect.ts';
import type { DiskMaker } from './ports.ts';
import { type Restore, TAG_RESTORE } from './restore.ts';

export interface StepDeps {
  readonly snapshots: Pick<SnapshotTaker, 'get'>;
  readonly disks: DiskMaker;
  readonly inUse: PointsInUse;
}

/** What a step has come to: go on, or look again after a while; `changed` goes into the row. */
export type StepResult = { readonly changed?: Partial<Restore> } & (
  | { readonly kind: 'next' }
  | { readonly kind: 'wait'; readonly ms: number }
);

/** One idempotent step: it may run twice, late, or half. `undo` takes back what it may have done. */
export interface Step {
  readonly name: string;
  readonly tries: number;
  /** Noted in the row before `do` runs. */
  readonly intent?: (restore: Restore) => Partial<Restore>;
  readonly do: (deps: StepDeps, restore: Restore) => Promise<StepResult>;
  readonly undo?: (deps: StepDeps, restore: Restore) => Promise<StepResult>;
}

const POLL_MS = 2_000;

function diskResourceId(restore: Restore): string {
  const { subscriptionId, resourceGroup, name } = restore.target;
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/disks/${name}`;
}

async function findOwnDisk(deps: StepDeps, restore: Restore) {
  const { subscriptionId, resourceGroup, name } = restore.target;
  const disk = await deps.disks.getDisk(subscriptionId, resourceGroup, name);
  return disk && { disk, own: disk.tags[TAG_RESTORE] === restore.id };
}

/** The steps that restore one disk. */
export const diskSteps: readonly Step[] = [
  {
    name: 'check',
    tries: 5,
    do: async (deps, restore) => {
      await deps.inUse.begin(restore.pointId, restore.id);
      if ((await deps.snapshots.get(restore.snapshotId))?.state !== 'succeeded') {
        throw new AppError('conflict', 'The snapshot of this point is not there or not complete', {
          snapshot: restore.snapshotId,
        });
      }
      const found = await findOwnDisk(deps, restore);
      if (found && !found.own)
        throw new AppError('conflict', 'A disk of this name exists already', { disk: restore.target.name });
      return { kind: 'next' };
    },
    undo: async (deps, restore) => {
      await deps.inUse.end(restore.pointId, restore.id);
      return { kind: 'next' };
    },
  },
  {
    name: 'create-disk',
    tries: 5,
    intent: (restore) => ({ created: [{ type: 'disk', id: diskResourceId(restore) }] }),
    do: async (deps, restore) => {
      const { target } = restore;
      const operation = await deps.disks.createDisk({
        ...target,
        snapshotId: restore.snapshotId,
        tags: { ...target.tags, [TAG_RESTORE]: restore.id },
      });
      return { kind: 'next', changed: { operation } };
    },
    undo: async (deps, restore) => {
      const found = restore.created.length > 0 ? await findOwnDisk(deps, restore) : null;
      if (!found?.own) return { kind: 'next' };
      const { subscriptionId, resourceGroup, name } = restore.target;
      await deps.disks.deleteDisk(subscriptionId, resourceGroup, name);
      return { kind: 'wait', ms: POLL_MS };
    },
  },
  {
    name: 'wait-for-disk',
    tries: 5,
    do: async (deps, restore) => {
      if (restore.operation !== null) {
        const state = await deps.disks.operation(restore.operation);
        if (state.kind === 'running')
          return {
            kind: 'wait',
            ms: Math.max(state.retryAfterMs, POLL_MS),
            changed: { operationPercent: state.percent },
          };
        if (state.kind === 'failed')
          throw new AppError('operation-failed', 'Azure could not create the disk', {
            azureCode: state.code,
            azureMessage: state.message,
          });
      }
      const found = await findOwnDisk(deps, restore);
      if (!found || found.disk.state === 'failed')
        throw new AppError('operation-failed', 'The disk did not come to be', { disk: restore.target.name });
      return found.disk.state === 'succeeded'
        ? { kind: 'next', changed: { operation: null } }
        : { kind: 'wait', ms: POLL_MS };
    },
  },
  {
    name: 'finish',
    tries: 5,
    do: async (deps, restore) => {
      await deps.inUse.end(restore.pointId, restore.id);
      return { kind: 'next' };
    },
  },
];
