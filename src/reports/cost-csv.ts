import { GIB } from '../base/bytes.ts';
import { fromMicroUnits } from '../base/money.ts';
import type { GroupBy, ReportRecord } from '../cost/cost.ts';
import { csvRecord } from './csv.ts';

const COLUMNS = [
  'kind',
  'day',
  'dayState',
  'groupBy',
  'group',
  'detail',
  'storedBytes',
  'storedGiB',
  'estimatedCost',
  'estimatedCostPerMonth',
  'billedCost',
  'currency',
  'unpricedBytes',
  'points',
  'unmeasuredPoints',
  'prunedPoints',
  'freedBytes',
  'naiveBytes',
  'freedCostPerMonth',
  'madeDisks',
  'madeDiskCost',
] as const;

/**
 * The cost report as CSV, record by record: one for each day and group, `estimate` and `billed` apart.
 *
 * Shape:  no total lines, so that a pivot table adds up; a group that had nothing on a day has no record; a day without figures has one with
 *         empty numbers.
 * Units:  UTC days; bytes; amounts to the micro-unit.
 */
export async function* costCsv(
  records: AsyncIterable<ReportRecord>,
  about: { readonly groupBy: GroupBy; readonly currency: string },
): AsyncIterable<string> {
  yield csvRecord(COLUMNS);
  for await (const { kind, day, state, group, figures } of records) {
    const isEstimate = kind === 'estimate';
    if (group === null || figures === null) {
      yield csvRecord([kind, day, state, about.groupBy, ...new Array<null>(COLUMNS.length - 4).fill(null)]);
      continue;
    }
    yield csvRecord([
      kind,
      day,
      state,
      about.groupBy,
      group.label,
      group.detail,
      figures.storedBytes,
      Number((figures.storedBytes / GIB).toFixed(6)),
      isEstimate ? fromMicroUnits(figures.microUnits) : null,
      isEstimate ? fromMicroUnits(figures.microUnitsPerMonth) : null,
      isEstimate ? null : fromMicroUnits(figures.microUnits),
      about.currency,
      isEstimate ? figures.unpricedBytes : null,
      isEstimate ? figures.points : null,
      isEstimate ? figures.unmeasuredPoints : null,
      isEstimate ? figures.freedPoints : null,
      isEstimate ? figures.freedBytes : null,
      isEstimate ? figures.naiveBytes : null,
      isEstimate ? fromMicroUnits(figures.freedMicroUnitsPerMonth) : null,
      isEstimate ? figures.madeDisks : null,
      isEstimate ? fromMicroUnits(figures.madeDiskMicroUnits) : null,
    ]);
  }
}
