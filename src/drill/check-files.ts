import { formatBytes, MIB } from '../base/bytes.ts';
import { AppError, isAppError } from '../base/errors.ts';
import type { FileSystem } from '../files/files.ts';
import { openVolume, parsePath } from '../files/files.ts';
import type { PointSnapshot } from '../protect/protect.ts';
import type { FilesPlan, Restore } from '../restore/restore.ts';
import { lot } from './decide-pick.ts';
import type { DrillDeps } from './drill-deps.ts';
import { type Check, type Drill, SAMPLE_MIB } from './drill-row.ts';

/** Restored files that the lot is cast over. */
const FILES_MAX = 10_000;
/** Of so many the size is looked at, and the bytes as far as the sample goes. */
const COMPARED_MAX = 100;

/** Holds restored files against the snapshot that they came from: which are there, and the bytes of some. */
export async function checkFiles(
  deps: DrillDeps,
  drill: Drill,
  restore: Restore,
  snapshot: PointSnapshot,
): Promise<readonly Check[]> {
  const plan = restore.files;
  if (!plan) throw new AppError('data-unreadable', 'The row of a restore lacks its files', { restore: restore.id });
  const names = await restoredNames(deps, plan);
  const expected = checkNames(drill, plan, names);
  const bytes = await deps.openDisks.use(
    snapshot,
    async (disk) => compareFiles(deps, drill, { plan, names, fileSystem: await openVolume(disk, plan.volume) }),
    false,
  );
  return expected ? [bytes, expected] : [bytes];
}

/** Names below the restore's own prefix. */
async function restoredNames(deps: DrillDeps, { container, prefix }: FilesPlan): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const page of deps.store.blobs(container).list(prefix)) {
    names.push(...page.map((name) => name.slice(prefix.length)));
    if (names.length >= FILES_MAX) break;
  }
  return names;
}

/** A folder is there where anything is in it. Shape: null where nothing is expected. */
function checkNames(drill: Drill, plan: FilesPlan, names: readonly string[]): Check | null {
  const expected = drill.settings.check?.files ?? [];
  if (expected.length === 0) return null;
  const missing = expected.filter((text) => {
    const path = parsePath(text);
    if (!path.ok) return true;
    const below = path.value.names.slice(plan.names.length).join('/');
    return below === '' ? names.length === 0 : !names.some((name) => name === below || name.startsWith(`${below}/`));
  });
  return missing.length > 0
    ? { name: 'files', result: 'failed', detail: `not restored: ${missing.join(', ')}` }
    : { name: 'files', result: 'passed', detail: `restored: ${expected.join(', ')}` };
}

async function compareFiles(
  deps: DrillDeps,
  drill: Drill,
  held: { readonly plan: FilesPlan; readonly names: readonly string[]; readonly fileSystem: FileSystem },
): Promise<Check> {
  const { plan, names, fileSystem } = held;
  if (names.length === 0) return { name: 'bytes', result: 'failed', detail: 'no file was restored' };
  const blobs = deps.store.blobs(plan.container);
  const start = await fileSystem.stat(plan.names);
  let left = (drill.settings.check?.sampleMiB ?? SAMPLE_MIB) * MIB;
  let [compared, bytes] = [0, 0];
  for (const name of [...names].sort((a, b) => lot(drill.id, a) - lot(drill.id, b)).slice(0, COMPARED_MAX)) {
    const place = start?.kind === 'file' ? plan.names : [...plan.names, ...name.split('/')];
    const entry = await fileSystem.stat(place);
    if (entry?.kind !== 'file') return { name: 'bytes', result: 'failed', detail: `${name} is no file of the point` };
    const size = await blobs.size(`${plan.prefix}${name}`);
    if (size !== entry.sizeBytes)
      return { name: 'bytes', result: 'failed', detail: `${name} has ${size} bytes, not ${entry.sizeBytes}` };
    if (size > left) continue;
    if (!(await isEqual(fileSystem, place, size, (await blobs.read(`${plan.prefix}${name}`)) ?? new Uint8Array())))
      return { name: 'bytes', result: 'failed', detail: `${name} differs from the point` };
    left -= size;
    bytes += size;
    compared += 1;
    if (left <= 0) break;
  }
  const detail = `${names.length} files restored; ${compared} of them, ${formatBytes(bytes)}, are equal`;
  return { name: 'bytes', result: 'passed', detail };
}

async function isEqual(
  fileSystem: FileSystem,
  place: readonly string[],
  sizeBytes: number,
  restored: Uint8Array,
): Promise<boolean> {
  let at = 0;
  try {
    for await (const piece of fileSystem.read(place, 0, sizeBytes)) {
      if (Buffer.compare(piece, restored.subarray(at, at + piece.length)) !== 0) return false;
      at += piece.length;
    }
  } catch (error) {
    if (!isAppError(error, 'not-readable')) throw error;
    return false;
  }
  return at === restored.length;
}
