import { GIB } from '../../src/base/bytes.ts';
import {
  APP_GROUP,
  type AzureUnderTest,
  azureContract,
  DISK_GIB,
  OWN_GROUP,
  REGION,
} from '../contract/azure-contract.ts';
import { machineContract } from '../contract/machine-contract.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { createMemoryAzure } from './memory-azure.ts';

const SUBSCRIPTION = 'S1';

function create(): AzureUnderTest {
  const clock = createVirtualClock();
  const azure = createMemoryAzure({ clock, snapshotMs: 60_000, operationMs: 2_000 });
  azure.addGroup(SUBSCRIPTION, OWN_GROUP);
  azure.addGroup(SUBSCRIPTION, APP_GROUP);
  azure.setPrice('atlantis', null);
  const place = { subscriptionId: SUBSCRIPTION, resourceGroup: APP_GROUP, region: REGION };
  const diskId = (name: string) =>
    `/subscriptions/${SUBSCRIPTION}/resourceGroups/${APP_GROUP}/providers/Microsoft.Compute/disks/${name}`;
  return {
    ...azure,
    clock,
    subscriptionId: SUBSCRIPTION,
    addDisk: async (name) => azure.addDisk({ ...place, name, sizeBytes: DISK_GIB * GIB, tags: { owner: 'ops' } }).id,
    addMachine: async (name, osDisk, dataDisk) => {
      azure.addMachine({ ...place, name }, [
        { diskId: diskId(osDisk), lun: null },
        { diskId: diskId(dataDisk), lun: 3 },
      ]);
    },
    write: async (...range) => azure.write(...range),
    clear: async (...range) => azure.clear(...range),
    lock: async (scope) => azure.lock(scope),
    unlock: async (scope) => azure.unlock(scope),
    storedBytes: async (familyId) => azure.bill().find((chain) => chain.familyId === familyId)?.storedBytes ?? 0,
    content: async (id) => azure.contentOf(id),
  };
}

const azure = create();
azureContract('memory', () => azure);
machineContract('machines in memory', () => azure);
