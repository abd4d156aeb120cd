import type { Orphan, Reclaimable } from '../advice/advice.ts';
import { formatIso, utcDay } from '../base/time.ts';
import type { CostReport } from '../cost/cost.ts';
import type { CostPage } from './cost-page.ts';
import { decimalsFor, showAmount, showGiB, showSize } from './cost-page-text.ts';
import { html, type SafeHtml } from './html.ts';

const LINES_MAX = 15;

/** What pruning has freed, and what the plain sum of the deleted snapshots would have claimed. */
export function pruningSection({ total, currency, days }: CostReport, decimals: number): SafeHtml {
  const { freedPoints, freedBytes, naiveBytes, freedMicroUnitsPerMonth } = total.period;
  if (freedPoints === 0) return html``;
  const largest = Math.max(1, naiveBytes, freedBytes);
  const bar = (bytes: number) =>
    html`<td class="bar"><i style="width:${((bytes / largest) * 100).toFixed(1)}%"></i></td>`;
  return html`<section>
<h2>What pruning saved</h2>
<div class="scroll"><table class="short">
<thead><tr><th scope="col">In these ${days.length} days</th><th></th><th scope="col" class="n">GiB</th><th scope="col" class="n">A month, ${currency}</th></tr></thead>
<tbody>
<tr><th scope="row">Really freed by ${freedPoints.toLocaleString('en')} ${freedPoints === 1 ? 'deletion' : 'deletions'}</th>${bar(freedBytes)}<td class="n">${showGiB(freedBytes)}</td><td class="n">${showAmount(freedMicroUnitsPerMonth, decimals)}</td></tr>
<tr class="soft"><th scope="row">What their own sizes would have claimed</th>${bar(naiveBytes)}<td class="n">${showGiB(naiveBytes)}</td><td class="n">–</td></tr>
</tbody></table></div>
<p class="hint">Deleting a snapshot does not free its size: what the next one still needs moves there. Only what is really gone is counted as saved.</p>
</section>`;
}

/** What single changes of policies would free. */
export function reclaimSection({ report: { currency }, advice }: CostPage): SafeHtml {
  const intro = html`<h2>What you can stop paying for</h2>`;
  if (advice === null)
    return html`<section>${intro}<p class="empty">Worked out once a day from every chain; the first time in the coming night.</p></section>`;
  const lines = advice.reclaimable.filter(({ freesBytes }) => freesBytes > 0);
  const decimals = decimalsFor(lines[0]?.microUnitsPerMonth ?? 0);
  if (lines.length === 0)
    return html`<section>${intro}<p class="empty">No single change of a policy would free anything now (looked at ${formatIso(advice.reclaimableAt)}).</p></section>`;
  return html`<section>
${intro}
<h3>By a change of policy</h3>
<div class="scroll"><table class="cards">
<thead><tr><th scope="col">Policy</th><th scope="col">Change</th><th scope="col" class="n">Points</th><th scope="col" class="n">Frees, GiB</th><th scope="col" class="n">Saves a month, ${currency}</th></tr></thead>
<tbody>${lines.slice(0, LINES_MAX).map((line) => html`<tr><th scope="row">${line.policy}</th><td class="said">${changeText(line)}</td><td class="n" data-label="Points">${line.points.toLocaleString('en')}</td><td class="n" data-label="Frees, GiB">${showGiB(line.freesBytes)}</td><td class="n" data-label="Saves a month, ${currency}">${showAmount(line.microUnitsPerMonth, decimals)}</td></tr>`)}</tbody>
</table></div>
<p class="hint">Each line by itself: changes of one policy overlap. Bytes are what deleting would really free, worked out ${formatIso(advice.reclaimableAt)}.</p>
</section>`;
}

