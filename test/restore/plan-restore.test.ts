import { beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/inventory/manifest.ts';
import type { Point } from '../../src/protect/point.ts';
import { decideProgress } from '../../src/restore/decide-progress.ts';
import { nameAfter } from '../../src/restore/plan-disks.ts';
import { planMachine } from '../../src/restore/plan-machine.ts';
import { planSwapDisks } from '../../src/restore/plan-swap.ts';
import type { Restore } from '../../src/restore/restore.ts';
import { parseRestoreRequest } from '../../src/restore/restore-request.ts';
import type { MachineTarget } from '../../src/restore/restore-targets.ts';
import { DRILL_SUBNET, RestoreWorld, SUBNET } from './restore-world.ts';

const naming = { restoreId: '998.abcdEFGH', now: Date.UTC(2026, 2, 1, 12), path: '$' };
let point: Point;
let manifest: Manifest;

beforeAll(async () => {
  const world = await RestoreWorld.create();
  point = world.point;
  const read = await world.app.manifests.read(point.manifest ?? '');
  if (!read) throw new Error('the point has no manifest');
  manifest = read;
});

const plan = (target: MachineTarget, changed: Partial<Manifest> = {}) =>
  planMachine(target, point, { ...manifest, ...changed }, naming);
const pathsOf = (planned: ReturnType<typeof plan>) => (planned.ok ? [] : planned.problems.map(({ path }) => path));

describe('a virtual machine is planned from its manifest', () => {
  it('with the size, caching, tags and security group of the original, a name of its own, and no public address', () => {
    const security = (manifest.interfaces ?? []).map((each) => ({ ...each, networkSecurityGroupId: '/nsg' }));
    const planned = plan({ subnet: SUBNET }, { interfaces: security, zones: ['2'], extensions: [] });
    expect(planned).toMatchObject({
      ok: true,
      value: {
        machine: {
          id: expect.stringContaining('/virtualMachines/web-restored-20260301T1200-abcd'),
          size: 'Standard_D2s_v5',
          zone: '2',
          tags: { tier: 'gold' },
          cachingByLun: { null: 'ReadWrite', '0': 'ReadOnly' },
          newInterfaces: [{ subnetId: SUBNET, networkSecurityGroupId: '/nsg', primary: true }],
          originalInterfaces: [],
        },
        disks: [
          { zone: '2', isOsDisk: true },
          { zone: '2', isOsDisk: false },
        ],
      },
    });
  });

  const set = '/subscriptions/s/resourceGroups/rg-shop/providers/Microsoft.Compute/availabilitySets/a';
  it.each<{
    name: string;
    target: MachineTarget;
    changed?: Partial<Manifest>;
    zone: string | null;
    set: string | null;
  }>([
    { name: 'its zone', target: {}, changed: { zones: ['3'] }, zone: '3', set: null },
    { name: 'its availability set', target: {}, changed: { availabilitySetId: set }, zone: null, set },
    {
      name: 'a zone in place of its set',
      target: { zone: '1' },
      changed: { availabilitySetId: set },
      zone: '1',
      set: null,
    },
    { name: 'no set', target: { availabilitySet: 'none' }, changed: { availabilitySetId: set }, zone: null, set: null },
    { name: 'no zone', target: { zone: 'none' }, changed: { zones: ['3'] }, zone: null, set: null },
  ])('stands in $name', ({ target, changed, zone, set: expected }) => {
    const planned = plan({ ...target, subnet: SUBNET }, changed);
    expect(planned.ok && [planned.value.machine.zone, planned.value.machine.availabilitySetId]).toEqual([
      zone,
      expected,
    ]);
  });

  it('isolated: without identity, tags and the proximity of the original', () => {
    const planned = plan(
      { subnet: DRILL_SUBNET, isolated: true },
      { identity: { system: true, userAssigned: [] }, proximityPlacementGroupId: '/ppg' },
    );
    expect(planned).toMatchObject({
      ok: true,
      value: { machine: { identity: null, tags: {}, proximityPlacementGroupId: null, isolated: true } },
    });
  });

  it.each<{ name: string; target: MachineTarget; changed?: Partial<Manifest>; path: string }>([
    { name: 'neither subnet nor interfaces', target: {}, path: '$.target.subnet' },
    { name: 'both of them', target: { subnet: SUBNET, interfaces: 'original' }, path: '$.target.interfaces' },
    {
      name: 'interfaces that are not known',
      target: { interfaces: 'original' },
      changed: { interfaces: null },
      path: '$.target.interfaces',
    },
    { name: 'isolated in its own subnet', target: { subnet: SUBNET, isolated: true }, path: '$.target.subnet' },
    {
      name: 'an OS disk of Premium SSD v2',
      target: { subnet: SUBNET, sku: 'PremiumV2_LRS', zone: '1' },
      path: '$.target.sku',
    },
    {
      name: 'an availability set of another group',
      target: { subnet: SUBNET, resourceGroup: 'rg-other' },
      changed: { availabilitySetId: set },
      path: '$.target.availabilitySet',
    },
    {
      name: 'an address without a subnet',
      target: { interfaces: 'original', privateAddress: '10.0.0.4' },
      path: '$.target.privateAddress',
    },
  ])('refuses $name', ({ target, changed, path }) => {
    expect(pathsOf(plan(target, changed))).toContain(path);
  });

  it('refuses a point without a manifest, and one of a single disk', () => {
    expect(planMachine({ subnet: SUBNET }, point, null, naming)).toMatchObject({
      ok: false,
      problems: [{ path: '$.point' }],
    });
    const single: Point = { ...point, source: { ...point.source, kind: 'disk' } };
    expect(planMachine({ subnet: SUBNET }, single, manifest, naming).ok).toBe(false);
    expect(planSwapDisks({}, single, manifest, naming).ok).toBe(false);
  });
});

describe('names', () => {
  it('lose an older ending first, and stay within their length', () => {
    expect(nameAfter('web-restored-20260101T0000-aaaa', '20260301T1200-abcd')).toBe('web-restored-20260301T1200-abcd');
    expect(nameAfter('x'.repeat(80), '20260301T1200-abcd')).toHaveLength(80);
  });
});

describe('the request', () => {
  const set = (count: number) => Array.from({ length: count }, () => ({ point: 'p', target: { subnet: SUBNET } }));
  it.each([
    { name: 'neither point nor set', body: { kind: 'disk' }, path: '$.point' },
    { name: 'both', body: { kind: 'vm', point: 'p', set: set(1) }, path: '$.set' },
    { name: 'a set of a hundred and one', body: { kind: 'vm', set: set(101) }, path: '$.set' },
    {
      name: 'what is wrong in a set, by its place',
      body: { kind: 'vm', set: [...set(1), { point: 'p', target: { size: 1 } }] },
      path: '$.set[1].target.size',
    },
    {
      name: 'an expiry that is none',
      body: { kind: 'disk', point: 'p', expiresAfter: 'soon' },
      path: '$.expiresAfter',
    },
    { name: 'an expiry of a second', body: { kind: 'disk', point: 'p', expiresAfter: 'PT1S' }, path: '$.expiresAfter' },
    {
      name: 'isolation for ever',
      body: { kind: 'vm', point: 'p', target: { subnet: SUBNET, isolated: true } },
      path: '$.expiresAfter',
    },
    {
      name: 'a subnet that is none',
      body: { kind: 'vm', point: 'p', target: { subnet: '/x' } },
      path: '$.target.subnet',
    },
    {
      name: "a container of Holdfast's own",
      body: { kind: 'files', point: 'p', target: { path: '/p1/a', container: 'policies' } },
      path: '$.target.container',
    },
    {
      name: 'fields of another kind',
      body: { kind: 'swap', point: 'p', target: { subnet: SUBNET } },
      path: '$.target.subnet',
    },
  ])('refuses $name', ({ body, path }) => {
    const parsed = parseRestoreRequest(body);
    expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.path)).toContain(path);
  });
});

