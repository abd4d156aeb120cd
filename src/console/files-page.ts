import { html, type SafeHtml } from '../reports/html.ts';
import { apiAddress, consoleAddress } from './addresses.ts';
import { moment, size } from './parts.ts';
import type { FileLine, FilesView, HistoryView } from './restore-views.ts';

/** What lies at a path of a point. */
export function filesPage(view: FilesView): SafeHtml {
  const { point, takenAt, disk, path, notes, entries, next } = view;
  return html`<p class="crumbs"><a href="${consoleAddress(['sources', point.sourceKey])}">${point.sourceName}</a> › <a href="${consoleAddress(['points', point.id])}">${moment(takenAt)}</a> › ${crumbs(view)}</p>
<h1>${path === '/' ? (disk ?? 'Disks') : (path.split('/').at(-1) ?? '')}</h1>
<p class="lead">${disk === null ? 'The disks of this point' : html`${disk}${path}`}</p>
${notes.length === 0 ? '' : html`<ul class="notices">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
${isFolder(path) ? folderActions(view) : ''}
${entries.length === 0 ? html`<p class="empty">There is nothing in it.</p>` : table(view)}
${next === null ? '' : html`<p class="actions"><a class="button" href="${consoleAddress(['points', point.id, 'files'], { disk, path, after: next })}">More</a></p>`}`;
}

/** True within a file system: a partition's root or below. */
function isFolder(path: string): boolean {
  return path !== '/';
}

function folderActions({ point, disk, path }: FilesView): SafeHtml {
  return html`<div class="actions"><a class="button" href="${apiAddress(['points', point.id, 'files', 'content'], { disk, path })}">Download as zip</a>
<a class="button" href="${consoleAddress(['points', point.id, 'restore'], { kind: 'files', disk, path })}">Restore to a container</a></div>`;
}

function crumbs({ point, disk, path }: FilesView): SafeHtml {
  const names = path.split('/').filter((name) => name !== '');
  const disks = html`<a href="${consoleAddress(['points', point.id, 'files'])}">files</a>`;
  if (disk === null) return disks;
  return html`${disks} › <a href="${consoleAddress(['points', point.id, 'files'], { disk })}">${disk}</a>${names.map(
    (name, index) =>
      html` › <a href="${consoleAddress(['points', point.id, 'files'], { disk, path: `/${names.slice(0, index + 1).join('/')}` })}">${name}</a>`,
  )}`;
}

function table(view: FilesView): SafeHtml {
  return html`<table class="cards"><thead><tr><th>Name</th><th>Kind</th><th class="n">Size</th><th class="n">Changed</th><th></th></tr></thead><tbody>
${view.entries.map((entry) => row(view, entry))}
</tbody></table>`;
}

function row({ point, disk, path }: FilesView, { name, kind, sizeBytes, modified, note }: FileLine): SafeHtml {
  const below = `${path === '/' ? '' : path}/${name}`;
  const open =
    kind === 'disk'
      ? consoleAddress(['points', point.id, 'files'], { disk: name })
      : kind === 'partition' || kind === 'directory'
        ? consoleAddress(['points', point.id, 'files'], { disk, path: below })
        : null;
  const fetchable =
    kind === 'file' ? apiAddress(['points', point.id, 'files', 'content'], { disk, path: below }) : null;
  const history =
    kind === 'file' || kind === 'directory'
      ? html`<a href="${consoleAddress(['sources', point.sourceKey, 'history'], { disk, path: below })}">history</a>`
      : '';
  const link = open ?? fetchable;
  return html`<tr><th>${link === null ? name : html`<a href="${link}">${name}</a>`}${note === '' ? '' : html`<br><small>${note}</small>`}</th>
<td data-label="kind">${kind}</td><td class="n" data-label="size">${kind === 'directory' ? '' : size(sizeBytes)}</td>
<td class="n" data-label="changed">${modified === null ? '' : moment(modified)}</td><td>${history}</td></tr>`;
}

/** One path over the points of a source. */
export function historyPage({ source, disk, path, points, next }: HistoryView): SafeHtml {
  return html`<p class="crumbs"><a href="${consoleAddress(['sources', source.key])}">${source.name}</a> › history</p>
<h1>${path}</h1>
<p class="lead">${disk === null ? '' : html`${disk} · `}newest first; each point is opened and closed for the look</p>
${
  points.length === 0
    ? html`<p class="empty">There are no points.</p>`
    : html`<table class="cards"><thead><tr><th>Point</th><th>State</th><th class="n">Size</th><th class="n">Changed</th><th></th></tr></thead><tbody>
${points.map(
  ({
    point,
    takenAt,
    state,
    changed,
    sizeBytes,
    modified,
    note,
  }) => html`<tr><th><a href="${consoleAddress(['points', point])}">${moment(takenAt)}</a></th>
<td data-label="state"><span>${state}${changed === true ? html` <b>changed</b>` : ''}${note === '' ? '' : html`<br><small>${note}</small>`}</span></td>
<td class="n" data-label="size">${sizeBytes === null ? '' : size(sizeBytes)}</td><td class="n" data-label="changed">${modified === null ? '' : moment(modified)}</td>
<td>${state === 'present' ? html`<a href="${apiAddress(['points', point, 'files', 'content'], { disk, path })}">fetch</a>` : ''}</td></tr>`,
)}</tbody></table>`
}
${next === null ? '' : html`<p class="actions"><a class="button" href="${consoleAddress(['sources', source.key, 'history'], { disk, path, before: next })}">Older points</a></p>`}`;
}
