/**
 * Limits and rules of Azure that the sandbox enforces. Each names its unit and where it is written; ⚠ marks what
 * no document states.
 */

/** Incremental snapshots of one disk that may exist at one time. Source: Azure compute docs, incremental snapshot restrictions, 12/11/2024. */
export const INCREMENTAL_SNAPSHOTS_PER_DISK_MAX = 500;

/** Incremental snapshots of one disk that may be created within INCREMENTAL_SNAPSHOT_WINDOW_MS. Source: as above. */
export const INCREMENTAL_SNAPSHOTS_PER_WINDOW_MAX = 7;

/** Units: milliseconds. Source: as above ("every five minutes"). */
export const INCREMENTAL_SNAPSHOT_WINDOW_MS = 300_000;

/** Snapshots of one family that may have a shared access signature at the same time. Source: as above. */
export const SAS_PER_FAMILY_MAX = 5;

/** Snapshots of one disk on their way to other regions at one time. Source: ACD, copy incremental snapshots across regions, 07/08/2024. */
export const COPIES_PER_DISK_MAX = 1;

/** Snapshots on their way into one region at one time, of one subscription. Source: as above. */
export const COPIES_PER_REGION_MAX = 100;

/** How much faster a copy with `provisionedBandwidthCopySpeed: Enhanced` is. Source: ⚠ the SDK names the setting, no document a figure. */
export const ENHANCED_COPY_SPEEDUP = 4;

/** Longest immutability of a snapshot. Units: days. Source: ⚠ not documented. */
export const IMMUTABILITY_DAYS_MAX = 36_500;

/** Longest lifetime of a shared access signature. Units: seconds. Source: ⚠ REST documentation says 4294967295 at most. */
export const SAS_SECONDS_MAX = 4_294_967_295;

/** Units: characters. Source: resource name rules, Microsoft.Compute disks and snapshots: 1 to 80. */
export const DISK_NAME_LENGTH_MAX = 80;

/** Units: characters. Source: resource name rules, resource groups: 1 to 90. */
export const GROUP_NAME_LENGTH_MAX = 90;

/** Source: Azure Resource Manager, tag limitations: 50 pairs, names 512 and values 256 characters. */
export const TAGS_MAX = 50;
/** Units: characters. Source: as TAGS_MAX. */
export const TAG_NAME_LENGTH_MAX = 512;
/** Units: characters. Source: as TAGS_MAX. */
export const TAG_VALUE_LENGTH_MAX = 256;

/** Largest disk of any kind. Units: GiB. Source: managed disk sizes; 65,536 GiB is the largest Ultra and Premium SSD v2 disk. */
export const DISK_SIZE_GIB_MAX = 65_536;

/** Largest disk of every other kind. Units: GiB. Source: managed disk sizes. */
export const USUAL_DISK_SIZE_GIB_MAX = 32_767;

/** Largest disk that can hold an operating system. Units: GiB. Source: managed disk types. */
export const OS_DISK_SIZE_GIB_MAX = 4_095;

/** Smallest disk with performance plus. Units: GiB. Source: ACD, disks-enable-performance, 09/16/2026. */
export const PERFORMANCE_PLUS_SIZE_GIB_MIN = 513;

/** Where snapshots before and after a resize can no longer be compared. Units: GiB. Source: ACD, incremental snapshot restrictions. */
export const COMPARABLE_SIZE_GIB = 4_096;

/** Snapshots of one Premium SSD v2 or Ultra disk that may be incomplete at one time. Source: as above. */
export const PENDING_SNAPSHOTS_PER_DISK_MAX = 3;

/** Units: minutes. Source: ACD, disks-instant-access-snapshots, 08/17/2026. */
export const INSTANT_ACCESS_MINUTES_MIN = 60;
/** Units: minutes. Source: as above. */
export const INSTANT_ACCESS_MINUTES_MAX = 300;

/** Units: bytes. Source: ARM accepts request bodies up to 4 MB. */
export const BODY_BYTES_MAX = 4 * 1024 * 1024;

/** Entries of one list page. Source: ⚠ unpublished for disks and snapshots; set by the admin endpoint when a test wants less. */
export const LIST_PAGE_SIZE = 500;

