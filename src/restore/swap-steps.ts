import { AppError } from '../base/errors.ts';
import { sameResource } from '../base/ids.ts';
import { HOUR_MS, MINUTE_MS } from '../base/time.ts';
import { createDisks, finish, pin, refuseFor, unpin } from './disk-steps.ts';
import { planSwap } from './find-swap.ts';
import { bootOf } from './machine-steps.ts';
import { forgetMadeDisks } from './made-disks.ts';
import type { OperationUrl, SeenMachine } from './ports.ts';
import { deleteDiskById, getDiskById, removeMade } from './remove-made.ts';
import type { Restore, SwapPlan } from './restore.ts';
import { safetyPoint } from './safety-point.ts';
import { LOOK_AGAIN, NEXT, POLL_MS, type Step, type StepDeps, type StepResult } from './step.ts';

const TRIES = 5;

/** The swap of a row. */
function swapOf(restore: Restore): SwapPlan {
  if (!restore.swap)
    throw new AppError('data-unreadable', 'The row of a restore lacks its swap', { restore: restore.id });
  return restore.swap;
}

async function machineOf(deps: StepDeps, restore: Restore): Promise<SeenMachine> {
  const machine = await deps.machines.getMachine(swapOf(restore).machineId);
  if (machine) return machine;
  throw new AppError('conflict', 'The virtual machine is gone', { machine: swapOf(restore).machineId });
}

/** Undo of a step that works on the machine: nothing to do where its time is over, or where there is no machine any more. */
function undoOnMachine(
  undo: (deps: StepDeps, restore: Restore, machine: SeenMachine) => Promise<StepResult>,
): NonNullable<Step['undo']> {
  return async (deps, restore) => {
    if (restore.undo === 'expiry') return NEXT;
    const machine = await deps.machines.getMachine(swapOf(restore).machineId);
    return machine ? undo(deps, restore, machine) : NEXT;
  };
}

/** What an undo has sent: looked at again once the operation has ended. */
function following(url: OperationUrl): StepResult {
  return { kind: 'wait', ms: POLL_MS, changed: url === null ? {} : { operations: [{ url, percent: null }] } };
}

const checkSwap: Step = {
  name: 'check',
  tries: TRIES,
  timeoutMs: 10 * MINUTE_MS,
  do: pin,
  check: async (deps, restore) => {
    const { reasons, changed } = await planSwap(deps, restore, swapOf(restore));
    return reasons.length > 0 ? refuseFor(reasons) : { kind: 'next', changed };
  },
  undo: unpin,
};

/** As `createDisks`. An undo that was asked for keeps the disks: somebody has worked on them; when its time is over, the replaced disks go instead. */
const createSwapDisks: Step = {
  ...createDisks,
  undo: async (deps, restore) => {
    if (restore.undo === 'expiry') return removeReplaced(deps, restore);
    if (restore.undo !== 'asked') return removeMade(deps, restore, 'disk');
    await forgetMadeDisks(
      deps.store,
      restore,
      swapOf(restore).disks.map(({ fromId }) => fromId),
    );
    return NEXT;
  },
};

/**
 * Deletes the disks that a swap has replaced.
 *
 * Safety: only those of the row's own table, only while they are the very disks that were replaced, and nobody has attached them again.
 */
async function removeReplaced(deps: StepDeps, restore: Restore): Promise<StepResult> {
  const operations: Restore['operations'] = [];
  let waiting = false;
  for (const { fromId, fromUniqueId } of swapOf(restore).disks) {
    const disk = await getDiskById(deps, fromId);
    if (!disk || disk.uniqueId !== fromUniqueId || disk.attachedTo !== null) continue;
    const url = await deleteDiskById(deps, fromId);
    if (url !== null) operations.push({ url, percent: null });
    waiting = true;
  }
  if (waiting) return { kind: 'wait', ms: POLL_MS, changed: operations.length > 0 ? { operations } : {} };
  await forgetMadeDisks(
    deps.store,
    restore,
    swapOf(restore).disks.map(({ fromId }) => fromId),
  );
  return NEXT;
}

const stop: Step = {
  name: 'stop',
  tries: TRIES,
  timeoutMs: HOUR_MS,
  do: async (deps, restore) => {
    const machine = await machineOf(deps, restore);
    if (machine.power === 'deallocated') return {};
    return { operations: [await deps.machines.setPower(machine.id, 'deallocate')] };
  },
  check: async (deps, restore) => ((await machineOf(deps, restore)).power === 'deallocated' ? NEXT : LOOK_AGAIN),
  undo: undoOnMachine(async (deps, restore, machine) => {
    if (swapOf(restore).wasRunning !== true || machine.power === 'running') return NEXT;
    return following(await deps.machines.setPower(machine.id, 'start'));
  }),
};

