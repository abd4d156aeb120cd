import type { App } from '../app.ts';
import type { FileLine, FilesView, FormProblem, HistoryView } from '../console/restore-views.ts';
import { fileHistory } from '../files/file-history.ts';
import { listFiles, type ShownEntry } from '../files/list-files.ts';
import { findPoint } from './console-sources.ts';

const ENTRIES_SHOWN = '500';

/** Either a view, or everything that is wrong with what was asked. */
export type Looked<T> = { readonly view: T } | { readonly problems: readonly FormProblem[] };

/** What lies at a path of a point: the same listing that the API answers. Errors: 'not-found', 'not-readable', those of Azure. */
export async function readFiles(app: App, id: string, query: URLSearchParams): Promise<Looked<FilesView>> {
  const point = await findPoint(app, id);
  const listed = await listFiles(app.openDisks, point, {
    path: query.get('path'),
    disk: query.get('disk'),
    after: query.get('after'),
    limit: ENTRIES_SHOWN,
  });
  if (!listed.ok) return { problems: listed.problems };
  const { takenAt, disk, path, notes, entries, next } = listed.value;
  const { key: sourceKey, name: sourceName } = point.source;
  return {
    view: {
      ...{ kind: 'files', takenAt, disk, path, notes, next, entries: entries.map(lineOf) },
      point: { id: point.id, sourceKey, sourceName },
    },
  };
}

function lineOf(entry: ShownEntry): FileLine {
  const { name, kind, sizeBytes, modified } = entry;
  const more = [entry.label, entry.fileSystem, entry.unreadable];
  const target = typeof entry.target === 'string' ? [`leads to ${entry.target}`] : [];
  const note = [...more.filter((part) => typeof part === 'string' && part !== ''), ...target].join(' · ');
  return { name, kind, sizeBytes, modified, note };
}

/** One path over the points of a source. */
export async function readHistory(app: App, key: string, query: URLSearchParams): Promise<Looked<HistoryView | null>> {
  const disk = query.get('disk') || null;
  const history = await fileHistory(app, key, {
    path: query.get('path'),
    disk,
    before: query.get('before'),
    limit: null,
  });
  if (!history.ok) return { problems: history.problems };
  if (history.value === null) return { view: null };
  const { path, points, next } = history.value;
  const first = points[0] ? await findPoint(app, points[0].point) : null;
  const lines = points.map(({ point, takenAt, state, changed, ...more }) => ({
    ...{ point, takenAt, state, changed },
    sizeBytes: typeof more.sizeBytes === 'number' ? more.sizeBytes : null,
    modified: typeof more.modified === 'string' ? more.modified : null,
    note: typeof more.why === 'string' ? more.why : '',
  }));
  return {
    view: { kind: 'history', source: { key, name: first?.source.name ?? key }, disk, path, points: lines, next },
  };
}
