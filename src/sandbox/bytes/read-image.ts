import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { PAGE_BYTES } from './contents.ts';

/** A block that holds only zeros is taken as never written: what file systems write is a multiple of this. */
const BLOCK_BYTES = 4_096;
const PIECE_BYTES = 4 * 1_048_576;
/** Above this a compressed image would not fit one buffer comfortably: such images are given unpacked, and read piece by piece. */
const UNPACKED_BYTES_MAX = 1_073_741_824;

/** What the images of sparse disks are packed as: see `images/pack-image.py`. */
const PACKED = '.blocks.gz';

/**
 * Stretches of an image file, in order, at most 4 MiB each, whole pages: of a raw one those that are not zero, of a packed one those that it has.
 */
export function* readImage(path: string): Generator<{ offset: number; bytes: Uint8Array }> {
  if (path.endsWith(PACKED)) return yield* packedStretches(path);
  for (const piece of path.endsWith('.gz') ? unpackedPieces(path) : filePieces(path)) {
    yield* writtenStretches(piece.offset, piece.bytes);
  }
}

/** Shape of the file, behind gzip: the disk's size (8 bytes); then for each stretch its offset (8), its length (4) and its bytes; little-endian. */
function* packedStretches(path: string): Generator<{ offset: number; bytes: Uint8Array }> {
  const packed = gunzipSync(readFileSync(path), { maxOutputLength: UNPACKED_BYTES_MAX });
  for (let at = 8; at < packed.length; ) {
    const length = packed.readUInt32LE(at + 8);
    yield { offset: Number(packed.readBigUInt64LE(at)), bytes: packed.subarray(at + 12, at + 12 + length) };
    at += 12 + length;
  }
}

function* unpackedPieces(path: string): Generator<{ offset: number; bytes: Uint8Array }> {
  const image = gunzipSync(readFileSync(path), { maxOutputLength: UNPACKED_BYTES_MAX });
  for (let offset = 0; offset < image.length; offset += PIECE_BYTES)
    yield { offset, bytes: image.subarray(offset, offset + PIECE_BYTES) };
}

function* filePieces(path: string): Generator<{ offset: number; bytes: Uint8Array }> {
  const file = openSync(path, 'r');
  try {
    const buffer = new Uint8Array(PIECE_BYTES);
    for (let offset = 0; ; ) {
      const length = readSync(file, buffer, 0, PIECE_BYTES, offset);
      if (length === 0) return;
      yield { offset, bytes: buffer.subarray(0, length) };
      offset += length;
    }
  } finally {
    closeSync(file);
  }
}

function* writtenStretches(offset: number, bytes: Uint8Array): Generator<{ offset: number; bytes: Uint8Array }> {
  let from = -1;
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const zero = isZero(bytes, at, Math.min(at + BLOCK_BYTES, bytes.length));
    if (!zero && from < 0) from = at;
    if (zero && from >= 0) {
      yield { offset: offset + from, bytes: bytes.subarray(from, at) };
      from = -1;
    }
  }
  if (from >= 0) yield { offset: offset + from, bytes: padded(bytes.subarray(from)) };
}

/** The last stretch of a file, filled up to a whole page. */
function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length % PAGE_BYTES === 0) return bytes;
  const whole = new Uint8Array(Math.ceil(bytes.length / PAGE_BYTES) * PAGE_BYTES);
  whole.set(bytes);
  return whole;
}

/** True when [from, to) holds only zeros. */
export function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] !== 0) return false;
  return true;
}
