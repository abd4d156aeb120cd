import { beforeAll, describe, expect, it } from 'vitest';
import type { GroupBy } from '../../src/cost/day-groups.ts';
import { closeDay, recordFreed } from '../../src/cost/ledger.ts';
import { readCostReport } from '../../src/cost/read-cost-report.ts';
import type { CostReport } from '../../src/cost/report-model.ts';
import { costCsv } from '../../src/reports/cost-csv.ts';
import { costHtml } from '../../src/reports/cost-html.ts';
import { costJson } from '../../src/reports/cost-json.ts';
import { decimalsFor, showAmount, showGiB, showSize } from '../../src/reports/cost-page-text.ts';
import { html } from '../../src/reports/html.ts';
import { chain, each, gib, ledgerBench, momentAfter } from '../cost/ledger-bench.ts';
import { readCsv } from './read-csv.ts';

const EVIL = `"><script>alert('x')</script>&`;
const NOW = Date.parse('2026-11-05T05:00:00Z');

/** An estate whose every name is hostile and whose every amount has a remainder. */
async function estate(groupBy: GroupBy, machines = 3): Promise<CostReport> {
  const { depsAt } = ledgerBench();
  const chains = Array.from({ length: machines }, (_, index) =>
    chain(
      `vm${index}-os`,
      [
        [`gold${EVIL}`, gib(1.1) + index],
        ['=cmd|calc', 7_777_777 * (index + 1)],
      ],
      {
        name: `vm${index}${EVIL}`,
        resourceGroup: EVIL,
        tags: { owner: index === 0 ? '=HYPERLINK("http://x")' : EVIL },
      },
    ),
  );
  for (const day of ['2026-11-01', '2026-11-02', '2026-11-04']) {
    await closeDay(depsAt(momentAfter(day)), day, each(chains), momentAfter(day));
  }
  const first = chains[0] ?? chain('none', []);
  await recordFreed(depsAt(NOW), {
    ...first,
    day: '2026-11-05',
    pointId: 'p',
    policy: '=cmd|calc',
    freedBytes: 12_345_678,
    naiveBytes: 2e8,
  });
  return readCostReport(depsAt(NOW), { from: '2026-10-31', to: '2026-11-05', groupBy }, each(chains), NOW);
}

