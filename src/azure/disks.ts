import type { Disk as AzureDisk } from '@azure/arm-compute';
import { GIB } from '../base/bytes.ts';
import type { DiskMaker, DiskRequest, RestoredDisk } from '../restore/ports.ts';
import type { Arm } from './arm-client.ts';
import { required } from './collect.ts';
import { askOperation, operationUrl } from './long-running.ts';
import { NETWORK_ACCESS, parseSnapshotId } from './snapshots.ts';
import { readArm, readArmOrNull, submit } from './submit.ts';

/** Creates, reads and deletes disks: see `DiskMaker`. Writes are sent once and not waited for. */
export function createDiskMaker(arm: Arm): DiskMaker {
  const disksOf = (subscriptionId: string) => arm.compute(subscriptionId).disks;
  return {
    createDisk: async (request) => {
      const { subscriptionId, resourceGroup, name } = request;
      const disk = { ...(request.mayBoot ? await readSystem(arm, request.snapshotId) : {}), ...writeDisk(request) };
      return operationUrl(
        await submit((options) => disksOf(subscriptionId).createOrUpdate(resourceGroup, name, disk, options)),
      );
    },
    getDisk: (subscriptionId, resourceGroup, name) =>
      readArmOrNull(async () => readDisk(await disksOf(subscriptionId).get(resourceGroup, name))),
    deleteDisk: async (subscriptionId, resourceGroup, name) => {
      const answer = await readArmOrNull(() =>
        submit((options) => disksOf(subscriptionId).delete(resourceGroup, name, options)),
      );
      return answer === null ? null : operationUrl(answer);
    },
    operation: (url) => askOperation(arm, url),
  };
}

/** What an OS disk is beside its bytes. Source: SDK, Disk and Snapshot have these fields in common. */
async function readSystem(arm: Arm, snapshotId: string): Promise<Partial<AzureDisk>> {
  const { subscriptionId, resourceGroup, name } = parseSnapshotId(snapshotId);
  const snapshot = await readArm(() => arm.compute(subscriptionId).snapshots.get(resourceGroup, name));
  const { osType, hyperVGeneration, securityProfile, supportedCapabilities, purchasePlan } = snapshot;
  return {
    ...(osType === undefined ? {} : { osType }),
    ...(hyperVGeneration === undefined ? {} : { hyperVGeneration }),
    ...(securityProfile === undefined ? {} : { securityProfile }),
    ...(supportedCapabilities === undefined ? {} : { supportedCapabilities }),
    ...(purchasePlan === undefined ? {} : { purchasePlan }),
  };
}

function writeDisk(request: DiskRequest): AzureDisk {
  const { zone, diskEncryptionSetId } = request;
  return {
    location: request.region,
    sku: { name: request.sku },
    tags: { ...request.tags },
    creationData: { createOption: 'Copy', sourceResourceId: request.snapshotId },
    diskSizeGB: request.sizeGiB,
    ...NETWORK_ACCESS.deny,
    ...(zone === null ? {} : { zones: [zone] }),
    ...(diskEncryptionSetId === null
      ? {}
      : { encryption: { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId } }),
  };
}

function readDisk(disk: AzureDisk): RestoredDisk {
  return {
    id: required(disk.id, 'id'),
    uniqueId: required(disk.uniqueId, 'uniqueId'),
    tags: disk.tags ?? {},
    state: readState(disk.provisioningState),
    sizeBytes: disk.diskSizeBytes ?? (disk.diskSizeGB ?? 0) * GIB,
    sku: required(disk.sku?.name, 'sku.name'),
    zone: disk.zones?.[0] ?? null,
    diskEncryptionSetId: disk.encryption?.diskEncryptionSetId ?? null,
    attachedTo: disk.managedBy ?? null,
  };
}

function readState(provisioningState: string | undefined): RestoredDisk['state'] {
  if (provisioningState === 'Succeeded') return 'succeeded';
  return ['Failed', 'Canceled'].includes(provisioningState ?? '') ? 'failed' : 'pending';
}
