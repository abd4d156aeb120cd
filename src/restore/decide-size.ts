import type { Problem } from '../base/problem.ts';
import type { MachineSize, Quota } from './ports.ts';
import type { MachinePlan } from './restore.ts';

/** Sizes named in a refusal. */
const SHOWN = 5;

/** Whether a size can be had where the machine is to be. */
export function sizeObstacles(
  plan: Pick<MachinePlan, 'size' | 'zone' | 'region'>,
  size: MachineSize | null,
  sizes: readonly MachineSize[],
): readonly Problem[] {
  const path = '$.target.size';
  if (!size) {
    const allowed = `a size of ${plan.region}, such as ${names(sizes.filter(({ refused }) => !refused))}`;
    return [{ path, message: 'this region has no such size', found: plan.size, allowed }];
  }
  if (size.refused) return [{ path, message: 'this size is not offered to the subscription here', found: plan.size }];
  const { zone } = plan;
  if (zone === null) return [];
  const zones = size.zones.filter((each) => !size.refusedZones.includes(each));
  if (zones.includes(zone)) return [];
  const allowed = zones.length > 0 ? `zone ${zones.join(', ')}` : 'a machine without a zone';
  return [{ path: '$.target.zone', message: `${plan.size} is not offered in this zone`, found: zone, allowed }];
}

/**
 * Whether the quotas leave room for one more machine of a size.
 *
 * Source: learn.microsoft.com/azure/virtual-machines/quotas: both the family's cores and the region's count.
 */
export function quotaObstacles(size: MachineSize, quotas: readonly Quota[]): readonly Problem[] {
  return quotas
    .filter(({ name }) => name.toLowerCase() === size.family.toLowerCase() || name === 'cores')
    .filter(({ used, limit }) => used + size.cores > limit)
    .map(({ name, used, limit }) => ({
      path: '$.target.size',
      message: `the quota ${name} leaves no room for ${size.cores} cores`,
      found: `${used} of ${limit} in use`,
    }));
}

function names(sizes: readonly MachineSize[]): string {
  return sizes
    .slice(0, SHOWN)
    .map(({ name }) => name)
    .join(', ');
}
