import { fromMicroUnits } from '../base/money.ts';
import { formatIso } from '../base/time.ts';
import type { CostReport, Figures, ReportGroup } from '../cost/cost.ts';

/**
 * The cost report as JSON.
 *
 * Shape:  every amount stands as a number people read and, under `…MicroUnits`, as the whole number it was added up in.
 * Units:  bytes; `currency`; UTC days.
 */
export function costJson(report: CostReport) {
  return {
    kind: 'estimate',
    basis: 'measured used size at list prices; not a bill',
    from: report.from,
    to: report.to,
    timeZone: 'UTC',
    currency: report.currency,
    generatedAt: formatIso(report.generatedAt),
    asOf: report.asOf,
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
    days: report.days.map(({ day, state, figures }) => ({ day, state, ...dayFigures(figures, state === 'missing') })),
    breakdowns: report.breakdowns.map(({ groupBy, groups }) => ({
      groupBy,
      groups: groups.map((line) => ({
        key: line.group.key,
        name: line.group.label,
        ...(line.group.detail === '' ? {} : { detail: line.group.detail }),
        ...group(line),
        days: line.days.map((figures, index) => ({
          day: report.days[index]?.day,
          ...dayFigures(figures, report.days[index]?.state === 'missing'),
        })),
      })),
    })),
  };
}

function group(line: ReportGroup) {
  return {
    storedBytes: line.now.storedBytes,
    points: line.now.points,
    unmeasuredPoints: line.now.unmeasuredPoints,
    unpricedBytes: line.now.unpricedBytes,
    ...money('cost', line.period.microUnits),
    ...money('costThisMonth', line.monthMicroUnits),
    ...money('costPerMonth', line.now.microUnitsPerMonth),
    pruned: {
      points: line.period.freedPoints,
      freedBytes: line.period.freedBytes,
      naiveBytes: line.period.naiveBytes,
      ...money('costPerMonth', line.period.freedMicroUnitsPerMonth),
    },
  };
}

/** A day without figures has nulls: a zero would claim that nothing was stored. */
function dayFigures(figures: Readonly<Figures>, missing: boolean) {
  if (missing) return { storedBytes: null, cost: null, costMicroUnits: null };
  return { storedBytes: figures.storedBytes, ...money('cost', figures.microUnits) };
}

function money<Name extends string>(name: Name, microUnits: number) {
  return { [name]: fromMicroUnits(microUnits), [`${name}MicroUnits`]: microUnits } as Record<
    Name | `${Name}MicroUnits`,
    number
  >;
}
