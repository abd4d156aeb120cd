import { sameResource } from '../base/ids.ts';
import type { Parsed, Problem } from '../base/problem.ts';
import type { EpochMs } from '../base/time.ts';
import type { Manifest, ManifestInterface } from '../inventory/manifest.ts';
import type { Point } from '../protect/protect.ts';
import { kindProblems, nameAfter, nameSuffix, planSnapshot } from './plan-disks.ts';
import type { DiskPlan, MachinePlan } from './restore.ts';
import type { MachineTarget } from './restore-targets.ts';

/** Longest name of a machine of Linux; the one inside, which is shorter on Windows, stays as it is on the disk. */
const MACHINE_NAME_LENGTH = 64;

interface Naming {
  readonly restoreId: string;
  readonly now: EpochMs;
  readonly path: string;
}

/**
 * Decides what exactly a restore of a virtual machine makes from its manifest, or why it cannot.
 *
 * Shape:  problems with paths below `naming.path`: all that can be known without asking Azure.
 * Safety: no public address is ever given: one that the original has stays with the original's interface.
 */
export function planMachine(
  target: MachineTarget,
  point: Point,
  manifest: Manifest | null,
  naming: Naming,
): Parsed<{ readonly disks: readonly DiskPlan[]; readonly machine: MachinePlan }> {
  const refuse = (field: string, message: string, allowed?: string): Problem => ({
    path: `${naming.path}.${field}`,
    message,
    ...(allowed === undefined ? {} : { allowed }),
  });
  if (point.source.kind !== 'virtualMachine')
    return {
      ok: false,
      problems: [refuse('point', 'is a point of a single disk', 'a point of a virtual machine, or kind disk')],
    };
  if (!manifest)
    return {
      ok: false,
      problems: [refuse('point', 'has no manifest of its machine', 'another point of this source, or kind disk')],
    };
  if (!point.snapshots.some(({ lun }) => lun === null))
    return { ok: false, problems: [refuse('point', 'has no snapshot of the OS disk', 'kind disk')] };
  const suffix = nameSuffix(naming.restoreId, naming.now);
  const name = target.name ?? nameAfter(manifest.name, suffix, MACHINE_NAME_LENGTH);
  const group = target.resourceGroup ?? point.source.resourceGroup;
  const place = placeOf(target, manifest);
  const disks = point.snapshots.map((snapshot): DiskPlan => {
    const sku = target.sku ?? snapshot.diskSku;
    return {
      ...planSnapshot(point, snapshot),
      resourceGroup: group,
      name: nameAfter(snapshot.diskName, suffix),
      sku,
      zone: sku.endsWith('_ZRS') ? null : place.zone,
      diskEncryptionSetId: target.diskEncryptionSet ?? null,
      tags: target.tags ?? {},
    };
  });
  const scope = `/subscriptions/${point.source.subscriptionId}/resourceGroups/${group}/providers`;
  const network = planInterfaces(target, manifest, `${scope}/Microsoft.Network/networkInterfaces/${name}-nic`);
  const machine: MachinePlan = {
    id: `${scope}/Microsoft.Compute/virtualMachines/${name}`,
    region: manifest.region,
    ...place,
    size: target.size ?? manifest.size,
    licenseType: manifest.licenseType,
    security: manifest.security,
    plan: manifest.plan,
    // A copy that is only looked at must not act as the original.
    identity: target.isolated === true ? null : manifest.identity,
    bootDiagnostics: manifest.bootDiagnostics,
    ultraDisks: manifest.ultraDisks || disks.some(({ sku }) => sku === 'UltraSSD_LRS'),
    osType: manifest.osType,
    diskController: manifest.diskController,
    tags: target.tags ?? (target.isolated === true ? {} : withoutOurs(manifest.tags)),
    cachingByLun: Object.fromEntries(manifest.disks.map(({ lun, caching }) => [String(lun), caching])),
    writeAcceleratorLuns: manifest.disks.filter((disk) => disk.writeAccelerator).map(({ lun }) => String(lun)),
    ...network,
    isolated: target.isolated === true,
    extensions: manifest.extensions.map(({ name: extension, type }) =>
      type === '' ? extension : `${extension} (${type})`,
    ),
  };
  const problems = [
    ...disks.flatMap((disk) => kindProblems(disk, `${naming.path}.target`)),
    ...networkProblems(target, manifest, refuse),
    ...placeProblems(target, place.availabilitySetId, group, refuse),
  ];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { disks, machine } };
}

type Place = Pick<MachinePlan, 'zone' | 'availabilitySetId' | 'proximityPlacementGroupId'>;

