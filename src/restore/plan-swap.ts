import { type Parsed, type Problem, showFound } from '../base/problem.ts';
import type { EpochMs } from '../base/time.ts';
import type { Manifest } from '../inventory/manifest.ts';
import type { Point } from '../protect/protect.ts';
import { kindProblems, nameAfter, nameSuffix, planSnapshot } from './plan-disks.ts';
import type { DiskPlan, SwapPlan } from './restore.ts';
import type { SwapTarget } from './restore-targets.ts';

/** Decides which disks of a point are to take the place of a machine's own; which those are is seen when the machine is looked at. */
export function planSwapDisks(
  target: SwapTarget,
  point: Point,
  manifest: Manifest | null,
  naming: { readonly restoreId: string; readonly now: EpochMs; readonly path: string },
): Parsed<{ readonly disks: readonly DiskPlan[]; readonly swap: SwapPlan }> {
  const { path } = naming;
  if (point.source.kind !== 'virtualMachine') {
    const message = 'is a point of a single disk';
    const allowed = 'a point of a virtual machine, or kind disk';
    return { ok: false, problems: [{ path: `${path}.point`, message, allowed }] };
  }
  const names = point.snapshots.map(({ diskName }) => diskName);
  const problems: Problem[] = (target.disks ?? [])
    .filter((name) => !names.includes(name))
    .map((name) => ({
      path: `${path}.target.disks`,
      message: 'names no disk of this point',
      found: showFound(name),
      allowed: names.join(', '),
    }));
  const chosen = point.snapshots.filter(
    ({ diskName }) => target.disks === undefined || target.disks.includes(diskName),
  );
  const suffix = nameSuffix(naming.restoreId, naming.now);
  const disks = chosen.map((snapshot): DiskPlan => {
    const plan = planSnapshot(point, snapshot);
    return { ...plan, name: nameAfter(snapshot.diskName, suffix), sku: target.sku ?? plan.sku };
  });
  // Its zone is the old disk's, and not known yet.
  problems.push(
    ...disks.flatMap((disk) => kindProblems(disk, `${path}.target`)).filter((each) => !each.path.endsWith('.zone')),
  );
  if (problems.length > 0) return { ok: false, problems };
  const swap: SwapPlan = {
    machineId: point.source.id,
    vmId: manifest?.vmId ?? null,
    disks: [],
    wasRunning: null,
    startAfter: target.start ?? false,
    safetyPointId: null,
    takeSafetyPoint: target.safetyPoint ?? true,
  };
  return { ok: true, value: { disks, swap } };
}
