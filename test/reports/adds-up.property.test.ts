import fc from 'fast-check';
import { strFromU8, unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { GroupBy } from '../../src/cost/day-groups.ts';
import { closeDay } from '../../src/cost/ledger.ts';
import { readCostReport } from '../../src/cost/read-cost-report.ts';
import { shiftDay } from '../../src/cost/report-query.ts';
import { readReportRecords } from '../../src/cost/report-records.ts';
import { costCsv } from '../../src/reports/cost-csv.ts';
import { costHtml } from '../../src/reports/cost-html.ts';
import { costJson } from '../../src/reports/cost-json.ts';
import { costXlsx } from '../../src/reports/cost-xlsx.ts';
import { chain, each, ledgerBench, momentAfter } from '../cost/ledger-bench.ts';
import { reportDeps } from '../cost/report-bench.ts';
import { readCsv } from './read-csv.ts';

const FROM = '2026-10-29';
const NOW = Date.parse('2026-11-03T05:00:00Z');
const query = { from: FROM, to: '2026-11-03' };
const GROUPS: readonly GroupBy[] = ['policy', 'owner', 'vm', 'disk', 'region', 'resourceGroup', 'tag:owner'];

const chainsOfDay = fc.uniqueArray(
  fc.record({
    disk: fc.constantFrom('a-os', 'a-data', 'b-os', 'c-os', 'd-os'),
    points: fc.array(fc.tuple(fc.constantFrom('gold', 'bronze'), fc.option(fc.nat({ max: 2 ** 42 }))), {
      minLength: 1,
      maxLength: 4,
    }),
    tags: fc.constantFrom({}, { owner: 'x' }, { OWNER: 'y' }, { owner: '=1+1' }),
    region: fc.constantFrom('westeurope', 'northeurope'),
  }),
  { selector: ({ disk }) => disk },
);

/** Numbers of one column of a workbook's sheet. */
function columnOf(workbook: Uint8Array, sheet: number, column: string): readonly number[] {
  const xml = strFromU8(unzipSync(workbook)[`xl/worksheets/sheet${sheet}.xml`] ?? new Uint8Array());
  return [...xml.matchAll(new RegExp(`<c r="${column}\\d+"(?![^>]*t="s")[^>]*><v>([^<]*)</v>`, 'g'))].map(([, value]) =>
    Number(value),
  );
}

const micro = (values: readonly number[]) => values.reduce((sum, value) => sum + Math.round(value * 1e6), 0);

describe('a cost report in every form', () => {
  it('always adds up to the same total, to the micro-unit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(chainsOfDay), { minLength: 1, maxLength: 5 }),
        chainsOfDay,
        fc.constantFrom(...GROUPS),
        async (list, live, groupBy) => {
          const make = (chains: typeof live) =>
            chains.map(({ disk, points, tags, region }) => chain(disk, points, { tags, region }));
          const { depsAt } = ledgerBench();
          for (const [index, chains] of list.entries()) {
            const day = shiftDay(FROM, index);
            if (chains) await closeDay(depsAt(momentAfter(day)), day, each(make(chains)), momentAfter(day));
          }
          const deps = reportDeps(depsAt(NOW));
          const asked = { ...query, groupBy };
          const report = await readCostReport(deps, asked, each(make(live)), NOW);
          const page = { report, budgets: [], advice: null };
          const total = report.total.period.microUnits;
          expect(report.days.reduce((sum, { figures }) => sum + figures.microUnits, 0)).toBe(total);

          const json = costJson(page);
          for (const { groups } of json.breakdowns) expect(micro(groups.map(({ cost }) => cost))).toBe(total);
          const days = json.breakdowns[0]?.groups.flatMap((group) => group.days ?? []) ?? [];
          expect(micro(days.map(({ cost }) => cost ?? 0))).toBe(total);

          const records = readReportRecords(deps, asked, each(make(live)), NOW);
          const csv = await Array.fromAsync(costCsv(records, { groupBy, currency: 'EUR' }));
          const [header = [], ...rows] = readCsv(csv.join(''));
          expect(micro(rows.map((row) => Number(row[header.indexOf('estimatedCost')])))).toBe(total);

          const workbook = await costXlsx(page);
          for (const [index] of report.breakdowns.entries())
            expect(micro(columnOf(workbook, index + 1, 'C'))).toBe(total);

          const html = await costHtml(page);
          for (const [table] of html.matchAll(/<table>[\s\S]*?<\/table>/g)) {
            const shown = (part: RegExp) =>
              [...(table.match(part)?.[0] ?? '').matchAll(/<tr>[\s\S]*?<td class="n">([\d.,−]+)</g)].map(([, text]) =>
                Number(text?.replaceAll(',', '').replace('−', '-')),
              );
            expect(micro(shown(/<tbody>[\s\S]*<\/tbody>/))).toBe(micro(shown(/<tfoot>[\s\S]*<\/tfoot>/)));
          }
        },
      ),
      { numRuns: 25 },
    );
  }, 30_000);

  it('is a workbook whose names are text, never formulas', async () => {
    const { depsAt } = ledgerBench();
    const evil = chain('=HYPERLINK("x")-os', [['=1+1', 2 ** 30]], { name: '<b>\u0001', tags: { owner: '=cmd|calc' } });
    const report = await readCostReport(reportDeps(depsAt(NOW)), { ...query, groupBy: 'disk' }, each([evil]), NOW);
    const files = unzipSync(await costXlsx({ report, budgets: [], advice: null }));
    const xml = Object.entries(files)
      .filter(([name]) => /worksheets|sharedStrings/.test(name))
      .map(([, content]) => strFromU8(content))
      .join('');
    expect(xml).toContain('=cmd|calc');
    expect(xml).not.toMatch(/<f>|<f |<b>/);
    expect(xml).not.toContain('\u0001');
  });
});
