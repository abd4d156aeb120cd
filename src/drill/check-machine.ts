import type { Restore } from '../restore/restore.ts';
import type { DrillDeps } from './drill-deps.ts';
import type { Check, Drill } from './drill-row.ts';

/** Looks how far the restored machine has come, as far as the platform tells. */
export async function checkMachine(deps: DrillDeps, drill: Drill, restore: Restore): Promise<readonly Check[]> {
  const machine = restore.machine && (await deps.machines.getMachine(restore.machine.id));
  const check = (result: Check['result'], detail: string): readonly Check[] => [{ name: 'boot', result, detail }];
  if (!machine || machine.state === 'failed') return check('failed', 'the machine is not there, or has failed');
  if (machine.power !== 'running') return check('failed', `the machine does not run: ${machine.power}`);
  const agent =
    machine.agentReady === null
      ? 'its agent says nothing'
      : machine.agentReady
        ? 'its agent is ready'
        : 'its agent is not ready';
  const isEnough = machine.agentReady === true || drill.settings.check?.boot !== 'agent';
  return check(isEnough ? 'passed' : 'failed', `it runs, ${agent}`);
}
