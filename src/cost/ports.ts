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

/** Who may reach a snapshot's bytes over the network, in Azure's words. */
export interface NetworkState {
  readonly policy: 'DenyAll' | 'AllowPrivate' | 'AllowAll';
  readonly publicAccess: 'Enabled' | 'Disabled';
  /** The disk access resource whose private endpoints lead to it. */
  readonly diskAccessId: string | null;
}

/**
 * Opens snapshots for reading.
 *
 * Shape:  `found` is how the network stood before, from what is stored and never from a look at a snapshot that may be half open already; without it the
 *         snapshot is one that is closed. What is open already, and what is read over a private endpoint, is not opened and not closed.
 * Errors: 'not-found', 'azure-locked' (five of the chain are open already), 'throttled', 'azure-unavailable'.
 * Safety: an access URL is a secret: it is handed on in memory only. Whoever opened closes in a `finally`.
 */
export interface SnapshotAccess {
  /** Opens a snapshot that is closed to the network, then grants read access: the access URL. At most 3 ARM calls. */
  open(snapshotId: string, durationSeconds: number, found?: NetworkState): Promise<string>;
  /** Revokes the access and puts the network back as it was found. Never fails for a snapshot that is gone. At most 2 ARM calls. */
  close(snapshotId: string, found?: NetworkState): Promise<void>;
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

/** Asks the Retail Prices API for the price of used snapshot storage, in force at a moment (now, where none is given); null where it knows none. */
export interface PriceSource {
  snapshotPrice(region: string, redundancy: 'LRS' | 'ZRS', currency: string, at?: EpochMs): Promise<Price | null>;
}

/** A meter of the price list by its names. */
export interface DiskMeter {
  readonly productName: string;
  readonly meterName: string;
}

/** Asks the Retail Prices API what a disk costs for a month; null where it knows no price. Units: micro-units of the currency. */
export interface DiskPriceSource {
  diskPrice(region: string, meter: DiskMeter, currency: string): Promise<number | null>;
}

/** What Azure bills for one resource, meter and UTC day. Units: `quantity` in the meter's unit (GiB and months); micro-units of `currency`. */
export interface BilledFigure {
  readonly day: string;
  /** In lower case: cost data does not keep the case. */
  readonly resourceId: string;
  readonly meterId: string;
  readonly quantity: number;
  readonly microUnits: number;
  readonly currency: string;
}

/** A meter by its names: `ZRS Snapshots` of `Standard HDD Managed Disks`. */
export interface BilledMeter {
  readonly meterId: string;
  readonly meter: string;
  readonly product: string;
}

/** Days by UTC, both ends inside. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

/**
 * Asks Cost Management what snapshots are billed.
 *
 * Errors: 'throttled' (with how long to wait), 'azure-unavailable', 'azure-denied', 'azure-rejected', 'not-found'.
 */
export interface BilledSource {
  /** The figures of all snapshots of a subscription, whole or not at all. The range has at most 31 days. */
  snapshotFigures(subscriptionId: string, range: DayRange): Promise<readonly BilledFigure[]>;
  /** The meters that they were billed by. */
  snapshotMeters(subscriptionId: string, range: DayRange): Promise<readonly BilledMeter[]>;
}
