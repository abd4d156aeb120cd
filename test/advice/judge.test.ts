import { describe, expect, it } from 'vitest';
import { azureBackupCost, instanceFeeMicroUnits } from '../../src/advice/azure-backup-price.ts';
import { type ChangingDisk, findOutliers } from '../../src/advice/decide-outliers.ts';
import { judgeChain } from '../../src/advice/judge-chain.ts';
import { judgeOrphan } from '../../src/advice/judge-orphan.ts';
import { DAY_MS } from '../../src/base/time.ts';
import type { ChainNode } from '../../src/cost/chain-node.ts';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import { planChanges } from '../../src/retain/plan-changes.ts';
import { gib } from '../cost/ledger-bench.ts';
import { disksPolicy } from '../simulation/disks-world.ts';

function policyOf(changes: Readonly<Record<string, unknown>>) {
  const parsed = parsePolicy(disksPolicy(changes));
  if (!parsed.ok) throw new Error('the policy is not valid');
  return parsed.value;
}

describe('what Azure Backup lists', () => {
  it.each([
    { gibs: 0, fee: 5 },
    { gibs: 50, fee: 5 },
    { gibs: 50.001, fee: 10 },
    { gibs: 500, fee: 10 },
    { gibs: 500.001, fee: 20 },
    { gibs: 1_000, fee: 20 },
    { gibs: 1_700, fee: 40 },
  ])('$fee a month for a machine of $gibs GiB', ({ gibs, fee }) => {
    expect(instanceFeeMicroUnits(gib(gibs)) / 1e6).toBe(fee);
  });

  it('adds machines up, and stores what the snapshots store', () => {
    const machines = [
      { usedBytes: gib(20), storedBytes: gib(30) },
      { usedBytes: gib(600), storedBytes: gib(970) },
    ];
    expect(azureBackupCost(machines)).toEqual({
      ...{ machines: 2, instancesMicroUnits: 25_000_000, storedBytes: gib(1_000) },
      ...{ storageLrsMicroUnits: 22_400_000, storageGrsMicroUnits: 44_800_000 },
    });
  });
});

describe('judgeOrphan', () => {
  const active = (retention: object) => ({ state: 'active' as const, policy: policyOf({ retention }) });
  const deleted = (onDelete: string) => ({ state: 'deleted' as const, policy: policyOf({ onDelete }) });
  it.each([
    { name: 'held points', policies: [active({ keepLast: 3 })], held: 2, verdict: 'held' },
    { name: 'an unknown policy', policies: [], held: 0, verdict: 'no-policy' },
    { name: 'a policy deleted with keep', policies: [deleted('keep')], held: 0, verdict: 'no-policy' },
    { name: 'a policy with tiers alone', policies: [active({ keepLast: 3 })], held: 0, verdict: 'kept-by-policy' },
    { name: 'a policy deleted with expire', policies: [deleted('expire')], held: 0, verdict: 'kept-by-policy' },
    { name: 'a policy with maxAge', policies: [active({ keepLast: 3, maxAge: 'P30D' })], held: 0, verdict: 'expires' },
  ])('$name: $verdict', ({ policies, held, verdict }) => {
    expect(judgeOrphan(policies, held)).toMatchObject({ verdict, why: expect.stringMatching(/\w/) });
  });
});

describe('findOutliers', () => {
  const disk = (name: string, more: Partial<ChangingDisk>): ChangingDisk => ({
    ...{ chainKey: name, diskName: name, sourceName: name, owner: null, microUnitsPerGiBMonth: 50_000 },
    ...{ recentPerDay: gib(2), earlierPerDay: gib(2), usedBytes: gib(100) },
    ...more,
  });
  const calm = Array.from({ length: 6 }, (_, at) => disk(`calm-${at}`, {}));

  it('finds who changes far more than before, and than others of its size', () => {
    const busy = disk('busy', { recentPerDay: gib(40), earlierPerDay: gib(38) });
    const grown = disk('grown', { recentPerDay: gib(9), earlierPerDay: gib(2) });
    const small = disk('small', { recentPerDay: gib(0.9), earlierPerDay: 1 });
    const young = disk('young', { recentPerDay: null });
    const found = findOutliers([...calm, busy, grown, small, young]);
    expect(found.map(({ diskName, than, perDay, usualPerDay }) => [diskName, than, perDay, usualPerDay])).toEqual([
      ['busy', 'others', gib(40), gib(2)],
      ['grown', 'itself', gib(9), gib(2)],
    ]);
    expect(found[1]?.microUnitsPerMonth).toBe(450_000);
  });

  it('has no usual rate among a handful', () => {
    expect(findOutliers([disk('busy', { recentPerDay: gib(40), earlierPerDay: null })])).toEqual([]);
  });
});

describe('planChanges', () => {
  it('halves each tier, bounds what has no bound, and leaves the last of a kind', () => {
    const { retention } = policyOf({ retention: { keepLast: 1, keepDaily: 31, keepWeekly: 3, keepYearly: 'all' } });
    expect(planChanges(retention).map(({ change }) => change)).toEqual([
      { path: '$.retention.keepDaily', from: 31, to: 15 },
      { path: '$.retention.keepWeekly', from: 3, to: 1 },
      { path: '$.retention.keepYearly', from: 'all', to: 5 },
    ]);
  });
});

function chainNode(more: Pick<ChainNode, 'key' | 'base' | 'createdAt' | 'writtenBytes'>): ChainNode {
  return {
    ...{ pointId: more.key, policy: 'gold', snapshotId: more.key, familyId: 'f', sizeBytes: 1_000, sectorBytes: 512 },
    ...{
      network: { policy: 'DenyAll', publicAccess: 'Disabled', diskAccessId: null },
      state: 'kept',
      billedBytes: null,
    },
    ...{ attempts: 0, error: null, etag: '' },
    ...more,
  };
}

describe('judgeChain', () => {
  it('tells a chain’s rates by when its snapshots were taken', () => {
    const now = 40 * DAY_MS;
    const nodes = Array.from({ length: 21 }, (_, at) =>
      chainNode({
        key: `n${at}`,
        base: at === 0 ? null : `n${at - 1}`,
        createdAt: now - (20 - at) * DAY_MS,
        writtenBytes: at === 0 ? 1_000 : at > 13 ? 90 : 10,
      }),
    );
    expect(judgeChain(nodes, now)).toMatchObject({
      ...{ points: 21, usedBytes: 1_000, storedBytes: 1_000 + 13 * 10 + 7 * 90 },
      ...{ recentPerDay: 90, earlierPerDay: 10 },
    });
    expect(judgeChain([], now)).toBeNull();
    expect(judgeChain(nodes.slice(0, 1), now)).toMatchObject({ recentPerDay: null, earlierPerDay: null });
  });
});
