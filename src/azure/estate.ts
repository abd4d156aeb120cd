import type { Disk as AzureDisk, VirtualMachine as AzureMachine } from '@azure/arm-compute';
import { GIB } from '../base/bytes.ts';
import { parseResourceId } from '../base/ids.ts';
import type { AttachedDisk, Disk, EstateReader, VirtualMachine } from '../inventory/inventory.ts';
import type { Arm } from './arm-client.ts';
import { collect, collectPages, required } from './collect.ts';
import { readArm } from './submit.ts';

/** Source: Microsoft.Resources specification, stable version that every cloud has. */
const RESOURCE_GROUPS_API_VERSION = '2021-04-01';

/**
 * Subscriptions and groups come in one list, told apart by their ids: the texts of `type` differ between versions.
 *
 * Source: learn.microsoft.com/rest/api/managementgroups/management-groups/get-descendants (version 2020-05-01; `value`, `nextLink`, `$skiptoken`).
 */
const MANAGEMENT_GROUPS_API_VERSION = '2020-05-01';

/** Reads disks, virtual machines and resource groups by ARM lists: see `EstateReader`. */
export function createEstateReader(arm: Arm): EstateReader {
  return {
    listVirtualMachines: (subscriptionId) =>
      readArm(() => collect(arm.compute(subscriptionId).virtualMachines.listAll(), readMachine)),
    listDisks: (subscriptionId) => readArm(() => collect(arm.compute(subscriptionId).disks.list(), readDisk)),
    listResourceGroups: (subscriptionId) =>
      collectPages(
        arm,
        `/subscriptions/${encodeURIComponent(subscriptionId)}/resourcegroups?api-version=${RESOURCE_GROUPS_API_VERSION}`,
        (group) => required((group as { name?: string } | null)?.name, 'name'),
      ),
    listSubscriptions: async (managementGroup) => {
      const below = await collectPages(
        arm,
        `/providers/Microsoft.Management/managementGroups/${encodeURIComponent(managementGroup)}/descendants?api-version=${MANAGEMENT_GROUPS_API_VERSION}`,
        (each) => required((each as { id?: string } | null)?.id, 'id'),
      );
      return [...new Set(below.flatMap(subscriptionIdOf))].sort();
    },
  };
}

function subscriptionIdOf(id: string): string[] {
  const [, subscriptionId] = /^\/subscriptions\/([^/]+)\/?$/i.exec(id) ?? [];
  return subscriptionId === undefined ? [] : [subscriptionId.toLowerCase()];
}

function readMachine(machine: AzureMachine): VirtualMachine {
  return {
    ...readResource(machine),
    vmId: required(machine.vmId, 'vmId'),
    disks: readAttached(machine),
  };
}

/** The managed disks of a machine: ephemeral and unmanaged ones have no id and cannot be snapshotted. */
function readAttached({ storageProfile }: AzureMachine): readonly AttachedDisk[] {
  const osDiskId = storageProfile?.osDisk?.managedDisk?.id;
  const osDisk = osDiskId ? [{ diskId: osDiskId, lun: null }] : [];
  const dataDisks = (storageProfile?.dataDisks ?? []).flatMap(({ managedDisk, lun }) =>
    managedDisk?.id ? [{ diskId: managedDisk.id, lun }] : [],
  );
  return [...osDisk, ...dataDisks];
}

function readDisk(disk: AzureDisk): Disk {
  return {
    ...readResource(disk),
    uniqueId: required(disk.uniqueId, 'uniqueId'),
    sizeBytes: required(
      disk.diskSizeBytes ?? (disk.diskSizeGB === undefined ? null : disk.diskSizeGB * GIB),
      'diskSizeBytes',
    ),
    sku: required(disk.sku?.name, 'sku.name'),
    zones: disk.zones ?? [],
    attachedTo: disk.managedBy ?? null,
  };
}

/** What every resource has. */
export function readResource(resource: {
  id?: string;
  name?: string;
  location?: string;
  tags?: Record<string, string>;
}) {
  const id = required(resource.id, 'id');
  const { subscriptionId, resourceGroup, name } = required(parseResourceId(id), 'id');
  return {
    id,
    name: resource.name ?? name,
    subscriptionId,
    resourceGroup,
    region: required(resource.location, 'location'),
    tags: resource.tags ?? {},
  };
}
