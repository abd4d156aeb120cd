import { ArmError, invalidParameter, notAllowed, notInSandbox } from './arm-error.ts';
import { checkOsDisk } from './disk-kinds.ts';
import { isObject, type Json, listAt, numberAt, objectAt, textAt, valueAt } from './json.ts';
import type { Disk, Machine } from './resources.ts';
import type { AzureState } from './state.ts';

/** The disks that a machine will have. */
export interface Attachments {
  readonly disks: readonly Disk[];
}

/** Where a machine is to be. Shape: no zones for one of the region as a whole. */
export interface MachinePlace {
  readonly subscriptionId: string;
  readonly region: string;
  readonly zones: readonly string[];
}

/** The objects of a list in a body. */
export function disksOf(value: unknown, name: string): Json[] {
  return listAt(value, name).filter(isObject);
}

/** Ids of the interfaces of a machine's body. */
export function interfacesOf(body: unknown): string[] {
  const list = listAt(body, 'properties', 'networkProfile', 'networkInterfaces');
  return list.flatMap((each) => textAt(each, 'id') ?? []);
}

/**
 * Finds and checks the disks and interfaces that a machine's properties name.
 *
 * Errors: 400 for what cannot work, 404 for what is not there, 409 for what another machine has.
 */
export function checkStorage(
  state: AzureState,
  properties: Json,
  machine: Machine | null,
  place: MachinePlace,
): Attachments {
  const storage = objectAt(properties, 'storageProfile');
  const os = objectAt(storage, 'osDisk');
  if (valueAt(storage, 'osDisk') === undefined) throw invalidParameter('osDisk');
  if (machine === null && valueAt(properties, 'osProfile') !== undefined && isAttach(os)) {
    throw invalidParameter('osProfile', 'Parameter osProfile is not allowed where the OS disk is attached.');
  }
  const dataDisks = disksOf(storage, 'dataDisks');
  const luns = new Set<number>();
  for (const each of dataDisks) {
    const lun = numberAt(each, 'lun');
    if (lun === null || lun < 0 || lun > 63 || luns.has(lun)) throw invalidParameter('dataDisk.lun');
    luns.add(lun);
  }
  const disks = [os, ...dataDisks].map((each) => diskFor(state, each, machine, place));
  const [osDisk] = disks;
  if (osDisk !== undefined) checkOsDisk(osDisk);
  if (new Set(disks).size !== disks.length) throw invalidParameter('storageProfile', 'A disk is named twice.');
  checkInterfacesFree(state, properties, machine);
  return { disks };
}

function isAttach(disk: Json): boolean {
  return (textAt(disk, 'createOption') ?? 'Attach').toLowerCase() === 'attach';
}

function diskFor(state: AzureState, asked: Json, machine: Machine | null, place: MachinePlace): Disk {
  const id = textAt(asked, 'managedDisk', 'id');
  if (!isAttach(asked) && (machine === null || id === null)) {
    throw notInSandbox(`virtual machines with disks of createOption ${textAt(asked, 'createOption')}`);
  }
  if (id === null) throw invalidParameter('managedDisk.id');
  const disk = state.disks.get(id);
  if (disk === undefined) {
    throw new ArmError(404, 'NotFound', `Disk ${id} is not found.`, { target: 'managedDisk.id' });
  }
  checkPlace(disk, place);
  if (disk.managedBy !== null && disk.managedBy !== machine?.key) {
    throw new ArmError(409, 'AttachDiskWhileBeingDetached', `Disk ${disk.name} is attached to VM ${disk.managedBy}.`);
  }
  if (disk.managedBy === null && state.grants.active(disk.key, state.clock.now()) !== null) {
    throw notAllowed(
      `There is an active shared access signature outstanding for disk ${disk.name}. End the access first.`,
    );
  }
  return disk;
}

/** Source: managed disks and availability zones: a zonal disk goes to machines of its zone, one of the region to machines without. ⚠ The codes are not documented. */
function checkPlace(disk: Disk, place: MachinePlace): void {
  if (disk.state !== 'Succeeded') throw notAllowed(`Disk ${disk.name} is not ready to be attached.`);
  if (disk.subscriptionId.toLowerCase() !== place.subscriptionId.toLowerCase()) {
    throw new ArmError(400, 'BadRequest', `Disk ${disk.name} is in another subscription than the virtual machine.`);
  }
  if (disk.region !== place.region) {
    throw new ArmError(400, 'BadRequest', `Disk ${disk.name} is in ${disk.region}, not in ${place.region}.`);
  }
  if (disk.sku.endsWith('_ZRS') || disk.zones.join() === place.zones.join()) return;
  const where = (zones: readonly string[]): string => (zones.length === 0 ? 'no zone' : `zone ${zones.join()}`);
  throw new ArmError(
    400,
    'BadRequest',
    `Disk ${disk.name} is in ${where(disk.zones)}, the virtual machine in ${where(place.zones)}: they must be in the same.`,
  );
}

function checkInterfacesFree(state: AzureState, properties: Json, machine: Machine | null): void {
  for (const id of interfacesOf({ properties })) {
    const owner = state.interfaceOwner(id);
    if (owner === null || owner.key === machine?.key) continue;
    throw new ArmError(
      400,
      'NetworkInterfaceInUse',
      `Network interface ${id} is used by existing resource ${owner.id}.`,
    );
  }
}

/** Makes the disks the machine's, and lets go of those that it had before. */
export function attach(state: AzureState, machine: Machine, parts: Attachments): void {
  const wanted = new Set(parts.disks);
  for (const disk of state.disks.all(machine.subscriptionKey)) {
    if (disk.managedBy === machine.key && !wanted.has(disk)) release(state, disk);
  }
  for (const disk of parts.disks) {
    disk.managedBy = machine.key;
    state.setWriting(disk, machine.power === 'running');
  }
  releaseInterfaces(state, machine);
  for (const id of interfacesOf(machine)) state.interfaceOwners.set(id.toLowerCase(), machine);
}

function releaseInterfaces(state: AzureState, machine: Machine): void {
  for (const [id, owner] of state.interfaceOwners) if (owner === machine) state.interfaceOwners.delete(id);
}

/** Lets go of everything of a machine; what has deleteOption Delete is removed. */
export function detachAll(state: AzureState, machine: Machine): void {
  const storage = objectAt(machine.properties, 'storageProfile');
  for (const each of [objectAt(storage, 'osDisk'), ...disksOf(storage, 'dataDisks')]) {
    const disk = state.disks.get(textAt(each, 'managedDisk', 'id') ?? '');
    if (disk === undefined || disk.managedBy !== machine.key) continue;
    release(state, disk);
    if (textAt(each, 'deleteOption') === 'Delete') state.removeDisk(disk);
  }
  releaseInterfaces(state, machine);
  for (const each of listAt(machine.properties, 'networkProfile', 'networkInterfaces')) {
    const found = state.interfaces.get(textAt(each, 'id') ?? '');
    if (found !== undefined && textAt(each, 'properties', 'deleteOption') === 'Delete') state.interfaces.remove(found);
  }
}

function release(state: AzureState, disk: Disk): void {
  disk.managedBy = null;
  state.setWriting(disk, false);
}
