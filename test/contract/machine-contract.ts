import { describe, expect, it } from 'vitest';
import { GIB } from '../../src/base/bytes.ts';
import type { Manifest } from '../../src/inventory/manifest.ts';
import type { MachineRequest } from '../../src/restore/ports.ts';
import { APP_GROUP, type AzureUnderTest, DISK_GIB, OWN_GROUP, REGION } from './azure-contract.ts';

let names = 0;
function freshName(prefix: string): string {
  names += 1;
  return `${prefix}${names}`;
}

/** The contract of what makes, changes and describes virtual machines: run by the memory model and by the real adapters on the sandbox. */
export function machineContract(name: string, open: () => AzureUnderTest): void {
  const scope = () => `/subscriptions/${open().subscriptionId}/resourceGroups/${APP_GROUP}/providers`;
  const machineId = (machine: string) => `${scope()}/Microsoft.Compute/virtualMachines/${machine}`;
  const interfaceId = (nic: string) => `${scope()}/Microsoft.Network/networkInterfaces/${nic}`;

  const ended = async (url: string | null): Promise<void> => {
    for (let looks = 0; url !== null && looks < 100; looks += 1) {
      const state = await open().disks.operation(url);
      if (state.kind === 'failed') throw new Error(`${state.code}: ${state.message}`);
      if (state.kind === 'succeeded') return;
      await open().clock.wait(state.retryAfterMs);
    }
  };

  /** A machine with an OS disk and a data disk at LUN 3. */
  const addMachine = async (): Promise<{ id: string; osId: string; dataId: string }> => {
    const [os, data, machine] = [freshName('mos'), freshName('mdata'), freshName('Mach-')];
    const osId = await open().addDisk(os);
    const dataId = await open().addDisk(data);
    await open().addMachine(machine, os, data);
    return { id: machineId(machine), osId, dataId };
  };

  const copyOf = async (diskId: string): Promise<string> => {
    const { subscriptionId, snapshots, disks, clock } = open();
    const [snapshot, disk] = [freshName('msnap'), freshName('mcopy')];
    await snapshots.start({
      ...{ subscriptionId, resourceGroup: OWN_GROUP, name: snapshot, region: REGION, diskId },
      ...{ sku: 'Standard_ZRS', tags: {}, networkAccess: 'deny' },
    });
    const snapshotId = `/subscriptions/${subscriptionId}/resourceGroups/${OWN_GROUP}/providers/Microsoft.Compute/snapshots/${snapshot}`;
    for (let looks = 0; (await snapshots.get(snapshotId))?.state !== 'succeeded' && looks < 100; looks += 1)
      await clock.wait(5_000);
    await ended(
      await disks.createDisk({
        ...{ subscriptionId, resourceGroup: APP_GROUP, name: disk, region: REGION, snapshotId, mayBoot: true },
        ...{ sku: 'Premium_LRS', zone: null, sizeGiB: DISK_GIB, diskEncryptionSetId: null, tags: {} },
      }),
    );
    return `${scope()}/Microsoft.Compute/disks/${disk}`;
  };

  const described = async (id: string): Promise<Manifest> => {
    const found = await open().describer.describeMachines(open().subscriptionId);
    const manifest = found.find((each) => each.id.toLowerCase() === id.toLowerCase());
    if (!manifest) throw new Error(`${id} is not described`);
    return manifest;
  };

  const subnetOf = async (id: string) => (await described(id)).interfaces?.[0]?.ipConfigurations[0]?.subnetId ?? '';

  const lower = (disks: readonly { readonly diskId: string; readonly lun: number | null }[]) =>
    disks.map(({ diskId, lun }) => [lun, diskId.toLowerCase()]);

  const request = (id: string, disks: readonly [string, string], nic: string): MachineRequest => ({
    ...{
      id,
      region: REGION,
      zone: null,
      size: 'Standard_D2s_v5',
      availabilitySetId: null,
      proximityPlacementGroupId: null,
    },
    ...{ licenseType: null, security: null, plan: null, identity: null, bootDiagnostics: null, ultraDisks: false },
    ...{ osType: null, diskController: null, tags: { restore: 'r1' } },
    disks: [
      { diskId: disks[0], lun: null, caching: 'ReadWrite' },
      { diskId: disks[1], lun: 7, caching: 'ReadOnly' },
    ],
    interfaces: [{ id: nic, primary: true }],
  });

  const addInterface = async (subnetId: string): Promise<string> => {
    const id = interfaceId(freshName('mnic'));
    await ended(
      await open().machines.createInterface({
        ...{ id, region: REGION, subnetId, privateAddress: null, networkSecurityGroupId: null },
        ...{ acceleratedNetworking: false, ipForwarding: false, dnsServers: [], tags: { restore: 'r1' } },
      }),
    );
    return id;
  };

  describe(name, () => {
    it('describes a machine: size, disks with LUN and caching, interfaces with their subnets', async () => {
      const { id, osId, dataId } = await addMachine();
      const manifest = await described(id);
      expect(manifest).toMatchObject({ v: 1, region: REGION, size: 'Standard_D2s_v5', zones: [] });
      expect(lower(manifest.disks)).toEqual([
        [null, osId.toLowerCase()],
        [3, dataId.toLowerCase()],
      ]);
      expect(manifest.disks[0]?.caching).toBe('ReadWrite');
      expect(manifest.interfaces).toMatchObject([
        { primary: true, ipConfigurations: [{ subnetId: expect.any(String) }] },
      ]);
    });

    it('swaps disks of a machine that is stopped for it, and starts it again', async () => {
      const { machines, content } = open();
      const { id, osId, dataId } = await addMachine();
      const [newOs, newData] = [await copyOf(osId), await copyOf(dataId)];
      const os = { diskId: newOs, lun: null, caching: 'ReadOnly' } as const;
      await expect(machines.replaceOsDisk(id, os)).rejects.toMatchObject({ code: 'conflict' });
      await ended(await machines.setPower(id, 'deallocate'));
      expect((await machines.getMachine(id))?.power).toBe('deallocated');
      await ended(await machines.replaceOsDisk(id, os));
      await ended(await machines.changeDataDisks(id, { attach: [], detach: [dataId] }));
      const data = { diskId: newData, lun: 3, caching: 'None' } as const;
      await ended(await machines.changeDataDisks(id, { attach: [data], detach: [] }));
      await ended(await machines.setPower(id, 'start'));
      const machine = await machines.getMachine(id);
      expect(machine).toMatchObject({ power: 'running', state: 'succeeded' });
      expect(lower(machine?.disks ?? [])).toEqual([
        [null, newOs.toLowerCase()],
        [3, newData.toLowerCase()],
      ]);
      expect(machine?.disks.map(({ caching }) => caching)).toEqual(['ReadOnly', 'None']);
      expect(await content(newData)).toEqual(await content(dataId));
      const { subscriptionId, disks } = open();
      expect((await disks.getDisk(subscriptionId, APP_GROUP, osId.split('/').at(-1) ?? ''))?.attachedTo).toBeNull();
    });

    it('makes a machine of disks and an interface, once, and removes it without them', async () => {
      const { machines, disks, subscriptionId } = open();
      const original = await addMachine();
      const copies = [await copyOf(original.osId), await copyOf(original.dataId)] as const;
      const nic = await addInterface(await subnetOf(original.id));
      const id = machineId(freshName('Made-'));
      await ended(await machines.createMachine(request(id, copies, nic)));
      expect(await machines.getMachine(id)).toMatchObject({ power: 'running', tags: { restore: 'r1' } });
      expect((await machines.getInterface(nic))?.attachedTo?.toLowerCase()).toBe(id.toLowerCase());
      await expect(machines.createMachine(request(id, copies, nic))).rejects.toMatchObject({
        code: 'precondition-failed',
      });
      await expect(machines.deleteInterface(nic)).rejects.toMatchObject({ facts: { azureCode: 'NicInUse' } });
      await ended(await machines.deleteMachine(id));
      expect(await machines.getMachine(id)).toBeNull();
      expect(await machines.deleteMachine(id)).toBeNull();
      expect(await machines.getInterface(nic)).toMatchObject({ attachedTo: null, tags: { restore: 'r1' } });
      for (const diskId of copies) {
        const disk = await disks.getDisk(subscriptionId, APP_GROUP, diskId.split('/').at(-1) ?? '');
        expect(disk).toMatchObject({ attachedTo: null, sizeBytes: DISK_GIB * GIB, sku: 'Premium_LRS' });
      }
      await ended(await machines.deleteInterface(nic));
      expect(await machines.getInterface(nic)).toBeNull();
    });

    it('refuses disks and interfaces that another machine has', async () => {
      const { machines } = open();
      const [first, second] = [await addMachine(), await addMachine()];
      const nic = await addInterface(await subnetOf(first.id));
      const id = machineId(freshName('Made-'));
      await expect(machines.createMachine(request(id, [first.osId, first.dataId], nic))).rejects.toMatchObject({
        code: 'conflict',
      });
      const taken = (await machines.getMachine(second.id))?.interfaceIds[0] ?? '';
      const copies = [await copyOf(first.osId), await copyOf(first.dataId)] as const;
      await expect(machines.createMachine(request(id, copies, taken))).rejects.toMatchObject({
        facts: { azureCode: 'NetworkInterfaceInUse' },
      });
      expect(await machines.getMachine(id)).toBeNull();
    });

    it('tells of subnets, sizes and quotas', async () => {
      const { machines, subscriptionId } = open();
      const { id } = await addMachine();
      const subnetId = await subnetOf(id);
      expect(await machines.subnetRegion(subnetId)).toBe(REGION);
      expect(await machines.subnetRegion(`${subnetId}-not`)).toBeNull();
      const sizes = await machines.sizes(subscriptionId, REGION);
      expect(sizes).toContainEqual(
        expect.objectContaining({ name: 'Standard_D2s_v5', cores: 2, zones: ['1', '2', '3'] }),
      );
      const cores = (await machines.quotas(subscriptionId, REGION)).find((quota) => quota.name === 'cores');
      expect(cores?.limit).toBeGreaterThan(cores?.used ?? 0);
    });
  });
}
