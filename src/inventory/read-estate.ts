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
  for (let from = 0; from < subscriptions.length; from += AT_ONCE) {
    const lists = await Promise.all(
      subscriptions
        .slice(from, from + AT_ONCE)
        .map((id) => Promise.all([reader.listVirtualMachines(id), reader.listDisks(id)])),
    );
    // Not `push(...list)`: a list may be longer than a call takes arguments.
    for (const [machinesOfOne, disksOfOne] of lists) {
      for (const machine of machinesOfOne) virtualMachines.push(machine);
      for (const disk of disksOfOne) disks.push(disk);
    }
  }
  return { virtualMachines, disks };
}
