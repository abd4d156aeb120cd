import { html, type SafeHtml } from '../reports/html.ts';
import { consoleAddress } from './addresses.ts';
import { moment, problemList, size } from './parts.ts';
import { type RestoreFormView, type RestoreKind, restoreKinds } from './restore-views.ts';

const titles: Readonly<Record<RestoreKind, string>> = {
  disk: 'A new disk',
  vm: 'A new virtual machine',
  swap: 'In place',
  files: 'Files',
};
const hints: Readonly<Record<RestoreKind, string>> = {
  disk: 'Makes a new managed disk beside the original, which is not touched.',
  vm: 'Makes new disks and a new virtual machine from what the original was when the point was taken. The original is not touched.',
  swap: 'Stops the virtual machine, puts disks made from this point in the place of its own, and starts it again. Its disks of now are kept, and an undo puts them back.',
  files: 'Writes a file or a folder into a blob container. To fetch one now, browse the files instead.',
};
const DISK_SKUS = ['Standard_LRS', 'StandardSSD_LRS', 'StandardSSD_ZRS', 'Premium_LRS', 'Premium_ZRS'];

/** The form that starts a restore; for a swap, then what will happen and the name to type. */
export function restoreForm(view: RestoreFormView): SafeHtml {
  const { point, restoreKind, problems, review } = view;
  const back = consoleAddress(['points', point.id]);
  return html`<p class="crumbs"><a href="${consoleAddress(['sources', point.sourceKey])}">${point.sourceName}</a> › <a href="${back}">${moment(point.takenAt)}</a> › restore</p>
<h1>Restore ${point.sourceName}</h1>
<p class="lead">to ${moment(point.takenAt)} UTC</p>
${problemList(problems)}
${review ? confirmation(view) : html`${tabs(view)}<p>${hints[restoreKind]}</p>${form(view)}`}`;
}

function tabs({ point, restoreKind, isMachine }: RestoreFormView): SafeHtml {
  const kinds = restoreKinds.filter((kind) => isMachine || (kind !== 'vm' && kind !== 'swap'));
  return html`<nav class="tabs" aria-label="What to restore">${kinds.map(
    (kind) =>
      html`<a class="button" href="${consoleAddress(['points', point.id, 'restore'], { kind })}"${kind === restoreKind ? html` aria-current="page"` : ''}>${titles[kind]}</a>`,
  )}</nav>`;
}

function form(view: RestoreFormView): SafeHtml {
  const { point, restoreKind, once } = view;
  const fields = { disk: diskFields, vm: machineFields, swap: swapFields, files: fileFields }[restoreKind](view);
  return html`<form method="post" action="${consoleAddress(['points', point.id, 'restore'])}">
<input type="hidden" name="kind" value="${restoreKind}"><input type="hidden" name="once" value="${once}">
<div class="fields">${fields}${restoreKind === 'disk' || restoreKind === 'vm' ? expiry(view) : ''}</div>
<button class="main">${restoreKind === 'swap' ? 'Go on to the confirmation' : 'Start the restore'}</button></form>`;
}

/** What was filled in; in a fresh form what is suggested. */
function first({ sent, suggested }: RestoreFormView, name: string): string {
  return (Object.keys(sent).length === 0 ? suggested[name] : sent[name]?.[0]) ?? '';
}

function text(view: RestoreFormView, name: string, label: string, hint: string, more: SafeHtml = html``): SafeHtml {
  return html`<label for="f-${name}">${label}</label><div><input id="f-${name}" name="${name}" value="${first(view, name)}" maxlength="4096" autocomplete="off" spellcheck="false"${more}><small>${hint}</small></div>`;
}

function choice(
  view: RestoreFormView,
  name: string,
  label: string,
  options: readonly string[],
  none: string,
): SafeHtml {
  const sent = first(view, name);
  return html`<label for="f-${name}">${label}</label><div><select id="f-${name}" name="${name}"><option value="">${none}</option>${options.map(
    (option) => html`<option value="${option}"${option === sent ? html` selected` : ''}>${option}</option>`,
  )}</select></div>`;
}

function check(name: string, label: string, hint: string, isOn: boolean): SafeHtml {
  return html`<span></span><div><label><input type="checkbox" name="${name}" value="true"${isOn ? html` checked` : ''}>${label}</label><small>${hint}</small></div>`;
}

function whichDisk(view: RestoreFormView): SafeHtml {
  if (view.disks.length < 2) return html``;
  const sent = first(view, 'disk');
  return html`<label for="f-disk">Disk</label><div><select id="f-disk" name="disk" required>${view.disks.map(
    ({ name, lun, sizeBytes }) =>
      html`<option value="${name}"${name === sent ? html` selected` : ''}>${name} (${lun === null ? 'OS' : `LUN ${lun}`}, ${size(sizeBytes)})</option>`,
  )}</select></div>`;
}

function expiry(view: RestoreFormView): SafeHtml {
  return text(view, 'expiresAfter', 'Remove it after', 'Empty: it stays. Otherwise a duration such as PT4H or P1D.');
}