function changeText({ change, sources, ofSources, unmeasured }: Reclaimable): SafeHtml {
  const what =
    change === null
      ? html`<em>as it stands</em>: no rule keeps them, they go with the next sweeps`
      : html`<code>${change.path.replace('$.retention.', '')}</code> ${show(change.from)} → ${show(change.to)}`;
  const notes = [
    ...(ofSources > sources ? [`scaled up from ${sources} of ${ofSources.toLocaleString('en')} sources`] : []),
    ...(unmeasured > 0 ? [`${unmeasured} sources not fully measured`] : []),
  ];
  return notes.length === 0 ? what : html`${what} <small>${notes.join('; ')}</small>`;
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const VERDICTS: Readonly<Record<Orphan['verdict'], string>> = {
  held: 'held',
  'no-policy': 'kept for good',
  'kept-by-policy': 'kept by tiers',
  expires: 'expires',
};

/** Points whose disk is gone. */
export function orphanSection({ report: { currency }, advice }: CostPage): SafeHtml {
  if (advice === null) return html``;
  const { orphans, unseenSubscriptions } = advice;
  const unseen =
    unseenSubscriptions.length === 0
      ? ''
      : html`<p class="hint">${unseenSubscriptions.length} subscriptions could not be listed: nothing of theirs is judged here.</p>`;
  if (orphans.count === 0)
    return html`<section><h3>Disks that are gone</h3><p class="empty">None: every chain still has its disk.</p>${unseen}</section>`;
  const decimals = decimalsFor(orphans.microUnitsPerMonth);
  return html`<section>
<h3>Disks that are gone</h3>
<div class="scroll"><table class="cards">
<thead><tr><th scope="col">Disk</th><th scope="col">Owner</th><th scope="col" class="n">Points</th><th scope="col">Newest</th><th scope="col" class="n">GiB</th><th scope="col" class="n">A month, ${currency}</th><th scope="col">What becomes of it</th></tr></thead>
<tbody>${orphans.listed.slice(0, LINES_MAX).map(
    (
      orphan,
    ) => html`<tr><th scope="row">${orphan.diskName}${orphan.sourceName === orphan.diskName ? '' : html` <small>${orphan.sourceName}</small>`}</th>
<td data-label="Owner">${orphan.owner ?? html`<span class="empty">unknown</span>`}</td><td class="n" data-label="Points">${orphan.points}</td><td class="nowrap" data-label="Newest">${utcDay(orphan.newestAt)}</td><td class="n" data-label="GiB">${showGiB(orphan.storedBytes)}</td><td class="n" data-label="A month, ${currency}">${orphan.microUnitsPerMonth === null ? '–' : showAmount(orphan.microUnitsPerMonth, decimals)}</td>
<td class="said"><b>${VERDICTS[orphan.verdict]}</b> <small>${orphan.why}</small></td></tr>`,
  )}</tbody>
<tfoot><tr><th scope="row">All ${orphans.count.toLocaleString('en')}</th><td></td><td></td><td></td><td class="n" data-label="GiB">${showGiB(orphans.storedBytes)}</td><td class="n" data-label="A month, ${currency}">${showAmount(orphans.microUnitsPerMonth, decimals)}</td><td></td></tr></tfoot>
</table></div>
<p class="hint">Told by Azure’s own identity of each disk: a disk made anew under the same name is another. Looked at ${formatIso(advice.at)}.</p>
${unseen}
</section>`;
}

/** Disks that change far more than they did, or than others. */
export function outlierSection({ report: { currency }, advice }: CostPage): SafeHtml {
  if (advice === null || advice.outliers.length === 0) return html``;
  const decimals = decimalsFor(Math.max(...advice.outliers.map(({ microUnitsPerMonth }) => microUnitsPerMonth ?? 0)));
  return html`<section>
<h3>Disks that change unusually much</h3>
<div class="scroll"><table class="cards">
<thead><tr><th scope="col">Disk</th><th scope="col">Owner</th><th scope="col" class="n">Changes a day</th><th scope="col" class="n">Usual</th><th scope="col" class="n">A day’s change costs a month, ${currency}</th></tr></thead>
<tbody>${advice.outliers.slice(0, LINES_MAX).map(
    (
      outlier,
    ) => html`<tr><th scope="row">${outlier.diskName} <small>${outlier.sourceName}</small></th><td data-label="Owner">${outlier.owner ?? html`<span class="empty">unknown</span>`}</td>
<td class="n" data-label="Changes a day">${showSize(outlier.perDay)}</td><td class="n" data-label="Usual"><span>${showSize(outlier.usualPerDay)} <small>${outlier.than === 'itself' ? 'before' : 'others'}</small></span></td><td class="n" data-label="A day’s change costs a month, ${currency}">${outlier.microUnitsPerMonth === null ? '–' : showAmount(outlier.microUnitsPerMonth, decimals)}</td></tr>`,
  )}</tbody></table></div>
<p class="hint">The last seven days against the three weeks before, or against the usual share of a disk that changes. Page files, logs and databases on the protected disk are the usual reason: exclude them or move them to a disk of their own.</p>
</section>`;
}
