import type { ReportMonth } from '../cost/cost.ts';
import type { CostPage } from './cost-page.ts';
import { showAmount, showSize } from './cost-page-text.ts';
import { isToday } from './cost-tables.ts';
import { html, type SafeHtml } from './html.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** A UTC month in words: `October 2026`. */
export function monthName(month: string): string {
  return `${MONTHS[Number(month.slice(5, 7)) - 1] ?? ''} ${month.slice(0, 4)}`;
}

/** The answers to what people ask first: last month, this month, its end, what is stored, what was saved, what could be. */
export function headline({ report, advice }: CostPage, decimals: number): SafeHtml {
  const { total, currency, asOf, month, lastMonth, forecast } = report;
  const unknown = asOf === null;
  const amount = (microUnits: number) =>
    html`<span class="unit">${currency}</span> ${showAmount(microUnits, decimals)}`;
  const none = html`–`;
  const tile = (label: string, value: SafeHtml, note: string) =>
    html`<div class="tile"><dt>${label}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`;
  const points = `${total.now.points.toLocaleString('en')} ${total.now.points === 1 ? 'snapshot' : 'snapshots'}`;
  const { freedPoints, freedBytes, freedMicroUnitsPerMonth } = total.period;
  const range =
    forecast === null || forecast.low === null || forecast.high === null
      ? 'too few days for a range'
      : `between ${showAmount(forecast.low, decimals)} and ${showAmount(forecast.high, decimals)}, four times of five`;
  return html`<dl class="tiles">
${tile(`Last month, ${monthName(lastMonth.month)}`, lastMonth.knownDays === 0 ? none : amount(lastMonth.microUnits), daysNote(lastMonth, showAmount(lastMonth.billedMicroUnits, decimals)))}
${tile(`This month so far`, unknown ? none : amount(month.microUnits), `${monthName(month.month)}, ${month.knownDays} of ${month.days} days`)}
${tile(`${monthName(month.month)} will be`, forecast === null ? none : amount(forecast.microUnits), forecast === null ? 'no figures yet' : range)}
${tile(isToday(report) ? 'Stored now' : `Stored on ${asOf}`, unknown ? none : html`${showSize(total.now.storedBytes)}`, unknown ? 'no figures yet' : `${points}, ${currency} ${showAmount(total.now.microUnitsPerMonth, decimals)} for a whole month`)}
${tile('Saved by pruning', amount(freedMicroUnitsPerMonth), `a month: ${showSize(freedBytes)} freed by ${freedPoints.toLocaleString('en')} ${freedPoints === 1 ? 'deletion' : 'deletions'} in these days`)}
${tile('Could still be saved', advice === null ? none : html`<span class="unit">up to ${currency}</span> ${showAmount(couldSave(advice), decimals)}`, advice === null ? 'worked out once a day; first tomorrow' : 'a month: disks that are gone, and the largest change of each policy')}
</dl>`;
}

function daysNote({ knownDays, days, billedDays }: ReportMonth, billed: string): string {
  if (knownDays === 0) return 'no figures';
  const estimated = knownDays === days ? 'estimated' : `estimated, ${knownDays} of ${days} days have figures`;
  if (billedDays === 0) return `${estimated}; not billed yet`;
  return `${estimated}; Azure billed ${billed}${billedDays === days ? '' : ` for ${billedDays} of its days`}`;
}

/** One change of each policy, the largest, and all orphans: changes of one policy overlap, so they are not added up. */
function couldSave({ orphans, reclaimable }: NonNullable<CostPage['advice']>): number {
  const largest = new Map<string, number>();
  for (const { policy, change, microUnitsPerMonth } of reclaimable)
    if (change !== null) largest.set(policy, Math.max(largest.get(policy) ?? 0, microUnitsPerMonth));
  return [...largest.values()].reduce((sum, microUnits) => sum + microUnits, orphans.microUnitsPerMonth);
}
