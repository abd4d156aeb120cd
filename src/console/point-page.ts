import { html, type SafeHtml } from '../reports/html.ts';
import { showSpan } from '../reports/protection-text.ts';
import { consoleAddress } from './addresses.ts';
import { moment, money, pointBadge, problemList, ruleText, size } from './parts.ts';
import type { PointView, Viewer } from './views.ts';

/** One point: what it holds, and what can be done with it. */
export function pointPage(view: PointView, viewer: Viewer): SafeHtml {
  const { point, source, currency, trigger, skewMs, error } = view;
  const canRead = point.state === 'succeeded' && viewer.mayOperate;
  return html`<p class="crumbs"><a href="${consoleAddress(['sources'])}">Sources</a> › <a href="${consoleAddress(['sources', source.key])}">${source.name}</a></p>
<h1>${source.name}, ${moment(point.takenAt ?? point.slot)}</h1>
<p class="lead">${point.state} ${pointBadge(point)}</p>
${problemList(view.problems)}
${error === null ? '' : html`<div class="problems"><h2>It failed</h2>${error.message} <small>(${error.code})</small></div>`}
${
  canRead
    ? html`<div class="actions"><a class="button main" href="${consoleAddress(['points', point.id, 'restore'])}">Restore</a> <a class="button" href="${consoleAddress(['points', point.id, 'files'])}">Browse files</a></div>`
    : ''
}
<dl class="facts"><dt>Policy</dt><dd><a href="${consoleAddress(['policies', point.policy])}">${point.policy}</a></dd>
<dt>Taken by</dt><dd>${point.schedules.length > 0 ? point.schedules.join(', ') : trigger}</dd>
<dt>Slot</dt><dd>${moment(point.slot)} UTC</dd>
<dt>Stores</dt><dd>${size(point.storedBytes)}, ${money(point.costMicroUnits, currency)} a month</dd>
${skewMs === null || view.snapshots.length < 2 ? '' : html`<dt>Disks apart by</dt><dd>${skewMs < 60_000 ? `${Math.ceil(skewMs / 1_000)} s` : showSpan(skewMs)}</dd>`}
<dt>Manifest</dt><dd>${view.hasManifest ? 'of the machine as it was: it can be made anew' : 'none: disks alone can be restored'}</dd>
<dt>Id</dt><dd><code>${point.id}</code></dd></dl>
${holdSection(view, viewer)}
${markSection(view, viewer)}
${snapshotSection(view)}`;
}

function holdSection({ point, hold, sent }: PointView, viewer: Viewer): SafeHtml {
  const held = hold
    ? html`<p>Held by ${hold.by}: “${hold.reason}”${hold.until === null ? ', until somebody lifts it' : html`, until ${moment(hold.until)} UTC`}.</p>`
    : html`<p class="empty">Not held: retention decides how long it stays.</p>`;
  if (!viewer.mayOperate || point.state === 'deleting') return html`<h2>Hold</h2>${held}`;
  const address = consoleAddress(['points', point.id, 'hold']);
  return html`<h2>Hold</h2>${held}
${hold ? html`<form method="post" action="${consoleAddress(['points', point.id, 'release'])}"><button>Lift the hold</button></form>` : ''}
<details${sent.reason === undefined ? '' : html` open`}><summary>${hold ? 'Change the hold' : 'Hold this point'}</summary>
<form method="post" action="${address}"><div class="fields">
<label for="reason">Reason</label><div><input id="reason" name="reason" required maxlength="200" value="${sent.reason ?? ''}"></div>
<label for="until">Until <small>(UTC; empty: until lifted)</small></label><div><input id="until" name="until" type="datetime-local" value="${sent.until ?? ''}"></div>
</div><button class="main">Hold</button></form></details>`;
}

function markSection({ point, mark }: PointView, viewer: Viewer): SafeHtml {
  if (!mark) return html``;
  return html`<h2>Marked for deletion</h2>
<p>The reason: ${ruleText(mark.because)}. It is deleted after ${moment(mark.deleteAfter)} UTC, if that still holds then.</p>
${
  viewer.mayOperate && point.state !== 'deleting'
    ? html`<form method="post" action="${consoleAddress(['points', point.id, 'unmark'])}"><button>Take it back</button></form>
<p class="hint">The next sweep marks it again unless its policy or a hold keeps it.</p>`
    : ''
}`;
}

function snapshotSection({ snapshots }: PointView): SafeHtml {
  return html`<h2>Snapshots</h2>
<table class="cards"><thead><tr><th>Disk</th><th class="n">LUN</th><th class="n">Size</th><th class="n">Stores</th><th>State</th></tr></thead><tbody>
${snapshots.map(
  ({
    id,
    disk,
    lun,
    sizeBytes,
    storedBytes,
    measured,
    state,
  }) => html`<tr><th>${disk}<br><small class="wrap">${id.split('/').at(-1) ?? ''}</small></th>
<td class="n" data-label="LUN">${lun === null ? 'OS' : lun}</td><td class="n" data-label="size">${size(sizeBytes)}</td>
<td class="n" data-label="stores"><span>${size(storedBytes)}${measured === 'billed' ? html` <small>as billed</small>` : ''}</span></td><td data-label="state">${state}</td></tr>`,
)}
</tbody></table>`;
}
