import { DAY_MS, daysInUtcMonth, type EpochMs, utcDay } from '../base/time.ts';
import type { Dimension, Group, GroupBy } from './day-groups.ts';
import { type Figures, noFigures } from './figures.ts';
import type { GroupCost, GroupDay } from './group-book.ts';
import { type BilledDay, type BilledPart, billedPart } from './report-billed.ts';
import type { DayState, PriceUsed, ReportDay } from './report-days.ts';
import { type Forecast, forecastMonth } from './report-forecast.ts';
import { GroupLines, type ReportFrame, type ReportGroup, restGroup } from './report-groups.ts';
import type { MadeLine } from './report-made.ts';
import { type Notice, noticesOf } from './report-notices.ts';
import { type ReportQuery, shiftDay } from './report-query.ts';

/** The groups of one grouping: `dimension` is what it stands for (an owner is a tag). */
export interface Breakdown {
  readonly groupBy: GroupBy;
  readonly dimension: Dimension;
  readonly groups: readonly ReportGroup[];
}

/** A UTC month: `knownDays` of its `days` have figures, Azure has billed `billedDays` of them. */
export interface ReportMonth {
  readonly month: string;
  readonly microUnits: number;
  readonly knownDays: number;
  readonly days: number;
  readonly billedMicroUnits: number;
  readonly billedDays: number;
  /** What each of its days has cost, in order; null for a day without figures. */
  readonly daily: readonly (number | null)[];
}

/**
 * The cost report: an estimate from measured used size and prices, and beside it what Azure has billed.
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
  /** This UTC month, today at its present size included where today's figures are read. */
  readonly month: ReportMonth;
  readonly lastMonth: ReportMonth;
  readonly forecast: Forecast | null;
  readonly total: ReportGroup;
  readonly days: readonly ReportDay[];
  /** The one asked for first, then policies, owners and cost centres. */
  readonly breakdowns: readonly Breakdown[];
  /** What each machine and disk has cost in these days, dearest first. */
  readonly machines: readonly GroupCost[];
  readonly disks: readonly GroupCost[];
  /** Null until a day of the report is billed. */
  readonly billed: BilledPart | null;
  /** Disks that Holdfast made and that existed on the last closed day, by what they were made for. */
  readonly made: readonly MadeLine[];
  readonly prices: readonly PriceUsed[];
  readonly notices: readonly Notice[];
}

/** The sums of one dimension, as they are read. */
export interface DimensionDays {
  readonly estimated: AsyncIterable<GroupDay>;
  readonly billed: AsyncIterable<GroupDay>;
}

export interface ReportInput {
  readonly query: Pick<ReportQuery, 'from' | 'to'>;
  readonly now: EpochMs;
  readonly currency: string;
  /** From the earliest of the report's first day and last month's, up to today; today's figures are not closed yet. */
  readonly total: readonly GroupDay[];
  readonly billedTotal: readonly GroupDay[];
  /** From the earliest of the report's first day and last month's. */
  readonly billedDays: readonly BilledDay[];
  readonly breakdowns: readonly Omit<Breakdown, 'groups'>[];
  readonly made: readonly MadeLine[];
  readonly prices: readonly PriceUsed[];
  read(dimension: Dimension): DimensionDays;
  costs(dimension: 'vm' | 'disk'): AsyncIterable<GroupCost>;
}

const NOTHING: Readonly<Figures> = Object.freeze(noFigures());
const TOTAL: Group = { key: 'total', label: 'Total', detail: '' };

/** Builds the report's model from sums by day, as they are read; money is added up in whole micro-units and never rounded again. */
export async function buildCostReport(input: ReportInput): Promise<CostReport> {
  const { query, now, prices } = input;
  const today = utcDay(now);
  const frame = frameOf(input);
  const billedByDay = new Map(input.billedDays.map((day) => [day.day, day]));
  const days = frame.dayNames.map((day): ReportDay => {
    const figures = frame.totalByDay.get(day);
    return {
      day,
      state: stateOf(day, today, figures),
      figures: figures ?? NOTHING,
      billed: billedByDay.get(day) ?? null,
    };
  });
  const billedMicroUnits = input.billedTotal.reduce(
    (sum, { day, figures }) => sum + (frame.billedDays.has(day) ? figures.microUnits : 0),
    0,
  );
  const total = totalLine(frame, billedMicroUnits);
  const build = async (dimension: Dimension) => {
    const lines = new GroupLines(frame);
    const read = input.read(dimension);
    for await (const day of read.estimated) lines.add(day);
    for await (const day of read.billed) lines.addBilled(day);
    return lines.finish(restGroup(dimension), billedMicroUnits);
  };
  const [machines, disks, ...groups] = await Promise.all([
    dearest(input.costs('vm'), total),
    dearest(input.costs('disk'), total),
    ...input.breakdowns.map(({ dimension }) => build(dimension)),
  ]);
  return {
    from: query.from,
    to: query.to,
    currency: input.currency,
    generatedAt: now,
    asOf: frame.asOf,
    month: monthOf(frame, frame.month, input.billedDays),
    lastMonth: monthOf(frame, frame.lastMonth, input.billedDays),
    forecast: forecastOf(frame, today),
    total,
    days,
    breakdowns: input.breakdowns.map((breakdown, index) => ({ ...breakdown, groups: groups[index] ?? [] })),
    machines,
    disks,
    billed: billedPart(
      days.flatMap(({ billed, state }) => (billed && state !== 'missing' ? [billed] : [])),
      total,
    ),
    made: input.made,
    prices,
    notices: noticesOf(days, prices, today),
  };
}

