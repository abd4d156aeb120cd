import { AppError } from '../base/errors.ts';
import { parseResourceId } from '../base/ids.ts';
import { inParallel } from '../base/in-parallel.ts';
import { type Restore, TAG_RESTORE } from './restore.ts';
import { POLL_MS, type StepDeps, type StepResult } from './step.ts';

const AT_ONCE = 8;

type Removable = 'disk' | 'interface' | 'machine';

/**
 * Takes back everything of one type that the restore's row says it made.
 *
 * Shape:  `wait` until Azure shows none of it; what is gone is marked so in the row.
 * Safety: only ids of the row are looked at, and only what carries this restore's tag is deleted: a namesake of somebody else stays.
 */
export async function removeMade(deps: StepDeps, restore: Restore, type: Removable): Promise<StepResult> {
  const open = restore.created.filter((made) => made.type === type && made.removedAt === null);
  const gone = new Set<string>();
  const operations: Restore['operations'] = [];
  let waiting = false;
  await inParallel(open, AT_ONCE, async ({ id }) => {
    const seen = await look(deps, type, id);
    if (!seen) gone.add(id);
    if (seen?.tags[TAG_RESTORE] !== restore.id) return;
    waiting = true;
    const url = await remove(deps, type, id);
    if (url !== null) operations.push({ url, percent: null });
  });
  const removedAt = deps.clock.now();
  const created = restore.created.map((made) => (gone.has(made.id) ? { ...made, removedAt } : made));
  const changed = { ...(gone.size > 0 ? { created } : {}), ...(operations.length > 0 ? { operations } : {}) };
  return waiting ? { kind: 'wait', ms: POLL_MS, changed } : { kind: 'next', changed };
}

function look(deps: StepDeps, type: Removable, id: string) {
  if (type === 'machine') return deps.machines.getMachine(id);
  return type === 'interface' ? deps.machines.getInterface(id) : getDiskById(deps, id);
}

function remove(deps: StepDeps, type: Removable, id: string) {
  if (type === 'machine') return deps.machines.deleteMachine(id);
  return type === 'interface' ? deps.machines.deleteInterface(id) : deleteDiskById(deps, id);
}

/** A disk by its resource id. */
export function getDiskById(deps: Pick<StepDeps, 'disks'>, id: string) {
  const { subscriptionId, resourceGroup, name } = diskParts(id);
  return deps.disks.getDisk(subscriptionId, resourceGroup, name);
}

/** Deletes a disk by its resource id. */
export function deleteDiskById(deps: Pick<StepDeps, 'disks'>, id: string) {
  const { subscriptionId, resourceGroup, name } = diskParts(id);
  return deps.disks.deleteDisk(subscriptionId, resourceGroup, name);
}

function diskParts(id: string) {
  const parts = parseResourceId(id);
  if (parts?.type.toLowerCase() !== 'microsoft.compute/disks')
    throw new AppError('data-unreadable', 'This is not the id of a disk', { id });
  return parts;
}
