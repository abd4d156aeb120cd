import type { EpochMs } from '../base/time.ts';

/** A disk as the model sees it: how much it holds, how fast it changes, and what a GiB of its snapshots costs a month (null: not known). */
export interface ModelDisk {
  readonly usedBytes: number;
  readonly bytesPerMs: number;
  readonly microUnitsPerGiBMonth: number | null;
}

/** Bytes, and bytes x micro-units as budgets count; the latter null where a price is missing. */
export interface ModelBytes {
  readonly bytes: number;
  readonly cost: number | null;
}

/** What points store: the first one what the disks hold, a later one what has changed since the point kept before it. */
export interface ByteModel {
  readonly first: ModelBytes;
  after(gapMs: number): ModelBytes;
}

/**
 * Makes a model of disks that change evenly and anywhere: what is written again within a gap is stored once, so a gap of any length stores at most what
 * the disk holds.
 *
 * Shape:  after a gap t a disk with u used bytes and a rate r stores u (1 - exp(-r t / u)). `scale` makes a sample stand for all.
 */
export function modelBytes(disks: readonly ModelDisk[], scale: number): ByteModel {
  const sum = (bytesOf: (disk: ModelDisk) => number): ModelBytes => {
    let bytes = 0;
    let cost: number | null = 0;
    for (const disk of disks) {
      const part = bytesOf(disk) * scale;
      bytes += part;
      cost = cost === null || disk.microUnitsPerGiBMonth === null ? null : cost + part * disk.microUnitsPerGiBMonth;
    }
    return { bytes, cost };
  };
  const known = new Map<number, ModelBytes>();
  return {
    first: sum(({ usedBytes }) => usedBytes),
    after: (gapMs) => {
      let answer = known.get(gapMs);
      if (!answer) {
        answer = sum(({ usedBytes, bytesPerMs }) =>
          usedBytes === 0 ? 0 : usedBytes * -Math.expm1((-bytesPerMs * gapMs) / usedBytes),
        );
        known.set(gapMs, answer);
      }
      return answer;
    },
  };
}

/** A measured node of a chain: what it stores beyond the one before it (`baseAt` null: the first). */
export interface MeasuredNode {
  readonly createdAt: EpochMs;
  readonly baseAt: EpochMs | null;
  readonly writtenBytes: number;
}

/** How much a disk holds and how fast it changes, from its chain; null where it has not been measured twice yet, the rate then being unknown. */
export function measureDisk(nodes: readonly MeasuredNode[]): { usedBytes: number; bytesPerMs: number | null } | null {
  let usedBytes: number | null = null;
  let written = 0;
  let ms = 0;
  for (const node of nodes) {
    if (node.baseAt === null) usedBytes = node.writtenBytes;
    else {
      written += node.writtenBytes;
      ms += node.createdAt - node.baseAt;
    }
  }
  if (usedBytes === null) return null;
  return { usedBytes, bytesPerMs: ms > 0 ? written / ms : null };
}
