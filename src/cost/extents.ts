import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { AppError } from '../base/errors.ts';
import { overlaps, RangeBuilder, type Ranges, rangeBytes, subtract, unite } from './range-sets.ts';
import { ByteSink, ByteSource } from './varints.ts';

/**
 * What a point's disk changed since the previous kept point of its chain; for the first of a chain all that is allocated.
 *
 * Shape:  `written` and `cleared` never overlap. `cleared` may name bytes that the previous point did not hold: they cost nothing.
 *         With everything allocated at one point as `written` and nothing as `cleared`, `mergeExtents` of the later extents gives as `written`
 *         what is allocated at the later point.
 */
export interface Extents {
  readonly written: Ranges;
  readonly cleared: Ranges;
}

/** Bytes that a point adds to what its chain stores. */
export function writtenBytes(extents: Extents): number {
  return rangeBytes(extents.written);
}

/**
 * The extents of `later` against the point before `earlier`, as if `earlier` had never been: what stands after `earlier` was deleted.
 *
 * Shape:  byte by byte what `later` did counts, else what `earlier` did. Hence associative along a chain, and safe to repeat: merging the same
 *         `earlier` a second time changes nothing.
 * Source: Azure merges what the next snapshot still needs of a deleted one into it (azure-compute-docs, disks-incremental-snapshots.md).
 */
export function mergeExtents(earlier: Extents, later: Extents): Extents {
  const touched = unite(later.written, later.cleared);
  return {
    written: unite(later.written, subtract(earlier.written, touched)),
    cleared: unite(later.cleared, subtract(earlier.cleared, touched)),
  };
}

const VERSION = 1;

/** Bounds what a damaged blob may unfold to: some 30 million ranges. */
const MAX_UNFOLDED_BYTES = 268_435_456;

/** Shifts beyond this cannot matter: 2^40 bytes is a TiB. */
const MAX_SHIFT = 40;

/**
 * Writes extents as a compact blob.
 *
 * Shape:  one byte of version, then Brotli over varints: the power of two that divides every edge, the two counts, and for written and for cleared all
 *         gaps, then all lengths, in units of that power.
 * Source: measured on 200,000 ranges: columns beat pairs by 5 %; Brotli 4 gives the size of deflate 6 in a third of its time.
 */
export function encodeExtents(extents: Extents): Uint8Array {
  const unit = unitOf(extents);
  const sink = new ByteSink();
  sink.put(Math.log2(unit));
  sink.put(extents.written.length / 2);
  sink.put(extents.cleared.length / 2);
  for (const ranges of [extents.written, extents.cleared]) {
    for (let i = 0; i < ranges.length; i += 2) {
      sink.put(((ranges[i] as number) - (i === 0 ? 0 : (ranges[i - 1] as number))) / unit);
    }
    for (let i = 0; i < ranges.length; i += 2) sink.put(((ranges[i + 1] as number) - (ranges[i] as number)) / unit);
  }
  const packed = brotliCompressSync(sink.bytes(), { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });
  const blob = new Uint8Array(packed.length + 1);
  blob[0] = VERSION;
  blob.set(packed, 1);
  return blob;
}

/**
 * Reads a blob that `encodeExtents` has written, strictly.
 *
 * Errors: 'data-unreadable' for another version and for anything damaged, cut off or too long.
 */
export function decodeExtents(blob: Uint8Array): Extents {
  if (blob[0] !== VERSION) throw unreadable('version');
  const source = new ByteSource(unfold(blob.subarray(1)), () => unreadable('cut off'));
  const shift = source.take();
  if (shift > MAX_SHIFT) throw unreadable('unit');
  const counts = [source.take(), source.take()] as const;
  const extents = {
    written: takeRanges(source, counts[0], 2 ** shift),
    cleared: takeRanges(source, counts[1], 2 ** shift),
  };
  if (source.left > 0) throw unreadable('too long');
  if (overlaps(extents.written, extents.cleared)) throw unreadable('overlap');
  return extents;
}

function unfold(packed: Uint8Array): Uint8Array {
  try {
    // With `info` the answer has the engine, which is missing in the published types.
    const { buffer, engine } = brotliDecompressSync(packed, {
      maxOutputLength: MAX_UNFOLDED_BYTES,
      info: true,
    }) as unknown as { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } };
    if (engine.bytesWritten === packed.length) return buffer;
  } catch {
    throw unreadable('compression');
  }
  throw unreadable('too long');
}

function takeRanges(source: ByteSource, count: number, unit: number): Ranges {
  // Each range takes two bytes at least: a count beyond that is damage, and is not allocated for.
  if (count * 2 > source.left) throw unreadable('count');
  const gaps = new Float64Array(count);
  for (let i = 0; i < count; i += 1) gaps[i] = source.take() * unit;
  const builder = new RangeBuilder(count);
  let end = 0;
  for (let i = 0; i < count; i += 1) {
    const start = end + (gaps[i] as number);
    end = start + source.take() * unit;
    if (end <= start || (i > 0 && gaps[i] === 0) || !Number.isSafeInteger(end)) throw unreadable('range');
    builder.add(start, end);
  }
  return builder.build();
}

/** The greatest power of two that divides every edge: disks change by sectors, so most bits of an edge say nothing. */
function unitOf(extents: Extents): number {
  let unit = 2 ** MAX_SHIFT;
  for (const ranges of [extents.written, extents.cleared]) {
    for (const edge of ranges) while (edge % unit !== 0) unit /= 2;
  }
  return unit;
}

function unreadable(what: string): AppError {
  return new AppError('data-unreadable', 'A blob of changed ranges cannot be read', { what });
}
