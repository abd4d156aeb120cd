import type { Store } from '../base/store.ts';
import { daysInUtcMonth, type EpochMs, utcDay } from '../base/time.ts';
import { DayGroups, type Dimension, type GroupBy } from './day-groups.ts';
import { type GroupDay, readGroups } from './group-book.ts';
import { readFreed } from './ledger.ts';
import { type LiveChain, valueChain } from './ledger-row.ts';
import { redundancyOfSku } from './price.ts';
import type { PriceBook } from './price-book.ts';
import { buildCostReport, type CostReport, type PriceUsed } from './report-model.ts';
import type { ReportQuery } from './report-query.ts';

export interface ReportDeps {
  readonly store: Store;
  readonly prices: PriceBook;
}

/**
 * Reads the cost report: closed days from the sums beside the ledger, today from the chains as they are.
 *
 * Shape:  without `live` (an estate too large to be read for a page) the last closed day stands for now.
 * Errors: 'storage-unavailable', 'data-unreadable'. A price list that does not answer is a notice.
 */
export async function readCostReport(
  { store, prices }: ReportDeps,
  query: Pick<ReportQuery, 'from' | 'to' | 'groupBy'>,
  live: AsyncIterable<LiveChain> | null,
  now: EpochMs,
): Promise<CostReport> {
  const today = utcDay(now);
  const month = `${today.slice(0, 7)}-01`;
  const range = { from: utcDay(Math.min(Date.parse(query.from), Date.parse(month))), to: today };
  const open = live === null ? null : await sumToday({ store, prices }, live, now);
  const read = async (dimension: Dimension): Promise<readonly GroupDay[]> => {
    const days: GroupDay[] = [];
    for await (const day of readGroups(store, dimension, prices.currency, range))
      if (day.day < today || !open) days.push(day);
    return open ? [...days, ...todayOf(open.groups, dimension, today)] : days;
  };
  const dimensions = [...new Set<GroupBy>([query.groupBy, 'policy', 'vm'])];
  const [total, ...groups] = await Promise.all([read('total'), ...dimensions.map(read)]);
  return buildCostReport({
    query,
    now,
    currency: prices.currency,
    total: total ?? [],
    breakdowns: dimensions.map((groupBy, index) => ({ groupBy, groups: groups[index] ?? [] })),
    prices: open?.used ?? [],
  });
}

async function sumToday({ store, prices }: ReportDeps, live: AsyncIterable<LiveChain>, now: EpochMs) {
  const groups = new DayGroups();
  const used = new Map<string, PriceUsed>();
  for await (const chain of live) {
    const redundancy = redundancyOfSku(chain.sku);
    const { region } = chain.source;
    const answer = await prices.priceOf(region, redundancy);
    if (answer.kind === 'known' && redundancy !== null) {
      used.set(`${region}|${redundancy}`, { region, redundancy, price: answer.price, asOf: answer.asOf });
    }
    groups.add(valueChain(chain, answer, prices.currency, daysInUtcMonth(now)));
  }
  for await (const page of readFreed(store, utcDay(now))) {
    for (const row of page) if (row.currency === prices.currency) groups.addFreed(row);
  }
  return { groups, used: [...used].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, price]) => price) };
}

function todayOf(groups: DayGroups, dimension: Dimension, today: string): readonly GroupDay[] {
  for (const [name, sums] of groups.dimensions()) {
    if (name === dimension) return sums.map(({ group, figures }) => ({ day: today, group, figures }));
  }
  return [];
}
