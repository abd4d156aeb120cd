import type { Problem } from '../base/problem.ts';
import { diskObstacles } from './find-obstacles.ts';
import { getDiskById } from './remove-made.ts';
import { type DiskPlan, diskIdOf, type Restore, type SwapPlan } from './restore.ts';
import type { StepDeps } from './step.ts';

/**
 * Looks at the machine that is to get its disks back, and decides which disk takes whose place.
 *
 * Shape:  all reasons against it; or what goes into the row: the table old -> new, and the new disks with the zone, kind and encryption of the old.
 * Safety: nothing is swapped in a machine that is another one under the same name, or that has no disk at a LUN of the point.
 */
export async function planSwap(
  deps: StepDeps,
  restore: Restore,
  swap: SwapPlan,
): Promise<{ readonly reasons: readonly Problem[]; readonly changed: Partial<Restore> }> {
  const machine = await deps.machines.getMachine(swap.machineId);
  const path = '$.point';
  if (!machine)
    return {
      reasons: [{ path, message: 'the virtual machine is gone: restore it with kind vm', found: swap.machineId }],
      changed: {},
    };
  const reasons: Problem[] = [];
  if (swap.vmId !== null && machine.vmId.toLowerCase() !== swap.vmId.toLowerCase())
    reasons.push({
      path,
      message: 'another virtual machine has this name now',
      found: machine.vmId,
      allowed: swap.vmId,
    });
  const entries: SwapPlan['disks'] = [];
  const disks: DiskPlan[] = [];
  for (const disk of restore.disks) {
    const place = machine.disks.find(({ lun }) => lun === disk.lun);
    const old = place ? await getDiskById(deps, place.diskId) : null;
    if (!place || !old) {
      const where = disk.isOsDisk ? 'as its OS disk' : `at LUN ${disk.lun}`;
      reasons.push({ path, message: `the virtual machine has no managed disk ${where}`, found: disk.sourceName });
      continue;
    }
    const zone = disk.sku.endsWith('_ZRS') ? null : old.zone;
    const planned = { ...disk, zone, diskEncryptionSetId: disk.diskEncryptionSetId ?? old.diskEncryptionSetId };
    disks.push(planned);
    entries.push({
      lun: disk.lun,
      caching: place.caching,
      fromId: old.id,
      fromUniqueId: old.uniqueId,
      toId: diskIdOf(planned),
    });
  }
  reasons.push(...(await diskObstacles(deps, restore)), ...(await safetyObstacles(deps, restore, swap)));
  const wasRunning = machine.power === 'running';
  const startAfter = swap.startAfter || wasRunning;
  return { reasons, changed: { disks, swap: { ...swap, disks: entries, wasRunning, startAfter } } };
}

async function safetyObstacles(deps: StepDeps, restore: Restore, swap: SwapPlan): Promise<readonly Problem[]> {
  if (!swap.takeSafetyPoint) return [];
  const point = (await deps.catalogue.get(restore.pointId))?.point;
  const policy = point ? await deps.policies.get(point.policy) : null;
  if (policy?.state === 'active') return [];
  const message = 'no policy is left that would keep a safety point of this machine';
  return [{ path: '$.target.safetyPoint', message, found: point?.policy ?? 'nothing', allowed: 'false' }];
}
