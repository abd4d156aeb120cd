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

/** Sources whose points are read at the same time, where they are read one by one. */
const SOURCES_AT_ONCE = 16;
/** Sources that one range of the catalogue covers, where they lie side by side. */
const SOURCES_PER_RANGE = 500;
/** From so few sources on a range is not worth it. */
const RANGE_FROM = 32;
/** Rows of other policies that a range may hold for each of this one's before its sources are read one by one. */
const STRANGERS_PER_ROW = 4;

/** The sources of a policy by their keys: in the order in which the catalogue holds them. */
export async function entriesOf(sources: SourceBook, policyName: string): Promise<readonly SourceEntry[]> {
  const entries: SourceEntry[] = [];
  for await (const { source, protectedSince } of sources.ofPolicy(policyName)) {
    const { key, kind, id, name, subscriptionId, region, tags } = source;
    entries.push({ key, kind, id, name, subscriptionId, region, tags, protectedSince });
  }
  return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/**
 * Reads the points of sources, one source after another, and what Azure shows of them.
 *
 * Shape:  in the order of `entries`, which is by key; a source without points, or whose group of snapshots is gone, is left out (the latter is told).
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
  for await (const { entry, stored } of readPoints(deps.catalogue, policyName, entries)) {
    if (stored.length === 0) continue;
    const view = await views.of(stored.map(({ point }) => point));
    if (view === null) {
      deps.log.error('the resource group of snapshots is gone', { policy: policyName, source: entry.name });
      continue;
    }
    const points = options.noteGone ? await presentPoints(deps, stored, view) : stored;
    const retention = points.map(({ point }) => retentionPoint(point, view, options.now));
    yield { entry, points, retention, view };
  }
}

interface StoredSource {
  readonly entry: SourceEntry;
  readonly stored: readonly StoredPoint[];
}

/** Reads by ranges of the catalogue, as long as most of what lies in them is this policy's; what is left then source by source. */
async function* readPoints(
  catalogue: Catalogue,
  policyName: string,
  entries: readonly SourceEntry[],
): AsyncGenerator<StoredSource> {
  let done = 0;
  const strangers = { rows: 0, own: 0 };
  while (
    entries.length - done >= RANGE_FROM &&
    strangers.rows <= STRANGERS_PER_ROW * (strangers.own + SOURCES_PER_RANGE)
  ) {
    for await (const source of readRange(
      catalogue,
      policyName,
      entries.slice(done, done + SOURCES_PER_RANGE),
      strangers,
    )) {
      yield source;
      done += 1;
    }
  }
  for (; done < entries.length; done += SOURCES_AT_ONCE) {
    yield* await inParallel(entries.slice(done, done + SOURCES_AT_ONCE), SOURCES_AT_ONCE, async (entry) => ({
      entry,
      stored: await storedPointsOf(catalogue, entry.key, policyName),
    }));
  }
}

/** Reads one range, and breaks off after a source where too much in it is of others. At least one source comes out. */
async function* readRange(
  catalogue: Catalogue,
  policyName: string,
  entries: readonly SourceEntry[],
  strangers: { rows: number; own: number },
): AsyncGenerator<StoredSource> {
  const range = { from: entries[0]?.key ?? '', to: entries.at(-1)?.key ?? '' };
  let at = 0;
  let stored: StoredPoint[] = [];
  for await (const row of catalogue.ofSources(policyName, range)) {
    for (; (entries[at]?.key ?? row.sourceKey) < row.sourceKey; at += 1) {
      yield { entry: entries[at] as SourceEntry, stored };
      stored = [];
      if (strangers.rows > STRANGERS_PER_ROW * (strangers.own + SOURCES_PER_RANGE)) return;
    }
    if (row.stored === null) strangers.rows += 1;
    else if (row.sourceKey === entries[at]?.key) {
      strangers.own += 1;
      if (row.stored.point.state !== 'deleting') stored.push(row.stored);
    }
  }
  for (; at < entries.length; at += 1) {
    yield { entry: entries[at] as SourceEntry, stored };
    stored = [];
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

/** What resource groups of snapshots show, each read once. */
class GroupViews {
  readonly #remover: SnapshotRemover;
  readonly #byGroup = new Map<string, GroupView | null>();

  constructor(remover: SnapshotRemover) {
    this.#remover = remover;
  }

  /** What Azure shows of all groups that the points' snapshots lie in: a policy may have been given another group meanwhile. Null where one is gone. */
  async of(points: readonly Point[]): Promise<GroupView | null> {
    const groups = new Map(points.map((point) => [groupKey(groupOf(point)), groupOf(point)]));
    const views: GroupView[] = [];
    for (const [key, group] of groups) {
      const known = this.#byGroup.get(key);
      const view = known === undefined ? await viewGroup(this.#remover, group) : known;
      this.#byGroup.set(key, view);
      if (view === null) return null;
      views.push(view);
    }
    return views.length === 1 ? (views[0] ?? null) : together(views);
  }
}

function together(views: readonly GroupView[]): GroupView {
  return {
    isThere: (id) => views.some((view) => view.isThere(id)),
    holdTag: (id) => views.map((view) => view.holdTag(id)).find((tag) => tag !== undefined),
    isImmutable: (id) => views.some((view) => view.isImmutable(id)),
    isLocked: (id) => views.some((view) => view.isLocked(id)),
    sku: (id) => views.map((view) => view.sku(id)).find((sku) => sku !== null) ?? null,
    isShared: (familyId) => views.some((view) => view.isShared(familyId)),
  };
}
