import { formatBytes, MIB } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { hashId } from '../base/ids.ts';
import { inParallel } from '../base/in-parallel.ts';
import { chainKey, closeAfterReading, openToRead } from '../cost/cost.ts';
import type { ByteRange } from '../cost/ports.ts';
import { useBytes } from '../files/files.ts';
import type { PointSnapshot } from '../protect/protect.ts';
import type { DrillDeps } from './drill-deps.ts';
import { type Check, type Drill, SAMPLE_MIB } from './drill-row.ts';
import { planEnds, planPieces, planWindows } from './plan-samples.ts';
import { checkExpected, checkFileSystems } from './read-checks.ts';

/** Longer than any check takes: what is not closed ends by itself. */
const ACCESS_SECONDS = 3_600;
const PIECES_AT_ONCE = 4;

/** What a drill of a disk holds against each other. */
export interface DrilledDisk {
  readonly snapshot: PointSnapshot;
  readonly diskId: string;
}

/**
 * Holds a restored disk against its snapshot: bytes of both by ranges, then the disk's own file systems, then the expected files.
 *
 * Errors: those of the ports. Whoever calls has noted that both are going to be open.
 * Safety: both are closed again, whatever happens; the URLs stay in memory.
 */
export async function checkDisk(deps: DrillDeps, drill: Drill, drilled: DrilledDisk): Promise<readonly Check[]> {
  try {
    const snapshotUrl = await openToRead(deps, targetOf(drilled), holderOf(drill), ACCESS_SECONDS);
    const diskUrl = await deps.diskAccess.open(drilled.diskId, ACCESS_SECONDS);
    const bytes = await compareBytes(deps, drill, { ...drilled, snapshotUrl, diskUrl });
    // What has other bytes than its snapshot proves nothing by its files.
    if (bytes.result === 'failed') return [bytes];
    const { sizeBytes } = drilled.snapshot;
    const fetch = (offset: number, length: number) => deps.bytes.read(diskUrl, offset, length);
    const read = await readFiles(drill, { sizeBytes, fetch });
    return [bytes, ...read];
  } finally {
    await closeDisk(deps, drill, drilled);
  }
}

/** Closes what a drill has open, if it has: the disk and the snapshot. */
export async function closeDisk(deps: DrillDeps, drill: Drill, drilled: DrilledDisk): Promise<void> {
  // Neither keeps the other open.
  const closed = await Promise.allSettled([
    deps.diskAccess.close(drilled.diskId),
    closeAfterReading(deps, targetOf(drilled), holderOf(drill)),
  ]);
  for (const each of closed) if (each.status === 'rejected') throw each.reason;
}

/** The same in every try, so that opening again prolongs. */
function holderOf({ id }: Drill): string {
  return `drill-${hashId(id).slice(0, 8)}`;
}

function targetOf({ snapshot }: DrilledDisk) {
  return { chainKey: chainKey(snapshot.diskUniqueId), snapshotId: snapshot.snapshotId };
}

async function compareBytes(
  deps: DrillDeps,
  drill: Drill,
  { snapshot, snapshotUrl, diskUrl }: DrilledDisk & { readonly snapshotUrl: string; readonly diskUrl: string },
): Promise<Check> {
  const { sizeBytes } = snapshot;
  const sampleBytes = (drill.settings.check?.sampleMiB ?? SAMPLE_MIB) * MIB;
  const pieces: ByteRange[] = [];
  let openBytes = sampleBytes;
  for (const window of planWindows(drill.id, sizeBytes)) {
    if (openBytes <= 0) break;
    const { written } = await deps.ranges.allocated(snapshotUrl, window);
    const planned = planPieces(drill.id, written, { sampleBytes, openBytes });
    pieces.push(...planned);
    openBytes -= planned.reduce((sum, { length }) => sum + length, 0);
  }
  const all = [...planEnds(sizeBytes), ...pieces];
  const different = await inParallel(all, PIECES_AT_ONCE, async ({ offset, length }) => {
    const [before, after] = await Promise.all([
      deps.bytes.read(snapshotUrl, offset, length),
      deps.bytes.read(diskUrl, offset, length),
    ]);
    if (before.length !== length || after.length !== length)
      throw new AppError('azure-unavailable', 'A disk gave fewer bytes than were asked for');
    return Buffer.compare(before, after) === 0 ? null : offset;
  });
  const first = different.find((offset) => offset !== null);
  if (first !== undefined) {
    const count = different.filter((offset) => offset !== null).length;
    const detail = `${count} of ${all.length} ranges differ from the snapshot, the first at byte ${first}`;
    return { name: 'bytes', result: 'failed', detail };
  }
  const compared = formatBytes(all.reduce((sum, { length }) => sum + length, 0));
  const held = pieces.length === 0 ? ': the snapshot holds nothing' : `, ${pieces.length} of them by lot`;
  return { name: 'bytes', result: 'passed', detail: `${compared} in ${all.length} ranges are equal${held}` };
}

async function readFiles(drill: Drill, source: Parameters<typeof useBytes>[0]): Promise<readonly Check[]> {
  try {
    return await useBytes(source, async (disk) => {
      const fileSystems = await checkFileSystems(disk);
      const expected = await checkExpected(disk, drill.settings.check?.files ?? []);
      return expected ? [fileSystems, expected] : [fileSystems];
    });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not-readable') throw error;
    return [{ name: 'file-system', result: 'failed', detail: error.message }];
  }
}
