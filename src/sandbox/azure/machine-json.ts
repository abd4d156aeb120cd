import { etagOf } from './conditions.ts';
import { type Json, objectAt, textAt } from './json.ts';
import { disksOf } from './machine-parts.ts';
import type { Machine } from './resources.ts';
import type { AzureState } from './state.ts';

/** A virtual machine as Azure shows it. */
export function machineJson(state: AzureState, machine: Machine, withInstanceView: boolean): Json {
  const storage = objectAt(machine.properties, 'storageProfile');
  const view = withInstanceView ? { instanceView: instanceView(state, machine) } : {};
  return {
    id: machine.id,
    name: machine.name,
    type: machine.type,
    location: machine.region,
    tags: machine.tags,
    ...machine.extras,
    etag: machineEtag(machine),
    ...(machine.zones.length === 0 ? {} : { zones: machine.zones }),
    properties: {
      ...machine.properties,
      storageProfile: {
        ...storage,
        osDisk: attachedJson(state, objectAt(storage, 'osDisk')),
        dataDisks: disksOf(storage, 'dataDisks').map((each) => attachedJson(state, each)),
      },
      vmId: machine.vmId,
      timeCreated: new Date(machine.createdMs).toISOString(),
      provisioningState: 'Succeeded',
      ...view,
    },
  };
}

/** Of what a client has written; what the machine does now is no part of it. */
export function machineEtag(machine: Machine): string {
  return etagOf([machine.id, machine.properties, machine.tags, machine.extras]);
}

/** A disk in a machine's storage profile: name, size and id come from the disk itself. */
function attachedJson(state: AzureState, attached: Json): Json {
  const disk = state.disks.get(textAt(attached, 'managedDisk', 'id') ?? '');
  if (disk === undefined) return attached;
  const osType = disk.settings.osType;
  return {
    ...(osType === undefined || attached.lun !== undefined ? {} : { osType }),
    createOption: 'Attach',
    caching: 'None',
    deleteOption: 'Detach',
    ...attached,
    name: disk.name,
    diskSizeGB: disk.sizeGiB,
    managedDisk: { ...objectAt(attached, 'managedDisk'), id: disk.id, storageAccountType: disk.sku },
  };
}

const POWER_WORDS = { running: 'VM running', deallocated: 'VM deallocated', stopped: 'VM stopped' } as const;

/** The instance view: what the machine does now. */
export function instanceView(state: AzureState, machine: Machine): Json {
  const storage = objectAt(machine.properties, 'storageProfile');
  const attached = [objectAt(storage, 'osDisk'), ...disksOf(storage, 'dataDisks')];
  const provisioned = {
    code: 'ProvisioningState/succeeded',
    level: 'Info',
    displayStatus: 'Provisioning succeeded',
    time: new Date(machine.changedMs).toISOString(),
  };
  return {
    disks: attached.flatMap((each) => {
      const disk = state.disks.get(textAt(each, 'managedDisk', 'id') ?? '');
      return disk === undefined ? [] : [{ name: disk.name, statuses: [provisioned] }];
    }),
    hyperVGeneration: 'V2',
    statuses: [
      provisioned,
      { code: `PowerState/${machine.power}`, level: 'Info', displayStatus: POWER_WORDS[machine.power] },
    ],
  };
}
