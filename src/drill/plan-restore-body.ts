import type { Drill } from './drill-row.ts';

/** Where files go that are only looked at. */
const CONTAINER = 'restored-drills';

/** Should nobody come to remove it, the restore removes itself after this time: longer than a drill may take. */
const EXPIRES_AFTER = 'P2D';

/** The body of the restore that a drill orders: apart from everything, and not there to stay. Pure. */
export function planRestoreBody({ settings, pointId, disk }: Pick<Drill, 'settings' | 'pointId' | 'disk'>): object {
  const { kind, path, target = {} } = settings;
  const order = { kind, point: pointId ?? '', expiresAfter: EXPIRES_AFTER };
  if (kind === 'files') return { ...order, target: { disk, path, container: CONTAINER } };
  const given = Object.fromEntries(Object.entries(target).filter(([, value]) => value !== undefined));
  return { ...order, target: kind === 'vm' ? { ...given, isolated: true } : { ...given, disk } };
}
