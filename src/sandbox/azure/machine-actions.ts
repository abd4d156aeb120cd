import { invalidParameter, notAllowed } from './arm-error.ts';
import { objectAt, textAt, valueAt } from './json.ts';
import { begin } from './long-running.ts';
import { machineJson } from './machine-json.ts';
import { type Attachments, attach, checkStorage, disksOf } from './machine-parts.ts';
import type { Machine } from './resources.ts';
import type { ArmAnswer, ArmRequest } from './route.ts';

/** Gives a machine its properties and disks. */
export function place(
  request: ArmRequest,
  machine: Machine,
  properties: Record<string, unknown>,
  parts: Attachments,
): void {
  machine.properties = properties;
  machine.changedMs = request.state.clock.now();
  attach(request.state, machine, parts);
}

/** Answers with the machine, and how its change is followed. */
export function follow(request: ArmRequest, machine: Machine, status: number): ArmAnswer {
  const { state } = request;
  return begin(request, {
    subscriptionId: machine.subscriptionId,
    region: machine.region,
    place: 'Microsoft.Compute/operations',
    durationMs: state.settings.operationMs,
    status,
    body: {
      ...machineJson(state, machine, false),
      properties: { ...machine.properties, vmId: machine.vmId, provisioningState: 'Updating' },
    },
    complete: () => machineJson(state, machine, false),
  });
}

/** attachDetachDataDisks: several disks at once. Source: SDK, AttachDetachDataDisksRequest. */
export function attachDetach(request: ArmRequest, machine: Machine): ArmAnswer {
  const { state, body } = request;
  const storage = objectAt(machine.properties, 'storageProfile');
  const detach = new Set(
    disksOf(body, 'dataDisksToDetach').map((each) => (textAt(each, 'diskId') ?? '').toLowerCase()),
  );
  const kept = disksOf(storage, 'dataDisks').filter(
    (each) => !detach.has((textAt(each, 'managedDisk', 'id') ?? '').toLowerCase()),
  );
  const attached = disksOf(storage, 'dataDisks').length;
  if (attached - kept.length !== detach.size) {
    throw invalidParameter('dataDisksToDetach', `A disk to detach is not attached to '${machine.name}'.`);
  }
  const used = new Set(kept.map((each) => valueAt(each, 'lun')));
  const added = disksOf(body, 'dataDisksToAttach').map((each) => {
    let lun = valueAt(each, 'lun');
    for (let free = 0; lun === undefined; free += 1) if (!used.has(free)) lun = free;
    used.add(lun);
    const { diskId, ...rest } = each;
    return { ...rest, lun, createOption: 'Attach', managedDisk: { id: diskId } };
  });
  const properties = { ...machine.properties, storageProfile: { ...storage, dataDisks: [...kept, ...added] } };
  const parts = checkStorage(state, properties, machine, machine);
  place(request, machine, properties, parts);
  return begin(request, {
    subscriptionId: machine.subscriptionId,
    region: machine.region,
    place: 'Microsoft.Compute/operations',
    durationMs: state.settings.operationMs,
    complete: () => objectAt(machine.properties, 'storageProfile'),
  });
}

/** Starts, stops or deallocates. */
export function setPower(request: ArmRequest, machine: Machine, power: Machine['power']): ArmAnswer {
  const { state } = request;
  return begin(request, {
    subscriptionId: machine.subscriptionId,
    region: machine.region,
    place: 'Microsoft.Compute/operations',
    durationMs: state.settings.operationMs,
    complete: () => {
      if (power === 'running') checkNoExport(request, machine);
      machine.power = power;
      for (const id of disksOfMachine(machine)) {
        const disk = state.disks.get(id);
        if (disk !== undefined) state.setWriting(disk, power === 'running');
      }
      return null;
    },
  });
}

function checkNoExport(request: ArmRequest, machine: Machine): void {
  const { state } = request;
  const open = disksOfMachine(machine).find((id) => state.grants.active(id.toLowerCase(), state.clock.now()) !== null);
  if (open !== undefined)
    throw notAllowed(`There is an active shared access signature outstanding for disk ${open}. End the access first.`);
}

function disksOfMachine(machine: Machine): string[] {
  const storage = objectAt(machine.properties, 'storageProfile');
  const all = [objectAt(storage, 'osDisk'), ...disksOf(storage, 'dataDisks')];
  return all.flatMap((each) => textAt(each, 'managedDisk', 'id') ?? []);
}
