import { GIB } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Extents } from './extents.ts';
import type { ByteRange, RangeReader, RangeWindow, SnapshotAccess } from './ports.ts';
import { overlaps, RangeBuilder, rangeBytes } from './range-sets.ts';

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

export interface PointToMeasure {
  readonly snapshotId: string;
  /** The chain's snapshot before it; null for the first of a chain. */
  readonly previousSnapshotId: string | null;
  readonly sizeBytes: number;
}

export interface Measurement {
  readonly extents: Extents;
  /** All bytes allocated at the point: known for the first of a chain; null for others, whose diff does not tell it. */
  readonly usedBytes: number | null;
  /** Snapshots that could not be closed again, after retries: the caller must see to it that they are. */
  readonly notClosed: readonly string[];
}

/**
 * Measures what a point changed, over the data plane: page ranges for the first of a chain, else the diff to the snapshot before it.
 *
 * Shape:  10 ARM calls beside polls (5 for the first of a chain), and one range listing a window of 1 TiB.
 * Errors: those of the ports; 'operation-failed' where the ranges make no sense. A failure to close never hides the first failure.
 * Safety: whatever was opened, or may have been, is closed again in any case. The caller measures one point of a chain at a time: closing
 *         a snapshot takes the access of everyone, and Azure opens five of a chain at most.
 */
export async function measurePoint(deps: MeasureDeps, point: PointToMeasure): Promise<Measurement> {
  const attempted: string[] = [];
  const notClosed: string[] = [];
  const open = (snapshotId: string) => {
    // Noted before the call: an open that fails half-way leaves the snapshot open to the network.
    attempted.push(snapshotId);
    return deps.access.open(snapshotId, ACCESS_SECONDS);
  };
  let extents: Extents;
  try {
    const url = await open(point.snapshotId);
    const previousUrl = point.previousSnapshotId === null ? null : await open(point.previousSnapshotId);
    extents = await readExtents(point.sizeBytes, (window) =>
      previousUrl === null ? deps.ranges.allocated(url, window) : deps.ranges.changed(url, previousUrl, window),
    );
  } finally {
    for (const snapshotId of attempted) {
      if (!(await closed(deps, snapshotId))) notClosed.push(snapshotId);
    }
  }
  const usedBytes = point.previousSnapshotId === null ? rangeBytes(extents.written) : null;
  return { extents, usedBytes, notClosed };
}

async function closed(deps: MeasureDeps, snapshotId: string): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await deps.access.close(snapshotId);
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

async function readExtents(sizeBytes: number, read: (window: ByteRange) => Promise<RangeWindow>): Promise<Extents> {
  const written = new RangeBuilder();
  const cleared = new RangeBuilder();
  for (let offset = 0; offset < sizeBytes; offset += WINDOW_BYTES) {
    const window = { offset, length: Math.min(WINDOW_BYTES, sizeBytes - offset) };
    const found = await read(window);
    addInside(written, found.written, window);
    addInside(cleared, found.cleared, window);
  }
  const extents = { written: written.build(), cleared: cleared.build() };
  if (overlaps(extents.written, extents.cleared)) {
    throw new AppError('operation-failed', 'The page ranges name the same bytes as written and as cleared');
  }
  return extents;
}

/** Takes the part of the ranges inside the window: a range that reaches over its edge comes again in the next one. */
function addInside(builder: RangeBuilder, ranges: readonly ByteRange[], window: ByteRange): void {
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
}
