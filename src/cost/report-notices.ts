import type { PriceUsed, ReportDay } from './report-days.ts';

/** Something that the reader has to know to read the figures right. */
export interface Notice {
  readonly code: 'no-figures' | 'missing-days' | 'unpriced' | 'unmeasured' | 'stale-price';
  readonly text: string;
}

/** What is missing from the days of a report, and prices that are older than today. */
export function noticesOf(days: readonly ReportDay[], prices: readonly PriceUsed[], today: string): readonly Notice[] {
  const notices: Notice[] = [];
  const first = days.findIndex((day) => day.state !== 'missing');
  if (first < 0) return [{ code: 'no-figures', text: 'There are no figures for these days yet.' }];
  const missing = days
    .slice(first)
    .filter((day) => day.state === 'missing' && day.day < today)
    .map((day) => day.day);
  if (missing.length > 0) {
    notices.push({ code: 'missing-days', text: `No figures for ${listDays(missing)}: the sums leave these days out.` });
  }
  const unpriced = days.filter((day) => day.figures.unpricedBytes > 0).map((day) => day.day);
  if (unpriced.length > 0) {
    notices.push({
      code: 'unpriced',
      text: `A price was missing on ${listDays(unpriced)}: the bytes are counted, their money is not.`,
    });
  }
  const unmeasured = days.filter((day) => day.figures.unmeasuredPoints > 0).map((day) => day.day);
  if (unmeasured.length > 0) {
    notices.push({
      code: 'unmeasured',
      text: `Points were not measured on ${listDays(unmeasured)}: the figures are too low by what they hold.`,
    });
  }
  const stale = prices.filter((price) => price.asOf < today);
  for (const { region, redundancy, asOf } of stale) {
    notices.push({
      code: 'stale-price',
      text: `The price list does not answer: the price for ${region}, ${redundancy} is of ${asOf}.`,
    });
  }
  return notices;
}

const DAYS_NAMED = 3;

function listDays(days: readonly string[]): string {
  const named = days.slice(0, DAYS_NAMED).join(', ');
  return days.length > DAYS_NAMED ? `${named} and ${days.length - DAYS_NAMED} more days` : named;
}
