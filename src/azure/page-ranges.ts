import type { TokenCredential } from '@azure/identity';
import type { PageBlobClient } from '@azure/storage-blob';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { withTimeLimit } from '../base/time-limit.ts';
import type { ByteRange, RangeReader, RangeWindow } from '../cost/ports.ts';
import { checkUrl, createDiskRead } from './disk-token.ts';

/** Ranges in one page of an answer. Source: https://learn.microsoft.com/rest/api/storageservices/get-page-ranges (at most 10,000). */
const PAGE_MAX_RANGES = 10_000;
const PAGES_MAX = 10_000;
/** Windows are halved at borders of 4 MiB, the grain of Azure's own differences, and no further. Units: bytes. */
const WINDOW_GRAIN_BYTES = 4_194_304;
/** Waits between tries. Units: ms. */
const RETRY_WAITS_MS = [500, 1_000, 2_000, 4_000];
const TOKEN_ERRORS = ['AuthenticationError', 'CredentialUnavailableError', 'AggregateAuthenticationError'];
const RETRIED_STATUS = [408, 429, 500, 502, 503, 504];
/** Real time: a request that is silent for this long is lost. */
const TRY_TIMEOUT_MS = 60_000;

/**
 * Reads ranges over a snapshot's access URL: see `RangeReader`.
 *
 * Errors: 'azure-denied' for an access that has ended, 'not-found', 'azure-rejected', 'azure-unavailable' after four tries.
 * Safety: the URL is the secret: it goes into no message and no fact.
 */
export function createRangeReader({
  clock,
  credential,
}: {
  readonly clock: Clock;
  /** Whose token goes along with the signature where a snapshot wants one; without it such snapshots cannot be read. */
  readonly credential?: TokenCredential;
}): RangeReader {
  const onDisk = createDiskRead(credential);
  const call = <T>(operation: string, attempt: (abortSignal: AbortSignal) => Promise<T>) =>
    dataCall(clock, operation, attempt);
  return {
    allocated: (url, window) => onDisk(url, (blob) => readAllocated(blob, window, call)),
    changed: async (url, previousUrl, window) => {
      checkUrl(previousUrl);
      return onDisk(url, (blob) => readChanged(blob, previousUrl, window, call));
    },
  };
}

type DataCall = <T>(operation: string, attempt: (abortSignal: AbortSignal) => Promise<T>) => Promise<T>;

async function readAllocated(blob: PageBlobClient, window: ByteRange, call: DataCall): Promise<RangeWindow> {
  const written: ByteRange[] = [];
  let continuationToken: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const settings = { maxPageSize: PAGE_MAX_RANGES, ...(continuationToken ? { continuationToken } : {}) };
    const page = await call('allocated', async (abortSignal) => {
      const ranges = blob.listPageRanges(window.offset, window.length, { abortSignal }).byPage(settings);
      return (await ranges.next()).value;
    });
    // Both ends are inclusive here, as on the wire.
    for (const { start, end } of page?.pageRange ?? []) written.push({ offset: start, length: end - start + 1 });
    continuationToken = page?.continuationToken;
    if (!continuationToken) return { written: clip(written, window), cleared: [] };
  }
  throw new AppError('azure-unavailable', 'A list of ranges does not end');
}

/**
 * Source: @azure/storage-blob 12.34 gives the count of this call one byte short, and neither sends nor takes a marker: a window that is answered
 *         in part is asked for again in halves.
 */
async function readChanged(
  blob: PageBlobClient,
  previousUrl: string,
  window: ByteRange,
  call: DataCall,
): Promise<RangeWindow> {
  const answer = await call('changed', (abortSignal) =>
    blob.getPageRangesDiffForManagedDisks(window.offset, window.length, previousUrl, { abortSignal }),
  );
  const { continuationToken } = answer as { continuationToken?: string };
  if (!continuationToken) {
    return { written: readShort(answer.pageRange, window), cleared: readShort(answer.clearRange, window) };
  }
  const middle = Math.ceil((window.offset + window.length / 2) / WINDOW_GRAIN_BYTES) * WINDOW_GRAIN_BYTES;
  const end = window.offset + window.length;
  if (middle <= window.offset || middle >= end) {
    throw new AppError('azure-unavailable', 'A difference has more ranges than one answer can hold');
  }
  const first = { offset: window.offset, length: middle - window.offset };
  const lower = await readChanged(blob, previousUrl, first, call);
  const upper = await readChanged(blob, previousUrl, { offset: middle, length: end - middle }, call);
  return {
    written: [...lower.written, ...upper.written],
    cleared: [...lower.cleared, ...upper.cleared],
  };
}

function readShort(ranges: { offset: number; count?: number }[] | undefined, window: ByteRange): readonly ByteRange[] {
  const whole = (ranges ?? []).map(({ offset, count }) => ({ offset, length: (count ?? 0) + 1 }));
  return clip(whole, window);
}

/** Cuts ranges to the window: a range that crosses its border may be answered whole. */
function clip(ranges: readonly ByteRange[], window: ByteRange): readonly ByteRange[] {
  const windowEnd = window.offset + window.length;
  return ranges
    .map(({ offset, length }) => {
      const from = Math.max(offset, window.offset);
      return { offset: from, length: Math.min(offset + length, windowEnd) - from };
    })
    .filter(({ length }) => length > 0)
    .sort((a, b) => a.offset - b.offset);
}

/** Runs a call of the data plane: again where that helps, and its failures in the product's words. */
export async function dataCall<T>(
  clock: Clock,
  operation: string,
  attempt: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await withTimeLimit(TRY_TIMEOUT_MS, attempt);
    } catch (error) {
      const { statusCode: status, name } = error as { statusCode?: number; name?: string };
      if (TOKEN_ERRORS.includes(name ?? ''))
        throw new AppError('azure-denied', 'There is no token for the bytes of disks');
      if (!['RestError', 'AbortError', 'TimeoutError'].includes(name ?? '')) throw error;
      const waitMs = RETRY_WAITS_MS[tries];
      const again = status === undefined || status < 300 || RETRIED_STATUS.includes(status);
      if (waitMs === undefined || !again) throw translate(status, operation);
      await clock.wait(waitMs);
    }
  }
}

function translate(status: number | undefined, operation: string): AppError {
  const facts = { operation, status };
  if (status === 404) return new AppError('not-found', 'The disk behind an access URL is gone', facts);
  if (status === 401 || status === 403) {
    return new AppError('azure-denied', 'The access to a disk has ended or was never given', facts);
  }
  if (status === 429) return new AppError('throttled', 'Azure asks to slow down', facts);
  if (status !== undefined && status >= 400 && status < 500) {
    return new AppError('azure-rejected', 'Azure rejects a read of ranges', facts);
  }
  return new AppError('azure-unavailable', 'The disk behind an access URL does not answer as it should', facts);
}
