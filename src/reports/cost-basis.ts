import { fromMicroUnits } from '../base/money.ts';
import { formatIso } from '../base/time.ts';
import type { CostReport, ReportDay } from '../cost/cost.ts';
import { decimalsFor, showAmount, showGiB } from './cost-page-text.ts';
import { html, type SafeHtml } from './html.ts';

/** Days that the page lists one by one; CSV and JSON have them all. */
const DAYS_MAX = 62;

const STATE_TEXT: Readonly<Record<ReportDay['state'], string>> = {
  complete: '',
  partial: 'partial: points not measured or prices missing',
  open: 'today, not over',
  missing: 'no figures',
};

/** The report's days, newest first. */
export function dayTable(report: CostReport): SafeHtml {
  const decimals = decimalsFor(Math.max(...report.days.map(({ figures }) => figures.microUnits)));
  const withBill = report.billed !== null;
  const none = html`<td class="n">–</td>`;
  const rows = report.days
    .toReversed()
    .slice(0, DAYS_MAX)
    .map(({ day, state, figures, billed }) => {
      const cells =
        state === 'missing'
          ? html`${none}${none}${none}`
          : html`<td class="n">${showGiB(figures.storedBytes)}</td><td class="n">${showAmount(figures.microUnits, decimals)}</td><td class="n">${figures.freedBytes > 0 ? showGiB(figures.freedBytes) : ''}</td>`;
      const bill = withBill
        ? html`<td class="n">${billed === null ? html`<span class="empty">not yet</span>` : showAmount(billed.billedMicroUnits, decimals)}</td>`
        : '';
      return html`<tr class="${state}"><th scope="row">${day}</th>${cells}${bill}<td class="state">${STATE_TEXT[state]}</td></tr>`;
    });
  const older = report.days.length - DAYS_MAX;
  return html`<section>
<h2>Day by day</h2>
<div class="scroll"><table class="days">
<thead><tr><th scope="col">Day (UTC)</th><th scope="col" class="n">Stored, GiB</th><th scope="col" class="n">Cost, ${report.currency}</th><th scope="col" class="n">Freed, GiB</th>${withBill ? html`<th scope="col" class="n">Billed, ${report.currency}</th>` : ''}<th scope="col"></th></tr></thead>
<tbody>${rows}</tbody>
</table></div>
${older > 0 ? html`<p class="hint">The ${older} days before are in the CSV and JSON forms of this report.</p>` : ''}
</section>`;
}

/** What the figures rest on. */
export function basisSection({ prices, generatedAt, forecast, month }: CostReport): SafeHtml {
  const list = prices.map(
    ({ region, redundancy, price, asOf }) =>
      html`<li>${region}, ${redundancy}: ${price.currency} ${fromMicroUnits(price.microUnitsPerGiBMonth)} per GiB and month (${price.source === 'sheet' ? 'negotiated' : 'list price'} of ${asOf})</li>`,
  );
  return html`<footer>
<h2>What these figures are</h2>
<p>An estimate, not a bill: the used size of each snapshot chain, measured from Azure’s own page ranges, at the price of the day.
Azure’s invoice may differ by rounding, by discounts and by the hour at which it looks.
“Saved by pruning” counts the bytes that deleting snapshots has really freed; what a later snapshot still needs of a deleted one is not counted.</p>
${forecast === null ? '' : html`<p>Forecast of ${month.month}: what its known days cost, and each of the ${forecast.daysLeft} days left at ${forecast.method}.</p>`}
${list.length > 0 ? html`<ul>${list}</ul>` : ''}
<p>Made by Holdfast at ${formatIso(generatedAt)}.</p>
</footer>`;
}
