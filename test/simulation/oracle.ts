import type { Point } from '../../src/protect/point.ts';
import type { World } from './world.ts';

/**
 * Watches every delete that reaches Azure and says which were wrong: of something that is not Holdfast's, is held, unfinished, or among the
 * newest two succeeded points of its source and policy (both policies of the estate keep at least two).
 */
export function watchDeletions(world: World): readonly string[] {
  const wrong: string[] = [];
  const hooks = world.azure.hooks;
  world.azure.hooks = {
    ...hooks,
    before: async (call) => {
      if (call.operation === 'deleteSnapshot') {
        const objection = await objectionTo(world, call.target);
        if (objection) wrong.push(`${call.target} was deleted although ${objection}`);
      }
      await hooks.before?.(call);
    },
  };
  return wrong;
}

async function objectionTo(world: World, snapshotKey: string): Promise<string | null> {
  const point = findPoint(world, snapshotKey);
  if (!point) return 'no row of the catalogue names it';
  if (point.state !== 'deleting') return `its point is ${point.state}`;
  if (point.hold) return 'it is held';
  if (point.takenAt === null) return null;
  const others = pointsIn(world).filter(
    (other) => other.policy === point.policy && other.source.key === point.source.key && other.state === 'succeeded',
  );
  const newer = others.filter((other) => (other.takenAt ?? 0) > (point.takenAt ?? 0));
  return newer.length < 2 && point.error === null ? 'it is one of the newest two' : null;
}

/** Looks past the app's own code: straight into the rows. */
function pointsIn(world: World): readonly Point[] {
  return (world.store.dump().points ?? []).map(
    ({ cells }) => JSON.parse(`${cells.point0 ?? ''}${cells.point1 ?? ''}`) as Point,
  );
}

function findPoint(world: World, snapshotKey: string): Point | null {
  return (
    pointsIn(world).find((point) =>
      point.snapshots.some((snapshot) => snapshot.snapshotId.toLowerCase() === snapshotKey),
    ) ?? null
  );
}
