import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/**
 * The errors this endpoint answers, with Azure's codes, statuses and meanings.
 *
 * Source: learn.microsoft.com/rest/api/storageservices/blob-service-error-codes and …/common-rest-api-error-codes.
 */
const errors = {
  AuthorizationPermissionMismatch: [
    403,
    'The request is not authorized to perform this operation using this permission.',
  ],
  BlobOverwritten: [409, 'The blob has been recreated since the previous snapshot was taken.'],
  ConditionNotMet: [412, 'The condition specified using HTTP conditional header(s) is not met.'],
  InvalidHeaderValue: [400, 'The value for one of the HTTP headers is not in the correct format.'],
  InvalidQueryParameterValue: [400, 'Value for one of the query parameters specified in the request URI is invalid.'],
  InvalidRange: [416, 'The range specified is invalid for the current size of the resource.'],
  NotImplemented: [501, "The requested operation isn't implemented on the specified resource."],
  OutOfRangeInput: [400, 'One of the request inputs is out of range.'],
  OutOfRangeQueryParameterValue: [
    400,
    'One of the query parameters specified in the request URI is outside the permissible range.',
  ],
  PreviousSnapshotCannotBeNewer: [400, 'The previous snapshot cannot be newer than the snapshot.'],
  PreviousSnapshotNotFound: [409, 'The previous snapshot is not found.'],
  PreviousSnapshotOperationNotSupported: [
    409,
    'Differential Get Page Ranges is not supported on the previous snapshot.',
  ],
  UnsupportedHeader: [400, 'One of the HTTP headers specified in the request is not supported.'],
  UnsupportedQueryParameter: [400, 'One of the query parameters specified in the request URI is not supported.'],
} as const;

/** A request that is answered with an error of the blob service. `detail` says what exactly, for people. */
export class PageBlobError extends Error {
  override readonly name = 'PageBlobError';
  readonly code: keyof typeof errors;
  readonly status: number;

  constructor(code: keyof typeof errors, detail = '') {
    super(detail === '' ? errors[code][1] : `${errors[code][1]} ${detail}`);
    this.code = code;
    this.status = errors[code][0];
  }
}

/** Headers that every answer of the blob service has. */
export function commonHeaders(version: string): Record<string, string> {
  return {
    'x-ms-request-id': randomUUID(),
    'x-ms-version': version,
    server: 'Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0',
  };
}

export function sendError(response: ServerResponse, error: PageBlobError, version: string, headOnly: boolean): void {
  const headers = commonHeaders(version);
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${error.code}</Code><Message>${escapeXml(error.message)}\nRequestId:${headers['x-ms-request-id']}</Message></Error>`;
  response.writeHead(error.status, {
    ...headers,
    'x-ms-error-code': error.code,
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
  });
  response.end(headOnly ? undefined : body);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
