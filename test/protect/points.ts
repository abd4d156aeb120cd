import type { Point, PointSnapshot } from '../../src/protect/point.ts';
import type { Snapshot } from '../../src/protect/ports.ts';
import { pointId } from '../../src/schedule/point-names.ts';

export const T0 = Date.UTC(2026, 2, 1, 2, 30);
const GROUP = '/subscriptions/s1/resourceGroups/rg-holdfast-westeurope/providers/Microsoft.Compute/snapshots';

/** A snapshot of a point as the tests need it. */
export function pointSnapshot(name: string, changes: Partial<PointSnapshot> = {}): PointSnapshot {
  return {
    diskId: `/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Compute/disks/${name}`,
    diskName: name,
    diskUniqueId: `unique-${name}`,
    lun: null,
    diskSku: 'Premium_LRS',
    sizeBytes: 2 ** 35,
    snapshotId: `${GROUP}/hf-${name}`,
    createdAt: null,
    familyId: null,
    state: 'started',
    ...changes,
  };
}

/** A point of one disk that was started at its slot. */
export function startedPoint(changes: Partial<Point> = {}): Point {
  const slot = changes.slot ?? T0;
  return {
    id: pointId({ sourceKey: 'source1source1source12', policy: 'gold', slot }),
    policy: 'gold',
    slot,
    schedules: ['nightly'],
    trigger: 'schedule',
    source: {
      key: 'source1source1source12',
      kind: 'virtualMachine',
      id: '/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web',
      name: 'web',
      subscriptionId: 's1',
      resourceGroup: 'rg',
      region: 'westeurope',
      tags: {},
    },
    state: 'started',
    plannedAt: slot,
    startedAt: slot,
    takenAt: null,
    finishedAt: null,
    skewMs: null,
    attempts: 0,
    deletingSince: null,
    error: null,
    snapshots: [pointSnapshot('web-os')],
    hold: null,
    mark: null,
    ...changes,
  };
}

/** What Azure shows of a point's snapshot. */
export function azureSnapshot(snapshot: PointSnapshot, changes: Partial<Snapshot> = {}): Snapshot {
  return {
    id: snapshot.snapshotId,
    name: snapshot.snapshotId.split('/').at(-1) ?? '',
    subscriptionId: 's1',
    resourceGroup: 'rg-holdfast-westeurope',
    region: 'westeurope',
    sku: 'Standard_ZRS',
    tags: {},
    createdAt: T0 + 4_000,
    state: 'succeeded',
    incremental: true,
    familyId: 'family',
    sourceDiskId: snapshot.diskId,
    sourceUniqueId: snapshot.diskUniqueId,
    sizeBytes: snapshot.sizeBytes,
    networkAccess: 'deny',
    network: { policy: 'DenyAll', publicAccess: 'Disabled', diskAccessId: null },
    sectorBytes: 512,
    immutable: false,
    ...changes,
  };
}

export function byId(snapshots: readonly Snapshot[]): ReadonlyMap<string, Snapshot> {
  return new Map(snapshots.map((snapshot) => [snapshot.id.toLowerCase(), snapshot]));
}
