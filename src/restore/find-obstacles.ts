import { isAppError } from '../base/errors.ts';
import { parseResourceId, sameResource } from '../base/ids.ts';
import { inParallel } from '../base/in-parallel.ts';
import type { Problem } from '../base/problem.ts';
import { quotaObstacles, sizeObstacles } from './decide-size.ts';
import { type MachinePlan, type Restore, TAG_RESTORE } from './restore.ts';
import type { StepDeps } from './step.ts';

const LOOKS_AT_ONCE = 8;

/** What stands in the way of making a restore's disks: snapshots that are not there, names that are taken. Two reads of Azure a disk. */
export async function diskObstacles(deps: StepDeps, restore: Restore): Promise<readonly Problem[]> {
  const found = await inParallel(restore.disks, LOOKS_AT_ONCE, async (disk): Promise<readonly Problem[]> => {
    const snapshot = await deps.snapshots.get(disk.snapshotId);
    const known = await deps.disks.getDisk(disk.subscriptionId, disk.resourceGroup, disk.name);
    const problems: Problem[] = [];
    if (snapshot?.state !== 'succeeded') {
      const is = snapshot === null ? 'is gone' : 'is not complete';
      problems.push({ path: '$.point', message: `the snapshot of ${disk.sourceName} ${is}`, found: disk.snapshotId });
    }
    if (known && known.tags[TAG_RESTORE] !== restore.id)
      problems.push({ path: '$.target.name', message: 'a disk of this name exists already', found: disk.name });
    return problems;
  });
  return found.flat();
}

/** What stands in the way of a new virtual machine, all at once: names, size, zone, quota, subnet, interfaces. */
export async function machineObstacles(
  deps: StepDeps,
  restore: Restore,
  plan: MachinePlan,
): Promise<readonly Problem[]> {
  const subscriptionId = restore.subscriptionId;
  const [disks, machine, sizes, quotas, subnets, interfaces] = await Promise.all([
    diskObstacles(deps, restore),
    deps.machines.getMachine(plan.id),
    ifAllowed(deps.machines.sizes(subscriptionId, plan.region)),
    ifAllowed(deps.machines.quotas(subscriptionId, plan.region)),
    inParallel(plan.newInterfaces, LOOKS_AT_ONCE, ({ subnetId }) => subnetObstacles(deps, plan, subnetId)),
    interfaceObstacles(deps, restore, plan),
  ]);
  const problems: Problem[] = [...disks];
  if (machine && machine.tags[TAG_RESTORE] !== restore.id) {
    const found = parseResourceId(plan.id)?.name ?? plan.id;
    problems.push({ path: '$.target.name', message: 'a virtual machine of this name exists already', found });
  }
  const size = sizes?.find(({ name }) => name.toLowerCase() === plan.size.toLowerCase()) ?? null;
  if (sizes) problems.push(...sizeObstacles(plan, size, sizes));
  if (size && quotas) problems.push(...quotaObstacles(size, quotas));
  return [...problems, ...subnets.flat(), ...interfaces];
}

/** What an identity may not ask is not known before Azure says it: null. */
async function ifAllowed<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (isAppError(error, 'azure-denied')) return null;
    throw error;
  }
}

async function subnetObstacles(deps: StepDeps, plan: MachinePlan, subnetId: string): Promise<readonly Problem[]> {
  const region = await deps.machines.subnetRegion(subnetId);
  if (region === null) return [{ path: '$.target.subnet', message: 'there is no such subnet', found: subnetId }];
  if (region === plan.region) return [];
  const message = 'the subnet is in another region than the point';
  return [{ path: '$.target.subnet', message, found: region, allowed: `a subnet in ${plan.region}` }];
}

async function interfaceObstacles(deps: StepDeps, restore: Restore, plan: MachinePlan): Promise<readonly Problem[]> {
  const path = '$.target.interfaces';
  const originals = await inParallel(
    plan.originalInterfaces,
    LOOKS_AT_ONCE,
    async ({ id }): Promise<readonly Problem[]> => {
      const found = await deps.machines.getInterface(id);
      if (!found) return [{ path, message: 'the original interface is gone', found: id }];
      if (found.attachedTo === null || sameResource(found.attachedTo, plan.id)) return [];
      return [{ path, message: 'the original interface is still attached to a machine', found: found.attachedTo }];
    },
  );
  const names = await inParallel(plan.newInterfaces, LOOKS_AT_ONCE, async ({ id }): Promise<readonly Problem[]> => {
    const found = await deps.machines.getInterface(id);
    if (!found || found.tags[TAG_RESTORE] === restore.id) return [];
    return [{ path: '$.target.name', message: 'an interface of this name exists already', found: id }];
  });
  return [...originals.flat(), ...names.flat()];
}
