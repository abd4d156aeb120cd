import { beforeEach, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../src/base/time.ts';
import type { EstateReader } from '../../src/inventory/inventory.ts';
import { subscriptionsOf } from '../../src/inventory/match-sources.ts';
import { rememberSubscriptions, resolveReadable, resolveScopes } from '../../src/inventory/resolve-scopes.ts';
import { createMemoryAzure, type MemoryAzure } from '../memory/memory-azure.ts';
import { readPolicy, SUBSCRIPTION, smallDocument } from '../policy/documents.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const SECOND = '00000000-0000-4000-8000-000000000002';
const THIRD = '00000000-0000-4000-8000-000000000003';
const group = (name: string) => `/providers/Microsoft.Management/managementGroups/${name}`;
const over = (...scopes: string[]) => readPolicy(smallDocument({ select: { scopes } }));

const clock = createVirtualClock(0);
let azure: MemoryAzure;
let reader: EstateReader;
let asked: string[];
beforeEach(() => {
  azure = createMemoryAzure({ clock });
  azure.addManagementGroup('Contoso', [SECOND], ['prod']);
  azure.addManagementGroup('prod', [THIRD]);
  azure.addManagementGroup('empty', []);
  asked = [];
  reader = {
    ...azure.estate,
    listSubscriptions: (name) => {
      asked.push(name);
      return azure.estate.listSubscriptions(name);
    },
  };
});

describe('resolveScopes', () => {
  it.each([
    { name: 'a subscription is itself', scopes: [`/subscriptions/${SUBSCRIPTION}`], found: [SUBSCRIPTION] },
    { name: 'a group is all below it, however deep', scopes: [group('contoso')], found: [SECOND, THIRD] },
    { name: 'a group without subscriptions is none', scopes: [group('empty')], found: [] },
    {
      name: 'groups that lie in each other name a subscription once',
      scopes: [group('prod'), group('Contoso'), `/subscriptions/${THIRD}/resourceGroups/a*`],
      found: [SECOND, THIRD],
    },
  ])('$name', async ({ scopes, found }) => {
    expect(subscriptionsOf([await resolveScopes(reader, over(...scopes))])).toEqual(found);
  });

  it('is all or nothing: one group that is not there fails the policy', async () => {
    await expect(resolveScopes(reader, over(group('prod'), group('gone')))).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('leaves out a policy that cannot be resolved, for those who go on with the rest', async () => {
    const { resolved, unread } = await resolveReadable(reader, [over(group('gone')), over(group('prod'))]);
    expect(subscriptionsOf(resolved)).toEqual([THIRD]);
    expect(unread.map(({ error }) => error.code)).toEqual(['not-found']);
  });
});

describe('rememberSubscriptions', () => {
  it('asks once in five minutes, and sees then what has moved', async () => {
    const remembered = rememberSubscriptions(reader, clock);
    await Promise.all([remembered.listSubscriptions('prod'), remembered.listSubscriptions('PROD')]);
    azure.addManagementGroup('prod', [SECOND]);
    await clock.wait(4 * MINUTE_MS);
    expect(await remembered.listSubscriptions('prod')).toEqual([THIRD]);
    expect(asked).toEqual(['prod']);
    await clock.wait(MINUTE_MS);
    expect(await remembered.listSubscriptions('prod')).toEqual([SECOND]);
  });

  it('does not remember a failure', async () => {
    const remembered = rememberSubscriptions(reader, clock);
    await expect(remembered.listSubscriptions('late')).rejects.toMatchObject({ code: 'not-found' });
    azure.addManagementGroup('late', [THIRD]);
    expect(await remembered.listSubscriptions('late')).toEqual([THIRD]);
  });
});
