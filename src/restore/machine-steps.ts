import { AppError, isAppError } from '../base/errors.ts';
import { inParallel } from '../base/in-parallel.ts';
import { HOUR_MS, MINUTE_MS } from '../base/time.ts';
import { createDisks, finish, pin, refuseFor, unpin } from './disk-steps.ts';
import { machineObstacles } from './find-obstacles.ts';
import type { MachineDisk, SeenMachine } from './ports.ts';
import { removeMade } from './remove-made.ts';
import { diskIdOf, type MachinePlan, type Restore, TAG_RESTORE } from './restore.ts';
import { LOOK_AGAIN, NEXT, type Step, type StepDeps, type StepResult } from './step.ts';

const TRIES = 5;
/** Interfaces of one machine are made one after another: they may want addresses of the same subnet. */
const INTERFACES_AT_ONCE = 1;

/** How long the agent inside a machine that runs is waited for. */
const AGENT_MS = 5 * MINUTE_MS;

function planOf(restore: Restore): MachinePlan {
  if (!restore.machine)
    throw new AppError('data-unreadable', 'The row of a restore lacks its machine', { restore: restore.id });
  return restore.machine;
}

const checkMachine: Step = {
  name: 'check',
  tries: TRIES,
  timeoutMs: 10 * MINUTE_MS,
  do: pin,
  check: async (deps, restore) => refuseFor(await machineObstacles(deps, restore, planOf(restore))),
  undo: unpin,
};

const createInterfaces: Step = {
  name: 'create-interfaces',
  tries: TRIES,
  timeoutMs: HOUR_MS,
  intent: (restore) => ({
    created: [
      ...restore.created,
      ...planOf(restore).newInterfaces.map(({ id }) => ({ type: 'interface' as const, id, removedAt: null })),
    ],
  }),
  do: async (deps, restore) => {
    const { newInterfaces, region, tags } = planOf(restore);
    const operations = await inParallel(newInterfaces, INTERFACES_AT_ONCE, async ({ primary, ...asked }) => {
      // A PUT would change an interface of the same name, whoever has it.
      const found = await deps.machines.getInterface(asked.id);
      if (found && found.tags[TAG_RESTORE] !== restore.id)
        throw new AppError('conflict', 'An interface of this name exists already', { interface: asked.id });
      return deps.machines.createInterface({ ...asked, region, tags: { ...tags, [TAG_RESTORE]: restore.id } });
    });
    return { operations };
  },
  check: async (deps, restore) => {
    const { newInterfaces } = planOf(restore);
    const seen = await inParallel(newInterfaces, INTERFACES_AT_ONCE, ({ id }) => deps.machines.getInterface(id));
    if (seen.some((found) => found === null || found.state === 'failed'))
      throw new AppError('operation-failed', 'An interface did not come to be', { restore: restore.id });
    return seen.every((found) => found?.state === 'succeeded') ? NEXT : LOOK_AGAIN;
  },
  undo: (deps, restore) => removeMade(deps, restore, 'interface'),
};

const createMachine: Step = {
  name: 'create-machine',
  tries: TRIES,
  timeoutMs: HOUR_MS,
  intent: (restore) => ({
    created: [...restore.created, { type: 'machine', id: planOf(restore).id, removedAt: null }],
  }),
  do: async (deps, restore) => {
    const plan = planOf(restore);
    const interfaces = [...plan.newInterfaces.map(({ id, primary }) => ({ id, primary })), ...plan.originalInterfaces];
    const tags = { ...plan.tags, [TAG_RESTORE]: restore.id };
    try {
      return {
        operations: [await deps.machines.createMachine({ ...plan, interfaces, disks: disksOf(restore, plan), tags })],
      };
    } catch (error) {
      if (!isAppError(error, 'precondition-failed')) throw error;
      if ((await deps.machines.getMachine(plan.id))?.tags[TAG_RESTORE] === restore.id) return {};
      throw new AppError('conflict', 'A virtual machine of this name exists already', { machine: plan.id });
    }
  },
  check: async (deps, restore) => {
    const machine = await deps.machines.getMachine(planOf(restore).id);
    if (!machine || machine.state === 'failed')
      throw new AppError('operation-failed', 'The virtual machine did not come to be', { restore: restore.id });
    return machine.state === 'succeeded' ? NEXT : LOOK_AGAIN;
  },
  undo: (deps, restore) => removeMade(deps, restore, 'machine'),
};

function disksOf(restore: Restore, plan: MachinePlan): readonly MachineDisk[] {
  return restore.disks.map((disk) => {
    const key = String(disk.lun);
    return {
      diskId: diskIdOf(disk),
      lun: disk.lun,
      caching: plan.cachingByLun[key] ?? 'None',
      ...(plan.writeAcceleratorLuns.includes(key) ? { writeAccelerator: true } : {}),
    };
  });
}

const checkBoot: Step = {
  name: 'check-boot',
  tries: TRIES,
  timeoutMs: 20 * MINUTE_MS,
  check: async (deps, restore) => bootOf(deps, restore, await deps.machines.getMachine(planOf(restore).id)),
};

/**
 * Looks how far a machine has booted, as far as the platform tells.
 *
 * Shape: `next` once it runs and its agent is ready, or has said nothing for five minutes; the outcome says which.
 */
export function bootOf(deps: Pick<StepDeps, 'clock'>, restore: Restore, machine: SeenMachine | null): StepResult {
  if (!machine || machine.state === 'failed')
    throw new AppError('operation-failed', 'The virtual machine is not there or has failed', { restore: restore.id });
  if (machine.power !== 'running') return LOOK_AGAIN;
  if (machine.agentReady === true) return { kind: 'next', changed: { outcome: 'it runs, and its agent is ready' } };
  const waitedMs = deps.clock.now() - (restore.steps[restore.step]?.startedAt ?? 0);
  if (machine.agentReady === false && waitedMs < AGENT_MS) return { kind: 'wait', ms: 15_000 };
  const outcome = machine.agentReady === false ? 'it runs, its agent is not ready' : 'it runs, its agent says nothing';
  return { kind: 'next', changed: { outcome } };
}

/** The steps that restore a virtual machine beside the original. */
export const machineSteps: readonly Step[] = [
  checkMachine,
  createDisks,
  createInterfaces,
  createMachine,
  checkBoot,
  finish,
];
