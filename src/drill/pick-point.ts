import { matchesGlob } from '../policy/match-names.ts';
import type { Point, PointSnapshot, ProtectedSource } from '../protect/protect.ts';
import { decideSources, pickByLot } from './decide-pick.ts';
import type { DrillDeps } from './drill-deps.ts';
import { DrillLocks } from './drill-locks.ts';
import type { Drill } from './drill-row.ts';
import { lastProofs } from './last-proofs.ts';

/** Sources that are looked into for a point; where none of so many has one, there is none. */
const SOURCES_MAX = 20;
/** Points of one source that the lot is cast over, the newest. */
const POINTS_MAX = 1_000;

/** What a drill restores. `disk` is null for all disks of a machine. */
export interface Picked {
  readonly source: { readonly key: string; readonly name: string };
  readonly point: Point;
  readonly disk: string | null;
}

/**
 * Picks a source and a succeeded point of it.
 *
 * Shape:  null where the policy has none. The lot follows from the drill's id: looking again at the same things picks the same.
 */
export async function pickPoint(deps: DrillDeps, drill: Drill): Promise<Picked | null> {
  const { id, policy, wantedSource, settings } = drill;
  const sources = new Map<string, ProtectedSource['source']>();
  for await (const { source, leftAt } of deps.sources.ofPolicy(policy))
    if (leftAt === null && (wantedSource === null || wantedSource === source.key)) sources.set(source.key, source);
  const drilledAt = new Map<string, number>();
  for await (const proof of lastProofs(deps.store, policy)) drilledAt.set(proof.sourceKey, proof.at);
  const candidates = [...sources.values()].map(({ key, kind }) => ({
    key,
    kind,
    drilledAt: drilledAt.get(key) ?? null,
  }));
  const busy = await new DrillLocks(deps.store).held();
  const order = decideSources(candidates, { seed: id, machinesOnly: settings.kind === 'vm', busy });
  for (const key of order.slice(0, SOURCES_MAX)) {
    const point = pickOne(drill, await pointsOf(deps, drill, key));
    if (!point) continue;
    const { name } = sources.get(key) ?? point.source;
    return { source: { key, name }, point, disk: pickDisk(drill, point) };
  }
  return null;
}

/** What waits for its deletion may be gone before it is restored. */
async function pointsOf(deps: DrillDeps, { policy, settings }: Drill, sourceKey: string): Promise<readonly Point[]> {
  const points: Point[] = [];
  for await (const { point } of deps.catalogue.ofSource(sourceKey, { limit: POINTS_MAX })) {
    if (point.policy !== policy || point.state !== 'succeeded' || point.mark !== null) continue;
    if (disksOf(settings, point).length === 0) continue;
    points.push(point);
    if (settings.pick === 'latest') break;
  }
  return points;
}

function pickOne({ id, settings }: Drill, points: readonly Point[]): Point | null {
  return settings.pick === 'latest' ? (points[0] ?? null) : pickByLot(id, points);
}

/** The disks of a point that the drill may be of. */
function disksOf({ kind, disk }: Drill['settings'], { snapshots }: Point): readonly PointSnapshot[] {
  if (disk !== undefined) return snapshots.filter(({ diskName }) => matchesGlob(disk, diskName));
  if (kind !== 'files') return snapshots;
  // What a path means in every source: that of the operating system.
  const system = snapshots.filter(({ lun }) => lun === null);
  return system.length > 0 ? system : snapshots;
}

function pickDisk({ id, settings }: Drill, point: Point): string | null {
  return settings.kind === 'vm' ? null : (pickByLot(id, disksOf(settings, point))?.diskName ?? null);
}
