import { type Contents, PAGE_BYTES } from './contents.ts';
import type { ExtentRun } from './extent-run.ts';
import type { RangeList } from './range-list.ts';

/** A byte range of a disk. */
export type ByteRange = { offset: number; length: number };

/** First page and the page behind the last one that a byte range touches. */
export type PageSpan = { start: number; end: number };

/** Errors: RangeError when the range is no range of whole numbers inside the disk. */
export function pagesTouched(offset: number, length: number, sizeBytes: number): PageSpan {
  if (
    !Number.isSafeInteger(offset) ||
    !Number.isSafeInteger(length) ||
    offset < 0 ||
    length < 0 ||
    offset + length > sizeBytes
  ) {
    throw new RangeError(`range ${offset}+${length} is not inside a disk of ${sizeBytes} bytes`);
  }
  return {
    start: Math.floor(offset / PAGE_BYTES),
    end: length === 0 ? Math.floor(offset / PAGE_BYTES) : Math.ceil((offset + length) / PAGE_BYTES),
  };
}

/** As `pagesTouched`, for changes: they start and end at a page. */
export function wholePages(offset: number, length: number, sizeBytes: number): PageSpan {
  const span = pagesTouched(offset, length, sizeBytes);
  if (offset % PAGE_BYTES !== 0 || length % PAGE_BYTES !== 0)
    throw new RangeError(`range ${offset}+${length} is not aligned to ${PAGE_BYTES} bytes`);
  return span;
}

/** The bytes of a state: `extents` are those of the pages the range touches. */
export function readBytes(
  contents: Contents,
  extents: ExtentRun,
  span: PageSpan,
  offset: number,
  length: number,
): Uint8Array {
  const words = new Uint32Array(((span.end - span.start) * PAGE_BYTES) / 4);
  for (let i = 0; i < extents.count; i += 1) {
    const page = extents.starts[i] as number;
    contents.fill(
      words,
      ((page - span.start) * PAGE_BYTES) / 4,
      page,
      extents.lengths[i] as number,
      extents.ops[i] as number,
    );
  }
  return new Uint8Array(words.buffer, offset - span.start * PAGE_BYTES, length);
}

export function toByteRanges(ranges: RangeList): ByteRange[] {
  const bytes: ByteRange[] = new Array(ranges.count);
  for (let i = 0; i < ranges.count; i += 1) {
    const start = ranges.starts[i] as number;
    bytes[i] = { offset: start * PAGE_BYTES, length: ((ranges.ends[i] as number) - start) * PAGE_BYTES };
  }
  return bytes;
}