const swapOsDisk: Step = {
  name: 'swap-os-disk',
  tries: TRIES,
  timeoutMs: HOUR_MS,
  do: async (deps, restore) => {
    const entry = swapOf(restore).disks.find(({ lun }) => lun === null);
    if (!entry) return {};
    const machine = await machineOf(deps, restore);
    const now = machine.disks.find(({ lun }) => lun === null)?.diskId ?? '';
    if (sameResource(now, entry.toId)) return {};
    if (!sameResource(now, entry.fromId)) throw changedMeanwhile(now);
    const disk = { diskId: entry.toId, lun: null, caching: entry.caching };
    return { operations: [await deps.machines.replaceOsDisk(machine.id, disk)] };
  },
  undo: undoOnMachine(async (deps, restore, machine) => {
    const entry = swapOf(restore).disks.find(({ lun }) => lun === null);
    const now = machine.disks.find(({ lun }) => lun === null)?.diskId ?? '';
    // What somebody has put there since is theirs.
    if (!entry || !sameResource(now, entry.toId)) return NEXT;
    const disk = { diskId: entry.fromId, lun: null, caching: entry.caching };
    return following(await deps.machines.replaceOsDisk(machine.id, disk));
  }),
};

function changedMeanwhile(diskId: string): AppError {
  return new AppError('conflict', 'Somebody has changed the disks of the machine meanwhile', { disk: diskId });
}

type Side = 'fromId' | 'toId';

/** The data disks of one side of the swap that the machine has now. */
function attachedOf(restore: Restore, machine: SeenMachine, side: Side) {
  const present = new Set(machine.disks.filter(({ lun }) => lun !== null).map(({ diskId }) => diskId.toLowerCase()));
  return swapOf(restore).disks.filter((entry) => entry.lun !== null && present.has(entry[side].toLowerCase()));
}

async function detach(
  deps: StepDeps,
  restore: Restore,
  machine: SeenMachine,
  side: Side,
): Promise<OperationUrl | 'none'> {
  const attached = attachedOf(restore, machine, side);
  if (attached.length === 0) return 'none';
  return deps.machines.changeDataDisks(machine.id, { attach: [], detach: attached.map((entry) => entry[side]) });
}

async function attach(
  deps: StepDeps,
  restore: Restore,
  machine: SeenMachine,
  side: Side,
): Promise<OperationUrl | 'none'> {
  const attached = new Set(attachedOf(restore, machine, side));
  const missing = swapOf(restore).disks.filter((entry) => entry.lun !== null && !attached.has(entry));
  if (missing.length === 0) return 'none';
  const taken = machine.disks.find(({ lun }) => missing.some((entry) => entry.lun === lun));
  if (taken) throw changedMeanwhile(taken.diskId);
  return deps.machines.changeDataDisks(machine.id, {
    attach: missing.map((entry) => ({ diskId: entry[side], lun: entry.lun, caching: entry.caching })),
    detach: [],
  });
}

const detachDataDisks: Step = {
  name: 'detach-data-disks',
  tries: TRIES,
  timeoutMs: HOUR_MS,
  do: async (deps, restore) => {
    const url = await detach(deps, restore, await machineOf(deps, restore), 'fromId');
    return url === 'none' ? {} : { operations: [url] };
  },
  undo: undoOnMachine(async (deps, restore, machine) => {
    const gone = swapOf(restore).disks.filter(({ lun }) => lun !== null);
    const taken = machine.disks.some(
      ({ lun, diskId }) =>
        lun !== null && gone.some((entry) => entry.lun === lun && !sameResource(entry.fromId, diskId)),
    );
    if (taken) return NEXT;
    const url = await attach(deps, restore, machine, 'fromId');
    return url === 'none' ? NEXT : following(url);
  }),
};

const attachDataDisks: Step = {
  name: 'attach-data-disks',
  tries: TRIES,
  timeoutMs: HOUR_MS,
  do: async (deps, restore) => {
    const url = await attach(deps, restore, await machineOf(deps, restore), 'toId');
    return url === 'none' ? {} : { operations: [url] };
  },
  undo: undoOnMachine(async (deps, restore, machine) => {
    const url = await detach(deps, restore, machine, 'toId');
    return url === 'none' ? NEXT : following(url);
  }),
};

const start: Step = {
  name: 'start',
  tries: TRIES,
  timeoutMs: HOUR_MS,
  do: async (deps, restore) => {
    if (!swapOf(restore).startAfter) return {};
    const machine = await machineOf(deps, restore);
    return machine.power === 'running' ? {} : { operations: [await deps.machines.setPower(machine.id, 'start')] };
  },
  undo: undoOnMachine(async (deps, restore, machine) => {
    const swap = swapOf(restore);
    // Asked for later, the machine is to be afterwards as it is now, not as it was once.
    if (swap.wasRunning === null)
      return { kind: 'wait', ms: 0, changed: { swap: { ...swap, wasRunning: machine.power === 'running' } } };
    if (machine.power === 'deallocated') return NEXT;
    return following(await deps.machines.setPower(machine.id, 'deallocate'));
  }),
};

const checkHealth: Step = {
  name: 'check-health',
  tries: TRIES,
  timeoutMs: 20 * MINUTE_MS,
  check: async (deps, restore) => {
    const machine = await machineOf(deps, restore);
    const swap = swapOf(restore);
    if (swap.disks.some(({ toId }) => !machine.disks.some(({ diskId }) => sameResource(diskId, toId))))
      throw changedMeanwhile(machine.id);
    if (!swap.startAfter) return { kind: 'next', changed: { outcome: 'its disks are swapped; it was not running' } };
    return bootOf(deps, restore, machine);
  },
};

/** The steps that restore a virtual machine in place. */
export const swapSteps: readonly Step[] = [
  checkSwap,
  createSwapDisks,
  safetyPoint,
  stop,
  swapOsDisk,
  detachDataDisks,
  attachDataDisks,
  start,
  checkHealth,
  finish,
];
