import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Disk, VirtualMachine } from '../../src/inventory/inventory.ts';
import { matchSources, sourceKey, subscriptionsOf } from '../../src/inventory/match-sources.ts';
import type { Estate } from '../../src/inventory/read-estate.ts';
import { type Json, readPolicy, SUBSCRIPTION, smallDocument } from '../policy/documents.ts';

const OTHER = '99999999-0000-4000-8000-000000000000';

function diskId(name: string, group = 'prod', subscription = SUBSCRIPTION): string {
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Compute/disks/${name}`;
}
function vmId(name: string, group = 'prod', subscription = SUBSCRIPTION): string {
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachines/${name}`;
}
function disk(name: string, more: Partial<Disk> = {}): Disk {
  const { subscriptionId = SUBSCRIPTION, resourceGroup = 'prod' } = more;
  return {
    id: diskId(name, resourceGroup, subscriptionId),
    name,
    subscriptionId,
    resourceGroup,
    region: 'westeurope',
    uniqueId: `unique-${name}`,
    tags: {},
    sizeBytes: 1,
    sku: 'Premium_LRS',
    zones: [],
    attachedTo: null,
    ...more,
  };
}
function machine(name: string, disks: readonly string[], more: Partial<VirtualMachine> = {}): VirtualMachine {
  const { subscriptionId = SUBSCRIPTION, resourceGroup = 'prod' } = more;
  return {
    id: vmId(name, resourceGroup, subscriptionId),
    name,
    subscriptionId,
    resourceGroup,
    region: 'westeurope',
    vmId: `vm-${name}`,
    tags: {},
    disks: disks.map((one, index) => ({ diskId: diskId(one), lun: index === 0 ? null : index - 1 })),
    ...more,
  };
}

interface Row {
  readonly name: string;
  readonly select?: Json;
  readonly snapshot?: Json;
  readonly vms?: readonly VirtualMachine[];
  readonly disks?: readonly Disk[];
  /** `<name>: <disks>` of each source. */
  readonly sources: readonly string[];
  readonly findings?: readonly string[];
}

const backup = { tags: { Backup: 'yes' } };

