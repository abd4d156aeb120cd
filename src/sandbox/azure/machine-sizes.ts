import { ArmError } from './arm-error.ts';
import { textAt } from './json.ts';
import type { Machine } from './resources.ts';
import type { AzureState } from './state.ts';

/** A size of virtual machines. */
export interface MachineSize {
  readonly name: string;
  readonly family: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Where it is offered by zone: the same in every region of the sandbox. */
  readonly zones: readonly string[];
}

const ALL_ZONES = ['1', '2', '3'];

function sizes(
  family: string,
  memoryPerCore: number,
  zones: readonly string[],
  ...cores: [string, number][]
): MachineSize[] {
  return cores.map(([name, count]) => ({ name, family, cores: count, memoryGiB: count * memoryPerCore, zones }));
}

/** The sizes there are. Source: learn.microsoft.com/azure/virtual-machines/sizes (names, families, cores, memory); which zones lack one is made up. */
export const MACHINE_SIZES: readonly MachineSize[] = [
  ...sizes(
    'standardBSFamily',
    2,
    ALL_ZONES,
    ['Standard_B1s', 1],
    ['Standard_B2s', 2],
    ['Standard_B2ms', 2],
    ['Standard_B4ms', 4],
  ),
  ...sizes(
    'standardDSv5Family',
    4,
    ALL_ZONES,
    ['Standard_D2s_v5', 2],
    ['Standard_D4s_v5', 4],
    ['Standard_D8s_v5', 8],
    ['Standard_D16s_v5', 16],
    ['Standard_D32s_v5', 32],
  ),
  ...sizes(
    'standardESv5Family',
    8,
    ALL_ZONES,
    ['Standard_E4s_v5', 4],
    ['Standard_E8s_v5', 8],
    ['Standard_E16s_v5', 16],
  ),
  ...sizes('standardFSv2Family', 2, ['1'], ['Standard_F4s_v2', 4], ['Standard_F8s_v2', 8]),
];

/** A size by its name, whatever its case. */
export function sizeOf(name: string): MachineSize | null {
  return MACHINE_SIZES.find((size) => size.name.toLowerCase() === name.toLowerCase()) ?? null;
}

/** Cores of the machines that are allocated in a region, by family. */
export function coresInUse(
  state: AzureState,
  subscriptionKey: string,
  region: string,
  but?: Machine,
): Map<string, number> {
  const used = new Map<string, number>();
  for (const machine of state.machines.all(subscriptionKey)) {
    if (machine === but || machine.region !== region || machine.power === 'deallocated') continue;
    const size = sizeOf(textAt(machine.properties, 'hardwareProfile', 'vmSize') ?? '');
    if (size !== null) used.set(size.family, (used.get(size.family) ?? 0) + size.cores);
  }
  return used;
}

/**
 * Checks that a machine's size can be had.
 *
 * Errors: 400 for a size that there is not; 409 where its zone has none, or the quota is used up.
 * Source: learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-sku-not-available and error-resource-quota.
 */
export function checkSize(
  state: AzureState,
  asked: {
    readonly size: string;
    readonly zones: readonly string[];
    readonly region: string;
    readonly subscriptionKey: string;
  },
  known: Machine | null,
): void {
  const size = sizeOf(asked.size);
  if (size === null)
    throw new ArmError(400, 'InvalidParameter', `The value ${asked.size} provided for the VM size is not valid.`, {
      target: 'vmSize',
    });
  const missing = asked.zones.find((zone) => !size.zones.includes(zone));
  if (missing !== undefined) {
    throw new ArmError(
      409,
      'SkuNotAvailable',
      `The requested VM size ${size.name} is not available in location '${asked.region}' zone '${missing}'.`,
    );
  }
  const used = [...coresInUse(state, asked.subscriptionKey, asked.region, known ?? undefined).values()];
  const total = used.reduce((sum, cores) => sum + cores, 0);
  const limit = state.settings.coreQuota;
  if (total + size.cores <= limit) return;
  throw new ArmError(
    409,
    'OperationNotAllowed',
    `Operation could not be completed as it results in exceeding approved Total Regional Cores quota. Location: ${asked.region}, ` +
      `Current Limit: ${limit}, Current Usage: ${total}, Additional Required: ${size.cores}.`,
  );
}
