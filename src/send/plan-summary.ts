import { MICRO_UNITS_PER_UNIT } from '../base/money.ts';
import type { Notice } from '../notify/notify.ts';
import type { SentMonth } from './month-book.ts';

/** The message about a month. `key` tells it apart: a month is told once as preliminary, once as final, and whenever somebody asks. */
export function planSummary(sent: SentMonth, key: string): Notice {
  const { month, state, summary, files } = sent;
  const money = (microUnits: number) => formatMoney(microUnits, summary.currency);
  const billed = summary.billedMicroUnits === null ? 'not billed yet' : money(summary.billedMicroUnits);
  const folder = files[0]?.name.split('/')[0] ?? month;
  return {
    key,
    topic: 'report',
    severity: 'info',
    title: `Snapshots in ${month}: ${money(summary.billedMicroUnits ?? summary.costMicroUnits)}`,
    text:
      state === 'final'
        ? 'The invoice of the month is closed: these figures are final.'
        : 'The invoice of the month is still open: what is billed may change.',
    facts: [
      { name: 'Estimate', value: money(summary.costMicroUnits) },
      { name: 'Billed', value: billed },
      { name: 'Saved by pruning, a month', value: money(summary.savedMicroUnitsPerMonth) },
      ...summary.topGroups.map(({ name, costMicroUnits }) => ({ name, value: money(costMicroUnits) })),
      { name: 'Report', value: `container reports, folder ${folder}` },
    ],
  };
}

/** Money to the cent, rounded half away from zero, in whole numbers throughout. */
function formatMoney(microUnits: number, currency: string): string {
  const cents = Math.round(Math.abs(microUnits) / (MICRO_UNITS_PER_UNIT / 100));
  const sign = microUnits < 0 && cents > 0 ? '-' : '';
  const units = String(Math.floor(cents / 100)).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${sign}${units}.${String(cents % 100).padStart(2, '0')} ${currency}`;
}
