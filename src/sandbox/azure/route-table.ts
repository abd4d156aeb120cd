import type { ArmRoute } from './route.ts';
import { costRoutes } from './routes-cost.ts';
import { diskRoutes } from './routes-disks.ts';
import { immutabilityRoutes } from './routes-immutability.ts';
import { lockRoutes } from './routes-locks.ts';
import { machineRoutes } from './routes-machines.ts';
import { managementGroupRoutes } from './routes-management-groups.ts';
import { networkRoutes } from './routes-network.ts';
import { operationRoutes } from './routes-operations.ts';
import { resourceRoutes } from './routes-resources.ts';
import { sizeRoutes } from './routes-sizes.ts';
import { snapshotRoutes } from './routes-snapshots.ts';
import { subnetRoutes } from './routes-subnets.ts';
import { tagRoutes } from './routes-tags.ts';

/** Everything that the sandbox's Azure Resource Manager answers. */
export const armRoutes: readonly ArmRoute[] = [
  ...resourceRoutes,
  ...managementGroupRoutes,
  ...tagRoutes,
  ...operationRoutes,
  ...diskRoutes,
  ...snapshotRoutes,
  ...immutabilityRoutes,
  ...machineRoutes,
  ...sizeRoutes,
  ...networkRoutes,
  ...subnetRoutes,
  ...lockRoutes,
  ...costRoutes,
];
