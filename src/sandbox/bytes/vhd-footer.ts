import { createHash } from 'node:crypto';

/** A fixed VHD is the disk's bytes with this much behind them. Units: bytes. */
export const VHD_FOOTER_BYTES = 512;

/** VHD counts time from here. */
const VHD_EPOCH_MS = Date.UTC(2000, 0, 1);
const CHECKSUM_AT = 64;

/**
 * The footer of a fixed VHD, as Azure puts it behind the bytes of a disk or snapshot that is exported.
 *
 * Source: Microsoft, Virtual Hard Disk Image Format Specification: hard disk footer format, and its appendix on geometry.
 */
export function vhdFooter(disk: { sizeBytes: number; createdMs: number; id: string }): Uint8Array {
  const footer = new Uint8Array(VHD_FOOTER_BYTES);
  const view = new DataView(footer.buffer);
  const text = (at: number, value: string) => footer.set(new TextEncoder().encode(value), at);
  text(0, 'conectix');
  view.setUint32(8, 2);
  view.setUint32(12, 0x00010000);
  view.setBigUint64(16, 0xffffffffffffffffn);
  view.setUint32(24, Math.max(0, Math.floor((disk.createdMs - VHD_EPOCH_MS) / 1_000)));
  text(28, 'win ');
  view.setUint32(32, 0x000a0000);
  text(36, 'Wi2k');
  view.setBigUint64(40, BigInt(disk.sizeBytes));
  view.setBigUint64(48, BigInt(disk.sizeBytes));
  const { cylinders, heads, sectors } = geometryOf(disk.sizeBytes / 512);
  view.setUint16(56, cylinders);
  view.setUint8(58, heads);
  view.setUint8(59, sectors);
  view.setUint32(60, 2);
  footer.set(createHash('sha256').update(disk.id).digest().subarray(0, 16), 68);
  view.setUint32(CHECKSUM_AT, ~footer.reduce((sum, byte) => sum + byte, 0) >>> 0);
  return footer;
}

function geometryOf(totalSectors: number): { cylinders: number; heads: number; sectors: number } {
  const counted = Math.min(totalSectors, 65_535 * 16 * 255);
  if (counted >= 65_535 * 16 * 63) return { cylinders: Math.floor(counted / 255 / 16), heads: 16, sectors: 255 };
  let sectors = 17;
  let tracks = Math.floor(counted / sectors);
  let heads = Math.max(4, Math.floor((tracks + 1_023) / 1_024));
  if (tracks >= heads * 1_024 || heads > 16) {
    sectors = 31;
    heads = 16;
    tracks = Math.floor(counted / sectors);
  }
  if (tracks >= heads * 1_024) {
    sectors = 63;
    heads = 16;
    tracks = Math.floor(counted / sectors);
  }
  return { cylinders: Math.floor(tracks / heads), heads, sectors };
}
