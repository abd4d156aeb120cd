import type { ResourceSku } from '@azure/arm-compute';
import type { MachineSize, Quota } from '../restore/ports.ts';
import type { Arm } from './arm-client.ts';
import { collect } from './collect.ts';
import { readArm } from './submit.ts';

/** The sizes of machines of a region, with what this subscription may not have of them. */
export async function listSizes(arm: Arm, subscriptionId: string, region: string): Promise<readonly MachineSize[]> {
  const filter = `location eq '${region.replaceAll("'", "''")}'`;
  const skus = await readArm(() => collect(arm.compute(subscriptionId).resourceSkus.list({ filter }), (sku) => sku));
  return skus.filter(({ resourceType }) => resourceType === 'virtualMachines').map((sku) => readSize(sku, region));
}

function readSize(sku: ResourceSku, region: string): MachineSize {
  const place = (sku.locationInfo ?? []).find(({ location }) => location?.toLowerCase() === region.toLowerCase());
  const restrictions = sku.restrictions ?? [];
  return {
    name: sku.name ?? '',
    family: sku.family ?? '',
    cores: Number((sku.capabilities ?? []).find(({ name }) => name === 'vCPUs')?.value ?? 0),
    zones: place?.zones ?? [],
    refused: restrictions.some(({ type }) => type === 'Location'),
    refusedZones: restrictions.flatMap(({ type, restrictionInfo }) =>
      type === 'Zone' ? (restrictionInfo?.zones ?? []) : [],
    ),
  };
}

/** How much of each quota of a region a subscription uses. */
export async function listQuotas(arm: Arm, subscriptionId: string, region: string): Promise<readonly Quota[]> {
  return readArm(() =>
    collect(arm.compute(subscriptionId).usage.list(region), ({ name, currentValue, limit }) => ({
      name: name.value ?? '',
      used: currentValue,
      limit,
    })),
  );
}
