import { matchSources } from '../inventory/match-sources.ts';
import type { Estate } from '../inventory/read-estate.ts';
import type { Resolved } from '../inventory/resolve-scopes.ts';
import type { Policy } from '../policy/policy.ts';

/** Something in the policies' subscriptions that no enabled policy protects. */
export interface Uncovered {
  readonly id: string;
  readonly name: string;
  readonly resourceGroup: string;
  readonly region: string;
  /** For a disk: the machine that it is attached to. */
  readonly attachedTo: string | null;
}

/** Units: numbers of machines and disks. A machine is covered where any of its disks is. */
export interface Coverage {
  readonly machines: { readonly total: number; readonly covered: number };
  readonly disks: { readonly total: number; readonly covered: number };
  readonly uncoveredMachines: readonly Uncovered[];
  /** Without those of machines that are not covered as a whole. */
  readonly uncoveredDisks: readonly Uncovered[];
}

/** Compares the estate with what policies match in it now. Pure. */
export function planCoverage(policies: readonly Resolved<Policy>[], { virtualMachines, disks }: Estate): Coverage {
  const covered = new Set<string>();
  for (const policy of policies) {
    if (!policy.enabled) continue;
    for (const source of matchSources(policy, { virtualMachines, disks }).sources)
      for (const { id } of source.disks) covered.add(id.toLowerCase());
  }
  const machineOf = new Map(
    virtualMachines.flatMap(({ id, disks: attached }) => attached.map(({ diskId }) => [diskId.toLowerCase(), id])),
  );
  const isBare = (machine: (typeof virtualMachines)[number]) =>
    machine.disks.every(({ diskId }) => !covered.has(diskId.toLowerCase()));
  const bare = virtualMachines.filter(isBare);
  const bareIds = new Set(bare.map(({ id }) => id));
  const open = disks.filter(({ id }) => !covered.has(id.toLowerCase()));
  return {
    machines: { total: virtualMachines.length, covered: virtualMachines.length - bare.length },
    disks: { total: disks.length, covered: disks.length - open.length },
    uncoveredMachines: byName(bare.map((machine) => shown(machine, null))),
    uncoveredDisks: byName(
      open.flatMap((disk) => {
        const machine = machineOf.get(disk.id.toLowerCase()) ?? null;
        return machine !== null && bareIds.has(machine) ? [] : [shown(disk, machine)];
      }),
    ),
  };
}

function shown(
  { id, name, resourceGroup, region }: Omit<Uncovered, 'attachedTo'>,
  attachedTo: string | null,
): Uncovered {
  return { id, name, resourceGroup, region, attachedTo };
}

function byName(things: readonly Uncovered[]): readonly Uncovered[] {
  return things.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1));
}
