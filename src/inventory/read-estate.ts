import { inParallel } from '../base/in-parallel.ts';
import type { Disk, EstateReader, VirtualMachine } from './inventory.ts';

/** The virtual machines and disks of a set of subscriptions, at about one moment. */
export interface Estate {
  readonly virtualMachines: readonly VirtualMachine[];
  readonly disks: readonly Disk[];
}

/** Subscriptions that are listed at the same time: two lists each, well below ARM's buckets. */
const AT_ONCE = 8;

/**
 * Lists the whole estate of some subscriptions, each once however often and in whatever case it is named.
 *
 * Errors: what the reader throws; never a part of the estate.
 */
export async function readEstate(reader: EstateReader, subscriptionIds: readonly string[]): Promise<Estate> {
  const subscriptions = [...new Set(subscriptionIds.map((id) => id.toLowerCase()))];
  const virtualMachines: VirtualMachine[] = [];
  const disks: Disk[] = [];
  // One that waits for its bucket keeps none of the others waiting.
  const lists = await inParallel(subscriptions, AT_ONCE, (id) =>
    Promise.all([reader.listVirtualMachines(id), reader.listDisks(id)]),
  );
  // Not `push(...list)`: a list may be longer than a call takes arguments.
  for (const [machinesOfOne, disksOfOne] of lists) {
    for (const machine of machinesOfOne) virtualMachines.push(machine);
    for (const disk of disksOfOne) disks.push(disk);
  }
  return { virtualMachines, disks };
}

/** Asks for the lists of each subscription once, however many policies look at it: for as long as one moment's estate is meant. */
export function listOnce(reader: EstateReader): EstateReader {
  return {
    listVirtualMachines: once((id) => reader.listVirtualMachines(id)),
    listDisks: once((id) => reader.listDisks(id)),
    listResourceGroups: (id) => reader.listResourceGroups(id),
    listSubscriptions: (managementGroup) => reader.listSubscriptions(managementGroup),
  };
}

function once<T>(ask: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (id) => {
    const key = id.toLowerCase();
    const answer = answers.get(key) ?? ask(id);
    answers.set(key, answer);
    return answer;
  };
}
