import { html, type SafeHtml } from '../reports/html.ts';
import { consoleAddress } from './addresses.ts';
import { moment, problemList, restoreBadge } from './parts.ts';
import type { RestoresView, RestoreView } from './restore-views.ts';
import type { Viewer } from './views.ts';

/** What was restored, and what is under way, newest first. */
export function restoresPage({ restores }: RestoresView): SafeHtml {
  if (restores.length === 0)
    return html`<h1>Restores</h1><p class="empty">Nothing has been restored yet. A restore begins at a point: choose a source, then a moment.</p><p class="actions"><a class="button" href="${consoleAddress(['sources'])}">Sources</a></p>`;
  return html`<h1>Restores</h1>
<table class="cards"><thead><tr><th>Begun</th><th>Source</th><th>Kind</th><th>State</th><th class="n">Done</th><th>By</th></tr></thead><tbody>
${restores.map(
  ({ id, createdAt, source, kind, state, percent, by, drill }) =>
    html`<tr><th><a href="${consoleAddress(['restores', id])}">${moment(createdAt)}</a></th><td data-label="source">${source}</td><td data-label="kind">${kind}${drill === null ? '' : ' (drill)'}</td>
<td data-label="state">${restoreBadge(state)}</td><td class="n" data-label="done">${state === 'undone' || state === 'removed' ? '' : html`${percent} %`}</td><td data-label="by" class="wrap">${by}</td></tr>`,
)}</tbody></table>`;
}

/** One restore: how far it is, what it made, and what can be done about it. */
export function restorePage(view: RestoreView, viewer: Viewer): SafeHtml {
  const { restore, point, takenAt, sourceKey } = view;
  return html`<p class="crumbs"><a href="${consoleAddress(['restores'])}">Restores</a></p>
<h1>${restore.source}, ${restore.kind}</h1>
<p class="lead">from <a href="${consoleAddress(['points', point])}">${moment(takenAt)}</a> of <a href="${consoleAddress(['sources', sourceKey])}">${restore.source}</a>, begun ${moment(restore.createdAt)} by ${restore.by}</p>
${progress(view)}
${viewer.mayOperate ? actions(view) : ''}`;
}

/** What changes while it is under way: the script puts it in its place again and again. */
function progress(view: RestoreView): SafeHtml {
  const { restore, step, expectedAt, expiresAt, isOpen, outcome } = view;
  // What was undone has come nowhere: its percent would say so without need.
  const hasCome = isOpen || restore.state === 'succeeded';
  return html`<div id="progress"${isOpen ? html` data-follow="4"` : ''}>
<p role="status">${restoreBadge(restore.state)}${hasCome ? html` ${restore.percent} %` : ''}${step === null ? '' : html` · ${step}`}${expectedAt === null ? '' : html` · expected to end ${moment(expectedAt)} UTC`}${isOpen || restore.finishedAt === null ? '' : html` · ended ${moment(restore.finishedAt)} UTC`}</p>
${hasCome ? html`<progress max="100" value="${restore.percent}" aria-label="Progress">${restore.percent} %</progress>` : ''}
${failure(view)}
${outcome === null ? '' : html`<p class="wrap">${outcome}</p>`}
${expiresAt === null ? '' : html`<p>What it made is removed ${moment(expiresAt)} UTC.</p>`}
${steps(view)}${swapTable(view)}${made(view)}</div>`;
}

function failure({ error }: RestoreView): SafeHtml {
  if (!error) return html``;
  return html`<div class="problems"><h2>It did not work${error.step === null ? '' : html` at “${error.step}”`}</h2>${error.message} <small>(${error.code}${error.azureCode === null ? '' : html`, Azure says ${error.azureCode}`})</small></div>${problemList(error.reasons, 'What stands in the way')}`;
}

function steps({ steps: list }: RestoreView): SafeHtml {
  if (list.length === 0) return html``;
  return html`<h2>Steps</h2><table class="short"><thead><tr><th>Step</th><th class="n">Begun</th><th class="n">Took</th></tr></thead><tbody>
${list.map(({ name, startedAt, finishedAt }) => html`<tr><th>${name}</th><td class="n">${startedAt.slice(11, 19)}</td><td class="n">${finishedAt === null ? html`<span class="soft">under way</span>` : seconds(startedAt, finishedAt)}</td></tr>`)}
</tbody></table>`;
}

function seconds(from: string, to: string): string {
  const took = Math.round((Date.parse(to) - Date.parse(from)) / 1_000);
  return took < 120 ? `${took} s` : `${Math.round(took / 60)} min`;
}

function swapTable({ swap, restore }: RestoreView): SafeHtml {
  if (!swap) return html``;
  const name = (id: string) => id.split('/').at(-1) ?? '';
  return html`<h2>${restore.state === 'succeeded' || restore.state === 'running' ? 'Disks swapped' : 'Disks of the swap'}</h2><table class="cards"><thead><tr><th>Place</th><th>Old disk</th><th>New disk</th></tr></thead><tbody>
${swap.disks.map(({ lun, from, to }) => html`<tr><th>${lun === null ? 'OS disk' : `LUN ${lun}`}</th><td data-label="old disk"><span class="wrap">${name(from)}</span></td><td data-label="new disk"><span class="wrap">${name(to)}</span></td></tr>`)}
</tbody></table>
${swap.safetyPoint === null ? '' : html`<p>Before it: <a href="${consoleAddress(['points', swap.safetyPoint])}">a recovery point of the machine</a>.</p>`}
${swap.terraform.length === 0 ? '' : html`<details><summary>For Terraform</summary><pre>${swap.terraform.join('\n')}</pre></details>`}`;
}

function made({ created }: RestoreView): SafeHtml {
  if (created.length === 0) return html``;
  return html`<h2>What it made</h2><table class="cards"><tbody>
${created.map(({ type, id, removedAt }) => html`<tr><th class="wrap">${type === 'blob' ? id : (id.split('/').at(-1) ?? '')}</th><td data-label="is">${type === 'blob' ? 'blobs below it' : type}</td><td data-label="removed">${removedAt === null ? '' : html`removed ${moment(removedAt)}`}</td></tr>`)}
</tbody></table>`;
}

function actions({ restore, isOpen, mayUndo }: RestoreView): SafeHtml {
  if (isOpen && restore.state !== 'undoing')
    return html`<form class="actions" method="post" action="${consoleAddress(['restores', restore.id, 'cancel'])}"><button class="grave">Cancel and undo what it made</button></form>`;
  if (!mayUndo) return html``;
  return html`<form class="actions" method="post" action="${consoleAddress(['restores', restore.id, 'undo'])}"><label><input type="checkbox" name="sure" value="true" required>${restore.kind === 'swap' ? 'Stop the machine and put its old disks back' : 'Remove what it made now'}</label><button class="grave">Undo</button></form>`;
}
