import { beforeEach, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../src/base/time.ts';
import { runTick } from '../../src/functions/run-tick.ts';
import { savePolicy } from '../../src/protect/save-policy.ts';
import { takeNow } from '../../src/protect/take-now.ts';
import { addShop, createMemoryApp, goldDocument, type MemoryApp, START, SUBSCRIPTION } from '../support/memory-app.ts';

const SECOND = '00000000-0000-4000-8000-000000000002';
const scope = '/providers/Microsoft.Management/managementGroups/prod';
const document = goldDocument({
  select: { scopes: [scope], kinds: ['virtualMachine'], include: [{ tag: 'tier', equals: 'gold' }] },
});

let memory: MemoryApp;
beforeEach(() => {
  memory = createMemoryApp();
  addShop(memory);
  memory.azure.addManagementGroup('prod', [SUBSCRIPTION]);
});

const save = () => savePolicy(memory.app, { name: 'gold', body: document, by: 'admin', force: false });
/** Another subscription of the group, with a machine of its own. */
function grow() {
  memory.azure.addGroup(SECOND, 'rg-holdfast-westeurope');
  const disk = memory.azure.addDisk({ subscriptionId: SECOND, resourceGroup: 'rg', name: 'db-os' });
  const machine = { subscriptionId: SECOND, resourceGroup: 'rg', name: 'db', tags: { tier: 'gold' } };
  memory.azure.addMachine(machine, [{ diskId: disk.id, lun: null }]);
  memory.azure.addManagementGroup('prod', [SUBSCRIPTION, SECOND]);
}

describe('a policy over a management group', () => {
  it('is saved, answers as it was written, and protects what lies below', async () => {
    expect(await save()).toMatchObject({ kind: 'created', document: { select: { scopes: [scope] } } });
    await runTick(memory.app);
    memory.setNow(START + 60 * MINUTE_MS);
    expect(await runTick(memory.app)).toMatchObject({ points: 1, failedPolicies: [] });
  });

  it('protects a subscription that comes into the group later', async () => {
    await save();
    await runTick(memory.app);
    grow();
    memory.setNow(START + 60 * MINUTE_MS);
    expect(await runTick(memory.app)).toMatchObject({ points: 2 });
  });

  it('stays due while the group cannot be read, says so, and takes the slot afterwards', async () => {
    await save();
    await runTick(memory.app);
    memory.setNow(START + 60 * MINUTE_MS);
    const broken = createBroken(memory);
    expect(await runTick(broken)).toMatchObject({ points: 0, failedPolicies: ['gold'] });
    expect(memory.lines).toContain('error a policy could not be scheduled');
    memory.setNow(START + 62 * MINUTE_MS);
    expect(await runTick(memory.app)).toMatchObject({ points: 1, failedPolicies: [] });
  });

  it('is refused at its path where the group cannot be read', async () => {
    const body = goldDocument({
      select: { scopes: [`/subscriptions/${SUBSCRIPTION}`, scope.replace('prod', 'gone')], kinds: ['disk'] },
    });
    const saved = await savePolicy(memory.app, { name: 'gold', body, by: 'admin', force: true });
    expect(saved).toMatchObject({
      kind: 'problems',
      problems: [{ path: '$.select.scopes[1]', found: scope.replace('prod', 'gone') }],
    });
  });

  it('takes a point on demand', async () => {
    await save();
    const [source = ''] = await machines();
    const taken = await takeNow(memory.app, { source, policy: null, by: 'op', at: START });
    expect(taken.kind).toBe('planned');
  });
});

async function machines(): Promise<readonly string[]> {
  return (await memory.app.estate.listVirtualMachines(SUBSCRIPTION)).map(({ id }) => id);
}

/** The app where Azure shows the group to nobody any more. */
function createBroken({ app }: MemoryApp): MemoryApp['app'] {
  return {
    ...app,
    estate: {
      ...app.estate,
      listSubscriptions: () => memory.azure.estate.listSubscriptions('gone'),
    },
  };
}
