import { assert } from '../base/assert.ts';
import type { EpochMs } from '../base/time.ts';
import type { Source, SourceDisk } from '../inventory/inventory.ts';
import type { Snapshot } from '../protect/ports.ts';
import {
  type Origin,
  type Point,
  readOrigin,
  TAG_ORIGIN,
  TAG_POINT,
  TAG_POLICY,
  TAG_SOURCE,
} from '../protect/protect.ts';
import { pointId, pointKeys } from '../schedule/point-names.ts';
import { longestHold } from './longest-hold.ts';

/** Something that looks like Holdfast's and could not be taken back into the catalogue. */
export interface Doubt {
  readonly id: string;
  readonly because: 'tags disagree' | 'no disk named' | 'not whole';
}

/** What one resource group holds of Holdfast's. */
export interface PlannedRebuild {
  readonly points: readonly Point[];
  /** The sources of the points, by policy: as they are now, or as far as their snapshots still tell. */
  readonly sourcesByPolicy: ReadonlyMap<string, readonly Source[]>;
  /** Points that were left out, and points that lack snapshots: those are taken back all the same. */
  readonly doubts: readonly Doubt[];
}

/** So many tries count as made: a snapshot that vanishes while we rebuild is never made anew, it would show another moment. */
const NO_MORE_TRIES = 1_000;
/** What disks of a source that is gone are restored as, unless asked otherwise. */
const UNKNOWN_SKU = 'StandardSSD_LRS';

/**
 * Makes points of the snapshots that one resource group lists. Pure.
 *
 * Shape:  points are `started`: the pass that confirms started points takes it from there, as it does for new ones. Marks are not taken back.
 * Safety: only snapshots that carry Holdfast's tags, and tags that agree with each other.
 */
export function planPoints(
  listed: readonly Snapshot[],
  known: ReadonlyMap<string, Source>,
  now: EpochMs,
): PlannedRebuild {
  const byPoint = Map.groupBy(
    listed.filter(({ tags }) => tags[TAG_POINT] !== undefined),
    ({ tags }) => tags[TAG_POINT] as string,
  );
  const points: Point[] = [];
  const doubts: Doubt[] = [];
  const sources = new Map<string, Map<string, Source>>();
  for (const [id, snapshots] of byPoint) {
    const made = pointOf(id, snapshots, known, now);
    if (made.doubt) doubts.push({ id, because: made.doubt });
    if (!made.point) continue;
    points.push(made.point);
    const ofPolicy = sources.get(made.point.policy) ?? new Map<string, Source>();
    ofPolicy.set(made.source.key, mergeDisks(ofPolicy.get(made.source.key), made.source));
    sources.set(made.point.policy, ofPolicy);
  }
  return {
    points,
    sourcesByPolicy: new Map([...sources].map(([policy, byKey]) => [policy, [...byKey.values()]])),
    doubts,
  };
}

type Made =
  | { readonly point: Point; readonly source: Source; readonly doubt?: Doubt['because'] }
  | { readonly point: null; readonly doubt: Doubt['because'] };

function pointOf(id: string, snapshots: readonly Snapshot[], known: ReadonlyMap<string, Source>, now: EpochMs): Made {
  const keys = pointKeys(id);
  const policy = snapshots[0]?.tags[TAG_POLICY];
  const agree = snapshots.every(({ tags }) => tags[TAG_POLICY] === policy && tags[TAG_SOURCE] === keys?.partitionKey);
  if (!keys || policy === undefined || !agree) return { point: null, doubt: 'tags disagree' };
  const { partitionKey: sourceKey, slot } = keys;
  if (pointId({ sourceKey, policy, slot }) !== id) return { point: null, doubt: 'tags disagree' };
  if (snapshots.some(({ sourceDiskId, sourceUniqueId }) => sourceDiskId === null || sourceUniqueId === null)) {
    return { point: null, doubt: 'no disk named' };
  }
  const origin = readOrigin(snapshots[0]?.tags[TAG_ORIGIN]);
  const source = known.get(sourceKey) ?? goneSource(sourceKey, snapshots, origin);
  const { disks, ...rest } = source;
  const diskOf = new Map(disks.map((disk) => [disk.uniqueId.toLowerCase(), disk]));
  const point: Point = {
    id,
    policy,
    slot,
    schedules: [],
    trigger: 'rebuild',
    source: rest,
    state: 'started',
    plannedAt: slot,
    startedAt: now,
    takenAt: null,
    finishedAt: null,
    skewMs: null,
    attempts: NO_MORE_TRIES,
    deletingSince: null,
    error: null,
    snapshots: snapshots.map((snapshot) => {
      const disk = diskOf.get(snapshot.sourceUniqueId?.toLowerCase() ?? '') ?? diskOfSnapshot(snapshot);
      return {
        diskId: disk.id,
        diskName: disk.name,
        diskUniqueId: disk.uniqueId,
        lun: disk.lun,
        diskSku: disk.sku,
        sizeBytes: snapshot.sizeBytes,
        snapshotId: snapshot.id,
        createdAt: null,
        familyId: null,
        state: 'started',
      };
    }),
    hold: longestHold(snapshots, now),
    mark: null,
  };
  const isWhole = origin === null || snapshots.length >= origin.disks;
  return isWhole ? { point, source } : { point, source, doubt: 'not whole' };
}

/** A source that is not there any more, as its snapshots tell it. */
function goneSource(key: string, snapshots: readonly Snapshot[], origin: Origin | null): Source {
  const disks = snapshots.map(diskOfSnapshot);
  const [first] = snapshots;
  const [disk] = disks;
  assert(first && disk, 'a point was made of a snapshot');
  const parts = disk.id.split('/');
  const kind = origin?.kind ?? 'disk';
  const resourceGroup = origin?.resourceGroup ?? parts[4] ?? '';
  const name = origin?.name ?? disk.name;
  const type = kind === 'disk' ? 'disks' : 'virtualMachines';
  const id = `/subscriptions/${first.subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/${type}/${name}`;
  const tags = Object.fromEntries(Object.entries(first.tags).filter(([tag]) => !tag.startsWith('holdfast-')));
  return {
    key,
    kind,
    id,
    name,
    subscriptionId: first.subscriptionId,
    resourceGroup,
    region: first.region,
    tags,
    disks,
  };
}

function diskOfSnapshot(snapshot: Snapshot): SourceDisk {
  const id = snapshot.sourceDiskId ?? '';
  return {
    id,
    name: id.split('/').at(-1) ?? '',
    uniqueId: snapshot.sourceUniqueId ?? '',
    lun: null,
    sizeBytes: snapshot.sizeBytes,
    sku: UNKNOWN_SKU,
  };
}

/** A source that is gone is seen through several points: all disks that any of them has. */
function mergeDisks(before: Source | undefined, source: Source): Source {
  if (before === undefined) return source;
  const disks = new Map([...before.disks, ...source.disks].map((disk) => [disk.uniqueId.toLowerCase(), disk]));
  return { ...before, disks: [...disks.values()] };
}
