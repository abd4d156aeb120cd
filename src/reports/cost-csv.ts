import { GIB } from '../base/bytes.ts';
import { fromMicroUnits } from '../base/money.ts';
import type { CostReport } from '../cost/cost.ts';
import { csvRecord } from './csv.ts';

const COLUMNS = [
  'day',
  'dayState',
  'groupBy',
  'group',
  'detail',
  'storedBytes',
  'storedGiB',
  'estimatedCost',
  'estimatedCostPerMonth',
  'currency',
  'unpricedBytes',
  'points',
  'unmeasuredPoints',
  'prunedPoints',
  'freedBytes',
  'freedCostPerMonth',
] as const;

/**
 * The cost report as CSV, record by record: one for each day and group of the breakdown asked for.
 *
 * Shape:  no total lines, so that a pivot table adds up; a group that had nothing on a day has no record; a day without figures has one with
 *         empty numbers.
 * Units:  UTC days; bytes; amounts to the micro-unit.
 */
export function* costCsv(report: CostReport): Iterable<string> {
  yield csvRecord(COLUMNS);
  const breakdown = report.breakdowns[0];
  if (!breakdown) return;
  for (const [index, { day, state }] of report.days.entries()) {
    if (state === 'missing') {
      yield csvRecord([day, state, breakdown.groupBy, '', '', ...new Array<null>(COLUMNS.length - 5).fill(null)]);
      continue;
    }
    for (const { group, days } of breakdown.groups) {
      const figures = days[index];
      if (
        !figures ||
        (figures.points === 0 && figures.storedBytes === 0 && figures.freedPoints === 0 && figures.microUnits === 0)
      )
        continue;
      yield csvRecord([
        day,
        state,
        breakdown.groupBy,
        group.label,
        group.detail,
        figures.storedBytes,
        Number((figures.storedBytes / GIB).toFixed(6)),
        fromMicroUnits(figures.microUnits),
        fromMicroUnits(figures.microUnitsPerMonth),
        report.currency,
        figures.unpricedBytes,
        figures.points,
        figures.unmeasuredPoints,
        figures.freedPoints,
        figures.freedBytes,
        fromMicroUnits(figures.freedMicroUnitsPerMonth),
      ]);
    }
  }
}
