import type { Cell, Row, Sheet } from 'write-excel-file/node';
import { GIB } from '../base/bytes.ts';
import { fromMicroUnits } from '../base/money.ts';
import type { Breakdown, CostReport, GroupCost, ReportGroup } from '../cost/cost.ts';
import type { CostPage } from './cost-page.ts';
import { groupTitle } from './group-title.ts';

const MONEY = '#,##0.00####';
const SIZE = '#,##0.00';

/**
 * The cost report as a workbook: a sheet for each breakdown, then machines, disks and days.
 *
 * Safety: names are text cells, never formulas.
 * Units:  amounts in the report's currency, exact to the micro-unit; GiB.
 */
export async function costXlsx({ report }: CostPage): Promise<Uint8Array> {
  const sheets = [
    ...report.breakdowns.map((breakdown) => breakdownSheet(report, breakdown)),
    costSheet(report, 'Virtual machines', report.machines),
    costSheet(report, 'Disks', report.disks),
    daySheet(report),
  ];
  const { writeWorkbook } = await import('./write-workbook.ts');
  return writeWorkbook(sheets);
}

function breakdownSheet(report: CostReport, { groupBy, groups }: Breakdown): Sheet<never> {
  return groupSheet(report, sheetName(`By ${groupTitle(groupBy)}`), groups);
}

/** Source: Excel takes at most 31 characters, and none of \ / ? * [ ] : in a sheet's name. */
function sheetName(text: string): string {
  return text
    .replaceAll(/[\\/?*[\]:'“”]/g, ' ')
    .slice(0, 31)
    .trim();
}

function groupSheet(report: CostReport, name: string, groups: readonly ReportGroup[]): Sheet<never> {
  const { currency } = report;
  const data: Row[] = [
    heads([
      'Name',
      'Detail',
      `${report.from} to ${report.to}, ${currency}`,
      `Last month, ${currency}`,
      `This month so far, ${currency}`,
      `A month at the present size, ${currency}`,
      'Stored, GiB',
      'Points',
      'Freed, GiB',
      `Pruning saves a month, ${currency}`,
      `Billed, ${currency}`,
      `Estimated for the billed days, ${currency}`,
    ]),
    ...groups.map(({ group, now, period, ...line }) => [
      text(group.label),
      text(group.detail),
      money(period.microUnits),
      money(line.lastMonthMicroUnits),
      money(line.monthMicroUnits),
      money(now.microUnitsPerMonth),
      size(now.storedBytes),
      { type: Number, value: now.points },
      size(period.freedBytes),
      money(period.freedMicroUnitsPerMonth),
      money(line.billedMicroUnits),
      money(line.estimateOfBilledMicroUnits),
    ]),
  ];
  return sheet(name, data, [36, 28, 20, 16, 18, 22, 14, 10, 14, 20, 14, 22]);
}

function costSheet(report: CostReport, name: string, lines: readonly GroupCost[]): Sheet<never> {
  const data: Row[] = [
    heads(['Name', 'Detail', `${report.from} to ${report.to}, ${report.currency}`]),
    ...lines.map(({ group, microUnits }) => [text(group.label), text(group.detail), money(microUnits)]),
  ];
  return sheet(name, data, [36, 28, 20]);
}

function daySheet({ days, currency }: CostReport): Sheet<never> {
  const data: Row[] = [
    heads(['Day (UTC)', 'State', `Cost, ${currency}`, `Billed, ${currency}`, 'Stored, GiB', 'Freed, GiB']),
    ...days.map(({ day, state, figures, billed }) => {
      const isKnown = state !== 'missing';
      return [
        text(day),
        text(state),
        isKnown ? money(figures.microUnits) : null,
        billed === null ? null : money(billed.billedMicroUnits),
        isKnown ? size(figures.storedBytes) : null,
        isKnown ? size(figures.freedBytes) : null,
      ];
    }),
  ];
  return sheet('Days', data, [14, 12, 16, 16, 16, 16]);
}

function sheet(name: string, data: Row[], widths: readonly number[]): Sheet<never> {
  return { sheet: name, data, columns: widths.map((width) => ({ width })), stickyRowsCount: 1 };
}

function heads(names: readonly string[]): Row {
  return names.map((value): Cell => ({ type: String, value, fontWeight: 'bold', wrap: true }));
}

function text(value: string): Cell {
  // Control characters are no part of XML.
  return value === '' ? null : { type: String, value: value.toWellFormed().replaceAll(/[\p{Cc}\ufffe\uffff]/gu, ' ') };
}

function money(microUnits: number): Cell {
  return { type: Number, value: fromMicroUnits(microUnits), format: MONEY };
}

function size(bytes: number): Cell {
  return { type: Number, value: bytes / GIB, format: SIZE };
}
