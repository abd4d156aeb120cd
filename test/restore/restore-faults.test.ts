import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { DAY_MS } from '../../src/base/time.ts';
import { diskIdOf, type Restore } from '../../src/restore/restore.ts';
import { stepsByKind } from '../../src/restore/steps.ts';
import { cancelRestore, undoRestore } from '../../src/restore/undo-restore.ts';
import type { AzureCall } from '../memory/memory-world.ts';
import { SUBSCRIPTION } from '../support/memory-app.ts';
import { FILES } from './made-up-files.ts';
import { DRILL_SUBNET, RestoreWorld, SCOPE, SUBNET } from './restore-world.ts';

type Kind = 'disk' | 'vm' | 'swap' | 'files';

const targets: Readonly<Record<Kind, object>> = {
  disk: { disk: 'web-data', name: 'back' },
  vm: { name: 'web-2', subnet: SUBNET },
  swap: {},
  files: { disk: 'web-data', path: '/p1/var/www' },
};

const body = (world: RestoreWorld, kind: Kind, more: object = {}) => ({
  kind,
  point: world.point.id,
  target: targets[kind],
  ...more,
});

/** Everything in Azure that is no snapshot: what it is, and whose. */
async function inventoryOf(world: RestoreWorld): Promise<readonly string[]> {
  const disks = await world.azure.estate.listDisks(SUBSCRIPTION);
  const machines = await world.azure.estate.listVirtualMachines(SUBSCRIPTION);
  const nics = [...world.azure.network.interfaces.values()];
  return [
    ...disks.map((disk) => `${disk.id} of ${disk.attachedTo ?? 'nobody'}`),
    ...machines.map(
      ({ id, disks: attached }) => `${id} with ${attached.map(({ diskId, lun }) => `${lun}:${diskId}`).join(' ')}`,
    ),
    ...nics.map((nic) => `${nic.id} of ${nic.attachedTo ?? 'nobody'}`),
  ].sort();
}

const contents = (world: RestoreWorld, id: string) => [...world.azure.contentOf(id)];

/** What is wrong after a restore has ended: nothing, if all is well. */
async function faultsOf(world: RestoreWorld, restore: Restore, before: readonly string[]): Promise<readonly string[]> {
  const faults: string[] = [];
  const made = restore.created.map(({ id }) => id.toLowerCase());
  const deletes: AzureCall['operation'][] = ['deleteDisk', 'deleteMachine', 'deleteInterface'];
  for (const { operation, target } of world.azure.calls)
    if (deletes.includes(operation) && !made.includes(target))
      faults.push(`${operation} of ${target}, which it has not made`);
  if (restore.state === 'succeeded') {
    for (const disk of restore.disks) {
      const equal =
        JSON.stringify(contents(world, diskIdOf(disk))) === JSON.stringify(contents(world, disk.snapshotId));
      if (!equal) faults.push(`${disk.name} has not the bytes of the point`);
    }
  } else {
    const after = await inventoryOf(world);
    if (JSON.stringify(after) !== JSON.stringify(before))
      faults.push(`left behind: ${after.filter((each) => !before.includes(each)).join(', ')}`);
    if (restore.created.some(({ removedAt }) => removedAt === null)) faults.push('the row still names what is gone');
  }
  if (restore.kind !== 'swap' || restore.state !== 'succeeded') {
    const [machine] = (await world.azure.estate.listVirtualMachines(SUBSCRIPTION)).filter(
      ({ id }) => id === world.machineId,
    );
    const now = machine?.disks.map(({ diskId }) => diskId);
    if (JSON.stringify(now) !== JSON.stringify(world.diskIds)) faults.push('the original has other disks');
    const power = world.azure.network.states.get(world.machineId.toLowerCase())?.power;
    if (power !== 'running') faults.push(`the original is ${power}`);
  }
  faults.push(...(await fileFaults(world, restore)));
  if (world.azure.openSnapshots().length > 0) faults.push('an access is still granted');
  for (const table of ['inuse', 'restoreslots'])
    if ((world.store.dump()[table] ?? []).length > 0) faults.push(`rows are left in ${table}`);
  return faults;
}

