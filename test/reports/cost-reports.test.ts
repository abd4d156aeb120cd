import { beforeAll, describe, expect, it } from 'vitest';
import type { Advice } from '../../src/advice/advice.ts';
import { azureBackupCost } from '../../src/advice/azure-backup-price.ts';
import { openBilledBook } from '../../src/cost/billed-book.ts';
import { writeBilledDay } from '../../src/cost/billed-days.ts';
import { DayGroups, type GroupBy } from '../../src/cost/day-groups.ts';
import { writeGroups } from '../../src/cost/group-book.ts';
import { closeDay, recordFreed } from '../../src/cost/ledger.ts';
import { valueChain } from '../../src/cost/ledger-row.ts';
import { readCostReport } from '../../src/cost/read-cost-report.ts';
import type { CostReport } from '../../src/cost/report-model.ts';
import { readReportRecords } from '../../src/cost/report-records.ts';
import { costCsv } from '../../src/reports/cost-csv.ts';
import { costHtml } from '../../src/reports/cost-html.ts';
import { costJson } from '../../src/reports/cost-json.ts';
import type { CostPage } from '../../src/reports/cost-page.ts';
import { decimalsFor, showAmount, showGiB, showSize } from '../../src/reports/cost-page-text.ts';
import { html } from '../../src/reports/html.ts';
import type { BudgetState } from '../../src/retain/retain.ts';
import { chain, each, gib, ledgerBench, momentAfter, price } from '../cost/ledger-bench.ts';
import { reportDeps } from '../cost/report-bench.ts';
import { readCsv } from './read-csv.ts';

const EVIL = `"><script>alert('x')</script>&`;
const NOW = Date.parse('2026-11-05T05:00:00Z');

/** An estate whose every name is hostile and whose every amount has a remainder. */
async function estate(groupBy: GroupBy, machines = 3): Promise<Estate> {
  const { store, depsAt } = ledgerBench();
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
  const deletion = {
    ...first,
    day: '2026-11-05',
    pointId: 'p',
    policy: '=cmd|calc',
    freedBytes: 12_345_678,
    naiveBytes: 2e8,
  };
  await recordFreed(depsAt(NOW), deletion, NOW);
  const bill = new DayGroups();
  for (const row of chains.map((of) => valueChain(of, { kind: 'known', price, asOf: '2026-11-02' }, 'EUR', 30)))
    bill.add({ ...row, shares: row.shares.map((share) => ({ ...share, microUnits: share.microUnits - 3 })) });
  await writeGroups(store, 'EUR', '2026-11-02', bill, 'billed');
  await writeBilledDay(
    store,
    'EUR',
    {
      ...{ day: '2026-11-02', final: false, resources: 3, billedBytes: 0, foreignResources: 0, foreignMicroUnits: 0 },
      ...{ billedMicroUnits: bill.total().microUnits, estimateMicroUnits: 0, estimateBytes: 0 },
      ...{ differenceMicroUnits: -3, reasons: [] },
    },
    'rows',
  );
  const query = { from: '2026-10-31', to: '2026-11-05', groupBy };
  const deps = reportDeps(depsAt(NOW), openBilledBook(store));
  const report = await readCostReport(deps, query, each(chains), NOW);
  return {
    report,
    page: { report, budgets: [budget], advice },
    csv: async () => {
      const records = readReportRecords(deps, query, each(chains), NOW);
      return (await Array.fromAsync(costCsv(records, { groupBy, currency: 'EUR' }))).join('');
    },
  };
}

interface Estate {
  readonly report: CostReport;
  readonly page: CostPage;
  readonly csv: () => Promise<string>;
}

const budget: BudgetState = {
  ...{ policy: `gold${EVIL}`, group: EVIL, currency: 'EUR', amountMicroUnits: 1_000_000, costMicroUnits: 2_500_000 },
  ...{ fits: false, gapPercent: 0, givenUp: 3, exceedsByMicroUnits: 1_500_000, partialSources: 0, at: NOW },
  change: { path: '$.retention.keepDaily', from: 14, to: EVIL },
};

const advice: Advice = {
  ...{ at: NOW, currency: 'EUR', chains: 3, unseenSubscriptions: [], reclaimableAt: NOW },
  orphans: {
    ...{ count: 2, storedBytes: gib(3), microUnitsPerMonth: 150_000 },
    listed: [
      {
        ...{ chainKey: 'c', diskName: EVIL, sourceName: EVIL, owner: EVIL, resourceGroup: EVIL, policies: [EVIL] },
        ...{ points: 3, storedBytes: gib(2), microUnitsPerMonth: 100_000, newestAt: NOW, verdict: 'held', why: EVIL },
      },
    ],
  },
  outliers: [
    {
      ...{ chainKey: 'd', diskName: EVIL, sourceName: EVIL, owner: null, perDay: gib(9), usedBytes: gib(30) },
      ...{ than: 'itself', usualPerDay: gib(1), microUnitsPerMonth: 450_000 },
    },
  ],
  reclaimable: [
    {
      ...{ policy: EVIL, change: { path: '$.retention.keepDaily', from: 'all', to: 31 }, points: 12 },
      ...{ freesBytes: gib(4), microUnitsPerMonth: 200_000, sources: 100, ofSources: 340, unmeasured: 1 },
    },
  ],
  azureBackup: azureBackupCost([{ usedBytes: gib(51), storedBytes: gib(80) }]),
};

