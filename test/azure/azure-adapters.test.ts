import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createArm } from '../../src/azure/arm-client.ts';
import { createMachineDescriber } from '../../src/azure/describe-machines.ts';
import { createDiskMaker } from '../../src/azure/disks.ts';
import { createEstateReader } from '../../src/azure/estate.ts';
import { createMachineMaker } from '../../src/azure/machines.ts';
import { createRangeReader } from '../../src/azure/page-ranges.ts';
import { createRateLimiter } from '../../src/azure/rate-limiter.ts';
import { createRetailPrices } from '../../src/azure/retail-prices.ts';
import { createSnapshotAccess } from '../../src/azure/snapshot-access.ts';
import { createSnapshots } from '../../src/azure/snapshots.ts';
import { Chains } from '../../src/cost/chains.ts';
import { meterChain } from '../../src/cost/meter-chain.ts';
import {
  APP_GROUP,
  type AzureUnderTest,
  azureContract,
  DISK_GIB,
  OWN_GROUP,
  REGION,
} from '../contract/azure-contract.ts';
import { machineContract } from '../contract/machine-contract.ts';
import { createMemoryStore } from '../memory/memory-store.ts';
import { SUBSCRIPTION_ID, startTestAzure, type TestAzure } from '../support/sandbox-azure.ts';

let sandbox: TestAzure;
let azure: AzureUnderTest;

interface Bill {
  readonly chains: readonly { readonly familyId: string | null; readonly storedBytes: number }[];
}

function create(): AzureUnderTest {
  const { admin, clock, armUrl, credential } = sandbox;
  const arm = createArm({
    endpoint: armUrl,
    audience: 'https://management.azure.com',
    credential,
    clock,
    limiter: createRateLimiter(clock),
  });
  const place = { resourceGroup: APP_GROUP, region: REGION };
  const lockUrl = (scope: string) =>
    `${armUrl}${scope}/providers/Microsoft.Authorization/locks/test?api-version=2016-09-01`;
  const setLock = async (method: string, scope: string, body?: object) => {
    const token = await credential.getToken('https://management.azure.com/.default');
    const headers = { authorization: `Bearer ${token?.token}`, 'content-type': 'application/json' };
    await request(lockUrl(scope), method, headers, body);
  };
  return {
    subscriptionId: SUBSCRIPTION_ID,
    estate: createEstateReader(arm),
    snapshots: createSnapshots(arm),
    access: createSnapshotAccess(arm),
    ranges: createRangeReader({ clock, credential }),
    prices: createRetailPrices({ url: `${armUrl}/api/retail/prices`, clock }),
    disks: createDiskMaker(arm),
    machines: createMachineMaker(arm),
    describer: createMachineDescriber(arm),
    clock,
    addDisk: async (name) => {
      const disk = { ...place, name, sizeGiB: DISK_GIB, tags: { owner: 'ops' } };
      const { ids } = await admin<{ ids: string[] }>('POST', 'estate', { disks: [disk] });
      return ids.find((id) => id.endsWith(`/${name}`)) ?? '';
    },
    addMachine: (name, osDisk, data) =>
      admin('POST', 'estate', { virtualMachines: [{ ...place, name, osDisk, dataDisks: [{ lun: 3, disk: data }] }] }),
    write: (diskId, offset, seededLength) => admin('POST', 'estate/write', { diskId, offset, seededLength }),
    clear: (diskId, offset, clearLength) => admin('POST', 'estate/write', { diskId, offset, clearLength }),
    lock: (scope) => setLock('PUT', scope, { properties: { level: 'CanNotDelete' } }),
    unlock: (scope) => setLock('DELETE', scope),
    storedBytes: async (familyId) => {
      const { chains } = await admin<Bill>('GET', 'bill');
      return chains.find((chain) => chain.familyId === familyId)?.storedBytes ?? 0;
    },
    content: async (id) =>
      (await admin<{ digest: string }>('GET', `estate/digest?id=${encodeURIComponent(id)}`)).digest,
  };
}

/** By node's own client, as fetch keeps its own list of trusted certificates. */
async function request(url: string, method: string, headers: Record<string, string>, body?: object): Promise<void> {
  const { request: send } = await import('node:https');
  await new Promise<void>((resolve, reject) => {
    const sent = send(url, { method, headers }, (answer) => {
      answer.resume();
      answer.on('end', () =>
        (answer.statusCode ?? 500) < 400 ? resolve() : reject(new Error(`${answer.statusCode}`)),
      );
    });
    sent.on('error', reject);
    sent.end(body && JSON.stringify(body));
  });
}

beforeAll(async () => {
  sandbox = await startTestAzure();
  const groups = [APP_GROUP, OWN_GROUP].map((name) => ({ name, region: REGION }));
  await sandbox.admin('POST', 'estate', { resourceGroups: groups });
  azure = create();
});
afterAll(async () => {
  await sandbox?.stop();
});

