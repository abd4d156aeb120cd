import { Readable } from 'node:stream';
import { parseReportQuery } from '../cost/cost.ts';
import { renderCostReport } from '../reports/render-cost-report.ts';
import { badRequest, route } from './http-entry.ts';

const PAGE_HEADERS = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  'x-content-type-options': 'nosniff',
};

/** What snapshots cost, for finance: a page, JSON, CSV, FOCUS rows or a workbook. */
route({
  name: 'reports-cost',
  method: 'GET',
  route: 'reports/cost',
  role: 'finance',
  handle: async ({ app, query }) => {
    const now = app.clock.now();
    const parsed = parseReportQuery(query, now);
    if (!parsed.ok) return badRequest(parsed.problems);
    const { format } = parsed.value;
    const { contentType, fileName, body } = await renderCostReport(app, parsed.value, now);
    const isShown = format === 'json' || format === 'html';
    return {
      headers: {
        'content-type': contentType,
        'cache-control': 'no-store',
        ...(format === 'html' ? PAGE_HEADERS : {}),
        ...(isShown ? {} : { 'content-disposition': `attachment; filename="${fileName}"` }),
      },
      // Long forms are made as they are sent; short ones are whole, so that what goes wrong is still a problem document.
      body: isShown ? (await Array.fromAsync(body)).join('') : Readable.toWeb(Readable.from(inChunks(body))),
    };
  },
});

/** What one chunk of a long answer holds at least, but for the last. */
const CHUNK_BYTES = 65_536;

/** Records put together to chunks that are worth sending: a body may be made of bytes alone. */
async function* inChunks(body: AsyncIterable<string | Uint8Array>): AsyncIterable<Uint8Array> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    parts.push(bytes);
    size += bytes.byteLength;
    if (size < CHUNK_BYTES) continue;
    yield Buffer.concat(parts);
    parts = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(parts);
}