describe('the cost report', () => {
  let report: CostReport;
  let content: CostPage;
  let csv: string;
  beforeAll(async () => {
    const made = await estate('tag:owner');
    ({ report, page: content } = made);
    csv = await made.csv();
  });

  describe('as JSON', () => {
    it('has groups that add up to the total to the micro-unit, and nulls for a day without figures', () => {
      const { total, days, breakdowns } = costJson(content);
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
      expect(costJson(content)).toMatchObject({
        kind: 'estimate',
        timeZone: 'UTC',
        currency: 'EUR',
        asOf: '2026-11-05',
      });
    });
  });

  describe('as CSV', () => {
    it('has records that add up to the totals, day by day', () => {
      const [header = [], ...rows] = readCsv(csv);
      const column = (name: string) => header.indexOf(name);
      for (const { day, state, figures, billed } of report.days) {
        const ofDay = rows.filter((row) => row[column('day')] === day);
        if (state === 'missing') {
          expect(ofDay.map((row) => row.slice(0, 6))).toEqual([['none', day, 'missing', 'tag:owner', '', '']]);
          continue;
        }
        const ofKind = (kind: string) => ofDay.filter((row) => row[column('kind')] === kind);
        const sum = (kind: string, name: string) =>
          ofKind(kind).reduce((all, row) => all + Math.round(Number(row[column(name)]) * 1e6), 0);
        expect(sum('estimate', 'estimatedCost')).toBe(figures.microUnits);
        expect(sum('estimate', 'storedBytes')).toBe(figures.storedBytes * 1e6);
        expect(sum('billed', 'billedCost')).toBe(billed?.billedMicroUnits ?? 0);
        expect(ofKind('estimate').every((row) => row[column('billedCost')] === '')).toBe(true);
      }
      expect(rows.every((row) => row.length === header.length)).toBe(true);
    });

    it('has no cell that a spreadsheet would run', () => {
      const cells = readCsv(csv).flat();
      expect(cells).toContain(`'=HYPERLINK("http://x")`);
      for (const cell of cells) expect(cell).not.toMatch(/^[=+@\t\r]/);
    });
  });

  describe('as a page', () => {
    it('has nothing that runs, nothing that loads and every name escaped', async () => {
      for (const groupBy of ['policy', 'vm', 'disk', 'resourceGroup', 'tag:owner'] as const) {
        const page = await costHtml((await estate(groupBy)).page);
        expect(page).not.toContain('<script');
        expect(page).not.toContain(`alert('x')`);
        expect(page).not.toMatch(/\b(src|href)=|url\((?!#)|@import/i);
        expect(page).toContain('&lt;script&gt;');
        expect(page).toContain(`default-src 'none'`);
      }
    });

    it('states currency, zone, that it is an estimate, the price and its date', async () => {
      const page = await costHtml(content);
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

    it('has each chart twice, for wide and narrow pages, without names of groups', async () => {
      const page = await costHtml(content);
      expect(await costHtml(content)).toBe(page);
      const pictures = page.match(/<svg[\s\S]*?<\/svg>/g) ?? [];
      // The days and the month.
      expect(pictures).toHaveLength(4);
      for (const picture of pictures) expect(picture).not.toMatch(/HYPERLINK|alert|NaN/);
    });

    it('marks the day that is not over and the days without figures', async () => {
      const page = await costHtml(content);
      expect(page.match(/class="missing"/g)).toHaveLength(2);
      expect(page.match(/class="open"/g)).toHaveLength(1);
      expect(page).toContain('No figures for 2026-11-03');
    });

    it('has tables whose shown amounts add up to the shown totals, also where lines are put together', async () => {
      for (const machines of [3, 60]) {
        const page = await costHtml((await estate('vm', machines)).page);
        const tables = page.match(/<table>[\s\S]*?<\/table>/g) ?? [];
        // Machines, policies, owners, the bill; nothing carries a cost centre.
        expect(tables).toHaveLength(4);
        for (const table of tables) {
          const numbers = (row: string) =>
            [...row.matchAll(/class="n[^"]*">([^<]*)</g)].map(([, text]) =>
              Math.round(Number(text?.replaceAll(',', '')) * 1e6),
            );
          const body = (table.match(/<tbody>[\s\S]*<\/tbody>/)?.[0].match(/<tr>[\s\S]*?<\/tr>/g) ?? []).map(numbers);
          const foot = numbers(table.match(/<tfoot>[\s\S]*<\/tfoot>/)?.[0] ?? '');
          expect([3, 6]).toContain(foot.length);
          for (const [index, total] of foot.entries()) {
            expect(body.reduce((sum, row) => sum + (row[index] ?? 0), 0)).toBe(total);
          }
        }
        expect(page.includes('35 others')).toBe(machines === 60);
      }
    });

    it('names the day that its figures are of where that is not today', async () => {
      const { depsAt } = ledgerBench();
      const chains = [chain('web-os', [['gold', gib(1)]])];
      await closeDay(depsAt(momentAfter('2026-11-02')), '2026-11-02', each(chains), momentAfter('2026-11-02'));
      const query = { from: '2026-11-01', to: '2026-11-05', groupBy: 'policy' as const };
      const report = await readCostReport(reportDeps(depsAt(NOW)), query, null, NOW);
      const old = await costHtml({ report, budgets: [], advice: null });
      expect(old).toContain('Stored on 2026-11-02');
      expect(old).not.toMatch(/Stored now|today’s rate/);
      expect(await costHtml(content)).not.toContain('Stored on');
    });

    it('is a page too where there is nothing', async () => {
      const { depsAt } = ledgerBench();
      const query = { from: '2026-11-01', to: '2026-11-05', groupBy: 'policy' as const };
      for (const live of [null, each([])]) {
        const report = await readCostReport(reportDeps(depsAt(NOW)), query, live, NOW);
        const page = await costHtml({ report, budgets: [], advice: null });
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