const rows: readonly Row[] = [
  { name: 'an empty estate', sources: [] },
  {
    name: 'a machine with all its disks, and a single disk, by tag',
    vms: [machine('b', ['b-os', 'b-data'], backup), machine('a', ['a-os'])],
    disks: [disk('b-os'), disk('b-data'), disk('a-os', { attachedTo: vmId('a') }), disk('single', backup)],
    sources: ['virtualMachine b: b-os b-data', 'disk single: single'],
  },
  {
    name: 'machines alone',
    select: { kinds: ['virtualMachine'] },
    vms: [machine('a', ['a-os'], backup)],
    disks: [disk('a-os'), disk('single', backup)],
    sources: ['virtualMachine a: a-os'],
  },
  {
    name: 'disks alone: a tagged disk of a machine is a source by itself',
    select: { kinds: ['disk'] },
    vms: [machine('a', ['a-os'], backup)],
    disks: [disk('a-os', { attachedTo: vmId('a'), ...backup })],
    sources: ['disk a-os: a-os'],
  },
  {
    name: 'a tagged disk of a machine that is matched already is no second source',
    vms: [machine('a', ['a-os', 'a-data'], backup)],
    disks: [disk('a-os', backup), disk('a-data', { ...backup, attachedTo: vmId('a').toUpperCase() })],
    sources: ['virtualMachine a: a-os a-data'],
  },
  {
    name: 'nor where only the disk says that it is attached, the two lists being of two moments',
    vms: [machine('a', ['a-os'], backup)],
    disks: [disk('a-os'), disk('a-new', { ...backup, attachedTo: vmId('a').toUpperCase() })],
    sources: ['virtualMachine a: a-os'],
  },
  {
    name: 'nor where it is left out there',
    select: { excludeDisks: [{ lun: 0 }] },
    vms: [machine('a', ['a-os', 'a-data'], backup)],
    disks: [disk('a-os'), disk('a-data', backup)],
    sources: ['virtualMachine a: a-os'],
  },
  {
    name: 'excluded disks by LUN, tag and name; the OS disk has no LUN',
    select: { excludeDisks: [{ lun: 0 }, { tag: 'skip', exists: true }, { name: '*-swap' }] },
    vms: [machine('a', ['a-os', 'a-0', 'a-1', 'a-swap', 'a-3'], backup)],
    disks: [disk('a-os'), disk('a-0'), disk('a-1', { tags: { SKIP: '' } }), disk('a-swap'), disk('a-3')],
    sources: ['virtualMachine a: a-os a-3'],
  },
  {
    name: 'a machine without a disk left is told',
    select: { excludeDisks: [{ name: 'a-*' }] },
    vms: [machine('a', ['a-os'], backup)],
    disks: [disk('a-os')],
    sources: [],
    findings: ['no-disk-left a'],
  },
  {
    name: 'a disk that is gone meanwhile is told, the others are protected',
    vms: [machine('a', ['a-os', 'a-gone'], backup)],
    disks: [disk('a-os')],
    sources: ['virtualMachine a: a-os'],
    findings: ['disk-missing a a-gone'],
  },
  {
    name: 'a machine whose only disk is gone',
    vms: [machine('a', ['a-gone'], backup)],
    sources: [],
    findings: ['disk-missing a a-gone', 'no-disk-left a'],
  },
  {
    name: 'a missing disk that would be left out anyway is no news',
    select: { excludeDisks: [{ lun: 0 }, { name: 'a-x*' }, { tag: 'skip', exists: false }] },
    vms: [machine('a', ['a-os', 'a-0', 'a-x1'], backup)],
    disks: [disk('a-os', { tags: { skip: 'no' } })],
    sources: ['virtualMachine a: a-os'],
  },
  {
    name: 'excluded sources',
    select: { exclude: [{ name: 'TMP-*' }, { tag: 'environment', in: ['scratch'] }] },
    vms: [
      machine('tmp-1', ['t'], backup),
      machine('s', ['s-os'], { tags: { ...backup.tags, environment: 'scratch' } }),
    ],
    disks: [disk('t'), disk('s-os'), disk('tmp-2', backup)],
    sources: [],
  },
  {
    name: 'every condition has to hold',
    select: { include: [{ tag: 'backup', equals: 'yes' }, { name: 'db-*' }] },
    disks: [disk('db-1', backup), disk('db-2'), disk('web-1', backup)],
    sources: ['disk db-1: db-1'],
  },
  {
    name: 'scopes: another subscription, other groups, the case of both',
    select: { scopes: [`/subscriptions/${SUBSCRIPTION.toUpperCase()}/resourceGroups/PROD-*`] },
    disks: [
      disk('in', { ...backup, resourceGroup: 'prod-1' }),
      disk('out', { ...backup, resourceGroup: 'test-1' }),
      disk('far', { ...backup, resourceGroup: 'prod-1', subscriptionId: OTHER }),
    ],
    sources: ['disk in: in'],
  },
  {
    name: 'ids in another case than the list has them',
    vms: [machine('a', [], { ...backup, disks: [{ diskId: diskId('A-OS').toUpperCase(), lun: null }] })],
    disks: [disk('a-os')],
    sources: ['virtualMachine a: a-os'],
  },
  {
    name: 'a disk that two machines share is taken once',
    vms: [machine('b', ['b-os', 'shared'], backup), machine('a', ['a-os', 'shared'], backup)],
    disks: [disk('a-os'), disk('b-os'), disk('shared')],
    sources: ['virtualMachine a: a-os shared', 'virtualMachine b: b-os'],
    findings: ['disk-shared b shared'],
  },
  {
    name: 'what has no identity is left out and told',
    vms: [machine('a', ['a-os'], { ...backup, vmId: '' }), machine('b', ['b-os', 'b-x'], backup)],
    disks: [disk('a-os'), disk('b-os'), disk('b-x', { uniqueId: '' }), disk('single', { ...backup, uniqueId: '' })],
    sources: ['virtualMachine b: b-os'],
    findings: ['no-identity a', 'no-identity b b-x', 'no-identity single'],
  },
  {
    name: "what lies in the snapshots' own group is left out and told",
    snapshot: { resourceGroup: 'rg-{region}' },
    disks: [
      disk('a', { ...backup, resourceGroup: 'RG-westeurope' }),
      disk('b', { ...backup, resourceGroup: 'rg-northeurope' }),
    ],
    sources: ['disk b: b'],
    findings: ['in-snapshot-group a'],
  },
];

const lastOf = (id: string | undefined) => id?.split('/').at(-1);

function policyOf(select: Json = {}, snapshot: Json = {}) {
  const scopes = [`/subscriptions/${SUBSCRIPTION}`];
  const policy = readPolicy(
    smallDocument({ select: { scopes, include: [{ tag: 'backup', equals: 'yes' }], ...select }, snapshot }),
  );
  const inSubscriptions = policy.select.scopes.filter((scope) => 'subscriptionId' in scope);
  return { ...policy, select: { ...policy.select, scopes: inSubscriptions } };
}

