import type { Listing } from './listing.ts';
import { PageBlobError } from './page-blob-error.ts';
import { markerOf } from './page-blob-request.ts';
import type { ByteRange } from './read-pages.ts';
import { NotComparableError, type SnapshotBytes } from './snapshot-bytes.ts';

/** The parts of one listing are usually asked for one after another: the last few are kept, as snapshots do not change. */
const KEPT_LISTINGS_MAX = 4;
/** Shorter ones are made anew as fast as they are looked up. */
const KEPT_RANGES_MIN = 1_000;

type KeptListing = {
  snapshot: WeakRef<SnapshotBytes>;
  previous: WeakRef<SnapshotBytes> | null;
  within: ByteRange;
  listing: Listing;
};
let keptListings: KeptListing[] = [];

/**
 * The page ranges of a snapshot, or what differs from a previous one, as the blob service writes them: by offset, `End` inclusive.
 *
 * Shape:  at most `paging.max` ranges from `paging.from` on, with the next marker (empty at the end); without paging all, and no marker.
 * Errors: PageBlobError when there is no difference to tell.
 * Source: learn.microsoft.com/rest/api/storageservices/get-page-ranges.
 */
export function listRanges(
  snapshot: SnapshotBytes,
  previous: SnapshotBytes | null,
  within: ByteRange,
  paging: { from: number; max: number } | null,
): string {
  const { ranges, next } = listingOf(snapshot, previous, within).slice(
    paging?.from ?? 0,
    paging?.max ?? Number.POSITIVE_INFINITY,
  );
  const parts = ['<?xml version="1.0" encoding="utf-8"?><PageList>'];
  for (const range of ranges) {
    const element = range.cleared ? 'ClearRange' : 'PageRange';
    parts.push(`<${element}><Start>${range.offset}</Start><End>${range.offset + range.length - 1}</End></${element}>`);
  }
  if (paging !== null) parts.push(next === null ? '<NextMarker />' : `<NextMarker>${markerOf(next)}</NextMarker>`);
  parts.push('</PageList>');
  return parts.join('');
}

function listingOf(snapshot: SnapshotBytes, previous: SnapshotBytes | null, within: ByteRange): Listing {
  const known = keptListings.find(
    (kept) =>
      kept.snapshot.deref() === snapshot &&
      (kept.previous === null ? previous === null : kept.previous.deref() === previous) &&
      kept.within.offset === within.offset &&
      kept.within.length === within.length,
  );
  if (known !== undefined) return known.listing;
  const listing = madeListing(snapshot, previous, within);
  if (listing.count >= KEPT_RANGES_MIN) {
    const kept = {
      snapshot: new WeakRef(snapshot),
      previous: previous === null ? null : new WeakRef(previous),
      within,
      listing,
    };
    keptListings = [kept, ...keptListings].slice(0, KEPT_LISTINGS_MAX);
  }
  return listing;
}

function madeListing(snapshot: SnapshotBytes, previous: SnapshotBytes | null, within: ByteRange): Listing {
  try {
    const ofDisk = Math.max(0, Math.min(within.length, snapshot.sizeBytes - within.offset));
    const listing = snapshot.listing(previous, ofDisk === 0 ? 0 : within.offset, ofDisk);
    const end = within.offset + within.length;
    // What follows the disk is always there, and never differs.
    if (previous === null && end > snapshot.sizeBytes) listing.append(Math.max(within.offset, snapshot.sizeBytes), end);
    return listing;
  } catch (error) {
    if (!(error instanceof NotComparableError)) throw error;
    if (error.reason === 'previous is newer') throw new PageBlobError('PreviousSnapshotCannotBeNewer');
    if (error.reason === 'other family')
      throw new PageBlobError('BlobOverwritten', 'The two snapshots are not of one incremental family.');
    throw new PageBlobError('PreviousSnapshotOperationNotSupported', 'Both snapshots must be incremental.');
  }
}
