import { describe, expect, it } from 'vitest';
import { DAY_MS, type EpochMs } from '../../src/base/time.ts';
import {
  BILL_PATIENCE_MS,
  CLOSE_PATIENCE_MS,
  type MonthState,
  monthDays,
  planMonths,
} from '../../src/send/plan-months.ts';

const APRIL = Date.UTC(2026, 3, 1);
const INVOICE = APRIL + 5 * DAY_MS;

function plan(now: EpochMs, known: { state?: MonthState; closed?: boolean; billed?: boolean; months?: string[] } = {}) {
  return planMonths({
    now,
    months: known.months ?? ['2026-03'],
    stateByMonth: new Map(known.state ? [['2026-03', known.state]] : []),
    isClosed: () => known.closed ?? true,
    isInvoiceClosed: (month, at) => month === '2026-03' && at >= INVOICE,
    isBilled: () => known.billed ?? true,
  });
}

describe('planMonths', () => {
  it.each([
    { name: 'nothing before the month is over', now: APRIL - 1, known: {}, as: [] },
    { name: 'a first writing once its last day is closed', now: APRIL + 1, known: {}, as: ['preliminary'] },
    { name: 'nothing while that day is open', now: APRIL + 1, known: { closed: false }, as: [] },
    {
      name: 'it without that day after a while',
      now: APRIL + CLOSE_PATIENCE_MS,
      known: { closed: false },
      as: ['preliminary'],
    },
    { name: 'nothing twice', now: APRIL + DAY_MS, known: { state: 'preliminary' }, as: [] },
    {
      name: 'the last writing when the invoice is closed',
      now: INVOICE,
      known: { state: 'preliminary' },
      as: ['final'],
    },
    { name: 'that at once after an absence', now: INVOICE, known: {}, as: ['final'] },
    { name: 'nothing while bills are not read', now: INVOICE, known: { state: 'preliminary', billed: false }, as: [] },
    {
      name: 'it without them after a while',
      now: INVOICE + BILL_PATIENCE_MS,
      known: { state: 'preliminary', billed: false },
      as: ['final'],
    },
    { name: 'nothing more once it is final', now: INVOICE + DAY_MS, known: { state: 'final' }, as: [] },
    { name: 'nothing of months without figures', now: INVOICE, known: { months: [] }, as: [] },
  ] as const)('plans $name', ({ now, known, as }) => {
    expect(plan(now, known as Parameters<typeof plan>[1]).map((each) => each.as)).toEqual(as);
  });

  it('makes up for three months at most, the oldest first', () => {
    const months = ['2025-11', '2026-02', '2026-01', '2025-12', '2026-03'];
    expect(plan(APRIL + 1, { months }).map(({ month }) => month)).toEqual(['2026-01', '2026-02', '2026-03']);
  });
});

describe('monthDays', () => {
  it.each([
    ['2026-03', '2026-03-31'],
    ['2026-02', '2026-02-28'],
    ['2028-02', '2028-02-29'],
    ['2026-12', '2026-12-31'],
  ])('%s ends on %s', (month, to) => {
    expect(monthDays(month)).toEqual({ from: `${month}-01`, to });
  });
});
