import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createArm } from '../../src/azure/arm-client.ts';
import { createDiskMaker } from '../../src/azure/disks.ts';
import { createEstateReader } from '../../src/azure/estate.ts';
import { createRangeReader } from '../../src/azure/page-ranges.ts';
import { createRateLimiter } from '../../src/azure/rate-limiter.ts';
import { createRetailPrices } from '../../src/azure/retail-prices.ts';
import { createSnapshotAccess } from '../../src/azure/snapshot-access.ts';
import { createSnapshots } from '../../src/azure/snapshots.ts';
import {
  APP_GROUP,
  type AzureUnderTest,
  azureContract,
  DISK_GIB,
  OWN_GROUP,
  REGION,
} from '../contract/azure-contract.ts';
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
    ranges: createRangeReader({ clock }),
    prices: createRetailPrices({ url: `${armUrl}/api/retail/prices`, clock }),
    disks: createDiskMaker(arm),
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

describe('on the sandbox', () => {
  const take = (diskId: string, name: string) =>
    azure.snapshots.start({
      ...{ subscriptionId: SUBSCRIPTION_ID, resourceGroup: OWN_GROUP, name, region: REGION, diskId },
      ...{ sku: 'Standard_ZRS', tags: {}, networkAccess: 'deny' },
    });
  const idOf = (name: string) =>
    `/subscriptions/${SUBSCRIPTION_ID}/resourceGroups/${OWN_GROUP}/providers/Microsoft.Compute/snapshots/${name}`;
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
