import { AppError } from '../base/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../base/time.ts';
import { copyFolder, openVolume } from '../files/files.ts';
import type { PointSnapshot } from '../protect/protect.ts';
import { pin, unpin } from './disk-steps.ts';
import type { FilesPlan, Restore } from './restore.ts';
import { NEXT, type Step, type StepDeps } from './step.ts';

const TRIES = 5;

/** What one turn copies for: then the row is written, and a wish to cancel is seen. */
const TURN_MS = MINUTE_MS;

function planOf(restore: Restore): FilesPlan {
  if (!restore.files)
    throw new AppError('data-unreadable', 'The row of a restore lacks its files', { restore: restore.id });
  return restore.files;
}

async function snapshotOf(deps: StepDeps, restore: Restore): Promise<PointSnapshot> {
  const point = (await deps.catalogue.get(restore.pointId))?.point;
  const snapshot = point?.snapshots.find(({ diskName }) => diskName === planOf(restore).disk);
  if (!snapshot) throw new AppError('conflict', 'The point is gone', { point: restore.pointId });
  return snapshot;
}

const checkFiles: Step = {
  name: 'check',
  tries: TRIES,
  timeoutMs: 30 * MINUTE_MS,
  do: pin,
  check: async (deps, restore) => {
    const { volume, names } = planOf(restore);
    const found = await deps.openDisks.use(await snapshotOf(deps, restore), async (disk) =>
      (await openVolume(disk, volume)).stat(names),
    );
    if (found) return NEXT;
    const reasons = [
      { path: '$.target.path', message: 'there is no such file or folder', found: `/${names.join('/')}` },
    ];
    return { kind: 'refused', code: 'infeasible', message: 'This cannot work, and nothing was made', reasons };
  },
  undo: unpin,
};

/** Copies what is not there yet, a minute at a time; the access to the snapshot is ended after each. */
const copyFiles: Step = {
  name: 'copy-files',
  tries: TRIES,
  timeoutMs: 12 * HOUR_MS,
  intent: (restore) => {
    const { container, prefix } = planOf(restore);
    return { created: [...restore.created, { type: 'blob', id: `${container}/${prefix}`, removedAt: null }] };
  },
  check: async (deps, restore) => {
    const { container, prefix, volume, names } = planOf(restore);
    const blobs = deps.store.blobs(container);
    const until = deps.clock.now() + TURN_MS;
    let whole = true;
    const copied = await deps.openDisks.use(
      await snapshotOf(deps, restore),
      async (disk) =>
        copyFolder(
          await openVolume(disk, volume),
          names,
          {
            has: async (name, sizeBytes) => (await blobs.size(`${prefix}${name}`)) === sizeBytes,
            put: (name, bytes) => blobs.writeStream(`${prefix}${name}`, bytes),
          },
          async () => {
            whole = deps.clock.now() < until;
            return whole;
          },
        ),
      false,
    );
    const skipped =
      copied.skippedCount === 0 ? '' : `; ${copied.skippedCount} left out: ${skippedWords(copied.skipped)}`;
    const outcome = `${copied.files} files, ${copied.bytes} bytes${skipped}`;
    return whole ? { kind: 'next', changed: { outcome } } : { kind: 'wait', ms: 0, changed: { outcome } };
  },
  undo: async (deps, restore) => {
    const { container, prefix } = planOf(restore);
    const blobs = deps.store.blobs(container);
    for await (const page of blobs.list(prefix)) for (const name of page) await blobs.delete(name);
    const removedAt = deps.clock.now();
    return { kind: 'next', changed: { created: restore.created.map((made) => ({ ...made, removedAt })) } };
  },
};

const NAMED = 5;

function skippedWords(skipped: readonly { readonly path: string; readonly why: string }[]): string {
  return skipped
    .slice(0, NAMED)
    .map(({ path, why }) => `${path} (${why})`)
    .join(', ');
}

const finishFiles: Step = {
  name: 'finish',
  tries: TRIES,
  timeoutMs: HOUR_MS,
  do: async (deps, restore) => {
    await unpin(deps, restore);
    return {};
  },
};

/** The steps that bring files of a point into a container of blobs. */
export const filesSteps: readonly Step[] = [checkFiles, copyFiles, finishFiles];