function diskFields(view: RestoreFormView): SafeHtml {
  return html`${whichDisk(view)}
${text(view, 'name', 'Name', 'Empty: a name is made from the original.')}
${text(view, 'resourceGroup', 'Resource group', "Empty: the source's own.")}
${choice(view, 'sku', 'Kind of disk', DISK_SKUS, 'as the original')}
${choice(view, 'zone', 'Zone', ['1', '2', '3'], 'as the original')}
${text(view, 'sizeGiB', 'Size in GiB', 'Empty: as large as the original.', html` inputmode="numeric" pattern="[0-9]{1,5}"`)}`;
}

function machineFields(view: RestoreFormView): SafeHtml {
  const manifest = view.hasManifest
    ? html``
    : html`<span></span><div class="late">This point has no manifest of its machine: only its disks can be restored.</div>`;
  return html`${manifest}
${text(view, 'name', 'Name', 'Empty: a name is made from the original.')}
${text(view, 'resourceGroup', 'Resource group', "Empty: the source's own.")}
${text(view, 'subnet', 'Subnet', 'The resource id of a subnet: the machine gets a new interface in it.')}
${check('interfaces', 'Take over the original interfaces', 'In place of a subnet, where they are free: its machine is gone or lets go of them.', first(view, 'interfaces') === 'true')}
${text(view, 'privateAddress', 'Private address', 'Empty: any free address of the subnet.')}
${text(view, 'size', 'Size', 'Empty: as the original, such as Standard_D2s_v5.')}
${choice(view, 'zone', 'Zone', ['1', '2', '3', 'none'], 'as the original')}
${check('isolated', 'Isolated, for a look', 'No identity, another subnet than its own; needs a duration below.', first(view, 'isolated') === 'true')}`;
}

function swapFields(view: RestoreFormView): SafeHtml {
  const sent = view.sent.disks;
  const isSent = Object.keys(view.sent).length > 0;
  return html`<span>Disks</span><fieldset><legend>Disks that are to become what they were</legend>${view.disks.map(
    ({ name, lun, sizeBytes }) =>
      html`<div><label><input type="checkbox" name="disks" value="${name}"${sent === undefined || sent.includes(name) ? html` checked` : ''}>${name} <small>${lun === null ? 'OS' : `LUN ${lun}`}, ${size(sizeBytes)}</small></label></div>`,
  )}</fieldset>
${check('safetyPoint', 'Take a recovery point first', 'Of the machine as it is now. Leave it on unless it cannot be taken.', !isSent || first(view, 'safetyPoint') === 'true')}
${check('start', 'Start the machine afterwards in any case', 'Otherwise it is started if it was running.', first(view, 'start') === 'true')}`;
}

function fileFields(view: RestoreFormView): SafeHtml {
  return html`${whichDisk(view)}
${text(view, 'path', 'File or folder', 'A path such as /p1/var/www: browse the files to find it.', html` required`)}
${text(view, 'container', 'Container', 'Empty: restored. Otherwise a name that begins with restored-.')}`;
}

/** The last look before a machine is stopped. */
function confirmation(view: RestoreFormView): SafeHtml {
  const { point, sent, once } = view;
  const chosen = view.disks.filter(({ name }) => (sent.disks ?? []).includes(name));
  const kept = Object.entries(sent).filter(([name]) => !['kind', 'once', 'confirm', 'step'].includes(name));
  return html`<h2>This will happen</h2>
<p class="good">Holdfast has looked: the machine, its disks and LUNs and the snapshots are there, so that it can work.</p>
<ol><li>Holdfast looks again. If something has changed, it stops with the reasons, and nothing is touched.</li>
${first(view, 'safetyPoint') === 'true' ? html`<li>A recovery point is taken of <b>${point.sourceName}</b> as it is now.</li>` : html`<li class="late">No recovery point is taken first.</li>`}
<li>New disks are made from this point: ${chosen.map(({ name }, index) => html`${index === 0 ? '' : ', '}<b>${name}</b>`)}.</li>
<li><b>${point.sourceName}</b> is stopped. Whoever uses it is cut off.</li>
<li>The new disks take the place of the old ones, which are kept.</li>
<li>${first(view, 'start') === 'true' ? 'It is started.' : 'It is started if it was running.'} An undo swaps the old disks back.</li></ol>
<p>Everything written to these disks since ${moment(point.takenAt)} UTC is gone from the machine until then.</p>
<form method="post" action="${consoleAddress(['points', point.id, 'restore'])}">
${kept.flatMap(([name, values]) => values.map((value) => html`<input type="hidden" name="${name}" value="${value}">`))}
<input type="hidden" name="kind" value="swap"><input type="hidden" name="once" value="${once}"><input type="hidden" name="step" value="confirm">
<div class="fields"><label for="confirm">Type the machine's name to go on</label><div><input id="confirm" name="confirm" required autocomplete="off" spellcheck="false" maxlength="200" placeholder="${point.sourceName}"></div></div>
<div class="actions"><button class="grave">Swap the disks of ${point.sourceName}</button> <a class="button" href="${consoleAddress(['points', point.id])}">Leave it</a></div></form>`;
}
