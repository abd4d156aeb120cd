import type { Clock } from '../base/clock.ts';
import { inParallel } from '../base/in-parallel.ts';
import type { Log } from '../base/log.ts';
import type { EstateReader, Source } from '../inventory/inventory.ts';
import { matchSources } from '../inventory/match-sources.ts';
import { type Estate, readEstate } from '../inventory/read-estate.ts';
import type { SnapshotTaker } from '../protect/ports.ts';
import {
  type Catalogue,
  groupKey,
  type ManifestBook,
  nextMinute,
  type Point,
  type SourceBook,
  type Unconfirmed,
} from '../protect/protect.ts';
import type { Message } from '../work/messages.ts';
import type { Agenda, WorkItem } from '../work/work.ts';
import { planPoints } from './plan-points.ts';
import type { RebuildBook, RebuiltGroup } from './rebuild-book.ts';

export interface RebuildGroupDeps {
  readonly rebuilds: RebuildBook;
  readonly catalogue: Catalogue;
  readonly sources: SourceBook;
  readonly unconfirmed: Unconfirmed;
  readonly manifests: ManifestBook;
  readonly agenda: Agenda;
  readonly estate: EstateReader;
  readonly snapshots: SnapshotTaker;
  readonly clock: Clock;
  readonly log: Log;
}

const ROWS_AT_ONCE = 8;

/**
 * Takes the snapshots of one resource group back into the catalogue.
 *
 * Errors: those of the ports: the group is read again later.
 * Safety: rows that are there stay as they are; the points are confirmed, chained and metered by the same pass as new ones. A crash anywhere repeats it.
 */
export async function rebuildGroup(deps: RebuildGroupDeps, message: Message): Promise<void> {
  const item: WorkItem = { kind: 'rebuild', id: message.id, dueAt: message.dueAt };
  const [rebuildId = '', key = ''] = message.id.split('|');
  const group = await deps.rebuilds.group(rebuildId, key);
  if (group?.state === 'waiting') await deps.rebuilds.finish(rebuildId, await readBack(deps, group));
  await deps.agenda.change([], [item]);
}

async function readBack(deps: RebuildGroupDeps, group: RebuiltGroup): Promise<RebuiltGroup> {
  const { subscriptionId, resourceGroup } = group;
  const listed = await deps.snapshots.list(subscriptionId, resourceGroup);
  if (listed === null) return { ...group, state: 'gone' };
  const now = deps.clock.now();
  const known = sourcesByKey(await readEstate(deps.estate, [subscriptionId]), subscriptionId);
  const { points, sourcesByPolicy, doubts } = planPoints(listed, known, now);
  for (const [policy, sources] of sourcesByPolicy) await deps.sources.see(policy, sources, now);
  await inParallel(points, ROWS_AT_ONCE, async (point) => deps.catalogue.insert(await withManifest(deps, point)));
  const dueAt = nextMinute(now);
  await deps.agenda.change(points.length > 0 ? [{ kind: 'confirm', id: groupKey(group), dueAt }] : []);
  await deps.unconfirmed.add(
    { subscriptionId, resourceGroup },
    'create',
    points.map(({ id }) => id),
  );
  const snapshots = points.reduce((sum, point) => sum + point.snapshots.length, 0);
  deps.log.info('a resource group was read back', { resourceGroup, points: points.length, doubts: doubts.length });
  return { ...group, state: 'done', points: points.length, snapshots, doubts, doubtCount: doubts.length };
}

async function withManifest(deps: RebuildGroupDeps, point: Point): Promise<Point> {
  if (point.source.kind !== 'virtualMachine') return point;
  const manifest = await deps.manifests.nameAt(point.source.key, point.slot);
  return manifest === null ? point : { ...point, manifest };
}

/** Every virtual machine and every disk of a subscription as a source, by its key. */
function sourcesByKey(estate: Estate, subscriptionId: string): ReadonlyMap<string, Source> {
  const everything = (kind: Source['kind']) =>
    matchSources(
      {
        select: {
          scopes: [{ subscriptionId, resourceGroup: null }],
          kinds: [kind],
          include: [],
          exclude: [],
          excludeDisks: [],
        },
        snapshot: NO_GROUP,
      },
      estate,
    ).sources;
  return new Map([...everything('disk'), ...everything('virtualMachine')].map((source) => [source.key, source]));
}

/** No group of snapshots is left out: what lies in one was never a source, so nothing carries its key. */
const NO_GROUP = {
  resourceGroup: '',
  sku: 'Standard_ZRS',
  copyTags: false,
  tags: {},
  networkAccess: 'deny',
} as const;
