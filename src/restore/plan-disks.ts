import { GIB } from '../base/bytes.ts';
import { type Parsed, type Problem, showFound } from '../base/problem.ts';
import type { EpochMs } from '../base/time.ts';
import type { Point, PointSnapshot } from '../protect/protect.ts';
import type { DiskPlan } from './restore.ts';
import type { DiskTarget } from './restore-targets.ts';

const NAME_LENGTH = 80;

/** What names of new things end with: the moment, and a few letters of the restore, so that two of them never ask for one name. */
export function nameSuffix(restoreId: string, now: EpochMs): string {
  const stamp = new Date(now).toISOString().replace(/[-:]/g, '').slice(0, 13);
  const own = (restoreId.split('.')[1] ?? '').replace(/[^A-Za-z0-9]/g, '').slice(0, 4);
  return `${stamp}-${own.padEnd(4, '0').toLowerCase()}`;
}

/** A name for what is made of something; a name that was made so before loses its older ending first. */
export function nameAfter(name: string, suffix: string, length = NAME_LENGTH): string {
  const base = name.replace(/-(?:restored-)?\d{8}T\d{4}-[a-z0-9]{4}(?:-\d+)?$/, '');
  const ending = `-restored-${suffix}`;
  return `${base.slice(0, length - ending.length).replace(/[^A-Za-z0-9_.-]/g, '-')}${ending}`;
}

/**
 * Decides what exactly a restore of a disk makes, or why it cannot.
 *
 * Shape:  problems with paths below `path`.
 * Source: a disk is never smaller than its snapshot; zone-redundant disks take no zone, Premium SSD v2 and Ultra need one (azure-compute-docs).
 */
export function planDisk(
  target: DiskTarget,
  point: Point,
  naming: { readonly restoreId: string; readonly now: EpochMs; readonly path: string },
): Parsed<readonly DiskPlan[]> {
  const names = point.snapshots.map((snapshot) => snapshot.diskName);
  const snapshot =
    target.disk === undefined && names.length === 1
      ? point.snapshots[0]
      : point.snapshots.find((candidate) => candidate.diskName === target.disk);
  if (!snapshot) {
    const problem = {
      path: `${naming.path}.target.disk`,
      message: 'names no disk of this point',
      found: showFound(target.disk),
      allowed: `one of ${names.join(', ')}`,
    };
    return { ok: false, problems: [problem] };
  }
  const plan: DiskPlan = {
    ...planSnapshot(point, snapshot),
    resourceGroup: target.resourceGroup ?? point.source.resourceGroup,
    name: target.name ?? nameAfter(snapshot.diskName, nameSuffix(naming.restoreId, naming.now)),
    sku: target.sku ?? snapshot.diskSku,
    zone: target.zone ?? null,
    sizeGiB: target.sizeGiB ?? leastGiB(snapshot),
    diskEncryptionSetId: target.diskEncryptionSet ?? null,
    tags: target.tags ?? {},
  };
  const problems: Problem[] = [...kindProblems(plan, `${naming.path}.target`)];
  if (plan.sizeGiB < leastGiB(snapshot)) {
    problems.push({
      path: `${naming.path}.target.sizeGiB`,
      message: 'is smaller than the source',
      found: String(plan.sizeGiB),
      allowed: `${leastGiB(snapshot)} or more`,
    });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: [plan] };
}

function leastGiB(snapshot: PointSnapshot): number {
  return Math.ceil(snapshot.sizeBytes / GIB);
}

/** A disk like the one that the snapshot was taken of; its name is for who calls. */
export function planSnapshot(point: Point, snapshot: PointSnapshot): DiskPlan {
  return {
    subscriptionId: point.source.subscriptionId,
    resourceGroup: point.source.resourceGroup,
    name: snapshot.diskName,
    region: point.source.region,
    snapshotId: snapshot.snapshotId,
    sku: snapshot.diskSku,
    zone: null,
    sizeGiB: leastGiB(snapshot),
    diskEncryptionSetId: null,
    tags: {},
    sourceName: snapshot.diskName,
    lun: snapshot.lun,
    isOsDisk: point.source.kind === 'virtualMachine' && snapshot.lun === null,
  };
}

const isZonal = (sku: string) => sku === 'PremiumV2_LRS' || sku === 'UltraSSD_LRS';

/** What a kind of disk does not allow. */
export function kindProblems(
  plan: Pick<DiskPlan, 'sku' | 'zone' | 'isOsDisk' | 'sourceName'>,
  path: string,
): readonly Problem[] {
  const problems: Problem[] = [];
  if (plan.sku.endsWith('_ZRS') && plan.zone !== null) {
    const message = 'a zone-redundant disk takes no zone';
    problems.push({ path: `${path}.zone`, message, found: plan.zone, allowed: 'leave it out' });
  }
  if (isZonal(plan.sku) && plan.zone === null) {
    const message = 'this kind of disk needs a zone';
    problems.push({ path: `${path}.zone`, message, found: 'nothing', allowed: '1, 2 or 3' });
  }
  if (isZonal(plan.sku) && plan.isOsDisk) {
    const message = `${plan.sourceName} is an OS disk: those are not of this kind`;
    problems.push({ path: `${path}.sku`, message, found: plan.sku });
  }
  return problems;
}
