import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { openBilledBook } from '../../src/cost/billed-book.ts';
import { writeBilledDay } from '../../src/cost/billed-days.ts';
import { DayGroups, type GroupBy } from '../../src/cost/day-groups.ts';
import { noFigures } from '../../src/cost/figures.ts';
import { writeGroups } from '../../src/cost/group-book.ts';
import { closeDay, recordFreed } from '../../src/cost/ledger.ts';
import { type LiveChain, valueChain } from '../../src/cost/ledger-row.ts';
import { readCostReport } from '../../src/cost/read-cost-report.ts';
import { buildCostReport, type CostReport } from '../../src/cost/report-model.ts';
import { shiftDay } from '../../src/cost/report-query.ts';
import { chain, each, gib, ledgerBench, momentAfter, price } from './ledger-bench.ts';
import { reportDeps } from './report-bench.ts';

const NOW = Date.parse('2026-11-03T05:00:00Z');
const TODAY = '2026-11-03';
const query = { from: '2026-10-30', to: TODAY, groupBy: 'policy' as GroupBy };

/** Figures that groups have to share out exactly. */
function expectSums(report: CostReport): void {
  for (const lines of [report.machines, report.disks])
    expect(lines.reduce((all, { microUnits }) => all + microUnits, 0)).toBe(report.total.period.microUnits);
  for (const { groups } of report.breakdowns) {
    const sum = (pick: (line: CostReport['total']) => number) => groups.reduce((all, line) => all + pick(line), 0);
    expect(sum((line) => line.period.microUnits)).toBe(report.total.period.microUnits);
    expect(sum((line) => line.monthMicroUnits)).toBe(report.total.monthMicroUnits);
    expect(sum((line) => line.now.storedBytes)).toBe(report.total.now.storedBytes);
    expect(sum((line) => line.now.microUnitsPerMonth)).toBe(report.total.now.microUnitsPerMonth);
    expect(sum((line) => line.period.freedBytes)).toBe(report.total.period.freedBytes);
    for (const [index, { figures }] of report.days.entries()) {
      expect(sum((line) => line.daily?.microUnits[index] ?? 0)).toBe(figures.microUnits);
    }
  }
}

async function closed(days: Readonly<Record<string, readonly LiveChain[]>>) {
  const bench = ledgerBench();
  for (const [day, chains] of Object.entries(days))
    await closeDay(bench.depsAt(momentAfter(day)), day, each(chains), momentAfter(day));
  return bench;
}

/** A chain as it is billed. */
function sharesOf(of: LiveChain, microUnits: number) {
  const row = valueChain(of, { kind: 'none' }, 'EUR', 30);
  return { ...row, shares: row.shares.map((share) => ({ ...share, unpricedBytes: 0, points: 0, microUnits })) };
}

