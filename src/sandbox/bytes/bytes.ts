/** The contents of disks and snapshots: all that other parts of the sandbox use. */
export { digest } from './digest.ts';
export { ImageChanges } from './image-changes.ts';
export type { ChangedRange } from './listing.ts';
export type { ByteRange } from './read-pages.ts';
export { NotComparableError, SnapshotBytes } from './snapshot-bytes.ts';
export { CopyOrderError, SnapshotCopies } from './snapshot-copies.ts';
export { vhdFooter } from './vhd-footer.ts';
export { type BytesSource, VolumeBytes } from './volume-bytes.ts';
export { Workload } from './workload.ts';
