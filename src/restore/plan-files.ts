import { type Parsed, showFound } from '../base/problem.ts';
import { parsePath } from '../files/files.ts';
import type { Point } from '../protect/protect.ts';
import type { FilesPlan } from './restore.ts';
import type { FilesTarget } from './restore-targets.ts';

const CONTAINER = 'restored';

/** Decides which files of a point go where. What is below the prefix is this restore's alone: its undo removes all of it. */
export function planFiles(
  target: FilesTarget,
  point: Point,
  naming: { readonly restoreId: string; readonly path: string },
): Parsed<FilesPlan> {
  const names = point.snapshots.map(({ diskName }) => diskName);
  const disk = target.disk ?? (names.length === 1 ? names[0] : undefined);
  if (disk === undefined || !names.includes(disk)) {
    const path = `${naming.path}.target.disk`;
    const message = 'names no disk of this point';
    return { ok: false, problems: [{ path, message, found: showFound(target.disk), allowed: names.join(', ') }] };
  }
  const path = parsePath(target.path);
  if (!path.ok) {
    const at = `${naming.path}.target.path`;
    return { ok: false, problems: path.problems.map((problem) => ({ ...problem, path: at })) };
  }
  const { volume } = path.value;
  if (volume === null) {
    const at = `${naming.path}.target.path`;
    const message = 'names no partition';
    return { ok: false, problems: [{ path: at, message, found: target.path, allowed: 'a path such as /p1/var/www' }] };
  }
  const container = target.container ?? CONTAINER;
  return {
    ok: true,
    value: { disk, volume, names: [...path.value.names], container, prefix: `${naming.restoreId}/` },
  };
}
