import type { IncomingMessage, ServerResponse } from 'node:http';
import { ArmError } from './arm-error.ts';
import { BODY_BYTES_MAX } from './limits.ts';

/** The body of a request. Errors: 413 when it is longer than ARM takes. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    length += bytes.length;
    if (length > BODY_BYTES_MAX) {
      throw new ArmError(413, 'RequestContentTooLarge', `The request content is longer than ${BODY_BYTES_MAX} bytes.`);
    }
    chunks.push(bytes);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** The body as JSON; nothing where there is none. Errors: 400 InvalidRequestContent. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBody(request);
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    throw new ArmError(400, 'InvalidRequestContent', 'The request content was invalid and could not be deserialized.');
  }
}

/** Writes an answer of JSON, or without a body. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed) return;
  if (body === undefined) {
    response.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': '0' }).end();
    return;
  }
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    })
    .end(text);
}

/** Path and query of a request. Shape: slashes in a row count as one, as in Azure (the Azure CLI locks `…/Microsoft.Compute//disks/x`). */
export function splitUrl(request: IncomingMessage): {
  path: string;
  query: URLSearchParams;
} {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  const path = (at < 0 ? url : url.slice(0, at)).replace(/\/{2,}/g, '/');
  return { path, query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)) };
}
