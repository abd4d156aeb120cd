import type { CostDimension, CostQuery } from './cost-query.ts';
import type { BilledSnapshot, CostDay } from './cost-records.ts';

const DAY_MS = 86_400_000;
const GIB = 2 ** 30;
/** Sums of doubles are cut here, so that they read as Azure's do. */
const DECIMALS = 1e12;

/** How a day's records are shown at first: late, and a little wrong. Units: milliseconds; percent of what is shown later. */
export interface CostDelays {
  readonly lagMs: number;
  readonly correctionMs: number;
  readonly correctionPercent: number;
}

/** One row of an answer. Shape: values in the order of `columnsOf`. */
export type CostRow = readonly (number | string)[];

/**
 * The columns of an answer: the sums first, then the time, the groupings, the currency.
 *
 * Source: Cost Management, query usage, sample answers: a sum is called after what was summed, not by its alias.
 */
export function columnsOf(query: CostQuery): { name: string; type: string }[] {
  const time = {
    None: [],
    Daily: [{ name: 'UsageDate', type: 'Number' }],
    Monthly: [{ name: 'BillingMonth', type: 'Datetime' }],
  };
  return [
    ...query.aggregations.map(({ name }) => ({ name, type: 'Number' })),
    ...time[query.granularity],
    ...query.grouping.map((name) => ({ name, type: 'String' })),
    { name: 'Currency', type: 'String' },
  ];
}

/**
 * The rows of a query over the days that are shown by now.
 *
 * Units:  a day's quantity is the GiB used at its end, divided by the days of its month. Source: ACD, disks-incremental-snapshots (10 GiB / 31 days).
 */
export function rowsOf(
  query: CostQuery,
  days: readonly CostDay[],
  asked: {
    readonly scopeKey: string;
    readonly nowMs: number;
    readonly delays: CostDelays;
    readonly currency: string;
    readonly rate: number;
  },
): CostRow[] {
  const sums = new Map<string, { cost: number; quantity: number; labels: (number | string)[] }>();
  for (const day of days) {
    const shown = shareShown(day.dayMs, asked.nowMs, asked.delays);
    if (shown === 0) continue;
    const perGiB = shown / daysInMonth(day.dayMs) / GIB;
    for (const [index, snapshot] of day.snapshots.entries()) {
      if (snapshot.subscriptionKey !== asked.scopeKey && snapshot.groupKey !== asked.scopeKey) continue;
      const read = (dimension: CostDimension): string => dimensionOf(snapshot, dimension);
      if (!query.fits(read)) continue;
      const labels = [...timeLabel(query, day.dayMs), ...query.grouping.map(read)];
      const key = labels.join('|');
      let sum = sums.get(key);
      if (sum === undefined) {
        sum = { cost: 0, quantity: 0, labels };
        sums.set(key, sum);
      }
      const quantity = (day.usedBytes[index] ?? 0) * perGiB;
      sum.quantity += quantity;
      sum.cost += quantity * snapshot.meter.usdPerGiBMonth * asked.rate;
    }
  }
  return [...sums.values()].map((sum) => [
    ...query.aggregations.map(({ of }) => Math.round(sum[of] * DECIMALS) / DECIMALS),
    ...sum.labels,
    asked.currency,
  ]);
}

/** Nothing before the lag has passed; less or more than in the end until the correction. */
function shareShown(dayMs: number, nowMs: number, delays: CostDelays): number {
  const sinceEndMs = nowMs - dayMs - DAY_MS;
  if (sinceEndMs < delays.lagMs) return 0;
  return sinceEndMs < delays.correctionMs ? 1 - delays.correctionPercent / 100 : 1;
}

function timeLabel(query: CostQuery, dayMs: number): (number | string)[] {
  const date = new Date(dayMs);
  if (query.granularity === 'None') return [];
  const month = date.getUTCFullYear() * 100 + date.getUTCMonth() + 1;
  if (query.granularity === 'Daily') return [month * 100 + date.getUTCDate()];
  return [`${date.toISOString().slice(0, 7)}-01T00:00:00`];
}

function daysInMonth(dayMs: number): number {
  const date = new Date(dayMs);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

function dimensionOf(snapshot: BilledSnapshot, dimension: CostDimension): string {
  switch (dimension) {
    case 'ResourceId':
      return snapshot.resourceId;
    case 'ResourceType':
      return 'microsoft.compute/snapshots';
    case 'ResourceGroupName':
    case 'ResourceGroup':
      return snapshot.group;
    case 'ResourceLocation':
      return snapshot.region;
    case 'SubscriptionId':
      return snapshot.subscriptionKey.split('/')[2] ?? '';
    case 'Meter':
      return snapshot.meter.meterName;
    case 'MeterId':
      return snapshot.meter.meterId;
    case 'MeterSubCategory':
      return snapshot.meter.productName;
    case 'MeterCategory':
    case 'ServiceName':
      return 'Storage';
    case 'ChargeType':
      return 'Usage';
  }
}
