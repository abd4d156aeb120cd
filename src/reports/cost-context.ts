import { AZURE_BACKUP_LIST_PRICE } from '../advice/azure-backup-price.ts';
import type { MadeLine } from '../cost/cost.ts';
import type { BudgetState } from '../retain/retain.ts';
import type { CostPage } from './cost-page.ts';
import { decimalsFor, showAmount, showGiB, showSize } from './cost-page-text.ts';
import { html, type SafeHtml } from './html.ts';

/** How the budgets of the policies burn. */
export function budgetSection({ report, budgets }: CostPage): SafeHtml {
  if (budgets.length === 0) return html``;
  const decimals = decimalsFor(Math.max(...budgets.map(({ amountMicroUnits }) => amountMicroUnits)));
  const spent = new Map(
    report.breakdowns
      .find(({ groupBy }) => groupBy === 'policy')
      ?.groups.map(({ group, monthMicroUnits }) => [group.key, monthMicroUnits]),
  );
  const row = (budget: BudgetState) => {
    const percent = budget.amountMicroUnits === 0 ? 0 : (budget.costMicroUnits / budget.amountMicroUnits) * 100;
    const soFar = budget.group === '' ? spent.get(budget.policy) : undefined;
    return html`<tr><th scope="row">${budget.policy}${budget.group === '' ? '' : html` <small>${budget.group}</small>`}</th>
<td class="n" data-label="Budget a month">${budget.currency} ${showAmount(budget.amountMicroUnits, decimals)}</td>
<td class="bar"><i class="${budget.fits ? '' : 'over'}" style="width:${Math.min(100, percent).toFixed(1)}%"></i></td>
<td class="n" data-label="Burn">${percent.toFixed(0)} %</td><td class="n" data-label="What is kept costs a month">${showAmount(budget.costMicroUnits, decimals)}</td>
<td class="n" data-label="This month so far">${soFar === undefined ? '–' : showAmount(soFar, decimals)}</td><td class="said">${stateText(budget, decimals)}</td></tr>`;
  };
  return html`<section>
<h2>Budgets</h2>
<div class="scroll"><table class="cards">
<thead><tr><th scope="col">Policy</th><th scope="col" class="n">Budget a month</th><th></th><th scope="col" class="n">Burn</th><th scope="col" class="n">What is kept costs a month</th><th scope="col" class="n">This month so far</th><th scope="col">State</th></tr></thead>
<tbody>${budgets.map(row)}</tbody>
</table></div>
</section>`;
}

function stateText({ fits, givenUp, exceedsByMicroUnits, change }: BudgetState, decimals: number): SafeHtml {
  if (fits) return givenUp === 0 ? html`fits` : html`fits, as ${givenUp.toLocaleString('en')} points are given up`;
  const by = exceedsByMicroUnits === null ? '' : ` by ${showAmount(exceedsByMicroUnits, decimals)}`;
  const would = changeOf(change);
  return html`<b>exceeded${by}</b>${would === null ? '' : html` <small>${would} would fit</small>`}`;
}

/** The change comes from a row: it is shown only where it has the form of one. */
function changeOf(change: unknown): string | null {
  if (typeof change !== 'object' || change === null || !('path' in change) || !('to' in change)) return null;
  return `${String(change.path).replace('$.', '')} = ${JSON.stringify(change.to)}`;
}

const PURPOSES: Readonly<Record<MadeLine['madeFor'], string>> = {
  drill: 'Restore drills, until they are cleaned up',
  undo: 'Disks kept to undo a swap',
  restore: 'Restored disks',
};

/** Disks that Holdfast made and that still exist: beside the snapshots, never among them. */
export function madeSection({ report }: CostPage): SafeHtml {
  const { made, total, currency, days } = report;
  const period = total.period.madeDiskMicroUnits;
  if (made.length === 0 && period === 0) return html``;
  const decimals = decimalsFor(Math.max(period, ...made.map(({ microUnitsPerMonth }) => microUnitsPerMonth)));
  const row = ({ madeFor, disks, bytes, microUnitsPerMonth, unpriced }: MadeLine) =>
    html`<tr><th scope="row">${PURPOSES[madeFor]}${unpriced > 0 ? html` <small>${unpriced} without a known price</small>` : ''}</th><td class="n">${disks}</td><td class="n">${showGiB(bytes)}</td><td class="n">${showAmount(microUnitsPerMonth, decimals)}</td></tr>`;
  return html`<section>
<h2>Drills, undo and restored disks</h2>
<div class="scroll"><table class="short">
<thead><tr><th scope="col">Disks that Holdfast made and that still exist</th><th scope="col" class="n">Disks</th><th scope="col" class="n">Size, GiB</th><th scope="col" class="n">A month, ${currency}</th></tr></thead>
<tbody>${made.length > 0 ? made.map(row) : html`<tr><td colspan="4" class="empty">None any more.</td></tr>`}</tbody>
</table></div>
<p class="hint">In these ${days.length} days they have cost ${currency} ${showAmount(period, decimals)}, beside the snapshots: no other figure of this page has them.</p>
</section>`;
}

/** What Azure Backup lists for the same machines. */
export function azureBackupSection({ report, advice }: CostPage): SafeHtml {
  if (advice === null || advice.azureBackup.machines === 0) return html``;
  const { machines, instancesMicroUnits, storageLrsMicroUnits, storageGrsMicroUnits, storedBytes } = advice.azureBackup;
  const { asOf, currency, region, storageMicroUnitsPerGiB } = AZURE_BACKUP_LIST_PRICE;
  const decimals = 2;
  const row = (name: string, lrs: number, grs: number) =>
    html`<tr><th scope="row">${name}</th><td class="n">${showAmount(lrs, decimals)}</td><td class="n">${showAmount(grs, decimals)}</td></tr>`;
  const own = report.total.now.microUnitsPerMonth;
  return html`<section>
<h2>What Azure Backup would cost for the same machines</h2>
<div class="scroll"><table class="short">
<thead><tr><th scope="col">A month, ${currency}, list prices of ${asOf}</th><th scope="col" class="n">locally redundant</th><th scope="col" class="n">geo-redundant</th></tr></thead>
<tbody>
${row(`${machines.toLocaleString('en')} protected ${machines === 1 ? 'instance' : 'instances'}`, instancesMicroUnits, instancesMicroUnits)}
${row(`${showSize(storedBytes)} in the vault`, storageLrsMicroUnits, storageGrsMicroUnits)}
</tbody>
<tfoot>${row('Azure Backup', instancesMicroUnits + storageLrsMicroUnits, instancesMicroUnits + storageGrsMicroUnits)}</tfoot>
</table></div>
<p class="hint">Holdfast’s snapshots cost ${report.currency} ${showAmount(own, decimalsFor(own))} for a whole month at the present size, single disks included.
List prices for ${region}, not yours: ${currency} 5 an instance up to 50 GiB of data, 10 up to 500 GiB, 10 for each further 500 GiB begun; ${currency} ${storageMicroUnitsPerGiB.LRS / 1e6} or ${storageMicroUnitsPerGiB.GRS / 1e6} for each GiB stored. The vault is taken to store what the snapshots do.${currency === report.currency ? '' : ` No rate of exchange is applied between ${currency} and ${report.currency}.`}</p>
</section>`;
}