/** Of a restore of files all blobs are there, each whole, or none. */
async function fileFaults(world: RestoreWorld, restore: Restore): Promise<readonly string[]> {
  const blobs = world.store.blobs('restored');
  const names = (await Array.fromAsync(blobs.list(''))).flat();
  const wanted = restore.kind === 'files' && restore.state === 'succeeded' ? Object.keys(FILES) : [];
  const expected = wanted.filter((name) => name.startsWith('var/www/')).map((name) => `${restore.id}/${name.slice(8)}`);
  if (JSON.stringify(names) !== JSON.stringify(expected.sort())) return [`the blobs are ${names.join(', ')}`];
  const faults: string[] = [];
  for (const name of names) {
    const text = Buffer.from((await blobs.read(name)) ?? new Uint8Array()).toString();
    if (text !== FILES[`var/www/${name.slice(restore.id.length + 1)}`]) faults.push(`${name} is not what it was`);
  }
  return faults;
}

async function run(kind: Kind, dieAt: number | null, prepare: (world: RestoreWorld) => void = () => {}) {
  const world = await RestoreWorld.create();
  const before = await inventoryOf(world);
  prepare(world);
  world.arm(dieAt);
  const { id } = await world.order(body(world, kind));
  const restore = await world.settle(id);
  return { world, restore, faults: await faultsOf(world, restore, before) };
}

const kinds: readonly Kind[] = ['disk', 'vm', 'swap', 'files'];

describe('a restore whose process is killed', () => {
  it.each(kinds)('%s: before every call that changes anything, and so after every one, ends done', async (kind) => {
    const { world, restore, faults } = await run(kind, null);
    expect([restore.state, restore.error, faults]).toEqual(['succeeded', null, []]);
    const wrong: string[] = [];
    for (let call = 1; call <= world.calls; call += 1) {
      const killed = await run(kind, call);
      if (killed.restore.state !== 'succeeded' || killed.faults.length > 0)
        wrong.push(
          `${call}: ${killed.restore.state} ${JSON.stringify(killed.restore.error)} ${killed.faults.join('; ')}`,
        );
    }
    expect(wrong).toEqual([]);
  });

  it.each(['disk', 'vm', 'swap'] as const)('%s: while it is undone, ends undone', async (kind) => {
    const breaks = (world: RestoreWorld) => {
      const last = { disk: 'createDisk', vm: 'createMachine', swap: 'changeDataDisks' }[kind];
      world.disturb({ ending: (call) => (call.operation === last ? 'fails' : 'succeeds') });
    };
    const { world, restore, faults } = await run(kind, null, breaks);
    expect([restore.state, faults]).toEqual(['failed', []]);
    const wrong: string[] = [];
    // What comes before was killed above.
    for (let call = Math.floor(world.calls / 2); call <= world.calls; call += 1) {
      const killed = await run(kind, call, breaks);
      if (killed.restore.state !== 'failed' || killed.faults.length > 0)
        wrong.push(`${call}: ${killed.restore.state} ${killed.faults.join('; ')}`);
    }
    expect(wrong).toEqual([]);
  });
});

const refuse = (operation: AzureCall['operation'], azureCode: string) => (world: RestoreWorld) =>
  world.disturb({
    before: (call) => {
      if (call.operation === operation) throw new AppError('conflict', 'Azure refuses', { azureCode });
    },
  });
const fails = (operation: AzureCall['operation']) => (world: RestoreWorld) =>
  world.disturb({ ending: (call) => (call.operation === operation ? 'fails' : 'succeeds') });

