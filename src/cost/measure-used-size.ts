import { GIB } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { inParallel } from '../base/in-parallel.ts';
import type { Log } from '../base/log.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Extents } from './extents.ts';
import type { ProgressPlace } from './meter-progress.ts';
import type { ByteRange, NetworkState, RangeReader, RangeWindow, SnapshotAccess } from './ports.ts';
import { overlaps, RangeBuilder, type Ranges, rangeBytes } from './range-sets.ts';

/** Bytes of a disk asked for at once: bounds one answer, and 64 TiB are 64 windows. */
export const WINDOW_BYTES = 1_024 * GIB;

/** How long an access is granted: a measurement takes seconds; what is never revoked ends by itself. */
export const ACCESS_SECONDS = 3_600;

const CLOSE_TRIES = 3;
const CLOSE_WAIT_MS = 5 * SECOND_MS;

export interface MeasureDeps {
  readonly access: SnapshotAccess;
  readonly ranges: RangeReader;
  readonly clock: Clock;
  readonly log: Log;
}

/** A snapshot, and how its network stood before anybody opened it. */
export interface OpenableSnapshot {
  readonly snapshotId: string;
  readonly network: NetworkState;
}

export interface PointToMeasure {
  readonly snapshot: OpenableSnapshot;
  /** The chain's snapshot before it; null for the first of a chain. */
  readonly previous: OpenableSnapshot | null;
  readonly sizeBytes: number;
}

export interface MeasureLimits {
  /** Where the finished windows of a large disk are kept. */
  readonly progress: ProgressPlace;
  /** No window is begun after this moment. */
  readonly until: EpochMs;
  /** Snapshots that others are reading, ids in lower case: their access is not taken. Asked for just before closing. */
  readByOthers(): Promise<ReadonlySet<string>>;
  /** Notes a snapshot that could not be closed, after retries: it has to be closed later. */
  leftOpen(snapshotId: string): Promise<void>;
}

/**
 * What a measurement has told.
 *
 * Shape:  `usedBytes` is all that is allocated at the point: known for the first of a chain; null for others, whose diff does not tell it.
 */
export interface Measurement {
  readonly extents: Extents;
  readonly usedBytes: number | null;
}

/**
 * Measures what a point changed, over the data plane: page ranges for the first of a chain, else the diff to the snapshot before it.
 *
 * Shape:  null where the time was over before the disk's end. 10 ARM calls, the looks at the grants included (5 for the first of a chain), fewer for what
 *         stands open; one range listing a window of 1 TiB, which is kept as soon as it is read where there is another one to come.
 * Errors: those of the ports; 'operation-failed' where the ranges make no sense. A failure to close never hides the first failure.
 * Safety: whatever was opened, or may have been, is put back as it was in any case, except under the hands of others. The caller measures one point of a
 *         chain at a time, and Azure opens five of a chain at most.
 */
export async function measurePoint(
  deps: MeasureDeps,
  point: PointToMeasure,
  limits: MeasureLimits,
): Promise<Measurement | null> {
  const attempted: OpenableSnapshot[] = [];
  const open = (snapshot: OpenableSnapshot) => {
    // Noted before the call: an open that fails half-way leaves the snapshot open to the network.
    attempted.push(snapshot);
    return deps.access.open(snapshot.snapshotId, ACCESS_SECONDS, snapshot.network);
  };
  let extents: Extents | null;
  try {
    const [url, previousUrl] = await both(open(point.snapshot), point.previous === null ? null : open(point.previous));
    extents = await readExtents(deps.clock, point.sizeBytes, limits, (window) =>
      previousUrl === null ? deps.ranges.allocated(url, window) : deps.ranges.changed(url, previousUrl, window),
    );
  } finally {
    const readByOthers = await limits.readByOthers();
    await inParallel(attempted, attempted.length, async (snapshot) => {
      const othersRead = readByOthers.has(snapshot.snapshotId.toLowerCase());
      if (!othersRead && !(await closed(deps, snapshot))) await limits.leftOpen(snapshot.snapshotId);
    });
  }
  if (extents === null) return null;
  return { extents, usedBytes: point.previous === null ? rangeBytes(extents.written) : null };
}

/** Waits for both, also where one has failed: what is still being opened could not be closed. */
async function both<A, B>(first: Promise<A>, second: Promise<B> | null): Promise<[A, B | null]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}

/** Closes a snapshot, with retries on the clock; false where it stays open. */
export async function closed(
  deps: Pick<MeasureDeps, 'access' | 'clock' | 'log'>,
  { snapshotId, network }: OpenableSnapshot,
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await deps.access.close(snapshotId, network);
      return true;
    } catch (error) {
      const known = error instanceof AppError ? error : null;
      if (attempt === CLOSE_TRIES || known?.retry !== true) {
        deps.log.error('A snapshot could not be closed to the network after measuring', {
          snapshotId,
          code: known?.code ?? 'unknown',
        });
        return false;
      }
      await deps.clock.wait(Math.min(known.retryAfterMs ?? CLOSE_WAIT_MS, MINUTE_MS));
    }
  }
}

async function readExtents(
  clock: Clock,
  sizeBytes: number,
  { progress, until }: MeasureLimits,
  read: (window: ByteRange) => Promise<RangeWindow>,
): Promise<Extents | null> {
  // A disk of one window has no progress worth keeping.
  const before = sizeBytes > WINDOW_BYTES ? await progress.read() : null;
  let extents: Extents = before?.extents ?? {
    written: new RangeBuilder().build(),
    cleared: new RangeBuilder().build(),
  };
  for (let offset = before?.doneBytes ?? 0; offset < sizeBytes; offset += WINDOW_BYTES) {
    if (offset > (before?.doneBytes ?? 0) && clock.now() >= until) return null;
    const window = { offset, length: Math.min(WINDOW_BYTES, sizeBytes - offset) };
    const found = await read(window);
    extents = {
      written: append(extents.written, found.written, window),
      cleared: append(extents.cleared, found.cleared, window),
    };
    if (overlaps(extents.written, extents.cleared)) {
      throw new AppError('operation-failed', 'The page ranges name the same bytes as written and as cleared');
    }
    const doneBytes = offset + window.length;
    if (doneBytes < sizeBytes) await progress.write({ doneBytes, extents });
  }
  return extents;
}

/** Takes the part of the ranges inside the window: a range that reaches over its edge comes again in the next one. */
function append(known: Ranges, ranges: readonly ByteRange[], window: ByteRange): Ranges {
  const builder = new RangeBuilder(known.length / 2 + ranges.length);
  for (let i = 0; i < known.length; i += 2) builder.add(known[i] as number, known[i + 1] as number);
  const windowEnd = window.offset + window.length;
  let before = window.offset;
  for (const { offset, length } of ranges) {
    const end = offset + length;
    const start = Math.max(offset, window.offset);
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(end) || length <= 0 || start < before) {
      throw new AppError('operation-failed', 'The page ranges are not sorted or overlap', { offset, length });
    }
    builder.add(start, Math.min(end, windowEnd));
    before = end;
  }
  return builder.build();
}