describe('the cost report', () => {
  let report: CostReport;
  beforeAll(async () => {
    report = await estate('tag:owner');
  });

  describe('as JSON', () => {
    it('has groups that add up to the total to the micro-unit, and nulls for a day without figures', () => {
      const { total, days, breakdowns } = costJson(report);
      for (const { groups } of breakdowns) {
        const sum = groups.reduce((all, group) => all + group.costMicroUnits, 0);
        expect(sum).toBe(total.costMicroUnits);
      }
      expect(days.map(({ state, cost }) => [state, cost === null])).toEqual([
        ['missing', true],
        ['complete', false],
        ['complete', false],
        ['missing', true],
        ['complete', false],
        ['open', false],
      ]);
      expect(total.cost).toBe(total.costMicroUnits / 1e6);
      expect(costJson(report)).toMatchObject({
        kind: 'estimate',
        timeZone: 'UTC',
        currency: 'EUR',
        asOf: '2026-11-05',
      });
    });
  });

  describe('as CSV', () => {
    it('has records that add up to the totals, day by day', () => {
      const [header = [], ...rows] = readCsv([...costCsv(report)].join(''));
      const column = (name: string) => header.indexOf(name);
      for (const { day, state, figures } of report.days) {
        const ofDay = rows.filter((row) => row[column('day')] === day);
        if (state === 'missing') {
          expect(ofDay.map((row) => row.slice(0, 6))).toEqual([[day, 'missing', 'tag:owner', '', '', '']]);
          continue;
        }
        const micro = ofDay.reduce((sum, row) => sum + Math.round(Number(row[column('estimatedCost')]) * 1e6), 0);
        expect(micro).toBe(figures.microUnits);
        expect(ofDay.reduce((sum, row) => sum + Number(row[column('storedBytes')]), 0)).toBe(figures.storedBytes);
      }
      expect(rows.every((row) => row.length === header.length)).toBe(true);
    });

    it('has no cell that a spreadsheet would run', () => {
      const cells = readCsv([...costCsv(report)].join('')).flat();
      expect(cells).toContain(`'=HYPERLINK("http://x")`);
      for (const cell of cells) expect(cell).not.toMatch(/^[=+@\t\r]/);
    });
  });

  describe('as a page', () => {
    it('has nothing that runs, nothing that loads and every name escaped', async () => {
      for (const groupBy of ['policy', 'vm', 'disk', 'resourceGroup', 'tag:owner'] as const) {
        const page = await costHtml(await estate(groupBy));
        expect(page).not.toContain('<script');
        expect(page).not.toContain(`alert('x')`);
        expect(page).not.toMatch(/\b(src|href)=|url\((?!#)|@import/i);
        expect(page).toContain('&lt;script&gt;');
        expect(page).toContain(`default-src 'none'`);
      }
    });

    it('states currency, zone, that it is an estimate, the price and its date', async () => {
      const page = await costHtml(report);
      for (const text of [
        'EUR',
        'days in UTC',
        'not a bill',
        'list prices of 2026-11-05',
        'westeurope, ZRS: EUR 0.05',
      ]) {
        expect(page).toContain(text);
      }
    });

    it('has the chart twice, for wide and narrow pages, without names of groups', async () => {
      const page = await costHtml(report);
      expect(await costHtml(report)).toBe(page);
      const pictures = page.match(/<svg[\s\S]*?<\/svg>/g) ?? [];
      expect(pictures).toHaveLength(2);
      for (const picture of pictures) expect(picture).not.toMatch(/HYPERLINK|alert|NaN/);
    });

    it('marks the day that is not over and the days without figures', async () => {
      const page = await costHtml(report);
      expect(page.match(/class="missing"/g)).toHaveLength(2);
      expect(page.match(/class="open"/g)).toHaveLength(1);
      expect(page).toContain('No figures for 2026-11-03');
    });

    it('has tables whose shown amounts add up to the shown totals, also where lines are put together', async () => {
      for (const machines of [3, 60]) {
        const page = await costHtml(await estate('vm', machines));
        const tables = page.match(/<table>[\s\S]*?<\/table>/g) ?? [];
        expect(tables).toHaveLength(2);
        for (const table of tables) {
          const numbers = (row: string) =>
            [...row.matchAll(/class="n[^"]*">([^<]*)</g)].map(([, text]) =>
              Math.round(Number(text?.replaceAll(',', '')) * 1e6),
            );
          const body = (table.match(/<tbody>[\s\S]*<\/tbody>/)?.[0].match(/<tr>[\s\S]*?<\/tr>/g) ?? []).map(numbers);
          const foot = numbers(table.match(/<tfoot>[\s\S]*<\/tfoot>/)?.[0] ?? '');
          expect(foot).toHaveLength(5);
          for (const [index, total] of foot.entries()) {
            expect(body.reduce((sum, row) => sum + (row[index] ?? 0), 0)).toBe(total);
          }
        }
        expect(page.includes('10 others')).toBe(machines === 60);
      }
    });

    it('names the day that its figures are of where that is not today', async () => {
      const { depsAt } = ledgerBench();
      const chains = [chain('web-os', [['gold', gib(1)]])];
      await closeDay(depsAt(momentAfter('2026-11-02')), '2026-11-02', each(chains), momentAfter('2026-11-02'));
      const query = { from: '2026-11-01', to: '2026-11-05', groupBy: 'policy' as const };
      const old = await costHtml(await readCostReport(depsAt(NOW), query, null, NOW));
      expect(old).toContain('Stored on 2026-11-02');
      expect(old).not.toMatch(/Stored now|today’s rate/);
      expect(await costHtml(report)).not.toContain('Stored on');
    });

    it('is a page too where there is nothing', async () => {
      const { depsAt } = ledgerBench();
      const query = { from: '2026-11-01', to: '2026-11-05', groupBy: 'policy' as const };
      for (const live of [null, each([])]) {
        const page = await costHtml(await readCostReport(depsAt(NOW), query, live, NOW));
        expect(page).toContain('Nothing in these days');
        expect(page).not.toMatch(/NaN|undefined|Infinity/);
      }
    });
  });
});

describe('text of the page', () => {
  it.each([
    { micro: 0, shown: '0.00' },
    { micro: 12_345_678_900, shown: '12,345.68' },
    { micro: 1_000_000, shown: '1.00' },
    { micro: 123_456, shown: '0.123' },
    { micro: 1_234, shown: '0.00123' },
    { micro: 7, shown: '0.000007' },
    { micro: -2_500_000, shown: '−2.50' },
  ])('shows $micro micro-units as $shown', ({ micro, shown }) => {
    expect(showAmount(micro, decimalsFor(micro))).toBe(shown);
  });

  it.each([
    { bytes: 0, gib: '0.00', size: '0 MiB' },
    { bytes: 1, gib: '<0.01', size: '0.00 MiB' },
    { bytes: gib(1.5), gib: '1.50', size: '1.50 GiB' },
    { bytes: gib(12_345), gib: '12,345.00', size: '12.1 TiB' },
  ])('shows $bytes bytes as $gib GiB and $size', ({ bytes, gib: inGiB, size }) => {
    expect(showGiB(bytes)).toBe(inGiB);
    expect(showSize(bytes)).toBe(size);
  });

  it('escapes what is put into markup, but not markup', () => {
    expect(html`<a title="${EVIL}">${html`<b>${'<'}</b>`}${[html`1`, html`2`]}${3}</a>`.text).toBe(
      '<a title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;"><b>&lt;</b>123</a>',
    );
  });
});
