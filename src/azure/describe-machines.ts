import type { VirtualMachine as AzureMachine } from '@azure/arm-compute';
import type { MachineDescriber, Manifest, ManifestInterface } from '../inventory/manifest.ts';
import type { Arm } from './arm-client.ts';
import { collect, collectPages, required } from './collect.ts';
import { NETWORK_API_VERSION, readInterface } from './network-shapes.ts';
import { readArm } from './submit.ts';

/**
 * Describes the machines of a subscription by two lists, machines and interfaces: see `MachineDescriber`.
 *
 * Shape: an identity that may not read interfaces still gets the rest: `interfaces` is null then.
 */
export function createMachineDescriber(arm: Arm): MachineDescriber {
  return {
    describeMachines: async (subscriptionId) => {
      const [machines, interfaces] = await Promise.all([
        readArm(() => collect(arm.compute(subscriptionId).virtualMachines.listAll(), (machine) => machine)),
        listInterfaces(arm, subscriptionId),
      ]);
      return machines.map((machine) => describe(machine, interfaces));
    },
  };
}

async function listInterfaces(
  arm: Arm,
  subscriptionId: string,
): Promise<ReadonlyMap<string, ManifestInterface> | null> {
  try {
    const path = `/subscriptions/${encodeURIComponent(subscriptionId)}/providers/Microsoft.Network/networkInterfaces`;
    const found = await readArm(() => collectPages(arm, `${path}?api-version=${NETWORK_API_VERSION}`, readInterface));
    return new Map(found.map(({ shape }) => [shape.id.toLowerCase(), shape]));
  } catch (error) {
    arm.log?.warn('interfaces could not be read: manifests are kept without them', {
      subscriptionId,
      reason: error instanceof Error ? error.message : 'unknown',
    });
    return null;
  }
}

/** Reads what a new machine would be made from; `osProfile` and `userData` are left where they are: they hold secrets. */
function describe(machine: AzureMachine, interfaces: ReadonlyMap<string, ManifestInterface> | null): Manifest {
  const { securityProfile: security, plan, identity } = machine;
  const boot = machine.diagnosticsProfile?.bootDiagnostics;
  return {
    v: 1,
    id: required(machine.id, 'id'),
    name: required(machine.name, 'name'),
    vmId: required(machine.vmId, 'vmId'),
    region: required(machine.location, 'location'),
    zones: machine.zones ?? [],
    size: required(machine.hardwareProfile?.vmSize, 'hardwareProfile.vmSize'),
    availabilitySetId: machine.availabilitySet?.id ?? null,
    proximityPlacementGroupId: machine.proximityPlacementGroup?.id ?? null,
    licenseType: machine.licenseType ?? null,
    security: security
      ? {
          type: security.securityType ?? null,
          encryptionAtHost: security.encryptionAtHost ?? false,
          secureBoot: security.uefiSettings?.secureBootEnabled ?? false,
          vTpm: security.uefiSettings?.vTpmEnabled ?? false,
        }
      : null,
    plan: plan?.name
      ? {
          name: plan.name,
          publisher: plan.publisher ?? '',
          product: plan.product ?? '',
          promotionCode: plan.promotionCode ?? null,
        }
      : null,
    identity: identity?.type
      ? {
          system: identity.type.includes('SystemAssigned'),
          userAssigned: Object.keys(identity.userAssignedIdentities ?? {}),
        }
      : null,
    bootDiagnostics: boot ? { enabled: boot.enabled ?? false, storageUri: boot.storageUri ?? null } : null,
    ultraDisks: machine.additionalCapabilities?.ultraSSDEnabled ?? false,
    osType: machine.storageProfile?.osDisk?.osType ?? null,
    diskController: machine.storageProfile?.diskControllerType ?? null,
    computerName: machine.osProfile?.computerName ?? null,
    tags: machine.tags ?? {},
    disks: describeDisks(machine),
    interfaces: describeInterfaces(machine, interfaces),
    extensions: (machine.resources ?? []).flatMap((extension) =>
      extension.name === undefined
        ? []
        : [
            {
              name: extension.name,
              publisher: extension.publisher ?? '',
              type: extension.typePropertiesType ?? extension.type ?? '',
              version: extension.typeHandlerVersion ?? '',
            },
          ],
    ),
  };
}

function describeDisks({ storageProfile }: AzureMachine): Manifest['disks'] {
  const os = storageProfile?.osDisk;
  const attached = [...(os ? [{ ...os, lun: null }] : []), ...(storageProfile?.dataDisks ?? [])];
  return attached.flatMap(({ managedDisk, lun, caching, writeAcceleratorEnabled }) =>
    managedDisk?.id
      ? [
          {
            diskId: managedDisk.id,
            lun,
            caching: caching ?? 'None',
            writeAccelerator: writeAcceleratorEnabled ?? false,
          },
        ]
      : [],
  );
}

function describeInterfaces(
  { networkProfile }: AzureMachine,
  interfaces: ReadonlyMap<string, ManifestInterface> | null,
): Manifest['interfaces'] {
  if (interfaces === null) return null;
  const attached = networkProfile?.networkInterfaces ?? [];
  return attached.flatMap(({ id, primary }) => {
    const shape = interfaces.get((id ?? '').toLowerCase());
    return shape ? [{ ...shape, primary: primary ?? attached.length === 1 }] : [];
  });
}
