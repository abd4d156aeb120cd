import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../base/clock.ts';
import { inParallel } from '../base/in-parallel.ts';
import type { Log } from '../base/log.ts';
import type { EpochMs } from '../base/time.ts';
import type { SourceKind } from '../policy/policy.ts';
import {
  type Catalogue,
  groupKey,
  groupOf,
  type Point,
  type SourceBook,
  type StoredPoint,
} from '../protect/protect.ts';
import type { Agenda } from '../work/work.ts';
import { type GroupView, retentionPoint, viewGroup } from './deletion-guard.ts';
import { noteMissing } from './missing-snapshots.ts';
import type { SnapshotRemover } from './ports.ts';
import type { RetentionPoint } from './verdict.ts';

export interface LiveDeps {
  readonly sources: SourceBook;
  readonly catalogue: Catalogue;
  readonly agenda: Agenda;
  readonly remover: SnapshotRemover;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly log: Log;
}

/** A source of a policy, as far as planning deletions needs it. */
export interface SourceEntry {
  readonly key: string;
  readonly kind: SourceKind;
  readonly id: string;
  readonly name: string;
  readonly subscriptionId: string;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The moment of its first point ever; null before it. */
  readonly protectedSince: EpochMs | null;
}

/**
 * The points of one source under one policy with what Azure shows of them.
 *
 * Shape:  `points` newest first, without those that are being deleted; `retention` has the same points in the same order.
 */
export interface LiveSource {
  readonly entry: SourceEntry;
  readonly points: readonly StoredPoint[];
  readonly retention: readonly RetentionPoint[];
  readonly view: GroupView;
}

/** Sources whose points are read at the same time. */
const SOURCES_AT_ONCE = 16;

/** The sources of a policy, those of one resource group of snapshots next to each other: so that one list of Azure at a time has to be held. */
export async function entriesOf(sources: SourceBook, policyName: string): Promise<readonly SourceEntry[]> {
  const entries: { readonly entry: SourceEntry; readonly place: string }[] = [];
  for await (const { source, protectedSince } of sources.ofPolicy(policyName)) {
    const { key, kind, id, name, subscriptionId, region, tags } = source;
    entries.push({
      entry: { key, kind, id, name, subscriptionId, region, tags, protectedSince },
      place: `${subscriptionId}|${region}|${key}`.toLowerCase(),
    });
  }
  entries.sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  return entries.map(({ entry }) => entry);
}

/**
 * Reads the points of sources, one source after another, and what Azure shows of them.
 *
 * Shape:  in the order of `entries`; a source without points, or whose group of snapshots is gone, is left out (the latter is told).
 * Errors: AppError where a list of snapshots or locks cannot be read whole.
 * Safety: `noteGone` also takes points whose snapshots somebody else has deleted out of the books; without it nothing is written.
 */
export async function* liveSources(
  deps: LiveDeps,
  policyName: string,
  entries: readonly SourceEntry[],
  options: { readonly now: EpochMs; readonly noteGone: boolean },
): AsyncGenerator<LiveSource> {
  const views = new GroupViews(deps.remover);
  for (let from = 0; from < entries.length; from += SOURCES_AT_ONCE) {
    const batch = await inParallel(entries.slice(from, from + SOURCES_AT_ONCE), SOURCES_AT_ONCE, async (entry) => ({
      entry,
      stored: await storedPointsOf(deps.catalogue, entry.key, policyName),
    }));
    for (const { entry, stored } of batch) {
      if (stored.length === 0) continue;
      const view = await views.of(
        `${entry.subscriptionId}|${entry.region}`,
        stored.map(({ point }) => point),
      );
      if (view === null) {
        deps.log.error('the resource group of snapshots is gone', { policy: policyName, source: entry.name });
        continue;
      }
      const points = options.noteGone ? await presentPoints(deps, stored, view) : stored;
      const retention = points.map(({ point }) => retentionPoint(point, view, options.now));
      yield { entry, points, retention, view };
    }
  }
}

/** The points of one source under one policy that are not being deleted yet, newest first. */
export async function storedPointsOf(
  catalogue: Catalogue,
  sourceKey: string,
  policyName: string,
): Promise<readonly StoredPoint[]> {
  const points: StoredPoint[] = [];
  for await (const stored of catalogue.ofSource(sourceKey))
    if (stored.point.policy === policyName && stored.point.state !== 'deleting') points.push(stored);
  return points;
}

async function presentPoints(
  deps: LiveDeps,
  stored: readonly StoredPoint[],
  view: GroupView,
): Promise<readonly StoredPoint[]> {
  const present = await noteMissing(
    deps,
    stored.map(({ point }) => point),
    view,
  );
  if (present.length === stored.length && present.every((point, at) => point === stored[at]?.point)) return stored;
  const etagById = new Map(stored.map(({ point, etag }) => [point.id, etag]));
  return present.map((point) => ({ point, etag: etagById.get(point.id) ?? '' }));
}

/** Lists of resource groups, each read once while the sources of one place are looked at. */
class GroupViews {
  readonly #remover: SnapshotRemover;
  readonly #byGroup = new Map<string, GroupView | null>();
  #place: string | null = null;

  constructor(remover: SnapshotRemover) {
    this.#remover = remover;
  }

  /** What Azure shows of all groups that the points' snapshots lie in: a policy may have been given another group meanwhile. Null where one is gone. */
  async of(place: string, points: readonly Point[]): Promise<GroupView | null> {
    if (place !== this.#place) this.#byGroup.clear();
    this.#place = place;
    const groups = new Map(points.map((point) => [groupKey(groupOf(point)), point]));
    const views: GroupView[] = [];
    for (const [key, point] of groups) {
      const view = this.#byGroup.has(key) ? (this.#byGroup.get(key) ?? null) : await viewGroup(this.#remover, point);
      this.#byGroup.set(key, view);
      if (view === null) return null;
      views.push(view);
    }
    const [first] = views;
    if (first && views.length === 1) return first;
    const ids = points.flatMap(({ snapshots }) => snapshots.map(({ snapshotId }) => snapshotId.toLowerCase()));
    const seen = ids.flatMap((id) => views.flatMap(({ snapshotById }) => snapshotById.get(id) ?? []));
    return {
      snapshotById: new Map(seen.map((snapshot) => [snapshot.id.toLowerCase(), snapshot])),
      isLocked: (resourceId) => views.some(({ isLocked }) => isLocked(resourceId)),
      foreignFamilies: new Set(views.flatMap(({ foreignFamilies }) => [...foreignFamilies])),
    };
  }
}