function frameOf({ query: { from, to }, now, total, billedDays }: ReportInput): ReportFrame {
  const totalByDay = new Map(total.map(({ day, figures }) => [day, figures]));
  const asOf =
    [...totalByDay.keys()]
      .filter((day) => day <= to)
      .sort()
      .at(-1) ?? null;
  const month = utcDay(now).slice(0, 7);
  return {
    dayNames: daysBetween(from, to),
    month,
    lastMonth: shiftDay(`${month}-01`, -1).slice(0, 7),
    asOf,
    totalByDay,
    // A day that the ledger has no figures for cannot be compared.
    billedDays: new Set(
      billedDays.map(({ day }) => day).filter((day) => totalByDay.has(day) && day >= from && day <= to),
    ),
  };
}

function totalLine(frame: ReportFrame, billedMicroUnits: number): ReportGroup {
  const lines = new GroupLines(frame);
  for (const [day, figures] of frame.totalByDay) lines.add({ day, group: TOTAL, figures });
  const [line] = lines.finish(TOTAL, 0);
  const empty = () => new Float64Array(frame.dayNames.length);
  return {
    ...(line ?? {
      group: TOTAL,
      now: NOTHING,
      period: NOTHING,
      monthMicroUnits: 0,
      lastMonthMicroUnits: 0,
      estimateOfBilledMicroUnits: 0,
      daily: { microUnits: empty(), storedBytes: empty() },
    }),
    billedMicroUnits,
  };
}

/** Adds costs up by group; what the total holds beyond them is a group of its own. */
async function dearest(costs: AsyncIterable<GroupCost>, total: ReportGroup): Promise<readonly GroupCost[]> {
  const byKey = new Map<string, { group: Group; microUnits: number }>();
  let rest = total.period.microUnits;
  for await (const { group, microUnits } of costs) {
    const sum = byKey.get(group.key) ?? { group, microUnits: 0 };
    byKey.set(group.key, { group, microUnits: sum.microUnits + microUnits });
    rest -= microUnits;
  }
  const groups = [...byKey.values()].filter(({ microUnits }) => microUnits !== 0);
  if (rest !== 0) groups.push({ group: restGroup('disk'), microUnits: rest });
  return groups.sort((a, b) => b.microUnits - a.microUnits || (a.group.key < b.group.key ? -1 : 1));
}

function monthOf({ totalByDay }: ReportFrame, month: string, billed: readonly BilledDay[]): ReportMonth {
  const bills = billed.filter(({ day }) => day.startsWith(month));
  let microUnits = 0;
  let knownDays = 0;
  for (const [day, figures] of totalByDay) {
    if (!day.startsWith(month)) continue;
    microUnits += figures.microUnits;
    knownDays += 1;
  }
  return {
    month,
    microUnits,
    knownDays,
    days: daysInUtcMonth(Date.parse(`${month}-01`)),
    billedMicroUnits: bills.reduce((sum, { billedMicroUnits }) => sum + billedMicroUnits, 0),
    billedDays: bills.length,
    daily: Array.from({ length: daysInUtcMonth(Date.parse(`${month}-01`)) }, (_, place) => {
      const day = `${month}-${String(place + 1).padStart(2, '0')}`;
      return totalByDay.get(day)?.microUnits ?? null;
    }),
  };
}

/** From the days up to the last known one, whatever days the report is about: this month's end is asked for now. */
function forecastOf({ totalByDay, month }: ReportFrame, today: string): Forecast | null {
  const known = [...totalByDay].filter(([day]) => day <= today).sort(([a], [b]) => (a < b ? -1 : 1));
  const last = known.at(-1)?.[0];
  const daysInMonth = daysInUtcMonth(Date.parse(`${month}-01`));
  const end = `${month}-${daysInMonth}`;
  if (last === undefined) return null;
  const from = last < `${month}-01` ? shiftDay(`${month}-01`, -1) : last;
  return forecastMonth({
    spentMicroUnits: known.reduce((sum, [day, figures]) => sum + (day.startsWith(month) ? figures.microUnits : 0), 0),
    daysLeft: Math.round((Date.parse(end) - Date.parse(from)) / DAY_MS),
    daysInMonth,
    days: known.map(([day, { microUnitsPerMonth }]) => ({ at: Date.parse(day) / DAY_MS, microUnitsPerMonth })),
  });
}

/** How far each day from the first to the last can be trusted, in order. */
export function dayStates(
  { from, to }: Pick<ReportQuery, 'from' | 'to'>,
  totalByDay: ReadonlyMap<string, Readonly<Figures>>,
  now: EpochMs,
): ReadonlyMap<string, DayState> {
  const today = utcDay(now);
  return new Map(daysBetween(from, to).map((day) => [day, stateOf(day, today, totalByDay.get(day))]));
}

function stateOf(day: string, today: string, figures: Readonly<Figures> | undefined): DayState {
  if (!figures) return 'missing';
  if (day >= today) return 'open';
  return figures.unmeasuredPoints > 0 || figures.unpricedBytes > 0 ? 'partial' : 'complete';
}

function daysBetween(from: string, to: string): readonly string[] {
  const days: string[] = [];
  for (let day = from; day <= to; day = shiftDay(day, 1)) days.push(day);
  return days;
}
