import { describe, expect, it } from 'vitest';
import { createMachineDescriber } from '../../src/azure/describe-machines.ts';
import { createMachineMaker } from '../../src/azure/machines.ts';
import { AppError } from '../../src/base/errors.ts';
import { manifestSchema } from '../../src/inventory/manifest.ts';
import type { MachineRequest } from '../../src/restore/ports.ts';
import { createFakeArm, inOrder, refusal, SUBSCRIPTION } from '../support/fake-arm.ts';

const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg/providers`;
const MACHINE = `${GROUP}/Microsoft.Compute/virtualMachines/web`;
const NIC = `${GROUP}/Microsoft.Network/networkInterfaces/web-nic`;
const SUBNET = `${GROUP}/Microsoft.Network/virtualNetworks/net/subnets/a`;
const DISK = (name: string) => `${GROUP}/Microsoft.Compute/disks/${name}`;

const REQUEST: MachineRequest = {
  id: MACHINE,
  region: 'westeurope',
  zone: '1',
  size: 'Standard_D2s_v5',
  availabilitySetId: null,
  proximityPlacementGroupId: null,
  licenseType: 'Windows_Server',
  security: { type: 'TrustedLaunch', encryptionAtHost: false, secureBoot: true, vTpm: true },
  plan: { name: 'p', publisher: 'pub', product: 'prod', promotionCode: null },
  identity: { system: true, userAssigned: ['/id/one'] },
  bootDiagnostics: { enabled: true, storageUri: null },
  ultraDisks: false,
  osType: 'Windows',
  diskController: null,
  disks: [
    { diskId: DISK('os'), lun: null, caching: 'ReadWrite' },
    { diskId: DISK('data'), lun: 4, caching: 'ReadOnly' },
  ],
  interfaces: [{ id: NIC, primary: true }],
  tags: { restore: 'r1' },
};

const accepted = { status: 201, headers: { 'azure-asyncoperation': 'https://arm.example/o/1' }, body: {} };

describe('creating a machine', () => {
  it('attaches disks that have been one: LUNs, caching, security, plan, identity, and no osProfile', async () => {
    const fake = createFakeArm(inOrder(accepted));
    expect(await createMachineMaker(fake.arm).createMachine(REQUEST)).toBe('https://arm.example/o/1');
    expect(fake.requests[0]?.body).toEqual({
      location: 'westeurope',
      zones: ['1'],
      tags: { restore: 'r1' },
      plan: { name: 'p', publisher: 'pub', product: 'prod' },
      identity: { type: 'SystemAssigned, UserAssigned', userAssignedIdentities: { '/id/one': {} } },
      properties: {
        hardwareProfile: { vmSize: 'Standard_D2s_v5' },
        licenseType: 'Windows_Server',
        securityProfile: {
          securityType: 'TrustedLaunch',
          uefiSettings: { secureBootEnabled: true, vTpmEnabled: true },
        },
        diagnosticsProfile: { bootDiagnostics: { enabled: true } },
        networkProfile: {
          networkInterfaces: [{ id: NIC, properties: { primary: true, deleteOption: 'Detach' } }],
        },
        storageProfile: {
          osDisk: {
            name: 'os',
            osType: 'Windows',
            createOption: 'Attach',
            caching: 'ReadWrite',
            deleteOption: 'Detach',
            managedDisk: { id: DISK('os') },
          },
          dataDisks: [
            {
              name: 'data',
              lun: 4,
              createOption: 'Attach',
              caching: 'ReadOnly',
              deleteOption: 'Detach',
              managedDisk: { id: DISK('data') },
            },
          ],
        },
      },
    });
  });

  it('never changes a machine that is there', async () => {
    const fake = createFakeArm(inOrder(refusal(412, 'PreconditionFailed')));
    await expect(createMachineMaker(fake.arm).createMachine(REQUEST)).rejects.toMatchObject({
      code: 'precondition-failed',
    });
  });

  it.each([
    ['Standard', { type: 'Standard', encryptionAtHost: false, secureBoot: false, vTpm: false }],
    ['none', null],
  ])('does not send back the security type %s', async (_name, security) => {
    const fake = createFakeArm(inOrder(accepted));
    await createMachineMaker(fake.arm).createMachine({ ...REQUEST, security });
    expect(fake.requests[0]).not.toHaveProperty('body.properties.securityProfile');
    expect(fake.requests[0]).toHaveProperty('body.properties.hardwareProfile');
  });

  it('refuses the id of something else', async () => {
    const maker = createMachineMaker(createFakeArm(inOrder(accepted)).arm);
    expect(() => maker.getMachine(DISK('os'))).toThrow(AppError);
    await expect(maker.deleteInterface(`${NIC}/../x`)).rejects.toThrow(AppError);
  });
});

it('an interface is made without a public address', async () => {
  const fake = createFakeArm(inOrder(accepted));
  await createMachineMaker(fake.arm).createInterface({
    ...{ id: NIC, region: 'westeurope', subnetId: SUBNET, privateAddress: '10.0.0.9', networkSecurityGroupId: '/nsg' },
    ...{ acceleratedNetworking: true, ipForwarding: false, dnsServers: [], tags: {} },
  });
  expect(fake.requests[0]?.body).toEqual({
    location: 'westeurope',
    tags: {},
    properties: {
      networkSecurityGroup: { id: '/nsg' },
      enableAcceleratedNetworking: true,
      ipConfigurations: [
        {
          name: 'ipconfig1',
          properties: {
            primary: true,
            subnet: { id: SUBNET },
            privateIPAllocationMethod: 'Static',
            privateIPAddress: '10.0.0.9',
          },
        },
      ],
    },
  });
});

describe('a manifest', () => {
  const machine = {
    id: MACHINE,
    name: 'web',
    location: 'westeurope',
    zones: ['2'],
    resources: [
      {
        name: 'agent',
        location: 'westeurope',
        properties: { publisher: 'p', type: 't', typeHandlerVersion: '1.0', settings: { secret: 'hunter2' } },
      },
    ],
    properties: {
      vmId: 'vm-1',
      hardwareProfile: { vmSize: 'Standard_D2s_v5' },
      userData: 'hunter2',
      osProfile: { computerName: 'WEB', adminUsername: 'hunter2', adminPassword: 'hunter2', customData: 'hunter2' },
      storageProfile: { osDisk: { osType: 'Linux', caching: 'ReadWrite', managedDisk: { id: DISK('os') } } },
      networkProfile: { networkInterfaces: [{ id: NIC }] },
    },
  };
  const nic = {
    id: NIC,
    location: 'westeurope',
    properties: { ipConfigurations: [{ name: 'c', properties: { subnet: { id: SUBNET } } }] },
  };
  const answering = (interfaces: 'there' | 'refused') =>
    createFakeArm(({ url }) => {
      if (url.includes('networkInterfaces'))
        return interfaces === 'there' ? { status: 200, body: { value: [nic] } } : refusal(403, 'AuthorizationFailed');
      return { status: 200, body: { value: [machine] } };
    });

  it('holds what a machine is made from, and no secret', async () => {
    const [manifest] = await createMachineDescriber(answering('there').arm).describeMachines(SUBSCRIPTION);
    expect(manifestSchema.safeParse(manifest).success).toBe(true);
    expect(manifest).toMatchObject({
      zones: ['2'],
      computerName: 'WEB',
      disks: [{ lun: null, caching: 'ReadWrite' }],
      interfaces: [{ id: NIC, primary: true, ipConfigurations: [{ subnetId: SUBNET }] }],
      extensions: [{ name: 'agent', publisher: 'p', type: 't', version: '1.0' }],
    });
    expect(JSON.stringify(manifest)).not.toContain('hunter2');
  });

  it('is kept without interfaces where those may not be read', async () => {
    const [manifest] = await createMachineDescriber(answering('refused').arm).describeMachines(SUBSCRIPTION);
    expect(manifest?.interfaces).toBeNull();
  });
});
