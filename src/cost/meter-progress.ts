import { AppError } from '../base/errors.ts';
import { decodeExtents, type Extents, encodeExtents } from './extents.ts';

/** What a measurement knows so far: everything below `doneBytes` of the disk. */
export interface MeterProgress {
  readonly doneBytes: number;
  readonly extents: Extents;
}

/** Where the progress of one measurement is kept, so that another turn goes on from there. */
export interface ProgressPlace {
  read(): Promise<MeterProgress | null>;
  write(progress: MeterProgress): Promise<void>;
}

const HEAD_BYTES = 8;

/** Writes progress. Shape: the bytes done as a little-endian double, then the extents' own form. */
export function encodeProgress({ doneBytes, extents }: MeterProgress): Uint8Array {
  const content = encodeExtents(extents);
  const blob = new Uint8Array(HEAD_BYTES + content.length);
  new DataView(blob.buffer).setFloat64(0, doneBytes, true);
  blob.set(content, HEAD_BYTES);
  return blob;
}

/** Reads progress; null for anything damaged: then the measurement begins again. */
export function decodeProgress(blob: Uint8Array): MeterProgress | null {
  if (blob.length <= HEAD_BYTES) return null;
  const doneBytes = new DataView(blob.buffer, blob.byteOffset).getFloat64(0, true);
  if (!Number.isSafeInteger(doneBytes) || doneBytes <= 0) return null;
  try {
    const extents = decodeExtents(blob.subarray(HEAD_BYTES));
    const end = Math.max(extents.written.at(-1) ?? 0, extents.cleared.at(-1) ?? 0);
    return end <= doneBytes ? { doneBytes, extents } : null;
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}
