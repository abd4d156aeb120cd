import { type EpochMs, utcDay } from '../base/time.ts';
import type { Group, GroupBy } from './day-groups.ts';
import { addFigures, type Figures, isZero, noFigures, subtractFigures } from './figures.ts';
import type { GroupDay } from './group-book.ts';
import type { Price } from './ports.ts';
import { type ReportQuery, shiftDay } from './report-query.ts';

/**
 * How far a day's figures can be trusted: `complete`; `partial`: closed, but points were not measured or prices missing; `open`: today, which is not over;
 * `missing`: no figures at all.
 */
export type DayState = 'complete' | 'partial' | 'open' | 'missing';

export interface ReportDay {
  readonly day: string;
  readonly state: DayState;
  /** All zero for a missing day. */
  readonly figures: Readonly<Figures>;
}

/** One group over the report's days. The groups of a breakdown add up to the totals, day by day and in every figure. */
export interface ReportGroup {
  readonly group: Group;
  /** As of the report's last day with figures. */
  readonly now: Readonly<Figures>;
  /** Sums over the report's days; bytes and points in them have no meaning but for what was freed. */
  readonly period: Readonly<Figures>;
  /** Money of the current UTC month so far, today at its present size included. */
  readonly monthMicroUnits: number;
  /** Aligned with the report's days. */
  readonly days: readonly Readonly<Figures>[];
}

export interface Breakdown {
  readonly groupBy: GroupBy;
  /** Dearest of the period first. */
  readonly groups: readonly ReportGroup[];
}

/** A price that today's figures rest on. */
export interface PriceUsed {
  readonly region: string;
  readonly redundancy: string;
  readonly price: Price;
  readonly asOf: string;
}

/** Something that the reader has to know to read the figures right. */
export interface Notice {
  readonly code: 'no-figures' | 'missing-days' | 'unpriced' | 'unmeasured' | 'stale-price';
  readonly text: string;
}

/**
 * The cost report: an estimate from measured used size and list prices, not a bill.
 *
 * Units:  bytes; micro-units of `currency`; UTC days.
 */
export interface CostReport {
  readonly from: string;
  readonly to: string;
  readonly currency: string;
  readonly generatedAt: EpochMs;
  /** The day that "now" stands for: today, or the last closed one; null without any figures. */
  readonly asOf: string | null;
  readonly total: ReportGroup;
  readonly days: readonly ReportDay[];
  /** The one asked for first, then policies and machines. */
  readonly breakdowns: readonly Breakdown[];
  readonly prices: readonly PriceUsed[];
  readonly notices: readonly Notice[];
}

export interface ReportInput {
  readonly query: Pick<ReportQuery, 'from' | 'to'>;
  readonly now: EpochMs;
  readonly currency: string;
  /** From the earlier of the report's first day and the month's, up to today; today's figures are not closed yet. */
  readonly total: readonly GroupDay[];
  readonly breakdowns: readonly { readonly groupBy: GroupBy; readonly groups: readonly GroupDay[] }[];
  readonly prices: readonly PriceUsed[];
}

const NOTHING: Readonly<Figures> = Object.freeze(noFigures());
const UNTAGGED: Group = { key: '(untagged)', label: '(untagged)', detail: '' };
const REST: Group = { key: '(not attributed)', label: '(not attributed)', detail: '' };
const TOTAL: Group = { key: 'total', label: 'Total', detail: '' };

