import { inParallel } from '../base/in-parallel.ts';
import { type EpochMs, formatIso } from '../base/time.ts';
import { type Chains, chainKey } from '../cost/cost.ts';
import type { Catalogue, Point } from '../protect/protect.ts';
import type { Agenda } from '../work/work.ts';
import { weighDeletions } from './weigh-deletions.ts';

/** Rows of the agenda that one answer looks at. */
const ROWS_PER_PAGE = 500;
const POINTS_AT_ONCE = 16;
const CHAINS_AT_ONCE = 4;

/**
 * A marked point: by which rule, until when it can be taken back, and what its deletion frees.
 *
 * Units: bytes; `freesBytes` is null where it is not measured. Those of one page are taken one after another, oldest first, so that they sum up.
 */
export interface RecycledPoint {
  readonly id: string;
  readonly policy: string;
  readonly source: string;
  readonly sourceName: string;
  readonly takenAt: string | null;
  readonly because: string;
  readonly markedAt: string;
  readonly deleteAfter: string;
  readonly freesBytes: number | null;
  readonly unmark: { readonly method: 'DELETE'; readonly href: string };
}

export interface RecyclePage {
  readonly points: readonly RecycledPoint[];
  /** Null where some are not measured. */
  readonly freesBytes: number | null;
  readonly next: string | null;
}

/** Lists what is marked for deletion, what goes first first: from the agenda, so that no more rows are read than are shown. */
export async function listMarked(
  deps: { readonly agenda: Agenda; readonly catalogue: Catalogue; readonly chains: Chains },
  after: string | null,
): Promise<RecyclePage> {
  const { items, next } = await deps.agenda.page('delete', after, ROWS_PER_PAGE);
  const ids = [...new Set(items.map(({ id }) => id))];
  const found = await inParallel(ids, POINTS_AT_ONCE, async (id) => (await deps.catalogue.get(id))?.point ?? null);
  const points = found.filter((point): point is Point => point !== null && point.mark !== null);
  const freed = await freedBytes(deps.chains, points);
  const shown = points.map((point) => show(point, freed.get(point.id) ?? null));
  const sum = shown.reduce<number | null>(
    (total, { freesBytes }) => (total === null || freesBytes === null ? null : total + freesBytes),
    0,
  );
  return { points: shown, freesBytes: sum, next };
}

async function freedBytes(chains: Chains, points: readonly Point[]): Promise<ReadonlyMap<string, number | null>> {
  const byChain = new Map<string, Set<string>>();
  for (const point of points) {
    for (const { diskUniqueId } of point.snapshots) {
      const key = chainKey(diskUniqueId);
      byChain.set(key, (byChain.get(key) ?? new Set()).add(point.id));
    }
  }
  const freed = new Map<string, number | null>();
  await inParallel([...byChain], CHAINS_AT_ONCE, async ([key, marked]) => {
    const { freedByPoint } = await weighDeletions(chains, key, await chains.nodes(key), (id) => marked.has(id));
    for (const [id, bytes] of freedByPoint) {
      const known = freed.get(id);
      freed.set(id, bytes === null || known === null ? null : (known ?? 0) + bytes);
    }
  });
  return freed;
}

function show(point: Point, freesBytes: number | null): RecycledPoint {
  const iso = (instant: EpochMs | null) => (instant === null ? null : formatIso(instant));
  return {
    id: point.id,
    policy: point.policy,
    source: point.source.key,
    sourceName: point.source.name,
    takenAt: iso(point.takenAt),
    because: point.mark?.because ?? '',
    markedAt: iso(point.mark?.at ?? null) ?? '',
    deleteAfter: iso(point.mark?.deleteAfter ?? null) ?? '',
    freesBytes,
    unmark: { method: 'DELETE', href: `/api/points/${point.id}/mark` },
  };
}
