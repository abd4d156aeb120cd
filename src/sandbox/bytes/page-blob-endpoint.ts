import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { commonHeaders, PageBlobError, sendError } from './page-blob-error.ts';
import { checkConditions, type PageBlobRequest, parseRequest, rangeInside, versionOf } from './page-blob-request.ts';
import { listRanges } from './page-list.ts';
import type { SnapshotBytes } from './snapshot-bytes.ts';

/**
 * What a SAS of a managed snapshot leads to.
 *
 * Shape:  `tail` is what follows the disk's bytes, a VHD's footer; whole pages, allocated, the same in all snapshots of a disk.
 * Units:  `lastModified` in epoch milliseconds.
 */
export type PageBlobTarget = { snapshot: SnapshotBytes; etag: string; lastModified: number; tail?: Uint8Array };

/** Bytes are made and sent in pieces of this size, so that a whole disk needs no more memory than a small range. */
const PIECE_BYTES = 1_048_576;
/** Source: learn.microsoft.com/rest/api/storageservices/get-blob, `x-ms-range-get-content-md5`. */
const RANGE_MD5_BYTES_MAX = 4_194_304;

/**
 * Answers a request to a managed snapshot as Azure's page blobs do: properties, bytes, page ranges and their difference.
 *
 * The caller has checked the SAS. `resolvePrevious` finds the snapshot behind the URL in `x-ms-previous-snapshot-url`, or null
 * when that URL is no valid access. Every error is answered with the blob service's codes; what the sandbox lacks with 501.
 */
export async function answerPageBlob(
  request: IncomingMessage,
  response: ServerResponse,
  target: PageBlobTarget,
  resolvePrevious: (url: string) => SnapshotBytes | null,
): Promise<void> {
  const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
  try {
    const asked = parseRequest(request, query);
    if (checkConditions(request, target) === 'not modified') {
      response
        .writeHead(304, {
          ...commonHeaders(asked.version),
          etag: quoted(target.etag),
          'x-ms-error-code': 'ConditionNotMet',
        })
        .end();
    } else if (asked.kind === 'ranges') {
      answerRanges(response, asked, target, resolvePrevious);
    } else {
      await answerBytes(response, asked, target);
    }
  } catch (error) {
    if (!(error instanceof PageBlobError) || response.headersSent) throw error;
    sendError(response, error, versionOf(request, query), request.method === 'HEAD');
  }
}

function answerRanges(
  response: ServerResponse,
  asked: PageBlobRequest,
  target: PageBlobTarget,
  resolvePrevious: (url: string) => SnapshotBytes | null,
): void {
  let previous: SnapshotBytes | null = null;
  if (asked.previousUrl !== null) {
    previous = resolvePrevious(asked.previousUrl);
    if (previous === null) throw new PageBlobError('PreviousSnapshotNotFound');
  }
  const body = listRanges(target.snapshot, previous, rangeInside(asked.range, sizeOf(target)), asked.paging);
  response.writeHead(200, {
    ...blobHeaders(asked, target),
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
    'x-ms-blob-content-length': sizeOf(target),
  });
  response.end(body);
}

async function answerBytes(response: ServerResponse, asked: PageBlobRequest, target: PageBlobTarget): Promise<void> {
  const sizeBytes = sizeOf(target);
  const range = rangeInside(asked.kind === 'properties' ? null : asked.range, sizeBytes);
  const partial = asked.kind === 'bytes' && asked.range !== null;
  const headers: Record<string, string | number> = {
    ...blobHeaders(asked, target),
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'content-length': range.length,
    'x-ms-blob-type': 'PageBlob',
    'x-ms-blob-sequence-number': 0,
    'x-ms-lease-state': 'available',
    'x-ms-lease-status': 'unlocked',
    'x-ms-server-encrypted': 'true',
    'x-ms-creation-time': new Date(target.lastModified).toUTCString(),
  };
  if (partial) headers['content-range'] = `bytes ${range.offset}-${range.offset + range.length - 1}/${sizeBytes}`;
  if (asked.rangeMd5) headers['content-md5'] = rangeMd5(target, partial, range.offset, range.length);
  response.writeHead(partial ? 206 : 200, headers);
  if (asked.kind === 'properties') {
    response.end();
    return;
  }
  for (let sent = 0; sent < range.length; sent += PIECE_BYTES) {
    const piece = readBlob(target, range.offset + sent, Math.min(PIECE_BYTES, range.length - sent));
    if (!response.write(piece)) await drained(response);
    if (response.destroyed) return;
  }
  response.end();
}

function sizeOf(target: PageBlobTarget): number {
  return target.snapshot.sizeBytes + (target.tail?.length ?? 0);
}

/** Bytes of the disk, and of what follows them. */
function readBlob({ snapshot, tail }: PageBlobTarget, offset: number, length: number): Uint8Array {
  const behind = offset + length - snapshot.sizeBytes;
  if (tail === undefined || behind <= 0) return snapshot.read(offset, length);
  const ofDisk = Math.max(0, length - behind);
  const bytes = new Uint8Array(length);
  if (ofDisk > 0) bytes.set(snapshot.read(offset, ofDisk));
  bytes.set(tail.subarray(behind - (length - ofDisk), behind), ofDisk);
  return bytes;
}

/** Resolves when more may be written, or when nobody listens any more. */
async function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return;
  const settled = new AbortController();
  await Promise.race([
    once(response, 'drain', { signal: settled.signal }),
    once(response, 'close', { signal: settled.signal }),
  ])
    .catch((error: unknown) => {
      if (!response.destroyed) throw error;
    })
    .finally(() => settled.abort());
}

function rangeMd5(target: PageBlobTarget, partial: boolean, offset: number, length: number): string {
  if (!partial) throw new PageBlobError('InvalidHeaderValue', 'x-ms-range-get-content-md5 needs a range.');
  if (length > RANGE_MD5_BYTES_MAX)
    throw new PageBlobError('OutOfRangeInput', 'x-ms-range-get-content-md5 takes a range of at most 4 MiB.');
  return createHash('md5')
    .update(readBlob(target, offset, length))
    .digest('base64');
}

function blobHeaders(asked: PageBlobRequest, target: PageBlobTarget): Record<string, string> {
  return {
    ...commonHeaders(asked.version),
    etag: quoted(target.etag),
    'last-modified': new Date(target.lastModified).toUTCString(),
  };
}

function quoted(etag: string): string {
  return etag.startsWith('"') ? etag : `"${etag}"`;
}