/** Builds the report's model from sums by day. Pure; money is added up in whole micro-units and never rounded again. */
export function buildCostReport(input: ReportInput): CostReport {
  const { from, to } = input.query;
  const today = utcDay(input.now);
  const totalByDay = new Map(input.total.map(({ day, figures }) => [day, figures]));
  const asOf =
    [...totalByDay.keys()]
      .filter((day) => day <= to)
      .sort()
      .at(-1) ?? null;
  const frame: Frame = { dayNames: daysBetween(from, to), month: today.slice(0, 7), asOf };
  const days = frame.dayNames.map((day): ReportDay => {
    const figures = totalByDay.get(day);
    return { day, state: stateOf(day, today, figures), figures: figures ?? NOTHING };
  });
  return {
    from,
    to,
    currency: input.currency,
    generatedAt: input.now,
    asOf,
    total: lineOf(TOTAL, totalByDay, frame),
    days,
    breakdowns: input.breakdowns.map(({ groupBy, groups }) => breakDown(groupBy, groups, totalByDay, frame)),
    prices: input.prices,
    notices: noticesOf(days, input.prices, today),
  };
}

interface Frame {
  readonly dayNames: readonly string[];
  readonly month: string;
  readonly asOf: string | null;
}

function breakDown(
  groupBy: GroupBy,
  groups: readonly GroupDay[],
  totalByDay: ReadonlyMap<string, Readonly<Figures>>,
  frame: Frame,
): Breakdown {
  const byKey = new Map<string, { group: Group; byDay: Map<string, Readonly<Figures>> }>();
  const sumByDay = new Map([...totalByDay.keys()].map((day) => [day, noFigures()]));
  for (const { day, group, figures } of groups) {
    const sum = sumByDay.get(day);
    // The total is written last: a day without it is being closed right now.
    if (!sum) continue;
    addFigures(sum, figures);
    const line = byKey.get(group.key) ?? { group, byDay: new Map() };
    // The latest day's label is the one to show: machines are renamed, disks move.
    byKey.set(group.key, { group, byDay: line.byDay.set(day, figures) });
  }
  const lines = [...byKey.values()].map(({ group, byDay }) => lineOf(group, byDay, frame));
  const restByDay = new Map(
    [...totalByDay].map(([day, total]) => [day, subtractFigures(total, sumByDay.get(day) ?? NOTHING)]),
  );
  if ([...restByDay.values()].some((rest) => !isZero(rest))) {
    lines.push(lineOf(groupBy.startsWith('tag:') ? UNTAGGED : REST, restByDay, frame));
  }
  lines.sort(byCost);
  return { groupBy, groups: lines };
}

function byCost(a: ReportGroup, b: ReportGroup): number {
  return (
    b.period.microUnits - a.period.microUnits ||
    b.now.storedBytes - a.now.storedBytes ||
    (a.group.label < b.group.label ? -1 : a.group.label > b.group.label ? 1 : a.group.key < b.group.key ? -1 : 1)
  );
}

function lineOf(group: Group, byDay: ReadonlyMap<string, Readonly<Figures>>, frame: Frame): ReportGroup {
  const days = frame.dayNames.map((day) => byDay.get(day) ?? NOTHING);
  const period = noFigures();
  for (const figures of days) addFigures(period, figures);
  let monthMicroUnits = 0;
  for (const [day, figures] of byDay) if (day.startsWith(frame.month)) monthMicroUnits += figures.microUnits;
  const now = (frame.asOf === null ? undefined : byDay.get(frame.asOf)) ?? NOTHING;
  return { group, now, period, monthMicroUnits, days };
}

function stateOf(day: string, today: string, figures: Readonly<Figures> | undefined): DayState {
  if (!figures) return 'missing';
  if (day >= today) return 'open';
  return figures.unmeasuredPoints > 0 || figures.unpricedBytes > 0 ? 'partial' : 'complete';
}

function noticesOf(days: readonly ReportDay[], prices: readonly PriceUsed[], today: string): readonly Notice[] {
  const notices: Notice[] = [];
  const first = days.findIndex((day) => day.state !== 'missing');
  if (first < 0) return [{ code: 'no-figures', text: 'There are no figures for these days yet.' }];
  const missing = days
    .slice(first)
    .filter((day) => day.state === 'missing')
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

function daysBetween(from: string, to: string): readonly string[] {
  const days: string[] = [];
  for (let day = from; day <= to; day = shiftDay(day, 1)) days.push(day);
  return days;
}