azureContract('the adapters on the sandbox', () => azure);
machineContract('the adapters of machines on the sandbox', () => azure);

describe('management groups on the sandbox', () => {
  const [second, third] = ['00000000-0000-4000-8000-0000000000b2', '00000000-0000-4000-8000-0000000000c3'];
  beforeAll(async () => {
    const managementGroups = [
      { name: 'Contoso', subscriptionIds: [SUBSCRIPTION_ID] },
      { name: 'Prod', parent: 'contoso', subscriptionIds: [second.toUpperCase(), third] },
    ];
    await sandbox.admin('POST', 'estate', { managementGroups });
  });

  it('are read to their last page, groups below included, ids in lower case', async () => {
    await sandbox.admin('POST', 'settings', { pageSize: 1 });
    try {
      expect(await azure.estate.listSubscriptions('contoso')).toEqual([SUBSCRIPTION_ID, second, third]);
      expect(await azure.estate.listSubscriptions('PROD')).toEqual([second, third]);
    } finally {
      await sandbox.admin('POST', 'settings', { pageSize: 500 });
    }
  });

  it('that are not there are told as such', async () => {
    await expect(azure.estate.listSubscriptions('no such/group')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('on the sandbox', () => {
  const take = (diskId: string, name: string) =>
    azure.snapshots.start({
      ...{ subscriptionId: SUBSCRIPTION_ID, resourceGroup: OWN_GROUP, name, region: REGION, diskId },
      ...{ sku: 'Standard_ZRS', tags: {}, networkAccess: 'deny' },
    });
  const idOf = (name: string) =>
    `/subscriptions/${SUBSCRIPTION_ID}/resourceGroups/${OWN_GROUP}/providers/Microsoft.Compute/snapshots/${name}`;
  let faulty = 0;
  /** What a turn at metering needs: the adapters, and books in memory. */
  const metering = () => {
    const store = createMemoryStore();
    const quiet = { info: () => {}, warn: () => {}, error: () => {} };
    const { access, ranges, clock } = azure;
    return { store, chains: new Chains(store), access, ranges, clock, log: quiet };
  };
  const labelsOf = (key: string, diskId: string) => {
    const source = { key, kind: 'disk' as const, id: diskId, name: key, resourceGroup: APP_GROUP, tags: {} };
    const place = { region: REGION, subscriptionId: SUBSCRIPTION_ID };
    return { key, diskId, diskName: key, ...place, snapshotSku: 'Standard_ZRS', shared: false, source };
  };
  const patch = async (id: string, body: object) => {
    const token = await sandbox.credential.getToken('https://management.azure.com/.default');
    const headers = { authorization: `Bearer ${token?.token}`, 'content-type': 'application/json' };
    await request(`${sandbox.armUrl}${id}?api-version=2025-01-02`, 'PATCH', headers, body);
  };
  const counts = () =>
    sandbox.admin<{ total: number; throttled: number; byRoute: Record<string, number> }>('GET', 'counts');

  it('takes one snapshot where the answer of the PUT was lost', async () => {
    const diskId = await azure.addDisk('lost-answer');
    await sandbox.admin('POST', 'faults', { method: 'PUT', path: 'snapshots/lost', times: 1, action: 'lost-answer' });
    await take(diskId, 'lost');
    await sandbox.admin('DELETE', 'faults');
    expect(await azure.snapshots.get(idOf('lost'))).not.toBeNull();
  });

  it('opens in three calls and closes in two', async () => {
    const diskId = await azure.addDisk('three-calls');
    await take(diskId, 'three-calls');
    await azure.clock.wait(600_000);
    await sandbox.admin('POST', 'counts/reset');
    await azure.access.open(idOf('three-calls'), 60);
    expect((await counts()).total).toBe(3);
    await azure.access.close(idOf('three-calls'));
    expect((await counts()).total).toBe(5);
  });

  it('makes, reads and shows the network of private snapshots, which it never patches', async () => {
    const diskId = await azure.addDisk('private');
    const diskAccessId = `/subscriptions/${SUBSCRIPTION_ID}/resourceGroups/net/providers/Microsoft.Compute/diskAccesses/da`;
    const place = {
      subscriptionId: SUBSCRIPTION_ID,
      resourceGroup: OWN_GROUP,
      name: 'private',
      region: REGION,
      diskId,
    };
    const request = { ...place, sku: 'Standard_ZRS', tags: {} };
    await expect(azure.snapshots.start({ ...request, networkAccess: 'private' })).rejects.toMatchObject({
      code: 'azure-rejected',
    });
    await azure.snapshots.start({ ...request, networkAccess: 'private', diskAccessId });
    await azure.clock.wait(600_000);
    const seen = await azure.snapshots.get(idOf('private'));
    expect(seen?.network).toEqual({ policy: 'AllowPrivate', publicAccess: 'Disabled', diskAccessId });
    await sandbox.admin('POST', 'counts/reset');
    const url = await azure.access.open(idOf('private'), 60, seen?.network);
    // Only from a network that an endpoint leads from.
    await expect(azure.ranges.allocated(url, { offset: 0, length: 4_096 })).rejects.toMatchObject({
      code: 'azure-denied',
    });
    await sandbox.admin('POST', 'settings', { privateEndpoints: true });
    expect(await azure.ranges.allocated(url, { offset: 0, length: 4_096 })).toEqual({ written: [], cleared: [] });
    await sandbox.admin('POST', 'settings', { privateEndpoints: false });
    await azure.access.close(idOf('private'), seen?.network);
    expect(Object.keys((await counts()).byRoute).filter((route) => route.startsWith('PATCH'))).toEqual([]);
    expect((await azure.snapshots.get(idOf('private')))?.network).toEqual(seen?.network);
  });

  it('reads with a token where the snapshot wants one, the previous one too', async () => {
    const diskId = await azure.addDisk('guarded');
    const ids = ['guarded-1', 'guarded-2'];
    for (const name of ids) {
      await azure.write(diskId, 0, 65_536);
      await take(diskId, name);
      await azure.clock.wait(600_000);
      await patch(idOf(name), { properties: { dataAccessAuthMode: 'AzureActiveDirectory' } });
    }
    const [previousUrl = '', url = ''] = await Promise.all(ids.map((name) => azure.access.open(idOf(name), 600)));
    const window = { offset: 0, length: 1_048_576 };
    expect((await azure.ranges.changed(url, previousUrl, window)).written).toEqual([{ offset: 0, length: 65_536 }]);
    const anonymous = createRangeReader({ clock: azure.clock });
    await expect(anonymous.allocated(url, window)).rejects.toMatchObject({ code: 'azure-denied' });
    for (const name of ids) await azure.access.close(idOf(name));
  });

  it('tells that a VHDX has no ranges', async () => {
    const sku = 'PremiumV2_LRS';
    const disk = { resourceGroup: APP_GROUP, region: REGION, name: 'v2', sizeGiB: 4, sku, zones: ['1'] };
    const { ids } = await sandbox.admin<{ ids: string[] }>('POST', 'estate', { disks: [disk] });
    await take(ids.find((id) => id.endsWith('/v2')) ?? '', 'v2');
    await azure.clock.wait(600_000);
    expect((await azure.snapshots.get(idOf('v2')))?.sectorBytes).toBe(4_096);
    const url = await azure.access.open(idOf('v2'), 60);
    await expect(azure.ranges.allocated(url, { offset: 0, length: 4_096 })).rejects.toMatchObject({
      code: 'azure-rejected',
    });
    await azure.access.close(idOf('v2'));
  });

  const MINUTE = 60_000;
  const answered = (status: number, code: string, message = 'busy') => ({ status, code, message });
  it.each([
    ['an open that is answered 409', 'PATCH', 'snapshots/', answered(409, 'OperationNotAllowed')],
    ['an open that is answered 429', 'PATCH', 'snapshots/', answered(429, 'TooManyRequests')],
    ['a lost answer after opening', 'PATCH', 'snapshots/', 'lost-answer'],
    ['a lost answer of the grant', 'POST', 'beginGetAccess', 'lost-answer'],
    ['a grant that is refused', 'POST', 'beginGetAccess', answered(403, 'AuthorizationFailed')],
    ['a grant of which nothing more is heard', 'GET', 'DiskOperations', answered(500, 'InternalServerError')],
    ['an access that ends while it is read', 'GET', 'comp=pagelist', answered(403, 'AuthenticationFailed')],
    ['a revocation that fails', 'POST', 'endGetAccess', answered(500, 'InternalServerError')],
    ['a revocation that is refused', 'POST', 'endGetAccess', answered(403, 'AuthorizationFailed')],
    ['a lost answer of the revocation', 'POST', 'endGetAccess', 'lost-answer'],
  ])('after %s no access stays granted, and the network is as it was', async (_, method, path, action) => {
    const name = `faulty-${++faulty}`;
    const diskId = await azure.addDisk(name);
    await azure.write(diskId, 0, 65_536);
    await take(diskId, name);
    await azure.clock.wait(10 * MINUTE);
    const seen = await azure.snapshots.get(idOf(name));
    if (!seen) throw new Error('there is no snapshot');
    const deps = metering();
    await deps.chains.add([
      { head: labelsOf(name, diskId), node: { ...seen, pointId: name, policy: 'gold', snapshotId: seen.id } },
    ]);
    // More than the calls' own tries: the turn itself fails.
    await sandbox.admin('POST', 'faults', { method, path, times: 6, action });
    for (let turn = 0; turn < 10; turn += 1) {
      const { retryInMs } = await meterChain(deps, name);
      if (retryInMs === null) break;
      await azure.clock.wait(retryInMs);
    }
    await sandbox.admin('DELETE', 'faults');
    const after = await azure.snapshots.get(idOf(name));
    expect(after?.network).toEqual(seen.network);
    expect((await deps.chains.nodes(name)).map(({ writtenBytes }) => writtenBytes)).toEqual([65_536]);
    // What nobody has access to can be deleted.
    await azure.snapshots.delete(idOf(name));
  });

  it('measures the largest of usual disks, goes on where its access ended, and agrees with the bill', async () => {
    const disk = { resourceGroup: APP_GROUP, region: REGION, name: 'huge', sizeGiB: 32_767 };
    const { ids } = await sandbox.admin<{ ids: string[] }>('POST', 'estate', { disks: [disk] });
    const diskId = ids.find((id) => id.endsWith('/huge')) ?? '';
    const TIB = 2 ** 40;
    const key = 'huge';
    const deps = metering();
    for (const [at, name] of ['huge-1', 'huge-2'].entries()) {
      // Over the edge of a window, and in the last one.
      await azure.write(diskId, 7 * TIB - 4_096, 8_192 * (at + 1));
      await azure.write(diskId, 31 * TIB + at * 65_536, 65_536);
      await take(diskId, name);
      await azure.clock.wait(600_000);
      const seen = await azure.snapshots.get(idOf(name));
      if (!seen) throw new Error('there is no snapshot');
      const node = { ...seen, pointId: name, policy: 'gold', snapshotId: seen.id };
      await deps.chains.add([{ head: labelsOf(key, diskId), node }]);
    }
    await sandbox.admin('POST', 'counts/reset');
    const ended = { status: 403, code: 'AuthenticationFailed' };
    await sandbox.admin('POST', 'faults', { method: 'GET', path: 'comp=pagelist', nth: 20, action: ended });
    expect((await meterChain(deps, key)).retryInMs).not.toBeNull();
    expect((await meterChain(deps, key)).retryInMs).toBeNull();
    await sandbox.admin('DELETE', 'faults');
    const { byRoute } = await counts();
    expect(byRoute['GET /md/{token}/abcd?comp=pagelist']).toBe(2 * 32 + 1);
    const nodes = await deps.chains.nodes(key);
    const books = nodes.reduce((sum, { writtenBytes }) => sum + (writtenBytes ?? Number.NaN), 0);
    expect(books).toBe(await azure.storedBytes(nodes[0]?.familyId ?? ''));
    for (const { snapshotId } of nodes) expect((await azure.snapshots.get(snapshotId))?.networkAccess).toBe('deny');
  });

  it('tells an operation that fails', async () => {
    const diskId = await azure.addDisk('failing');
    await take(diskId, 'failing');
    await azure.clock.wait(600_000);
    await sandbox.admin('POST', 'faults', {
      method: 'PUT',
      path: 'disks/failing-restore',
      action: { failedOperation: 'NoSpace' },
    });
    const url = await azure.disks.createDisk({
      ...{ subscriptionId: SUBSCRIPTION_ID, resourceGroup: APP_GROUP, name: 'failing-restore', region: REGION },
      ...{
        snapshotId: idOf('failing'),
        sku: 'Premium_LRS',
        zone: null,
        sizeGiB: DISK_GIB,
        diskEncryptionSetId: null,
        tags: {},
      },
    });
    await sandbox.admin('DELETE', 'faults');
    await azure.clock.wait(600_000);
    expect(await azure.disks.operation(url ?? '')).toMatchObject({ kind: 'failed', code: 'NoSpace' });
  });

  it('takes a wave of 400 disks without a 429 in the time that the buckets allow', async () => {
    const names = [...Array(400).keys()].map((n) => `wave${n}`);
    const disks = names.map((name) => ({ resourceGroup: APP_GROUP, region: REGION, name, sizeGiB: 1 }));
    const { ids } = await sandbox.admin<{ ids: string[] }>('POST', 'estate', { disks });
    await azure.clock.wait(600_000);
    await sandbox.admin('POST', 'counts/reset');
    const before = azure.clock.now();
    const queue = ids.filter((id) => id.includes('/disks/wave'));
    // As many at a time as the queue workers of one instance run.
    const worker = async () => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) await take(id, id.split('/').at(-1) ?? '');
    };
    await Promise.all([...Array(12)].map(worker));
    const { throttled, total } = await counts();
    expect({ throttled, total }).toEqual({ throttled: 0, total: 400 });
    const seconds = (azure.clock.now() - before) / 1_000;
    expect(seconds).toBeGreaterThanOrEqual(19);
    expect(seconds).toBeLessThanOrEqual(24);
  }, 60_000);
});