describe('a restore that meets trouble is named and undone', () => {
  it.each<{ name: string; kind: Kind; code: string; prepare: (world: RestoreWorld) => void }>([
    { name: 'quota of disks', kind: 'disk', code: 'quota-exceeded', prepare: refuse('createDisk', 'QuotaExceeded') },
    { name: 'capacity refused', kind: 'vm', code: 'no-capacity', prepare: refuse('createMachine', 'AllocationFailed') },
    {
      name: 'interface taken meanwhile',
      kind: 'vm',
      code: 'interface-in-use',
      prepare: refuse('createMachine', 'NetworkInterfaceInUse'),
    },
    {
      name: 'address taken meanwhile',
      kind: 'vm',
      code: 'address-in-use',
      prepare: refuse('createInterface', 'PrivateIPAddressIsAllocated'),
    },
    { name: 'a failed disk', kind: 'vm', code: 'operation-failed', prepare: fails('createDisk') },
    { name: 'a failed machine', kind: 'vm', code: 'operation-failed', prepare: fails('createMachine') },
    { name: 'a failed interface', kind: 'vm', code: 'operation-failed', prepare: fails('createInterface') },
    {
      name: 'an OS disk that cannot be swapped',
      kind: 'swap',
      code: 'conflict',
      prepare: refuse('replaceOsDisk', 'OperationNotAllowed'),
    },
    {
      name: 'a disk that cannot be attached',
      kind: 'swap',
      code: 'operation-failed',
      prepare: fails('changeDataDisks'),
    },
    {
      name: 'a creation that never ends',
      kind: 'disk',
      code: 'timed-out',
      prepare: (world) => world.disturb({ ending: (call) => (call.operation === 'createDisk' ? 'never' : 'succeeds') }),
    },
    {
      name: 'a point whose snapshots are gone',
      kind: 'vm',
      code: 'infeasible',
      prepare: (world) =>
        world.point.snapshots.forEach(({ snapshotId }) => void world.azure.removeSnapshot(snapshotId)),
    },
    {
      name: 'cores that are used up',
      kind: 'vm',
      code: 'infeasible',
      prepare: (world) => world.azure.network.quotas.push({ name: 'standardDSv5Family', used: 9, limit: 10 }),
    },
    {
      name: 'a size that is not offered any more',
      kind: 'vm',
      code: 'infeasible',
      prepare: (world) => void world.azure.network.sizes.splice(0, 1),
    },
    {
      name: 'a subnet that is gone',
      kind: 'vm',
      code: 'infeasible',
      prepare: (world) => void world.azure.network.subnets.delete(SUBNET.toLowerCase()),
    },
  ])('$name', async ({ kind, code, prepare }) => {
    const { restore, faults } = await run(kind, null, prepare);
    expect([restore.state, restore.error?.code, faults]).toEqual(['failed', code, []]);
    if (code === 'infeasible') expect(restore.created).toEqual([]);
  });

  it('a safety point that fails leaves the machine running as it was', async () => {
    const { restore, faults } = await run('swap', null, fails('startSnapshot'));
    expect([restore.state, restore.error?.step, faults]).toEqual(['failed', 'safety-point', []]);
  });

  it('a zone without the size, with what is allowed', async () => {
    const world = await RestoreWorld.create();
    const target = { ...targets.vm, size: 'Standard_D4s_v5', zone: '2' };
    const restore = await world.settle((await world.order({ ...body(world, 'vm'), target })).id);
    expect(restore.error?.reasons).toMatchObject([{ path: '$.target.zone', found: '2', allowed: 'zone 1' }]);
  });

  it('sizes and quotas that may not be asked for are left to Azure', async () => {
    const { restore, faults } = await run('vm', null, (world) =>
      world.disturb({
        before: ({ operation }) => {
          if (operation === 'sizes' || operation === 'quotas') throw new AppError('azure-denied', 'no role');
        },
      }),
    );
    expect([restore.state, faults]).toEqual(['succeeded', []]);
  });

  it('a path that is not there', async () => {
    const world = await RestoreWorld.create();
    const target = { ...targets.files, path: '/p1/nowhere' };
    const restore = await world.settle((await world.order({ ...body(world, 'files'), target })).id);
    expect([restore.error?.reasons[0]?.path, await fileFaults(world, restore)]).toEqual(['$.target.path', []]);
  });

  it('an interface that the original still has', async () => {
    const world = await RestoreWorld.create();
    const order = { ...body(world, 'vm'), target: { name: 'web-2', interfaces: 'original' } };
    const refused = await world.settle((await world.order(order)).id);
    expect(refused.error?.reasons).toMatchObject([{ path: '$.target.interfaces', found: world.machineId }]);
    world.azure.remove(world.machineId);
    const done = await world.settle((await world.order(order, 'once more')).id);
    expect(done.state).toBe('succeeded');
    const machine = await world.azure.machines.getMachine(`${SCOPE}/Microsoft.Compute/virtualMachines/web-2`);
    expect(machine?.interfaceIds).toEqual([`${SCOPE}/Microsoft.Network/networkInterfaces/web-nic`]);
  });
});

