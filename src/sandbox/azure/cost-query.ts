import { ArmError, notInSandbox } from './arm-error.ts';
import { isObject, type Json, listAt, objectAt, textAt, valueAt } from './json.ts';
import { COST_DAILY_DAYS_MAX, COST_GROUPINGS_MAX, COST_RANGE_MONTHS_MAX } from './limits.ts';

/** A query as it was understood. Units: epoch milliseconds, both ends inside. */
export interface CostQuery {
  readonly fromMs: number;
  readonly toMs: number;
  readonly granularity: 'None' | 'Daily' | 'Monthly';
  readonly aggregations: readonly {
    readonly name: string;
    readonly of: 'cost' | 'quantity';
  }[];
  readonly grouping: readonly CostDimension[];
  readonly fits: (read: (dimension: CostDimension) => string) => boolean;
}

/** The dimensions that the sandbox's records have. Source: Cost Management, dimensions of a query. */
export const COST_DIMENSIONS = [
  'ResourceId',
  'ResourceType',
  'ResourceGroupName',
  'ResourceGroup',
  'ResourceLocation',
  'SubscriptionId',
  'Meter',
  'MeterId',
  'MeterCategory',
  'MeterSubCategory',
  'ServiceName',
  'ChargeType',
] as const;

/** One of them. */
export type CostDimension = (typeof COST_DIMENSIONS)[number];

const DAY_MS = 86_400_000;

/** Reads a query's body. Errors: 400 with what Azure does not take; 501 for what only the sandbox does not. */
export function parseCostQuery(body: unknown, nowMs: number): CostQuery {
  oneWord('type', textAt(body, 'type'), ['ActualCost', 'AmortizedCost', 'Usage']);
  const dataset = objectAt(body, 'dataset');
  if (valueAt(dataset, 'configuration') !== undefined) throw notInSandbox('cost queries with configuration.columns');
  const granularity = oneWord('dataset.granularity', textAt(dataset, 'granularity') ?? 'None', [
    'None',
    'Daily',
    'Monthly',
  ]);
  const { fromMs, toMs } = periodOf(body, nowMs);
  checkPeriod(fromMs, toMs, granularity);
  return {
    fromMs,
    toMs,
    granularity,
    aggregations: aggregationsOf(dataset),
    grouping: groupingOf(dataset),
    fits: filterOf(valueAt(dataset, 'filter')),
  };
}

function oneWord<T extends string>(name: string, value: string | null, allowed: readonly T[]): T {
  const found = allowed.find((each) => each.toLowerCase() === value?.toLowerCase());
  if (found === undefined) throw invalid(`${name} is one of ${allowed.join(', ')}.`);
  return found;
}

/** Source: Cost Management, timeframes of a query. */
function periodOf(body: unknown, nowMs: number): { fromMs: number; toMs: number } {
  const timeframe = oneWord('timeframe', textAt(body, 'timeframe'), [
    'Custom', 'MonthToDate', 'BillingMonthToDate', 'TheLastMonth', 'TheLastBillingMonth', 'WeekToDate',
  ]); // biome-ignore format: a list of names
  const now = new Date(nowMs);
  const monthStart = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  if (timeframe === 'Custom') {
    const fromMs = Date.parse(textAt(body, 'timePeriod', 'from') ?? '');
    const toMs = Date.parse(textAt(body, 'timePeriod', 'to') ?? '');
    if (Number.isNaN(fromMs) || Number.isNaN(toMs) || toMs < fromMs) {
      throw invalid('timePeriod needs from and to, in this order.');
    }
    return { fromMs, toMs };
  }
  if (timeframe === 'TheLastMonth' || timeframe === 'TheLastBillingMonth') {
    return {
      fromMs: Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1),
      toMs: monthStart - 1,
    };
  }
  if (timeframe === 'WeekToDate') {
    return {
      fromMs: Math.floor(nowMs / DAY_MS) * DAY_MS - now.getUTCDay() * DAY_MS,
      toMs: nowMs,
    };
  }
  return { fromMs: monthStart, toMs: nowMs };
}

function checkPeriod(fromMs: number, toMs: number, granularity: string): void {
  const days = (toMs - fromMs) / DAY_MS;
  if (granularity === 'Daily' && days > COST_DAILY_DAYS_MAX) {
    throw invalid(`The time period of a Daily query is at most ${COST_DAILY_DAYS_MAX} days.`);
  }
  const last = new Date(fromMs);
  last.setUTCMonth(last.getUTCMonth() + COST_RANGE_MONTHS_MAX);
  if (toMs > last.getTime()) throw invalid(`The time period is at most ${COST_RANGE_MONTHS_MAX} months.`);
}

function aggregationsOf(dataset: Json): CostQuery['aggregations'] {
  const entries = Object.entries(objectAt(dataset, 'aggregation'));
  if (entries.length === 0 || entries.length > 2) throw invalid('aggregation has one or two entries.');
  return entries.map(([alias, value]) => {
    oneWord(`aggregation.${alias}.function`, textAt(value, 'function'), ['Sum']);
    const name = oneWord(`aggregation.${alias}.name`, textAt(value, 'name'), ['Cost', 'PreTaxCost', 'UsageQuantity']);
    return { name, of: name === 'UsageQuantity' ? 'quantity' : 'cost' };
  });
}

function groupingOf(dataset: Json): CostDimension[] {
  const grouping = listAt(dataset, 'grouping');
  if (grouping.length > COST_GROUPINGS_MAX) throw invalid(`A query has at most ${COST_GROUPINGS_MAX} groupings.`);
  return grouping.map((each) => {
    if (textAt(each, 'type')?.toLowerCase() !== 'dimension') throw notInSandbox('cost queries grouped by tags');
    return oneWord('grouping.name', textAt(each, 'name'), COST_DIMENSIONS);
  });
}

/** Source: Cost Management, QueryFilter: and, or, dimensions with In; values whatever their case. */
function filterOf(filter: unknown): CostQuery['fits'] {
  if (filter === undefined || filter === null) return () => true;
  if (!isObject(filter)) throw invalid('filter is an object.');
  const [[kind, value] = ['', undefined], ...more] = Object.entries(filter);
  if (more.length > 0) throw invalid('A filter has one of and, or, dimensions.');
  if (kind === 'and' || kind === 'or') {
    const parts = listAt(filter, kind).map(filterOf);
    if (parts.length < 2) throw invalid(`${kind} has at least two filters.`);
    return kind === 'and' ? (read) => parts.every((part) => part(read)) : (read) => parts.some((part) => part(read));
  }
  if (kind !== 'dimensions') throw notInSandbox(`cost queries with a filter of kind ${kind}`);
  const name = oneWord('filter.dimensions.name', textAt(value, 'name'), COST_DIMENSIONS);
  oneWord('filter.dimensions.operator', textAt(value, 'operator'), ['In']);
  const values = new Set(listAt(value, 'values').map((each) => String(each).toLowerCase()));
  return (read) => values.has(read(name).toLowerCase());
}

function invalid(message: string): ArmError {
  return new ArmError(400, 'BadRequest', `Invalid query definition: ${message}`);
}
