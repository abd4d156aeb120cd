import type { Store } from '../base/store.ts';
import { daysInUtcMonth, type EpochMs, utcDay } from '../base/time.ts';
import { DayGroups, type Dimension, dimensionOf, type GroupBy, type GroupTags } from './day-groups.ts';
import { type GroupCost, type GroupDay, readGroupCosts, readGroups } from './group-book.ts';
import { type LiveChain, valueChain } from './ledger-row.ts';
import { readFreed } from './ledger-table.ts';
import { redundancyOfSku } from './price.ts';
import type { PriceBook } from './price-book.ts';
import type { BilledBook } from './report-billed.ts';
import type { PriceUsed } from './report-days.ts';
import { readMadeLines } from './report-made.ts';
import { buildCostReport, type CostReport } from './report-model.ts';
import { pricesOfRegions } from './report-prices.ts';
import { type ReportQuery, shiftDay } from './report-query.ts';

export interface ReportDeps {
  readonly store: Store;
  readonly prices: PriceBook;
  /** Null where nothing is billed. */
  readonly billed: BilledBook | null;
  /** The tags that say whose something is. */
  readonly tags: GroupTags;
}

type Asked = Pick<ReportQuery, 'from' | 'to' | 'groupBy'>;

interface DayRange {
  readonly from: string;
  readonly to: string;
}

/** Reads sums by day: closed days from beside the ledger, today from the chains as they are, what is billed from its own book. */
export interface SumsReader {
  readonly prices: readonly PriceUsed[];
  estimated(dimension: Dimension, range: DayRange): AsyncIterable<GroupDay>;
  billed(dimension: Dimension, range: DayRange): AsyncIterable<GroupDay>;
  costs(dimension: 'vm' | 'disk', range: DayRange): AsyncIterable<GroupCost>;
}

/**
 * Opens the sums for one report: today's are made once, here.
 *
 * Shape:  without `live` (an estate too large to be read for a page) there is no today.
 * Errors: 'storage-unavailable', 'data-unreadable'.
 */
export async function openSums(
  { store, prices, billed }: ReportDeps,
  live: AsyncIterable<LiveChain> | null,
  now: EpochMs,
): Promise<SumsReader> {
  const { currency } = prices;
  const today = utcDay(now);
  const open = live === null ? null : await sumToday({ store, prices }, live, now);
  return {
    prices: open?.used ?? [],
    async *estimated(dimension, range) {
      for await (const day of readGroups(store, dimension, currency, range)) if (day.day < today || !open) yield day;
      if (open && range.to >= today) yield* todayOf(open.groups, dimension, today);
    },
    async *costs(dimension, range) {
      // Today is never closed while it is open here.
      const closed = open && range.to >= today ? { ...range, to: shiftDay(today, -1) } : range;
      if (closed.from <= closed.to) yield* readGroupCosts(store, dimension, currency, closed);
      if (!open || range.to < today) return;
      for (const { group, figures } of todayOf(open.groups, dimension, today))
        yield { group, microUnits: figures.microUnits };
    },
    async *billed(dimension, range) {
      if (billed) yield* billed.groups(dimension, currency, range);
    },
  };
}

/**
 * Reads the cost report.
 *
 * Shape:  without `live` the last closed day stands for now.
 * Errors: 'storage-unavailable', 'data-unreadable'. A price list that does not answer is a notice.
 */
export async function readCostReport(
  deps: ReportDeps,
  query: Asked,
  live: AsyncIterable<LiveChain> | null,
  now: EpochMs,
): Promise<CostReport> {
  const { currency } = deps.prices;
  const today = utcDay(now);
  const lastMonth = `${shiftDay(`${today.slice(0, 7)}-01`, -1).slice(0, 7)}-01`;
  const asked = { from: query.from, to: query.to };
  const all = { from: query.from < lastMonth ? query.from : lastMonth, to: today };
  const sums = await openSums(deps, live, now);
  const [total, billedTotal, billedDays, made] = await Promise.all([
    Array.fromAsync(sums.estimated('total', all)),
    Array.fromAsync(sums.billed('total', asked)),
    deps.billed ? deps.billed.days(currency, all) : [],
    readMadeLines(deps.store, query.to < today ? query.to : shiftDay(today, -1), currency),
  ]);
  const last = total.at(-1)?.day;
  const used =
    live !== null || last === undefined
      ? sums.prices
      : await pricesOfRegions(deps.prices, sums.estimated('region', { from: last, to: last }));
  return buildCostReport({
    query,
    now,
    currency,
    total,
    billedTotal,
    billedDays,
    breakdowns: breakdownsOf(query.groupBy, deps.tags),
    made,
    prices: used,
    read: (dimension) => ({ estimated: sums.estimated(dimension, all), billed: sums.billed(dimension, asked) }),
    costs: (dimension) => sums.costs(dimension, asked),
  });
}

function breakdownsOf(asked: GroupBy, tags: GroupTags) {
  const byDimension = new Map<Dimension, GroupBy>();
  for (const groupBy of [asked, 'policy', 'owner', 'costCentre'] as const) {
    const dimension = dimensionOf(groupBy, tags);
    if (!byDimension.has(dimension)) byDimension.set(dimension, groupBy);
  }
  return [...byDimension].map(([dimension, groupBy]) => ({ dimension, groupBy }));
}

async function sumToday(
  { store, prices }: Pick<ReportDeps, 'store' | 'prices'>,
  live: AsyncIterable<LiveChain>,
  now: EpochMs,
) {
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
