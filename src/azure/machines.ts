import type {
  VirtualMachine as AzureMachine,
  VirtualMachineInstanceView,
  VirtualMachineUpdate,
} from '@azure/arm-compute';
import { AppError } from '../base/errors.ts';
import { parseResourceId, type ResourceId } from '../base/ids.ts';
import type { MachineDisk, MachineMaker, MachineRequest, SeenMachine } from '../restore/ports.ts';
import type { Arm } from './arm-client.ts';
import { required } from './collect.ts';
import { createInterfaceMaker } from './interfaces.ts';
import { operationUrl } from './long-running.ts';
import { listQuotas, listSizes } from './machine-sizes.ts';
import { readArmOrNull, submit } from './submit.ts';

/** Makes, changes and removes machines: see `MachineMaker`. Writes are sent once and not waited for. */
export function createMachineMaker(arm: Arm): MachineMaker {
  const machinesOf = (subscriptionId: string) => arm.compute(subscriptionId).virtualMachines;
  const at = (id: string) => {
    const parts = parseMachineId(id);
    return { ...parts, machines: machinesOf(parts.subscriptionId) };
  };
  return {
    ...createInterfaceMaker(arm),
    getMachine: (id) => {
      const { machines, resourceGroup, name } = at(id);
      return readArmOrNull(async () =>
        readMachine(await machines.get(resourceGroup, name, { expand: 'instanceView' })),
      );
    },
    createMachine: async (request) => {
      const { machines, resourceGroup, name } = at(request.id);
      // Azure would change a machine that has this name: with this it refuses instead.
      const unlessThere = { ifNoneMatch: '*' };
      const send = submit((options) =>
        machines.createOrUpdate(resourceGroup, name, writeMachine(request), { ...options, ...unlessThere }),
      );
      return operationUrl(await send);
    },
    deleteMachine: async (id) => {
      const { machines, resourceGroup, name } = at(id);
      const answer = await readArmOrNull(() => submit((options) => machines.delete(resourceGroup, name, options)));
      return answer === null ? null : operationUrl(answer);
    },
    setPower: async (id, power) => {
      const { machines, resourceGroup, name } = at(id);
      return operationUrl(await submit((options) => machines[power](resourceGroup, name, options)));
    },
    replaceOsDisk: async (id, disk) => {
      const { machines, resourceGroup, name } = at(id);
      const update: VirtualMachineUpdate = { storageProfile: { osDisk: writeDisk(disk) } };
      return operationUrl(await submit((options) => machines.update(resourceGroup, name, update, options)));
    },
    changeDataDisks: async (id, { attach, detach }) => {
      const { machines, resourceGroup, name } = at(id);
      const change = {
        ...(detach.length === 0 ? {} : { dataDisksToDetach: detach.map((diskId) => ({ diskId })) }),
        ...(attach.length === 0
          ? {}
          : {
              dataDisksToAttach: attach.map(({ diskId, lun, caching }) => ({
                diskId,
                lun: lun ?? 0,
                caching,
                deleteOption: 'Detach' as const,
              })),
            }),
      };
      return operationUrl(
        await submit((options) => machines.attachDetachDataDisks(resourceGroup, name, change, options)),
      );
    },
    sizes: (subscriptionId, region) => listSizes(arm, subscriptionId, region),
    quotas: (subscriptionId, region) => listQuotas(arm, subscriptionId, region),
  };
}

function parseMachineId(id: string): ResourceId {
  const parts = parseResourceId(id);
  if (parts?.type.toLowerCase() !== 'microsoft.compute/virtualmachines')
    throw new AppError('bad-request', 'This is not the id of a virtual machine', { id });
  return parts;
}

function writeDisk({ diskId, caching, writeAccelerator }: MachineDisk) {
  return {
    name: parseResourceId(diskId)?.name ?? '',
    createOption: 'Attach',
    caching,
    managedDisk: { id: diskId },
    // What a restore made is removed by its own row, never along with the machine.
    deleteOption: 'Detach' as const,
    ...(writeAccelerator ? { writeAcceleratorEnabled: true } : {}),
  };
}

