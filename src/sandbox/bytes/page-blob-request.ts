import type { IncomingMessage } from 'node:http';
import { PageBlobError } from './page-blob-error.ts';
import type { ByteRange } from './read-pages.ts';

/** What answers when neither header nor SAS names a version. */
const VERSION_DEFAULT = '2026-02-06';
/** Source: learn.microsoft.com/rest/api/storageservices/get-page-ranges: `marker` and `maxresults` from this version on. */
const PAGING_VERSION_MIN = '2020-10-02';
/** Source: the same page, `x-ms-previous-snapshot-url`. */
const PREVIOUS_URL_VERSION_MIN = '2019-04-19';
/** Source: the same page, `maxresults`: more is taken as this. */
const RANGES_PER_ANSWER_MAX = 10_000;

/** One request to the endpoint, checked as far as it can be without the snapshot. */
export type PageBlobRequest = {
  kind: 'properties' | 'bytes' | 'ranges';
  version: string;
  /** As asked, `end` inclusive and infinite when open; null when the whole blob is asked for. */
  range: { start: number; end: number } | null;
  rangeMd5: boolean;
  previousUrl: string | null;
  /** Offset from which ranges are listed (a marker of ours), and how many at most; no paging in old versions. */
  paging: { from: number; max: number } | null;
};

/** The service version that a request is made in: by header, else the SAS's own. */
export function versionOf(request: IncomingMessage, query: URLSearchParams): string {
  const version = header(request, 'x-ms-version') ?? query.get('api-version') ?? query.get('sv') ?? VERSION_DEFAULT;
  return /^\d{4}-\d{2}-\d{2}$/.test(version) ? version : VERSION_DEFAULT;
}

/** Errors: PageBlobError. */
export function parseRequest(request: IncomingMessage, query: URLSearchParams): PageBlobRequest {
  const version = versionOf(request, query);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new PageBlobError(
      'AuthorizationPermissionMismatch',
      `A managed snapshot's access is read only: ${request.method} is refused.`,
    );
  }
  for (const parameter of ['snapshot', 'versionid', 'prevsnapshot', 'restype'] as const) {
    if (query.has(parameter))
      throw new PageBlobError('NotImplemented', `The sandbox does not support the query parameter ${parameter}.`);
  }
  const comp = query.get('comp');
  if (comp !== null && !(comp === 'pagelist' && request.method === 'GET')) {
    throw new PageBlobError(
      'NotImplemented',
      `The sandbox does not support ${request.method} with comp=${comp}; it supports GET with comp=pagelist.`,
    );
  }
  if (header(request, 'x-ms-range-get-content-crc64') === 'true') {
    throw new PageBlobError('NotImplemented', 'The sandbox does not support x-ms-range-get-content-crc64.');
  }
  const previousUrl = header(request, 'x-ms-previous-snapshot-url');
  if (previousUrl !== null && version < PREVIOUS_URL_VERSION_MIN)
    throw new PageBlobError('UnsupportedHeader', 'x-ms-previous-snapshot-url');
  return {
    kind: comp === 'pagelist' ? 'ranges' : request.method === 'HEAD' ? 'properties' : 'bytes',
    version,
    range: parseRange(header(request, 'x-ms-range') ?? header(request, 'range')),
    rangeMd5: header(request, 'x-ms-range-get-content-md5') === 'true',
    previousUrl,
    paging: parsePaging(query, version),
  };
}

/** The range asked for, cut to the blob. Errors: PageBlobError when it begins behind the end. */
export function rangeInside(range: PageBlobRequest['range'], sizeBytes: number): ByteRange {
  if (range === null) return { offset: 0, length: sizeBytes };
  if (range.start >= sizeBytes) throw new PageBlobError('InvalidRange');
  return { offset: range.start, length: Math.min(range.end + 1, sizeBytes) - range.start };
}

/**
 * Checks If-Match and its kin.
 *
 * Shape:  'not modified' answers 304. Errors: PageBlobError for 412.
 */
export function checkConditions(
  request: IncomingMessage,
  target: { etag: string; lastModified: number },
): 'proceed' | 'not modified' {
  const changedMs = Math.floor(target.lastModified / 1_000) * 1_000;
  const match = header(request, 'if-match');
  if (match !== null && !namesEtag(match, target.etag)) throw new PageBlobError('ConditionNotMet');
  const unmodifiedSince = header(request, 'if-unmodified-since');
  if (unmodifiedSince !== null && changedMs > Date.parse(unmodifiedSince)) throw new PageBlobError('ConditionNotMet');
  const noneMatch = header(request, 'if-none-match');
  if (noneMatch !== null) return namesEtag(noneMatch, target.etag) ? 'not modified' : 'proceed';
  const modifiedSince = header(request, 'if-modified-since');
  return modifiedSince !== null && changedMs <= Date.parse(modifiedSince) ? 'not modified' : 'proceed';
}

function namesEtag(list: string, etag: string): boolean {
  return list.split(',').some((entry) => entry.trim() === '*' || unquoted(entry.trim()) === unquoted(etag));
}

function unquoted(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
}

/** Azure takes `bytes=a-b` and `bytes=a-`; a suffix range is no valid value. Source: …/specifying-the-range-header-for-blob-service-operations. */
function parseRange(value: string | null): PageBlobRequest['range'] {
  if (value === null) return null;
  const match = /^bytes=(\d{1,15})-(\d{1,15})?$/.exec(value.trim());
  const start = Number(match?.[1]);
  const end = match?.[2] === undefined ? Number.POSITIVE_INFINITY : Number(match[2]);
  if (match === null || end < start)
    throw new PageBlobError('InvalidHeaderValue', 'A range reads bytes=first-last or bytes=first-.');
  return { start, end };
}

function parsePaging(query: URLSearchParams, version: string): PageBlobRequest['paging'] {
  const marker = query.get('marker');
  const maxResults = query.get('maxresults');
  if (version < PAGING_VERSION_MIN) {
    if (marker !== null || maxResults !== null)
      throw new PageBlobError('UnsupportedQueryParameter', `marker and maxresults need ${PAGING_VERSION_MIN}.`);
    return null;
  }
  if (maxResults !== null && !/^-?\d{1,9}$/.test(maxResults))
    throw new PageBlobError('InvalidQueryParameterValue', 'maxresults');
  const max = maxResults === null ? RANGES_PER_ANSWER_MAX : Number(maxResults);
  if (max <= 0) throw new PageBlobError('OutOfRangeQueryParameterValue', 'maxresults');
  return { from: marker === null || marker === '' ? 0 : offsetOf(marker), max: Math.min(max, RANGES_PER_ANSWER_MAX) };
}

/** A marker is opaque to clients: here the offset of the next range. */
export function markerOf(offset: number): string {
  return Buffer.from(`offset:${offset}`).toString('base64url');
}

function offsetOf(marker: string): number {
  const match = /^offset:(\d{1,15})$/.exec(Buffer.from(marker, 'base64url').toString());
  if (match === null) throw new PageBlobError('InvalidQueryParameterValue', 'marker');
  return Number(match[1]);
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
}