/** What a 202 asks a client to wait. Units: seconds. Source: ⚠ observed answers of the disk provider carry small values. */
export const RETRY_AFTER_SECONDS = 2;

/** ARM token buckets of one principal in one subscription: burst and refill. Units: requests, requests a second. Source: ARM request limits, 05/28/2025. */
export const ARM_BUCKETS = {
  reads: { capacity: 250, refillPerSecond: 25 },
  writes: { capacity: 200, refillPerSecond: 10 },
  deletes: { capacity: 200, refillPerSecond: 10 },
} as const;

/** All principals of a subscription together have so many times the buckets of one. Source: as above. */
export const ARM_GLOBAL_SHARE = 15;

/** A limit over three minutes, and beside it one over thirty, each a bucket that fills in its time. Units: requests. */
function windows(name: string, in3Min: number, in30Min: number): readonly ComputeLimit[] {
  return [
    { name: `${name}3Min`, capacity: in3Min, refillPerSecond: in3Min / 180 },
    { name: `${name}30Min`, capacity: in30Min, refillPerSecond: in30Min / 1_800 },
  ];
}

interface ComputeLimit {
  readonly name: string;
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/**
 * Token buckets of Microsoft.Compute for one principal in one subscription and region: burst and refill.
 *
 * Source: compute throttling limits, 05/27/2024, for virtual machines and operations. ⚠ Those of disks and snapshots are
 * unpublished: their names and sizes follow the headers that real answers carry (CreateUpdateDisks3Min;999 and CreateUpdateDisks30Min;7999).
 */
export const COMPUTE_BUCKETS = {
  CreateUpdateDisks3Min: windows('CreateUpdateDisks', 1_000, 8_000),
  CreateUpdateSnapshots3Min: windows('CreateUpdateSnapshots', 1_000, 8_000),
  DeleteDisks3Min: windows('DeleteDisks', 1_000, 8_000),
  DeleteSnapshots3Min: windows('DeleteSnapshots', 1_000, 8_000),
  PutVM: [{ name: 'PutVM', capacity: 1_500, refillPerSecond: 500 / 60 }],
  LowCostGet: [{ name: 'LowCostGet', capacity: 24_000, refillPerSecond: 8_000 / 60 }],
  HighCostGet: [{ name: 'HighCostGet', capacity: 900, refillPerSecond: 300 / 60 }],
  GetOperation: [{ name: 'GetOperation', capacity: 15_000, refillPerSecond: 5_000 / 60 }],
} as const satisfies Record<string, readonly ComputeLimit[]>;

/** Beside them, those of one virtual machine. Source: as above. ⚠ The names are not published. */
export const MACHINE_BUCKETS: Readonly<Partial<Record<ComputeBucket, ComputeLimit>>> = {
  PutVM: { name: 'PutVMPerResource', capacity: 12, refillPerSecond: 4 / 60 },
  LowCostGet: { name: 'LowCostGetPerResource', capacity: 36, refillPerSecond: 12 / 60 },
};

/** One of Compute's buckets. */
export type ComputeBucket = keyof typeof COMPUTE_BUCKETS;

/** Dimensions that a cost query may be grouped by. Source: Cost Management, query usage. */
export const COST_GROUPINGS_MAX = 2;

/** Longest period of a query by day. Units: days. Source: Cost Management, query limits. */
export const COST_DAILY_DAYS_MAX = 31;

/** Longest period of any query. Units: months. Source: as above. */
export const COST_RANGE_MONTHS_MAX = 12;

/** Rows of a page of a cost query, and at most with `$top`. Source: as above. */
export const COST_PAGE_ROWS = 1_000;
/** Units: rows. Source: as COST_PAGE_ROWS. */
export const COST_PAGE_ROWS_MAX = 5_000;

/** Query processing units of a tenant, in three windows. Units: milliseconds, units. Source: Cost Management, manage costs with automation. */
export const QUERY_UNIT_WINDOWS = [
  { name: 'QueriesPer10Seconds', windowMs: 10_000, units: 12 },
  { name: 'QueriesPerMinute', windowMs: 60_000, units: 60 },
  { name: 'QueriesPerHour', windowMs: 3_600_000, units: 600 },
] as const;
