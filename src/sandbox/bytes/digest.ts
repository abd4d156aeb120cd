import { createHash } from 'node:crypto';
import { isZero } from './read-image.ts';
import type { SnapshotBytes } from './snapshot-bytes.ts';
import type { VolumeBytes } from './volume-bytes.ts';

const BLOCK_BYTES = 4_096;
const HEADER_BYTES = 8;
const READ_BYTES = 1_048_576;

/**
 * SHA-256 over what a disk reads as: the number and the bytes of each 4 KiB block that is not zero, in order.
 *
 * Equal bytes give equal digests whatever was written, cleared or never touched; space behind the last byte that is not zero does not count,
 * so a disk restored to a greater size has the digest of its snapshot.
 */
export function digest(state: VolumeBytes | SnapshotBytes): string {
  const hash = createHash('sha256');
  const record = new Uint8Array(HEADER_BYTES + BLOCK_BYTES);
  const number = new DataView(record.buffer);
  let behind = 0;
  for (const range of state.allocated(0, state.sizeBytes)) {
    const end = Math.min(state.sizeBytes, Math.ceil((range.offset + range.length) / BLOCK_BYTES) * BLOCK_BYTES);
    const first = Math.max(behind, Math.floor(range.offset / BLOCK_BYTES) * BLOCK_BYTES);
    for (let offset = first; offset < end; offset += READ_BYTES) {
      const bytes = state.read(offset, Math.min(READ_BYTES, end - offset));
      for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
        const until = Math.min(at + BLOCK_BYTES, bytes.length);
        if (isZero(bytes, at, until)) continue;
        number.setFloat64(0, (offset + at) / BLOCK_BYTES);
        record.fill(0, HEADER_BYTES + until - at);
        record.set(bytes.subarray(at, until), HEADER_BYTES);
        hash.update(record);
      }
    }
    behind = Math.max(behind, end);
  }
  return hash.digest('hex');
}
