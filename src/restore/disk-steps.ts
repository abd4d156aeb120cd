import { AppError } from '../base/errors.ts';
import { inParallel } from '../base/in-parallel.ts';
import { HOUR_MS, MINUTE_MS } from '../base/time.ts';
import { diskObstacles } from './find-obstacles.ts';
import { noteMadeDisks } from './made-disks.ts';
import { removeMade } from './remove-made.ts';
import { diskIdOf, type Restore, TAG_RESTORE } from './restore.ts';
import { LOOK_AGAIN, NEXT, type Step, type StepDeps, type StepResult } from './step.ts';

const TRIES = 5;
const DISKS_AT_ONCE = 8;

/** Keeps the point from being deleted while it is read, and refuses what cannot work before anything is made. */
export const checkDisks: Step = {
  name: 'check',
  tries: TRIES,
  timeoutMs: 10 * MINUTE_MS,
  do: pin,
  check: async (deps, restore) => refuseFor(await diskObstacles(deps, restore)),
  undo: unpin,
};

/** Pins the point. */
export async function pin(deps: StepDeps, restore: Restore) {
  await deps.inUse.begin(restore.pointId, restore.id);
  return {};
}

/** Lets the point go. */
export async function unpin(deps: StepDeps, restore: Restore): Promise<StepResult> {
  await deps.inUse.end(restore.pointId, restore.id);
  return NEXT;
}

/** Gives up where there are reasons. */
export function refuseFor(reasons: Awaited<ReturnType<typeof diskObstacles>>): StepResult {
  if (reasons.length === 0) return NEXT;
  return { kind: 'refused', code: 'infeasible', message: 'This cannot work, and nothing was made', reasons };
}

/** Makes the disks, all at once. */
export const createDisks: Step = {
  name: 'create-disks',
  tries: TRIES,
  timeoutMs: 2 * HOUR_MS,
  intent: (restore) => ({
    created: [
      ...restore.created,
      ...restore.disks.map((disk) => ({ type: 'disk' as const, id: diskIdOf(disk), removedAt: null })),
    ],
  }),
  do: async (deps, restore) => ({
    operations: await inParallel(restore.disks, DISKS_AT_ONCE, ({ sourceName, lun, isOsDisk, ...disk }) =>
      deps.disks.createDisk({ ...disk, mayBoot: lun === null, tags: { ...disk.tags, [TAG_RESTORE]: restore.id } }),
    ),
  }),
  check: async (deps, restore) => {
    const seen = await inParallel(restore.disks, DISKS_AT_ONCE, (disk) =>
      deps.disks.getDisk(disk.subscriptionId, disk.resourceGroup, disk.name),
    );
    for (const [index, disk] of seen.entries()) {
      const own = disk?.tags[TAG_RESTORE] === restore.id;
      if (!own || disk.state === 'failed') {
        throw new AppError('operation-failed', 'A disk did not come to be', { disk: restore.disks[index]?.name });
      }
    }
    return seen.every((disk) => disk?.state === 'succeeded') ? NEXT : LOOK_AGAIN;
  },
  undo: (deps, restore) => removeMade(deps, restore, 'disk'),
};

/** Lets the point go, and remembers which disks are Holdfast's making. */
export const finish: Step = {
  name: 'finish',
  tries: TRIES,
  timeoutMs: HOUR_MS,
  do: async (deps, restore) => {
    await noteMadeDisks(deps.store, restore, deps.clock.now());
    await unpin(deps, restore);
    return {};
  },
};

/** The steps that restore one disk. */
export const diskSteps: readonly Step[] = [checkDisks, createDisks, finish];
