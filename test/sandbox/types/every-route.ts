import { randomUUID } from 'node:crypto';
import type { Answer, Run } from '../azure/start.ts';
import { DISK_PATH, DISK_VERSION, GROUP_PATH, OWN_PATH, SNAPSHOT_PATH, snapshotBody } from '../azure/start.ts';

const MACHINES = `${GROUP_PATH}/providers/Microsoft.Compute/virtualMachines`;
const MACHINE_VERSION = 'api-version=2026-04-01';
const SUBSCRIPTION = GROUP_PATH.split('/resourceGroups')[0] ?? '';
const REGION = 'westeurope';

/** Asks everything of Microsoft.Compute that the sandbox answers, with as many kinds of bodies as there are. */
export async function exerciseEveryRoute(run: Run): Promise<void> {
  const send = (method: string, path: string, body?: unknown): Promise<Answer> => follow(run, method, path, body);
  const disk = (name: string, more = '') => `${DISK_PATH}/${name}${more}?${DISK_VERSION}`;
  const snapshot = (name: string, more = '') => `${SNAPSHOT_PATH}/${name}${more}?${DISK_VERSION}`;
  const machine = (name: string, more = '', query = '') => `${MACHINES}/${name}${more}?${query}${MACHINE_VERSION}`;
  await exerciseDisks(send, disk);
  await exerciseSnapshots(send, snapshot, disk);
  await exerciseMachines(send, machine, disk);
  await send('DELETE', disk('empty'));
  await send(
    'GET',
    `${SUBSCRIPTION}/providers/Microsoft.Compute/skus?$filter=location eq 'westeurope'&api-version=2021-07-01`,
  );
  await send('GET', `${SUBSCRIPTION}/providers/Microsoft.Compute/locations/westeurope/usages?${MACHINE_VERSION}`);
  for (const scope of [SUBSCRIPTION, GROUP_PATH, OWN_PATH]) {
    for (const type of ['disks', 'snapshots'])
      await send('GET', `${scope}/providers/Microsoft.Compute/${type}?${DISK_VERSION}`);
    await send('GET', `${scope}/providers/Microsoft.Compute/virtualMachines?${MACHINE_VERSION}`);
  }
}

type Send = (method: string, path: string, body?: unknown) => Promise<Answer>;
type PathOf = (name: string, more?: string, query?: string) => string;

async function exerciseDisks(send: Send, disk: PathOf): Promise<void> {
  await send('PUT', disk('empty'), {
    location: REGION,
    sku: { name: 'Premium_LRS' },
    zones: ['1'],
    tags: { kind: 'new' },
    properties: {
      creationData: { createOption: 'Empty' },
      diskSizeGB: 8,
      osType: 'Linux',
      hyperVGeneration: 'V2',
      networkAccessPolicy: 'AllowAll',
      publicNetworkAccess: 'Enabled',
    },
  });
  await send('PATCH', disk('empty'), { tags: { kind: 'larger' }, properties: { diskSizeGB: 16 } });
  await send('GET', disk('empty'));
  await send('POST', disk('empty', '/beginGetAccess'), { access: 'Read', durationInSeconds: 600 });
  await send('POST', disk('empty', '/endGetAccess'));
  await send('GET', disk('nowhere'));
}

