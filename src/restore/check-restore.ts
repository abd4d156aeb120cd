import type { Parsed, Problem } from '../base/problem.ts';
import { diskObstacles, machineObstacles } from './find-obstacles.ts';
import { planSwap } from './find-swap.ts';
import type { Restore } from './restore.ts';
import { parseRestoreRequest } from './restore-request.ts';
import { draftRestores, type RestoreOrder, type StartDeps } from './start-restore.ts';

/**
 * Looks whether the restores of a request could work now, as their own first step looks; nothing is written, neither here nor in Azure.
 *
 * Shape:  problems of the request; or every reason against it, none where it could begin. A point that is not there is for the start to tell.
 * Errors: those of Azure.
 */
export async function checkRestore(deps: StartDeps, order: RestoreOrder): Promise<Parsed<readonly Problem[]>> {
  const request = parseRestoreRequest(order.body);
  if (!request.ok) return request;
  const drafted = await draftRestores(deps, request.value, order);
  if (!drafted.ok) return drafted;
  const reasons: Problem[] = [];
  if (drafted.value.kind === 'drafted')
    for (const restore of drafted.value.restores) reasons.push(...(await obstaclesOf(deps, restore)));
  return { ok: true, value: reasons };
}

async function obstaclesOf(deps: StartDeps, restore: Restore): Promise<readonly Problem[]> {
  // The same request sent again: it has begun, and finds its own doing in its way.
  if (await deps.restores.get(restore.id)) return [];
  if (restore.machine) return machineObstacles(deps, restore, restore.machine);
  if (restore.swap) return (await planSwap(deps, restore, restore.swap)).reasons;
  return diskObstacles(deps, restore);
}
