import { DAY_MS, type EpochMs, utcDay } from '../base/time.ts';
import type { MonthDays } from './ports.ts';

/** What a written month is: it may still change, or it never will. */
export type MonthState = 'preliminary' | 'final';

/** A month to write, and as what. */
export interface MonthPlan {
  readonly month: string;
  readonly as: MonthState;
}

/** Months that are looked at: an app that was away for a while makes up for these. */
const MONTHS_BACK = 3;

/** So long after its end a month waits for its last day to be closed; then it is written without. */
export const CLOSE_PATIENCE_MS = 3 * DAY_MS;

/** So long after an invoice has closed its figures are waited for; then the month is final without them. */
export const BILL_PATIENCE_MS = 10 * DAY_MS;

export interface MonthsKnown {
  readonly now: EpochMs;
  /** Months that the ledger has rows of. */
  readonly months: readonly string[];
  readonly stateByMonth: ReadonlyMap<string, MonthState>;
  /** True for a day whose sums are there. */
  readonly isClosed: (day: string) => boolean;
  /** True where the invoice of a month is closed at a moment. */
  readonly isInvoiceClosed: (month: string, at: EpochMs) => boolean;
  /** True where every bill has been read after the invoice of a month was closed. */
  readonly isBilled: (month: string) => boolean;
}

/** Decides which finished months are to be written now: once soon after their end, and once more when their invoice has closed. Oldest first. */
export function planMonths(known: MonthsKnown): readonly MonthPlan[] {
  const finished = known.months.filter((month) => monthEndsAt(month) <= known.now).sort();
  return finished.slice(-MONTHS_BACK).flatMap((month): readonly MonthPlan[] => {
    const state = known.stateByMonth.get(month);
    if (state === 'final') return [];
    if (isFinal(known, month)) return [{ month, as: 'final' }];
    const isReady = known.isClosed(monthDays(month).to) || known.now >= monthEndsAt(month) + CLOSE_PATIENCE_MS;
    return state === undefined && isReady ? [{ month, as: 'preliminary' }] : [];
  });
}

function isFinal({ now, isInvoiceClosed, isBilled }: MonthsKnown, month: string): boolean {
  return isInvoiceClosed(month, now) && (isBilled(month) || isInvoiceClosed(month, now - BILL_PATIENCE_MS));
}

/** The first and the last day of a month. */
export function monthDays(month: string): MonthDays {
  return { from: `${month}-01`, to: utcDay(monthEndsAt(month) - DAY_MS) };
}

/** The moment a UTC month is over. */
export function monthEndsAt(month: string): EpochMs {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return Date.UTC(year, number, 1);
}
