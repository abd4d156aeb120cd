import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, utcDay } from '../../src/base/time.ts';
import {
  type BilledProgress,
  dayAfter,
  isInvoiceClosed,
  planBilledReads,
  READ_DAYS,
} from '../../src/cost/plan-billed-reads.ts';

const at = (day: string, hour = 9) => Date.parse(`${day}T00:00:00Z`) + hour * 3_600_000;
const progress = (changes: Partial<BilledProgress>): BilledProgress => ({
  since: '2026-01-01',
  readThrough: null,
  finalThrough: null,
  ...changes,
});
const shown = (plan: ReturnType<typeof planBilledReads>) =>
  plan.map(({ from, to, closing }) => `${from.slice(5)}..${to.slice(5)}${closing ? ' closing' : ''}`);

describe('what to ask of a subscription', () => {
  const cases: readonly { name: string; known: BilledProgress | null; now: number; asked: readonly string[] }[] = [
    {
      name: 'the very first time: the month before, which is closed, and this one',
      known: null,
      now: at('2026-03-10'),
      asked: [
        '02-01..02-07 closing', '02-08..02-14 closing', '02-15..02-21 closing', '02-22..02-28 closing',
        '03-01..03-07', '03-08..03-09',
      ], // biome-ignore format: a list of ranges
    },
    {
      name: 'the very first time, the invoice of the month before still open',
      known: null,
      now: at('2026-03-04'),
      asked: ['02-01..02-07', '02-08..02-14', '02-15..02-21', '02-22..02-28', '03-01..03-03'],
    },
    {
      name: 'every day: the last seven again',
      known: progress({ finalThrough: '2026-02-28', readThrough: '2026-03-20' }),
      now: at('2026-03-22'),
      asked: ['03-15..03-21'],
    },
    {
      name: 'early in a month: across its beginning',
      known: progress({ finalThrough: '2026-01-31', readThrough: '2026-03-02' }),
      now: at('2026-03-04'),
      asked: ['02-25..03-03'],
    },
    {
      name: 'on the day when the invoice is closed: the whole month a last time',
      known: progress({ finalThrough: '2026-01-31', readThrough: '2026-03-04' }),
      now: at('2026-03-06', 0),
      asked: [
        '02-01..02-07 closing', '02-08..02-14 closing', '02-15..02-21 closing', '02-22..02-28 closing', '03-01..03-05',
      ], // biome-ignore format: a list of ranges
    },
    {
      name: 'after a break in the middle of closing: from where it stopped',
      known: progress({ finalThrough: '2026-02-14', readThrough: '2026-03-04' }),
      now: at('2026-03-06'),
      asked: ['02-15..02-21 closing', '02-22..02-28 closing', '03-01..03-05'],
    },
    {
      name: 'after weeks of silence: all that was missed',
      known: progress({ finalThrough: '2026-01-31', readThrough: '2026-02-10' }),
      now: at('2026-03-01'),
      asked: ['02-11..02-17', '02-18..02-24', '02-25..02-28'],
    },
    {
      name: 'on the first day of all with nothing over yet',
      known: progress({ since: '2026-03-01' }),
      now: at('2026-03-01'),
      asked: [],
    },
    {
      name: 'after years: as far back as Azure answers',
      known: progress({ finalThrough: '2020-01-31', readThrough: '2020-02-10' }),
      now: at('2026-03-10'),
      asked: expect.arrayContaining(['03-01..03-07 closing']) as unknown as string[],
    },
  ];
  it.each(cases)('$name', ({ known, now, asked }) => {
    expect(shown(planBilledReads(known, now))).toEqual(asked);
  });

  it('never goes further back than the history of Azure', () => {
    const plan = planBilledReads(progress({ finalThrough: '2020-01-31' }), at('2026-03-10'));
    expect(plan[0]?.from).toBe('2023-03-01');
  });
});

it('closes an invoice five days into the next month, whatever the length of the month', () => {
  expect(isInvoiceClosed('2026-02-01', at('2026-03-05', 23))).toBe(false);
  expect(isInvoiceClosed('2026-02-28', at('2026-03-06', 0))).toBe(true);
  expect(isInvoiceClosed('2026-12-31', at('2027-01-05', 23))).toBe(false);
  expect(isInvoiceClosed('2026-12-31', at('2027-01-06', 0))).toBe(true);
});

it('never asks for today, for more than a week at once, for what is final, or leaves a day out', () => {
  const day = (offset: number) => utcDay(at('2026-01-01') + offset * DAY_MS);
  fc.assert(
    fc.property(
      fc.integer({ min: 40, max: 500 }),
      fc.integer({ min: 0, max: 120 }),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 0, max: 23 }),
      (today, sinceRead, sinceFinal, hour) => {
        const now = at(day(today), hour);
        const readThrough = day(today - 1 - sinceRead);
        const final = day(today - 1 - sinceRead - sinceFinal);
        const finalThrough = isInvoiceClosed(final, now) ? final : null;
        const since = day(today - 1 - sinceRead - sinceFinal);
        const plan = planBilledReads({ since, readThrough, finalThrough }, now);
        const yesterday = day(today - 1);
        expect(plan.at(-1)?.to ?? yesterday).toBe(yesterday);
        let last = finalThrough ?? utcDay(Date.parse(since) - DAY_MS);
        for (const { from, to, closing } of plan) {
          expect(to >= from && Date.parse(to) - Date.parse(from) < READ_DAYS * DAY_MS).toBe(true);
          expect(from > last).toBe(true);
          // Between two ranges lies only what was read before and is not closing now.
          if (from !== dayAfter(last)) expect(utcDay(Date.parse(from) - DAY_MS) <= readThrough).toBe(true);
          expect(closing).toBe(isInvoiceClosed(to, now));
          last = to;
        }
      },
    ),
  );
});