describe('progress', () => {
  const steps = ['a', 'b', 'c'];
  const times = { a: 1_000, b: 8_000, c: 1_000 };
  const at = (changed: Partial<Restore>) =>
    decideProgress(
      { state: 'running', step: 0, steps: [], operations: [], ...changed } as unknown as Restore,
      steps,
      times,
      5_000,
    );
  const begun = (startedAt: number) => [
    { name: 'a', startedAt: 0, finishedAt: 1_000 },
    { name: 'b', startedAt, finishedAt: null },
  ];
  it.each<{ name: string; changed: Partial<Restore>; percent: number; expectedAt: number | null }>([
    { name: 'nothing at the beginning', changed: {}, percent: 0, expectedAt: 15_000 },
    { name: 'what has passed of a step', changed: { step: 1, steps: begun(1_000) }, percent: 50, expectedAt: 10_000 },
    {
      name: "Azure's own percent",
      changed: { step: 1, steps: begun(1_000), operations: [{ url: 'u', percent: 25 }] },
      percent: 30,
      expectedAt: 12_000,
    },
    {
      name: 'never all of a step that goes on',
      changed: { step: 1, steps: begun(-90_000) },
      percent: 82,
      expectedAt: 6_800,
    },
    { name: 'all when it has succeeded', changed: { state: 'succeeded', step: 3 }, percent: 100, expectedAt: null },
    { name: 'no promise while it is undone', changed: { state: 'undoing', step: 1 }, percent: 10, expectedAt: null },
  ])('counts $name', ({ changed, percent, expectedAt }) => {
    expect(at(changed)).toEqual({ percent, expectedAt });
  });
});
