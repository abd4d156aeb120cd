import type { EpochMs } from '../base/time.ts';

/** Bytes from `offset`, `length` of them. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** What a snapshot's disk state holds in a window, or what changed in it since another snapshot of its chain. Sorted, without overlap. */
export interface RangeWindow {
  readonly written: readonly ByteRange[];
  readonly cleared: readonly ByteRange[];
}

/**
 * Opens snapshots for reading.
 *
 * Errors: 'not-found', 'azure-locked' (five of the chain are open already), 'throttled', 'azure-unavailable'.
 * Safety: an access URL is a secret: it is handed on in memory only. Whoever opened closes in a `finally`.
 */
export interface SnapshotAccess {
  /** Opens a snapshot that is closed to the network, then grants read access: the access URL. At most 3 ARM calls. */
  open(snapshotId: string, durationSeconds: number): Promise<string>;
  /** Revokes the access and closes the snapshot to the network again. Never fails for a snapshot that is gone. At most 2 ARM calls. */
  close(snapshotId: string): Promise<void>;
}

/** Reads ranges from a snapshot's page-blob endpoint. */
export interface RangeReader {
  allocated(url: string, window: ByteRange): Promise<RangeWindow>;
  /** What changed in the window since the previous snapshot of the chain. */
  changed(url: string, previousUrl: string, window: ByteRange): Promise<RangeWindow>;
}

/** A list price. */
export interface Price {
  /** Micro-units for one GiB and month. */
  readonly microUnitsPerGiBMonth: number;
  readonly currency: string;
  readonly effectiveFrom: EpochMs | null;
  readonly meterId: string;
  readonly source: 'retail' | 'sheet';
}

/** Asks the Retail Prices API for the price of used snapshot storage; null where it knows none. */
export interface PriceSource {
  snapshotPrice(region: string, redundancy: 'LRS' | 'ZRS', currency: string): Promise<Price | null>;
}
