import { ArmError } from './arm-error.ts';
import { coresInUse, MACHINE_SIZES, type MachineSize } from './machine-sizes.ts';
import { keyOf, regionOf } from './resource-id.ts';
import { type ArmAnswer, type ArmRequest, type ArmRoute, parameterOf, subscriptionOf } from './route.ts';

/** Source: Azure REST specifications, Microsoft.Compute Skus: one version. */
const SKUS_API_VERSIONS = ['2021-07-01'];
const USAGE_API_VERSIONS = [
  '2022-03-01',
  '2023-03-01',
  '2024-03-01',
  '2024-11-01',
  '2025-04-01',
  '2026-03-01',
  '2026-04-01',
];

/** Regions that a list without a filter tells of. */
const REGIONS = ['westeurope', 'northeurope', 'eastus'];

/** Lists the sizes of a region. Source: SDK: only `location eq '…'` is supported as a filter. */
function listSizes(request: ArmRequest): ArmAnswer {
  subscriptionOf(request.state, parameterOf(request, 0));
  const filter = request.query.get('$filter') ?? request.query.get('%24filter');
  const region = filter === null ? null : /^location eq '([^']+)'$/.exec(filter.trim())?.[1];
  if (region === undefined) throw new ArmError(400, 'InvalidFilter', "The filter takes location eq 'region' only.");
  const regions = region === null ? REGIONS : [regionOf(region)];
  return { status: 200, body: { value: regions.flatMap((each) => MACHINE_SIZES.map((size) => sizeJson(size, each))) } };
}

function sizeJson(size: MachineSize, region: string) {
  return {
    resourceType: 'virtualMachines',
    name: size.name,
    tier: 'Standard',
    size: size.name.replace(/^Standard_/, ''),
    family: size.family,
    locations: [region],
    locationInfo: [{ location: region, zones: size.zones }],
    capabilities: [
      { name: 'vCPUs', value: String(size.cores) },
      { name: 'MemoryGB', value: String(size.memoryGiB) },
      { name: 'PremiumIO', value: 'True' },
    ],
    restrictions: [],
  };
}

/** Says how much of the cores is in use. */
function listUsage(request: ArmRequest): ArmAnswer {
  const subscription = subscriptionOf(request.state, parameterOf(request, 0));
  const region = regionOf(parameterOf(request, 1));
  const used = coresInUse(request.state, keyOf(`/subscriptions/${subscription.id}`), region);
  const total = [...used.values()].reduce((sum, cores) => sum + cores, 0);
  const limit = request.state.settings.coreQuota;
  const families = [...new Set(MACHINE_SIZES.map(({ family }) => family))];
  const line = (value: string, localizedValue: string, currentValue: number) => ({
    unit: 'Count',
    currentValue,
    limit,
    name: { value, localizedValue },
  });
  return {
    status: 200,
    body: {
      value: [
        line('cores', 'Total Regional vCPUs', total),
        ...families.map((family) => line(family, `${family} vCPUs`, used.get(family) ?? 0)),
      ],
    },
  };
}

/** Routes of sizes of machines, and of how much of them a subscription may have. */
export const sizeRoutes: readonly ArmRoute[] = [
  {
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/skus',
    versions: SKUS_API_VERSIONS,
    does: 'lists the sizes of virtual machines, of a region where a filter names one; disks are left out',
    answer: listSizes,
  },
  {
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/providers/Microsoft.Compute/locations/{location}/usages',
    versions: USAGE_API_VERSIONS,
    does: 'says how many cores are in use, and how many may be',
    answer: listUsage,
  },
];
