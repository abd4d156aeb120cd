import type { HttpResponseInit } from '@azure/functions';
import type { App } from '../app.ts';
import { AppError } from '../base/errors.ts';
import { attachmentHeader, decideRange } from '../files/decide-range.ts';
import { fileHistory } from '../files/file-history.ts';
import { listFiles } from '../files/list-files.ts';
import { type FileContent, openContent } from '../files/read-file.ts';
import type { Point } from '../protect/point.ts';
import { type ApiRequest, badRequest, json, route } from './http-entry.ts';

route({
  name: 'files-list',
  method: 'GET',
  route: 'points/{id}/files',
  role: 'operator',
  handle: async ({ app, params, query }) => {
    const point = await getPoint(app, params.id);
    const listed = await listFiles(app.openDisks, point, {
      path: query.get('path'),
      disk: query.get('disk'),
      after: query.get('after'),
      limit: query.get('limit'),
    });
    if (!listed.ok) return badRequest(listed.problems);
    const { next, ...listing } = listed.value;
    return json({
      ...listing,
      next: next === null ? null : nextPage(`points/${encodeURIComponent(point.id)}/files`, query, { after: next }),
    });
  },
});

route({
  name: 'files-content',
  method: 'GET',
  route: 'points/{id}/files/content',
  role: 'operator',
  handle: async (request) => {
    const { app, params, query, caller } = request;
    const point = await getPoint(app, params.id);
    const opened = await openContent(app.openDisks, point, { path: query.get('path'), disk: query.get('disk') });
    if (!opened.ok) return badRequest(opened.problems);
    try {
      await app.audit.record({
        at: app.clock.now(),
        actor: caller.name,
        action: 'files.read',
        target: point.id,
        facts: { path: (query.get('path') ?? '').slice(0, 1_000), disk: query.get('disk'), source: point.source.id },
      });
      return await answerContent(opened.value, request);
    } catch (error) {
      await opened.value.end();
      throw error;
    }
  },
});

route({
  name: 'files-history',
  method: 'GET',
  route: 'sources/{id}/history',
  role: 'operator',
  handle: async ({ app, params, query }) => {
    const source = params.id ?? '';
    const history = await fileHistory(app, source, {
      path: query.get('path'),
      disk: query.get('disk'),
      before: query.get('before'),
      limit: query.get('limit'),
    });
    if (!history.ok) return badRequest(history.problems);
    if (history.value === null)
      throw new AppError('not-found', 'There is no source of this key with points', { source: source.slice(0, 100) });
    const { next } = history.value;
    return json({
      ...history.value,
      next: next === null ? null : nextPage(`sources/${encodeURIComponent(source)}/history`, query, { before: next }),
    });
  },
});

/** The bytes of a file, or the part that was asked for; a folder as an archive. */
async function answerContent(content: FileContent, request: ApiRequest): Promise<HttpResponseInit> {
  const { etag, sizeBytes, modifiedAt } = content;
  const headers: Record<string, string> = {
    'content-type': content.kind === 'folder' ? 'application/zip' : 'application/octet-stream',
    'content-disposition': attachmentHeader(content.name),
    'cache-control': 'private, no-cache',
    // A file of somebody's disk is never run in the name of this site.
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    ...(content.notes.length > 0 ? { 'x-holdfast-notes': content.notes.join('; ') } : {}),
  };
  if (sizeBytes === null) return { status: 200, headers, body: content.read(0, 0) };
  Object.assign(headers, { etag: `"${etag}"`, 'accept-ranges': 'bytes' });
  if (modifiedAt !== null && Math.abs(modifiedAt) < 8.64e15)
    headers['last-modified'] = new Date(modifiedAt).toUTCString();
  if (request.ifNoneMatch === etag) {
    await content.end();
    return { status: 304, headers };
  }
  const range = decideRange(request.header('range'), request.header('if-range'), etag, sizeBytes);
  if (range.kind === 'outside') {
    await content.end();
    return { status: 416, headers: { ...headers, 'content-range': `bytes */${sizeBytes}`, 'content-length': '0' } };
  }
  const [offset, length] = range.kind === 'part' ? [range.offset, range.length] : [0, sizeBytes];
  headers['content-length'] = String(length);
  if (range.kind === 'part') headers['content-range'] = `bytes ${offset}-${offset + length - 1}/${sizeBytes}`;
  return { status: range.kind === 'part' ? 206 : 200, headers, body: content.read(offset, length) };
}

function nextPage(path: string, query: URLSearchParams, changed: Readonly<Record<string, string>>): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changed)) next.set(name, value);
  return `/api/${path}?${next}`;
}

async function getPoint(app: App, id: string | undefined): Promise<Point> {
  const stored = await app.catalogue.get(id ?? '');
  if (!stored) throw new AppError('not-found', 'There is no point of this id', { point: id?.slice(0, 100) ?? null });
  return stored.point;
}