describe('matchSources', () => {
  test.each(rows)('$name', ({ select, snapshot, vms = [], disks = [], sources, findings = [] }) => {
    const matched = matchSources(policyOf(select, snapshot), { virtualMachines: vms, disks });
    expect(
      matched.sources.map(
        (source) => `${source.kind} ${source.name}: ${source.disks.map(({ name }) => name).join(' ')}`,
      ),
    ).toEqual(sources);
    expect(
      matched.findings.map((finding) =>
        [finding.kind, lastOf(finding.id), lastOf(finding.diskId)].filter(Boolean).join(' '),
      ),
    ).toEqual(findings);
  });

  test('a source carries what a point needs to know of it', () => {
    const [source] = matchSources(policyOf(), {
      virtualMachines: [machine('a', ['a-os', 'a-0'], backup)],
      disks: [disk('a-os'), disk('a-0', { sizeBytes: 7, sku: 'PremiumV2_LRS' })],
    }).sources;
    expect(source).toMatchObject({ id: vmId('a'), region: 'westeurope', resourceGroup: 'prod', tags: backup.tags });
    expect(source?.key).toBe(sourceKey('virtualMachine', 'VM-A'));
    expect(source?.disks[1]).toEqual({
      id: diskId('a-0'),
      name: 'a-0',
      uniqueId: 'unique-a-0',
      lun: 0,
      sizeBytes: 7,
      sku: 'PremiumV2_LRS',
    });
  });

  test('the key follows the identity, not the name', () => {
    const keyOf = (one: Disk) => matchSources(policyOf(), { virtualMachines: [], disks: [one] }).sources[0]?.key;
    expect(keyOf(disk('d', backup))).not.toBe(keyOf(disk('d', { ...backup, uniqueId: 'made-anew' })));
    expect(keyOf(disk('d', { ...backup, uniqueId: 'X' }))).toBe(keyOf(disk('e', { ...backup, uniqueId: 'x' })));
    expect(sourceKey('disk', 'x')).not.toBe(sourceKey('virtualMachine', 'x'));
    expect(sourceKey('disk', 'x')).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });
});

describe('properties', () => {
  const estates: fc.Arbitrary<Estate> = fc
    .record({
      machines: fc.array(
        fc.record({ tagged: fc.boolean(), disks: fc.uniqueArray(fc.integer({ min: 0, max: 15 }), { maxLength: 4 }) }),
        { maxLength: 6 },
      ),
      disks: fc.uniqueArray(fc.record({ number: fc.integer({ min: 0, max: 15 }), tagged: fc.boolean() }), {
        selector: (one) => one.number,
        maxLength: 16,
      }),
    })
    .map((estate) => ({
      virtualMachines: estate.machines.map((one, index) =>
        machine(
          `m${index}`,
          one.disks.map((number) => `d${number}`),
          one.tagged ? backup : {},
        ),
      ),
      disks: estate.disks.map((one) => disk(`d${one.number}`, one.tagged ? backup : {})),
    }));

  test('no disk belongs to two sources, every tagged thing is a source or told, and the order of the lists says nothing', () => {
    fc.assert(
      fc.property(estates, (estate) => {
        const policy = policyOf({ excludeDisks: [{ name: 'd3' }] });
        const { sources, findings } = matchSources(policy, estate);
        const disks = sources.flatMap((source) => source.disks.map(({ id }) => id));
        expect(new Set(disks).size).toBe(disks.length);
        expect(disks).not.toContain(diskId('d3'));
        expect(sources.every((source) => source.disks.length > 0)).toBe(true);
        const told = new Set([
          ...sources.map(({ id }) => id),
          ...findings.filter((one) => one.diskId === undefined).map(({ id }) => id),
        ]);
        for (const one of estate.virtualMachines) expect(told.has(one.id)).toBe('Backup' in one.tags);
        const reversed = { virtualMachines: [...estate.virtualMachines].reverse(), disks: [...estate.disks].reverse() };
        expect(matchSources(policy, reversed)).toEqual({ sources, findings });
      }),
      { numRuns: 200 },
    );
  });
});

test('subscriptionsOf names each subscription once', () => {
  const one = policyOf();
  const two = policyOf({
    scopes: [`/subscriptions/${OTHER}/resourceGroups/a`, `/subscriptions/${SUBSCRIPTION.toUpperCase()}`],
  });
  expect(subscriptionsOf([one, two])).toEqual([SUBSCRIPTION, OTHER].sort());
  expect(subscriptionsOf([])).toEqual([]);
});
