import { MIB } from '../base/bytes.ts';
import type { ByteRange } from '../cost/ports.ts';
import { lot } from './decide-pick.ts';

/** Into so many windows a disk is cut at most: what is allocated is asked for window by window, until there is enough. */
const WINDOWS = 32;
/** Of one window so large a part of the sample is taken at most: four windows at least are seen, where they hold something. */
const PARTS = 4;

/** The windows of a disk in the order of a lot. Pure. Shape: together they are the disk, none overlaps. */
export function planWindows(seed: string, sizeBytes: number): readonly ByteRange[] {
  const length = Math.max(1, Math.ceil(sizeBytes / WINDOWS / MIB)) * MIB;
  const windows: ByteRange[] = [];
  for (let offset = 0; offset < sizeBytes; offset += length)
    windows.push({ offset, length: Math.min(length, sizeBytes - offset) });
  return byLot(seed, windows);
}

/** The two ends of a disk, where its partition tables lie. Pure. */
export function planEnds(sizeBytes: number): readonly ByteRange[] {
  const length = Math.min(MIB, sizeBytes);
  return sizeBytes <= MIB
    ? [{ offset: 0, length }]
    : [
        { offset: 0, length },
        { offset: sizeBytes - length, length },
      ];
}

/**
 * Pieces of what a window holds, by lot: as many as its part of the sample, or as are still wanted. Pure.
 *
 * Shape:  each at most 1 MiB and inside one of the ranges.
 */
export function planPieces(
  seed: string,
  allocated: readonly ByteRange[],
  wanted: { readonly sampleBytes: number; readonly openBytes: number },
): readonly ByteRange[] {
  const pieces = allocated.flatMap(({ offset, length }) => {
    const parts: ByteRange[] = [];
    for (let from = offset; from < offset + length; from += MIB)
      parts.push({ offset: from, length: Math.min(MIB, offset + length - from) });
    return parts;
  });
  const limit = Math.min(wanted.openBytes, Math.ceil(wanted.sampleBytes / PARTS));
  const taken: ByteRange[] = [];
  let bytes = 0;
  for (const piece of byLot(seed, pieces)) {
    if (bytes >= limit) break;
    taken.push(piece);
    bytes += piece.length;
  }
  return taken;
}

function byLot(seed: string, ranges: readonly ByteRange[]): readonly ByteRange[] {
  return ranges
    .map((range) => ({ range, at: lot(seed, String(range.offset)) }))
    .sort((a, b) => a.at - b.at)
    .map(({ range }) => range);
}