/** Asking for a zone leaves the availability set behind, and the reverse: a machine has one of them at most. */
function placeOf(target: MachineTarget, manifest: Manifest): Place {
  const askedZone = target.zone === 'none' ? null : target.zone;
  const askedSet = target.availabilitySet === 'none' ? null : target.availabilitySet;
  const set = askedSet === undefined ? (askedZone ? null : manifest.availabilitySetId) : askedSet;
  const zone = askedZone === undefined ? (set ? null : (manifest.zones[0] ?? null)) : askedZone;
  const moved = askedZone !== undefined || askedSet !== undefined || target.isolated === true;
  return {
    zone,
    availabilitySetId: target.isolated === true && askedSet === undefined ? null : set,
    proximityPlacementGroupId: moved ? null : manifest.proximityPlacementGroupId,
  };
}

function planInterfaces(
  target: MachineTarget,
  manifest: Manifest,
  id: string,
): Pick<MachinePlan, 'newInterfaces' | 'originalInterfaces'> {
  const originals = manifest.interfaces ?? [];
  if (target.subnet === undefined) {
    return { newInterfaces: [], originalInterfaces: originals.map((each) => ({ id: each.id, primary: each.primary })) };
  }
  const primary = originals.find((each) => each.primary) ?? originals[0];
  const made = {
    id,
    primary: true,
    subnetId: target.subnet,
    privateAddress: target.privateAddress ?? null,
    networkSecurityGroupId: securityGroupOf(target, primary),
    acceleratedNetworking: primary?.acceleratedNetworking ?? false,
    ipForwarding: primary?.ipForwarding ?? false,
    dnsServers: target.isolated === true ? [] : (primary?.dnsServers ?? []),
  };
  return { newInterfaces: [made], originalInterfaces: [] };
}

function securityGroupOf(target: MachineTarget, original: ManifestInterface | undefined): string | null {
  if (target.networkSecurityGroup === 'none') return null;
  return target.networkSecurityGroup ?? original?.networkSecurityGroupId ?? null;
}

type Refuse = (field: string, message: string, allowed?: string) => Problem;

function networkProblems(target: MachineTarget, manifest: Manifest, refuse: Refuse): readonly Problem[] {
  const problems: Problem[] = [];
  const { subnet } = target;
  if (subnet === undefined && target.interfaces === undefined)
    problems.push(refuse('target.subnet', 'is required', 'the id of a subnet, or "interfaces": "original"'));
  if (subnet !== undefined && target.interfaces !== undefined)
    problems.push(refuse('target.interfaces', 'stands beside a subnet', 'one of the two'));
  if (subnet === undefined && target.interfaces !== undefined && (manifest.interfaces ?? []).length === 0)
    problems.push(refuse('target.interfaces', 'the interfaces of this machine are not known', 'the id of a subnet'));
  if (subnet === undefined && target.privateAddress !== undefined)
    problems.push(refuse('target.privateAddress', 'needs a subnet', 'leave it out'));
  if (target.isolated !== true) return problems;
  const original = (manifest.interfaces ?? []).flatMap((each) =>
    each.ipConfigurations.flatMap((ip) => ip.subnetId ?? []),
  );
  if (subnet === undefined || original.some((id) => sameResource(id, subnet)))
    problems.push(
      refuse('target.subnet', 'an isolated machine needs another subnet than the original', 'the id of a subnet'),
    );
  return problems;
}

function placeProblems(
  target: MachineTarget,
  availabilitySetId: string | null,
  group: string,
  refuse: Refuse,
): readonly Problem[] {
  const problems: Problem[] = [];
  if (target.zone !== undefined && target.zone !== 'none' && (target.availabilitySet ?? 'none') !== 'none')
    problems.push(refuse('target.availabilitySet', 'stands beside a zone', 'one of the two'));
  // Source: learn.microsoft.com/azure/virtual-machines/availability-set-overview: a machine and its set are in one group.
  const own =
    availabilitySetId === null || availabilitySetId.toLowerCase().includes(`/resourcegroups/${group.toLowerCase()}/`);
  if (!own)
    problems.push(
      refuse(
        'target.availabilitySet',
        'the availability set is in another resource group',
        'none, or one of this group',
      ),
    );
  return problems;
}

/** Tags of another restore say nothing about this one. */
function withoutOurs(tags: Manifest['tags']): Manifest['tags'] {
  return Object.fromEntries(
    Object.entries(tags).filter(([name]) => !name.toLowerCase().startsWith('holdfast-restore')),
  );
}