describe('a restore that is cancelled', () => {
  it.each(kinds.flatMap((kind) => stepsByKind[kind].map(({ name }, step) => ({ kind, step, name }))))(
    '$kind, in the step $name, is undone',
    async ({ kind, name }) => {
      const world = await RestoreWorld.create();
      const before = await inventoryOf(world);
      const { id } = await world.order(body(world, kind));
      const put = world.store.hooks.before;
      let asked = false;
      let asking = false;
      world.store.hooks = {
        before: async (call) => {
          if (asking || asked || call.name !== 'restores') return put?.(call);
          asking = true;
          const current = (await world.app.restores.get(id))?.restore;
          if (current?.steps.at(-1)?.name === name) {
            asked = true;
            await cancelRestore(world.app, id, 'operator');
          }
          asking = false;
          return put?.(call);
        },
      };
      const restore = await world.settle(id);
      expect(asked).toBe(true);
      expect(['cancelled', 'succeeded']).toContain(restore.state);
      if (name !== 'finish') expect(restore.state).toBe('cancelled');
      expect(await faultsOf(world, restore, before)).toEqual([]);
    },
  );
});

describe('afterwards', () => {
  it('a swap is undone: the machine has its disks again, with what they held, and the others stay', async () => {
    const world = await RestoreWorld.create();
    const original = world.diskIds.map((id) => contents(world, id));
    const { id } = await world.order(body(world, 'swap'));
    const done = await world.settle(id);
    expect(done.swap?.disks.map(({ fromId }) => fromId).sort()).toEqual([...world.diskIds].sort());
    expect(done.swap?.safetyPointId).not.toBeNull();
    const swapped = await world.azure.machines.getMachine(world.machineId);
    expect(swapped?.power).toBe('running');
    expect(swapped?.disks.map(({ caching }) => caching).sort()).toEqual(['ReadOnly', 'ReadWrite']);
    expect((await undoRestore(world.app, id, 'operator')).kind).toBe('done');
    const undone = await world.settle(id);
    expect(undone.state).toBe('undone');
    const machine = await world.azure.machines.getMachine(world.machineId);
    expect(machine?.power).toBe('running');
    expect(machine?.disks.map(({ diskId }) => diskId).sort()).toEqual([...world.diskIds].sort());
    expect(world.diskIds.map((disk) => contents(world, disk))).toEqual(original);
    for (const disk of done.disks) expect(contents(world, diskIdOf(disk)).length).toBeGreaterThan(0);
    expect(
      await Array.fromAsync((await import('../../src/restore/made-disks.ts')).madeDisks(world.store)),
    ).toMatchObject([{ role: 'restored' }, { role: 'restored' }]);
  });

  it('the disks that a swap replaced expire only when told', async () => {
    const world = await RestoreWorld.create();
    const { id } = await world.order({ ...body(world, 'swap'), expiresAfter: 'P7D' });
    await world.settle(id);
    await world.pass(6 * DAY_MS);
    for (const disk of world.diskIds) expect(contents(world, disk).length).toBeGreaterThan(0);
    await world.pass(2 * DAY_MS);
    const removed = await world.settle(id);
    expect(removed.state).toBe('removed');
    const left = (await world.azure.estate.listDisks(SUBSCRIPTION)).map((disk) => disk.id);
    for (const disk of world.diskIds) expect(left).not.toContain(disk);
    expect((await world.azure.machines.getMachine(world.machineId))?.disks).toHaveLength(2);
    expect(await undoRestore(world.app, id, 'operator')).toMatchObject({ kind: 'refused' });
  });

  it('an isolated machine goes with everything it made when its time is over', async () => {
    const world = await RestoreWorld.create();
    const before = await inventoryOf(world);
    const target = { name: 'drill', subnet: DRILL_SUBNET, isolated: true };
    const { id } = await world.order({ ...body(world, 'vm'), target, expiresAfter: 'PT4H' });
    const done = await world.settle(id);
    expect(done).toMatchObject({
      state: 'succeeded',
      outcome: expect.stringContaining('it runs'),
      machine: { identity: null },
    });
    expect((await inventoryOf(world)).length).toBe(before.length + 4);
    await world.pass(5 * DAY_MS);
    const removed = await world.settle(id);
    expect(removed.state).toBe('removed');
    expect(await inventoryOf(world)).toEqual(before);
  });

  it('a disk that was made to stay is not removed by an undo', async () => {
    const { world, restore } = await run('disk', null);
    expect(await undoRestore(world.app, restore.id, 'operator')).toMatchObject({ kind: 'refused' });
  });
});