async function exerciseSnapshots(send: Send, snapshot: PathOf, disk: PathOf): Promise<void> {
  const source = `${DISK_PATH}/data`;
  await send('PUT', snapshot('full'), {
    ...snapshotBody(source, { incremental: false }),
    sku: { name: 'Premium_LRS' },
  });
  await send(
    'PUT',
    snapshot('one'),
    snapshotBody(source, { networkAccessPolicy: 'AllowAll', dataAccessAuthMode: 'None' }),
  );
  await send('PUT', snapshot('north'), {
    ...snapshotBody(`${SNAPSHOT_PATH}/one`),
    location: 'northeurope',
    properties: {
      creationData: { createOption: 'CopyStart', sourceResourceId: `${SNAPSHOT_PATH}/one` },
      incremental: true,
    },
  });
  await send('GET', snapshot('north'));
  await send('GET', snapshot('one'));
  await send('PATCH', snapshot('full'), { tags: { hold: 'legal' }, properties: { networkAccessPolicy: 'DenyAll' } });
  await send('POST', snapshot('full', '/beginGetAccess'), { access: 'Read', durationInSeconds: 600 });
  await send('POST', snapshot('one', '/beginGetAccess'), { access: 'Read', durationInSeconds: 600 });
  await send('POST', snapshot('one', '/endGetAccess'));
  const policy = { immutabilityDurationDays: 30, type: 'Unlocked' };
  await send('POST', snapshot('one', '/updateImmutabilityPolicy'), policy);
  await send('POST', snapshot('one', '/updateImmutabilityPolicyLock'), { ...policy, type: 'Locked' });
  await send('GET', snapshot('one'));
  await send('DELETE', snapshot('one'));
  await send('DELETE', snapshot('full'));
  await send('PUT', disk('restored'), {
    location: REGION,
    sku: { name: 'StandardSSD_LRS' },
    properties: { creationData: { createOption: 'Copy', sourceResourceId: `${SNAPSHOT_PATH}/one` }, diskSizeGB: 64 },
  });
}

async function exerciseMachines(send: Send, machine: PathOf, disk: PathOf): Promise<void> {
  await send('GET', machine('Web-1'));
  await send('GET', machine('Web-1', '', '$expand=instanceView&'));
  await send('GET', machine('Web-1', '/instanceView'));
  await send('POST', machine('Web-1', '/powerOff'));
  await send('POST', machine('Web-1', '/deallocate'));
  await send('PATCH', machine('Web-1'), {
    tags: { backup: 'silver' },
    properties: { hardwareProfile: { vmSize: 'Standard_D4s_v5' } },
  });
  await send('POST', machine('Web-1', '/start'));
  await send('POST', machine('Web-1', '/attachDetachDataDisks'), {
    dataDisksToAttach: [{ diskId: `${DISK_PATH}/loose`, lun: 3, caching: 'None' }],
  });
  await send('POST', machine('Web-1', '/attachDetachDataDisks'), {
    dataDisksToDetach: [{ diskId: `${DISK_PATH}/loose` }],
  });
  await send('PUT', disk('second-os'), {
    location: REGION,
    properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4, osType: 'Linux' },
  });
  const nic = `${GROUP_PATH}/providers/Microsoft.Network/networkInterfaces/second-nic`;
  const subnet = `${GROUP_PATH}/providers/Microsoft.Network/virtualNetworks/App-RG-vnet/subnets/default`;
  await send('PUT', `${nic}?api-version=2024-05-01`, {
    location: REGION,
    properties: { ipConfigurations: [{ name: 'ipconfig1', properties: { subnet: { id: subnet } } }] },
  });
  await send('PUT', machine('second'), {
    location: REGION,
    tags: { made: 'here' },
    properties: {
      hardwareProfile: { vmSize: 'Standard_D2s_v5' },
      storageProfile: {
        osDisk: {
          createOption: 'Attach',
          osType: 'Linux',
          caching: 'ReadWrite',
          deleteOption: 'Detach',
          managedDisk: { id: `${DISK_PATH}/second-os` },
        },
        dataDisks: [{ lun: 0, createOption: 'Attach', managedDisk: { id: `${DISK_PATH}/loose` } }],
      },
      networkProfile: { networkInterfaces: [{ id: nic, properties: { primary: true } }] },
      securityProfile: { securityType: 'TrustedLaunch', uefiSettings: { secureBootEnabled: true, vTpmEnabled: true } },
    },
  });
  await send('GET', machine('second'));
  await send('DELETE', machine('second'));
}

/** Sends a request, and where it is a long-running operation reads both its status document and its result. */
async function follow(run: Run, method: string, path: string, body: unknown): Promise<Answer> {
  const answer = await run.arm(method, path, body, { 'x-ms-client-request-id': randomUUID() });
  for (const name of ['azure-asyncoperation', 'location']) {
    const link = answer.headers.get(name);
    if (link !== null) await run.arm('GET', link);
  }
  return answer;
}