/** The body of a machine from disks that have been one: no `osProfile`, as what it would set is on the disk. */
function writeMachine(request: MachineRequest): AzureMachine {
  const { security, plan, identity, bootDiagnostics: boot } = request;
  const os = request.disks.find(({ lun }) => lun === null);
  if (!os) throw new AppError('bad-request', 'A virtual machine needs an OS disk', { machine: request.id });
  const reference = (id: string | null) => (id === null ? undefined : { id });
  return {
    location: request.region,
    tags: { ...request.tags },
    ...(request.zone === null ? {} : { zones: [request.zone] }),
    ...(plan === null ? {} : { plan: withoutNull(plan) }),
    ...(identity === null || (!identity.system && identity.userAssigned.length === 0)
      ? {}
      : { identity: writeIdentity(identity) }),
    hardwareProfile: { vmSize: request.size },
    storageProfile: {
      osDisk: { ...writeDisk(os), ...withoutNull({ osType: request.osType }) },
      dataDisks: request.disks.flatMap((disk) => (disk.lun === null ? [] : [{ ...writeDisk(disk), lun: disk.lun }])),
      ...withoutNull({ diskControllerType: request.diskController }),
    },
    networkProfile: {
      networkInterfaces: request.interfaces.map(({ id, primary }) => ({ id, primary, deleteOption: 'Detach' })),
    },
    ...(security === null || (security.type === 'Standard' && !security.encryptionAtHost)
      ? {}
      : { securityProfile: writeSecurity(security) }),
    ...(boot === null
      ? {}
      : {
          diagnosticsProfile: {
            bootDiagnostics: { enabled: boot.enabled, ...withoutNull({ storageUri: boot.storageUri }) },
          },
        }),
    ...(request.ultraDisks ? { additionalCapabilities: { ultraSSDEnabled: true } } : {}),
    ...withoutNull({
      licenseType: request.licenseType,
      availabilitySet: reference(request.availabilitySetId),
      proximityPlacementGroup: reference(request.proximityPlacementGroupId),
    }),
  };
}

/** `Standard` is what Azure answers since API version 2025-11-01 where there is no security type; it is not sent back. */
function writeSecurity(security: NonNullable<MachineRequest['security']>) {
  const trusted = security.type !== null && security.type !== 'Standard';
  return {
    ...(trusted ? { securityType: security.type } : {}),
    ...(trusted ? { uefiSettings: { secureBootEnabled: security.secureBoot, vTpmEnabled: security.vTpm } } : {}),
    ...(security.encryptionAtHost ? { encryptionAtHost: true } : {}),
  } as NonNullable<AzureMachine['securityProfile']>;
}

function writeIdentity({ system, userAssigned }: NonNullable<MachineRequest['identity']>) {
  const user = userAssigned.length > 0;
  const type = system && user ? 'SystemAssigned, UserAssigned' : system ? 'SystemAssigned' : 'UserAssigned';
  return {
    type,
    ...(user ? { userAssignedIdentities: Object.fromEntries(userAssigned.map((id) => [id, {}])) } : {}),
  } as NonNullable<AzureMachine['identity']>;
}

type Present<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** An object without what is null: exact optional properties want the field left out. */
function withoutNull<T extends object>(value: T): Present<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => each !== null && each !== undefined),
  ) as Present<T>;
}

function readMachine(machine: AzureMachine): SeenMachine {
  const os = machine.storageProfile?.osDisk;
  const attached = [...(os ? [{ ...os, lun: null }] : []), ...(machine.storageProfile?.dataDisks ?? [])];
  const failed = ['Failed', 'Canceled'].includes(machine.provisioningState ?? '');
  return {
    id: required(machine.id, 'id'),
    vmId: required(machine.vmId, 'vmId'),
    region: required(machine.location, 'location'),
    zones: machine.zones ?? [],
    tags: machine.tags ?? {},
    state: failed ? 'failed' : machine.provisioningState === 'Succeeded' ? 'succeeded' : 'pending',
    power: readPower(machine.instanceView),
    agentReady: readAgent(machine.instanceView),
    disks: attached.flatMap(({ managedDisk, lun, caching }) =>
      managedDisk?.id ? [{ diskId: managedDisk.id, lun, caching: caching ?? 'None' }] : [],
    ),
    interfaceIds: (machine.networkProfile?.networkInterfaces ?? []).flatMap(({ id }) => id ?? []),
  };
}

function readPower(view: VirtualMachineInstanceView | undefined): SeenMachine['power'] {
  const codes = (view?.statuses ?? []).map(({ code }) => code?.toLowerCase());
  if (codes.includes('powerstate/running')) return 'running';
  return codes.includes('powerstate/deallocated') ? 'deallocated' : 'other';
}

/** Source: SDK, VirtualMachineAgentInstanceView: statuses with the code ProvisioningState/succeeded and the words Ready. */
function readAgent(view: VirtualMachineInstanceView | undefined): boolean | null {
  const statuses = view?.vmAgent?.statuses ?? [];
  if (statuses.length === 0) return null;
  return statuses.some(({ code }) => code?.toLowerCase() === 'provisioningstate/succeeded');
}