describe('readCostReport', () => {
  const web = (bytes: number | null) => chain('web-os', [['gold', bytes]], { tags: { Owner: 'ops' } });
  const data = (bytes: number) => chain('lone', [['bronze', bytes]], { kind: 'disk' });

  it('shows closed days, today as it is, and the days between without figures', async () => {
    const { depsAt } = await closed({ '2026-10-31': [web(gib(31))], '2026-11-01': [web(gib(30)), data(gib(60))] });
    const report = await readCostReport(reportDeps(depsAt(NOW)), query, each([web(gib(30)), data(gib(30))]), NOW);
    expect(report.days.map(({ day, state, figures }) => [day, state, figures.microUnits])).toEqual([
      ['2026-10-30', 'missing', 0],
      ['2026-10-31', 'complete', 50_000],
      ['2026-11-01', 'complete', 150_000],
      ['2026-11-02', 'missing', 0],
      [TODAY, 'open', 100_000],
    ]);
    expect(report.asOf).toBe(TODAY);
    expect(report.total.monthMicroUnits).toBe(250_000);
    expect(report.total.now).toMatchObject({ storedBytes: gib(60), microUnitsPerMonth: 3_000_000, points: 2 });
    expect(report.notices.map(({ code }) => code)).toEqual(['missing-days']);
    expect(report.prices).toEqual([{ region: 'westeurope', redundancy: 'ZRS', price, asOf: TODAY }]);
    expectSums(report);
  });

  it('has the groups asked for, then policies, owners and cost centres; disks that no machine has stand as such', async () => {
    const { depsAt } = await closed({ '2026-11-02': [web(gib(3)), data(gib(1))] });
    const report = await readCostReport(
      reportDeps(depsAt(NOW)),
      { ...query, groupBy: 'region' },
      each([web(gib(3)), data(gib(1))]),
      NOW,
    );
    expect(report.breakdowns.map(({ groupBy, groups }) => [groupBy, groups.map(({ group }) => group.label)])).toEqual([
      ['region', ['westeurope']],
      ['policy', ['gold', 'bronze']],
      ['owner', ['ops', '(untagged)']],
      ['costCentre', ['(untagged)']],
    ]);
    expect(report.machines.map(({ group }) => group.label)).toEqual(['web', '(no virtual machine)']);
    expect(report.disks.map(({ group, microUnits }) => [group.label, microUnits])).toEqual([
      // 3 GiB and 1 GiB, yesterday and today.
      ['web-os', 10_000],
      ['lone', 3_334],
    ]);
    expectSums(report);
  });

  it('puts what lacks a tag under untagged', async () => {
    const { depsAt } = await closed({ '2026-11-02': [web(gib(3)), data(gib(1))] });
    const report = await readCostReport(
      reportDeps(depsAt(NOW)),
      { ...query, groupBy: 'tag:owner' },
      each([data(gib(1))]),
      NOW,
    );
    expect(report.breakdowns[0]?.groups.map(({ group, now }) => [group.label, now.storedBytes])).toEqual([
      ['ops', 0],
      ['(untagged)', gib(1)],
    ]);
    expectSums(report);
  });

  it('leaves out a day that is being closed right now: its groups are there, its total is not', async () => {
    const group = { key: 'gold', label: 'gold', detail: '' };
    const figures = { ...noFigures(), storedBytes: gib(1), microUnits: 7 };
    const days = ['2026-11-01', '2026-11-02', TODAY];
    const report = await buildCostReport({
      query,
      now: NOW,
      currency: 'EUR',
      total: [days[0], days[2]].map((day = '') => ({ day, group, figures })),
      billedTotal: [],
      billedDays: [],
      breakdowns: [{ groupBy: 'policy', dimension: 'policy' }],
      made: [],
      prices: [],
      costs: () => each([]),
      read: () => ({ estimated: each(days.map((day) => ({ day, group, figures }))), billed: each([]) }),
    });
    expect(report.total.period.microUnits).toBe(14);
    expect(report.breakdowns[0]?.groups.map((line) => [line.group.label, line.period.microUnits])).toEqual([
      ['gold', 14],
    ]);
  });

  it('without live chains lets the last closed day stand for now', async () => {
    const { depsAt } = await closed({ '2026-11-01': [web(gib(30))] });
    const report = await readCostReport(reportDeps(depsAt(NOW)), query, null, NOW);
    expect(report.asOf).toBe('2026-11-01');
    expect(report.total.now.microUnitsPerMonth).toBe(1_500_000);
    expect(report.days.at(-1)?.state).toBe('missing');
    expect(report.prices).toEqual([{ region: 'westeurope', redundancy: 'LRS and ZRS', price, asOf: TODAY }]);
  });

  it('says what pruning has freed, today included', async () => {
    const { depsAt } = await closed({ '2026-11-01': [web(gib(30))] });
    const deletion = { ...web(0), day: TODAY, pointId: 'p', policy: 'gold', freedBytes: gib(2), naiveBytes: gib(8) };
    await recordFreed(depsAt(NOW), deletion, NOW);
    const report = await readCostReport(reportDeps(depsAt(NOW)), query, each([web(gib(28))]), NOW);
    const freed = { freedPoints: 1, freedBytes: gib(2), naiveBytes: gib(8), freedMicroUnitsPerMonth: 100_000 };
    expect(report.total.period).toMatchObject(freed);
    expectSums(report);
  });

  it('has this month also where the days asked for do not reach it', async () => {
    const { depsAt } = await closed({ '2026-10-30': [web(gib(31))], '2026-11-01': [web(gib(30))] });
    const october = { ...query, to: '2026-10-31' };
    const report = await readCostReport(reportDeps(depsAt(NOW)), october, each([web(gib(60))]), NOW);
    expect(report.total.period.microUnits).toBe(50_000);
    expect(report.total.monthMicroUnits).toBe(150_000);
    expect(report.asOf).toBe('2026-10-30');
  });

  it('says what last month has cost, and what this month will', async () => {
    const days = Object.fromEntries(
      Array.from({ length: 10 }, (_, at) => [shiftDay('2026-10-24', at), [web(gib(31))]] as const),
    );
    const { depsAt } = await closed(days);
    const report = await readCostReport(reportDeps(depsAt(NOW)), query, null, NOW);
    // 31 GiB at 0.05 are 0.05 a day of October, and 1.55 for any whole month.
    expect(report.lastMonth).toMatchObject({ month: '2026-10', microUnits: 400_000, knownDays: 8, days: 31 });
    expect(report.month).toMatchObject({ month: '2026-11', microUnits: 103_334, knownDays: 2, days: 30 });
    expect(report.forecast).toMatchObject({ microUnits: 1_550_001, low: 1_550_001, high: 1_550_001, daysLeft: 28 });
    const gold = report.breakdowns[0]?.groups[0];
    expect([gold?.lastMonthMicroUnits, gold?.monthMicroUnits]).toEqual([400_000, 103_334]);
  });

  it('puts the bill beside the estimate for just the days that are billed, with the reasons', async () => {
    const { store, depsAt } = await closed({
      '2026-11-01': [web(gib(30)), data(gib(3))],
      '2026-11-02': [web(gib(30))],
    });
    const bill = new DayGroups();
    bill.add(sharesOf(web(gib(30)), 45_000));
    bill.add(sharesOf(data(gib(3)), 5_500));
    await writeGroups(store, 'EUR', '2026-11-01', bill, 'billed');
    const billedDay = {
      ...{ day: '2026-11-01', final: false, resources: 2, billedMicroUnits: 50_500, billedBytes: 0 },
      ...{ foreignMicroUnits: 9, foreignResources: 1, estimateMicroUnits: 55_000, estimateBytes: 0 },
      differenceMicroUnits: -4_500,
      reasons: [{ code: 'price' as const, microUnits: -4_000, chains: 2 }],
    };
    await writeBilledDay(store, 'EUR', billedDay, 'rows');
    const deps = reportDeps(depsAt(NOW), openBilledBook(store));
    const report = await readCostReport(deps, query, each([web(gib(30))]), NOW);
    expect(report.billed).toMatchObject({
      ...{ days: 1, through: '2026-11-01', billedMicroUnits: 50_500, estimateMicroUnits: 55_000 },
      ...{ differenceMicroUnits: -4_500, foreignMicroUnits: 9 },
      reasons: [
        { code: 'price', microUnits: -4_000 },
        { code: 'other', microUnits: -500 },
      ],
    });
    const [first] = report.breakdowns;
    expect(
      first?.groups.map((line) => [line.group.label, line.billedMicroUnits, line.estimateOfBilledMicroUnits]),
    ).toEqual([
      ['gold', 45_000, 50_000],
      ['bronze', 5_500, 5_000],
    ]);
    expect(report.days.map(({ billed }) => billed?.billedMicroUnits ?? null)).toEqual([null, null, 50_500, null, null]);
  });

  const notices: readonly {
    name: string;
    days: Readonly<Record<string, readonly LiveChain[]>>;
    codes: readonly string[];
  }[] = [
    { name: 'no figures at all', days: {}, codes: ['no-figures'] },
    { name: 'points that are not measured', days: { '2026-11-02': [web(null)] }, codes: ['unmeasured'] },
    {
      name: 'bytes without a price',
      days: { '2026-11-02': [{ ...web(gib(1)), sku: 'Premium_LRS' }] },
      codes: ['unpriced'],
    },
  ];
  it.each(notices)('says that there are $name', async ({ days, codes }) => {
    const { depsAt } = await closed(days);
    const report = await readCostReport(reportDeps(depsAt(NOW)), { ...query, to: '2026-11-02' }, null, NOW);
    expect(report.notices.map(({ code }) => code)).toEqual(codes);
    const state = codes.includes('no-figures') ? 'missing' : 'partial';
    expect(report.days.find(({ day }) => day === '2026-11-02')?.state).toBe(state);
  });

  it('uses an earlier price where the list does not answer, and says so', async () => {
    let down = false;
    const source = {
      snapshotPrice: async () => {
        if (down) throw new AppError('azure-unavailable', 'no answer');
        return price;
      },
    };
    const { depsAt } = ledgerBench({ source });
    await closeDay(depsAt(momentAfter('2026-11-01')), '2026-11-01', each([web(gib(30))]), momentAfter('2026-11-01'));
    down = true;
    const report = await readCostReport(reportDeps(depsAt(NOW)), query, each([web(gib(30))]), NOW);
    expect(report.total.now.microUnitsPerMonth).toBe(1_500_000);
    expect(report.notices.map(({ code }) => code)).toContain('stale-price');
  });

  it('always lets groups add up to totals, whatever the days, tags and prices', async () => {
    const chainsOfDay = fc.uniqueArray(
      fc.record({
        disk: fc.constantFrom('a-os', 'a-data', 'b-os', 'c-os'),
        points: fc.array(fc.tuple(fc.constantFrom('gold', 'bronze'), fc.nat({ max: 2 ** 40 })), {
          minLength: 1,
          maxLength: 5,
        }),
        tags: fc.constantFrom({}, { owner: 'x' }, { owner: 'y' }),
        sku: fc.constantFrom('Standard_ZRS', 'Standard_LRS', 'Premium_LRS'),
      }),
      { selector: ({ disk }) => disk },
    );
    const days = fc.array(fc.option(chainsOfDay), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        days,
        chainsOfDay,
        fc.constantFrom<GroupBy>('disk', 'tag:owner', 'subscription'),
        async (list, live, groupBy) => {
          const make = (chains: typeof live) =>
            chains.map(({ disk, points, tags, sku }) => ({ ...chain(disk, points, { tags }), sku }));
          const { depsAt } = ledgerBench();
          for (const [index, chains] of list.entries()) {
            const day = shiftDay('2026-10-30', index);
            if (chains) await closeDay(depsAt(momentAfter(day)), day, each(make(chains)), momentAfter(day));
          }
          expectSums(await readCostReport(reportDeps(depsAt(NOW)), { ...query, groupBy }, each(make(live)), NOW));
        },
      ),
      { numRuns: 40 },
    );
  });
});
