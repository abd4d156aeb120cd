import { DAY_MS, type EpochMs, utcDay } from '../base/time.ts';
import type { DayRange } from './ports.ts';

/** How far the bill of one subscription has been read. Days by UTC, inside; null where nothing has. */
export interface BilledProgress {
  /** The first day that was ever asked for. */
  readonly since: string;
  readonly readThrough: string | null;
  /** Read after the invoice of its month was closed: it changes no more. */
  readonly finalThrough: string | null;
}

/** Days to ask for at once. `closing`: the invoice of their month is closed. */
export interface BilledRead extends DayRange {
  readonly closing: boolean;
}

/** Days of one question: what a large subscription answers for them fits in memory. */
export const READ_DAYS = 7;
/** So many of the last days are read again each day: figures come hours late and are corrected most in their first days. */
export const REREAD_DAYS = 7;
/**
 * So long after the end of a month its figures may change.
 *
 * Source: https://learn.microsoft.com/azure/cost-management-billing/costs/understand-cost-mgt-data (until the invoice closes; ⚠ the day depends on the
 *         agreement: 72 hours, or the fifth day of the next month).
 */
export const INVOICE_OPEN_DAYS = 5;
/**
 * So long after its end a day without figures is taken for billed with nothing.
 *
 * Source: https://learn.microsoft.com/azure/cost-management-billing/costs/understand-cost-mgt-data (8 to 24 hours; up to 72 for some agreements ⚠).
 */
export const BILLED_LAG_MAX_MS = 3 * DAY_MS;
/** So many whole months before the present one are read at the very first time. */
const FIRST_MONTHS = 1;
/** Source: Cost Management answers for 37 months back. */
const HISTORY_MONTHS = 36;

/**
 * Plans what to ask Cost Management of one subscription today: months whose invoice has closed since, then what is new, with the last days again.
 *
 * Shape:  oldest first; nothing of today, which is not over, and nothing that is final.
 */
export function planBilledReads(progress: BilledProgress | null, now: EpochMs): readonly BilledRead[] {
  const yesterday = utcDay(now - DAY_MS);
  const earliest = monthStart(yesterday, -HISTORY_MONTHS);
  const wanted = progress?.finalThrough ? dayAfter(progress.finalThrough) : (progress?.since ?? firstDayToRead(now));
  const firstOpen = latestOf(wanted, earliest);
  const reads: BilledRead[] = [];
  let open = firstOpen;
  while (open <= yesterday && isInvoiceClosed(open, now)) {
    const end = monthEnd(open);
    reads.push(...cut({ from: open, to: end }, true));
    open = dayAfter(end);
  }
  const again = utcDay(now - REREAD_DAYS * DAY_MS);
  const fresh = progress?.readThrough ? dayAfter(progress.readThrough) : open;
  const from = latestOf(open, [fresh, again].sort()[0] ?? open);
  return [...reads, ...cut({ from, to: yesterday }, false)];
}

/** The first day that is asked for of a subscription that was never read. */
export function firstDayToRead(now: EpochMs): string {
  return monthStart(utcDay(now - DAY_MS), -FIRST_MONTHS);
}

/** True once the invoice of a day's month has closed. */
export function isInvoiceClosed(day: string, now: EpochMs): boolean {
  return now >= Date.parse(monthEnd(day)) + (1 + INVOICE_OPEN_DAYS) * DAY_MS;
}

/** The day after a day. */
export function dayAfter(day: string): string {
  return utcDay(Date.parse(day) + DAY_MS);
}

/** The later of two days; null is before every day. */
export function latestOf<T extends string | null>(a: T, b: T): T {
  return (a ?? '') > (b ?? '') ? a : b;
}

function cut({ from, to }: DayRange, closing: boolean): readonly BilledRead[] {
  const reads: BilledRead[] = [];
  for (let start = from; start <= to; ) {
    const end = utcDay(Date.parse(start) + (READ_DAYS - 1) * DAY_MS);
    reads.push({ from: start, to: end < to ? end : to, closing });
    start = dayAfter(end);
  }
  return reads;
}

function monthStart(day: string, months: number): string {
  const at = new Date(Date.parse(day));
  return utcDay(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months, 1));
}

function monthEnd(day: string): string {
  return utcDay(Date.parse(monthStart(day, 1)) - DAY_MS);
}
