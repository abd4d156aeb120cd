import { fromMicroUnits } from '../base/money.ts';
import { formatIso } from '../base/time.ts';
import type { CostReport, Figures, ReportGroup, ReportMonth } from '../cost/cost.ts';
import { adviceJson } from './advice-json.ts';
import type { CostPage } from './cost-page.ts';

/** Groups of one breakdown that are given day by day: the dearest. The others have their sums; CSV has every day of all. */
export const GROUPS_BY_DAY_MAX = 1_000;
/** Machines and disks that are named as the dearest. */
const DEAREST = 10;

/**
 * The cost report as JSON.
 *
 * Shape:  every amount stands as a number people read and, under `…MicroUnits`, as the whole number it was added up in. `days` of a group are left out
 *         beyond the thousand dearest.
 * Units:  bytes; `currency`; UTC days.
 */
export function costJson({ report, budgets, advice }: CostPage) {
  return {
    kind: 'estimate',
    basis: 'measured used size at list or negotiated prices; what Azure has billed stands under billed',
    from: report.from,
    to: report.to,
    timeZone: 'UTC',
    currency: report.currency,
    generatedAt: formatIso(report.generatedAt),
    asOf: report.asOf,
    lastMonth: month(report.lastMonth),
    month: month(report.month),
    forecast: forecast(report),
    prices: report.prices.map(({ region, redundancy, price, asOf }) => ({
      region,
      redundancy,
      perGiBMonth: fromMicroUnits(price.microUnitsPerGiBMonth),
      asOf,
      effectiveFrom: price.effectiveFrom === null ? null : formatIso(price.effectiveFrom),
      source: price.source,
    })),
    notices: report.notices,
    total: group(report.total),
    billed: billed(report),
    days: report.days.map(({ day, state, figures, billed: bill }) => ({
      day,
      state,
      ...dayFigures(figures, state === 'missing'),
      ...(bill === null ? { billed: null } : money('billed', bill.billedMicroUnits)),
    })),
    breakdowns: report.breakdowns.map(({ groupBy, groups }) => ({
      groupBy,
      groups: groups.map((line, place) => ({
        ...named(line),
        ...group(line),
        ...(place < GROUPS_BY_DAY_MAX ? { days: groupDays(report, line) } : {}),
      })),
    })),
    dearest: {
      machines: report.machines
        .slice(0, DEAREST)
        .map((line) => ({ ...named(line), ...money('cost', line.microUnits) })),
      disks: report.disks.slice(0, DEAREST).map((line) => ({ ...named(line), ...money('cost', line.microUnits) })),
    },
    madeDisks: report.made.map(({ microUnitsPerMonth, ...line }) => ({
      ...line,
      ...money('costPerMonth', microUnitsPerMonth),
    })),
    budgets: budgets.map((budget) => ({
      policy: budget.policy,
      group: budget.group,
      currency: budget.currency,
      ...money('amountPerMonth', budget.amountMicroUnits),
      ...money('costPerMonth', budget.costMicroUnits),
      fits: budget.fits,
      givenUp: budget.givenUp,
      change: budget.change,
      at: formatIso(budget.at),
    })),
    advice: advice === null ? null : adviceJson(advice),
  };
}

function month({ month: name, microUnits, knownDays, days, billedMicroUnits, billedDays }: ReportMonth) {
  return {
    month: name,
    ...money('cost', microUnits),
    knownDays,
    days,
    ...money('billed', billedMicroUnits),
    billedDays,
  };
}

function forecast({ forecast: found, month: { month: name } }: CostReport) {
  if (found === null) return null;
  const range =
    found.low === null || found.high === null ? null : { ...money('low', found.low), ...money('high', found.high) };
  return {
    month: name,
    ...money('cost', found.microUnits),
    range,
    method: found.method,
    daysUsed: found.daysUsed,
    daysLeft: found.daysLeft,
  };
}

function billed({ billed: part }: CostReport) {
  if (part === null) return null;
  return {
    days: part.days,
    through: part.through,
    final: part.final,
    ...money('billed', part.billedMicroUnits),
    ...money('estimate', part.estimateMicroUnits),
    ...money('difference', part.differenceMicroUnits),
    ...money('snapshotsOfOthers', part.foreignMicroUnits),
    reasons: part.reasons.map(({ code, microUnits, chains }) => ({ code, ...money('difference', microUnits), chains })),
  };
}

function named({ group: { key, label, detail } }: Pick<ReportGroup, 'group'>) {
  return { key, name: label, ...(detail === '' ? {} : { detail }) };
}

function group(line: ReportGroup) {
  return {
    storedBytes: line.now.storedBytes,
    points: line.now.points,
    unmeasuredPoints: line.now.unmeasuredPoints,
    unpricedBytes: line.now.unpricedBytes,
    ...money('cost', line.period.microUnits),
    ...money('costThisMonth', line.monthMicroUnits),
    ...money('costLastMonth', line.lastMonthMicroUnits),
    ...money('costPerMonth', line.now.microUnitsPerMonth),
    ...money('billed', line.billedMicroUnits),
    ...money('estimateOfBilledDays', line.estimateOfBilledMicroUnits),
    ...money('madeDiskCost', line.period.madeDiskMicroUnits),
    pruned: {
      points: line.period.freedPoints,
      freedBytes: line.period.freedBytes,
      naiveBytes: line.period.naiveBytes,
      ...money('costPerMonth', line.period.freedMicroUnitsPerMonth),
    },
  };
}

function groupDays({ days }: CostReport, { daily }: ReportGroup) {
  return days.map(({ day, state }, place) => ({
    day,
    ...dayFigures(
      { storedBytes: daily?.storedBytes[place] ?? 0, microUnits: daily?.microUnits[place] ?? 0 },
      state === 'missing',
    ),
  }));
}

/** A day without figures has nulls: a zero would claim that nothing was stored. */
function dayFigures(figures: Readonly<Pick<Figures, 'storedBytes' | 'microUnits'>>, missing: boolean) {
  if (missing) return { storedBytes: null, cost: null, costMicroUnits: null };
  return { storedBytes: figures.storedBytes, ...money('cost', figures.microUnits) };
}

function money<Name extends string>(name: Name, microUnits: number) {
  return { [name]: fromMicroUnits(microUnits), [`${name}MicroUnits`]: microUnits } as Record<
    Name | `${Name}MicroUnits`,
    number
  >;
}
